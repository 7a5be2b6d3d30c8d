"""Finds theme files and reads their TOML; what the colours mean is `themes`, which needs the drawing library."""

from __future__ import annotations

import contextlib
from pathlib import Path
from typing import NamedTuple

DEFAULT_THEME = "midnight"


class ThemeError(Exception):
    """A theme file cannot be used; the message says why and what is allowed."""


class ThemeFile(NamedTuple):
    """One file of a theme, as it stands there."""

    file_name: str
    content: dict[str, object]


def shipped_folder() -> Path:
    """Returns the folder of the themes that came with the program: beside it when installed, in the clone otherwise."""
    package = Path(__file__).parent.parent
    installed = package / "themes"
    return installed if installed.is_dir() else package.parent.parent / "themes"


def user_folder() -> Path:
    """Returns the folder where a person may put themes of their own."""
    import platformdirs

    return Path(platformdirs.user_config_dir("oncall-tui")) / "themes"


def list_theme_files() -> list[Path]:
    """Returns the theme files, shipped ones first; a file of the user with the same name comes later and wins."""
    return [path for folder in (shipped_folder(), user_folder()) for path in sorted(folder.glob("*.toml"))]


def read_theme_file(path: Path) -> ThemeFile:
    """Raises ThemeError when it is no TOML."""
    import tomllib  # not before the first frame, whose theme the parent has read

    try:
        return ThemeFile(path.name, tomllib.loads(path.read_text(encoding="utf-8")))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise ThemeError(f"{path.name}: cannot be read: {error}") from error


def read_first_file(wanted: str | None) -> ThemeFile | None:
    """Returns the file of the wanted theme, else of the default one; None when there is neither."""
    files: dict[object, ThemeFile] = {}
    for path in list_theme_files():
        with contextlib.suppress(ThemeError):  # named when the themes are listed
            file = read_theme_file(path)
            files[file.content.get("name", path.stem)] = file
    return files.get(wanted) or files.get(DEFAULT_THEME)
