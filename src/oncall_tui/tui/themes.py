"""Reads themes: one TOML file each, shipped in `themes/` or put by the user into the `themes` folder of their config.

The drawing library takes any text for a colour and fails much later, so every colour is tried here first.
"""

from __future__ import annotations

import tomllib
from pathlib import Path

from textual.color import Color, ColorParseError
from textual.theme import Theme

DEFAULT_THEME = "midnight"
_COLORS = frozenset(
    {"primary", "secondary", "accent", "foreground", "background", "surface", "panel", "success", "warning", "error"}
)
#: Variables that our styles use beside those of the drawing library; a theme that leaves one out gets this colour.
VARIABLE_DEFAULTS = {
    "muted": "#98a2b3",
    "line": "#323c4d",
    "line-focus": "#7aa2d6",
    "cursor-row": "#26354b",
    "header-ground": "#1d2430",
    "title": "#a9c7ee",
    "state-ok": "#2fb488",
    "state-slow": "#f0e442",
    "state-partial": "#e69f00",
    "state-down": "#ff8a4c",
    "state-maintenance": "#56b4e9",
    "state-expected": "#d48ab5",
    "state-unknown": "#a3abb8",
    "strip-ok": "#57a08b",
}
#: Variables of the drawing library that its generated colours lack for a theme of the terminal's own sixteen colours.
LIBRARY_DEFAULTS = {
    "ansi-background": "ansi_default",
    "ansi-foreground": "ansi_default",
    "foreground-disabled": "ansi_default",
    "surface-active": "ansi_default",
}


class ThemeError(Exception):
    """A theme file cannot be used; the message says why and what is allowed."""


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


def read_theme(path: Path) -> Theme:
    """Returns the theme of one file. Raises ThemeError."""
    try:
        content = tomllib.loads(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise ThemeError(f"{path.name}: cannot be read: {error}") from error
    unknown = set(content) - {"name", "dark", "ansi", "colors", "variables"}
    if unknown:
        raise ThemeError(f"{path.name}: {min(unknown)}: unknown, allowed: name, dark, ansi, colors, variables")
    name, dark, ansi = content.get("name", path.stem), content.get("dark", True), content.get("ansi", False)
    if not isinstance(name, str) or not isinstance(dark, bool) or not isinstance(ansi, bool):
        raise ThemeError(f"{path.name}: name is a text; dark and ansi are true or false")
    colors = _read_colors(path, "colors", content.get("colors", {}), _COLORS)
    variables = _read_colors(path, "variables", content.get("variables", {}), frozenset(VARIABLE_DEFAULTS))
    if "primary" not in colors:
        raise ThemeError(f"{path.name}: colors.primary: missing")
    return Theme(name=name, dark=dark, ansi=ansi, variables=variables, **colors)  # type: ignore[arg-type]


def _read_colors(path: Path, table: str, values: object, allowed: frozenset[str]) -> dict[str, str]:
    if not isinstance(values, dict):
        raise ThemeError(f"{path.name}: {table}: is a table of colours")
    colors: dict[str, str] = {}
    for key, value in values.items():
        if key not in allowed:
            raise ThemeError(f"{path.name}: {table}.{key}: unknown, allowed: {', '.join(sorted(allowed))}")
        try:
            Color.parse(value)
        except (ColorParseError, TypeError, AttributeError) as error:
            raise ThemeError(f'{path.name}: {table}.{key}: {value!r} is no colour, allowed: "#rrggbb"') from error
        colors[key] = value
    return colors


def read_first_theme(wanted: str | None) -> Theme | None:
    """Returns the wanted or the default theme from the shipped files alone, None when it is not among them.

    The rest is read after the first frame, which should not wait for files that it does not need.
    """
    path = shipped_folder() / f"{wanted or DEFAULT_THEME}.toml"
    if wanted is not None and (not path.is_file() or path.stem != wanted):
        return None
    try:
        return read_theme(path)
    except ThemeError:
        return None


def read_themes() -> tuple[list[Theme], list[str]]:
    """Returns every theme that can be used, and a sentence for each file that cannot."""
    themes: dict[str, Theme] = {}
    faults: list[str] = []
    for path in list_theme_files():
        try:
            theme = read_theme(path)
        except ThemeError as error:
            faults.append(str(error))
        else:
            themes[theme.name] = theme
    return list(themes.values()), faults
