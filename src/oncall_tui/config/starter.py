"""Writes the commented starter config, so that a first file begins from something that is valid."""

from __future__ import annotations

from pathlib import Path

from oncall_tui.domain.errors import UsageError
from oncall_tui.domain.sanitize import clean_line

_STARTER = Path(__file__).parent.parent / "content" / "starter.toml"


def read_starter() -> str:
    """Returns the text of the starter."""
    return _STARTER.read_text(encoding="utf-8")


def write_starter(path: Path) -> None:
    """Writes the starter to `path`, and makes the folder if need be. Raises UsageError; never overwrites anything."""
    shown = clean_line(str(path))
    text = read_starter()
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        file = path.open("x", encoding="utf-8")
    except FileExistsError:
        raise UsageError(f"{shown} is already there and was left as it is: name another path.") from None
    except (OSError, ValueError) as error:
        why = clean_line(getattr(error, "strerror", None) or "not a path")
        raise UsageError(f"{shown} cannot be written ({why}): name a path in a folder of your own.") from None
    try:
        with file:
            file.write(text)
        path.chmod(0o644)
    except OSError as error:
        path.unlink(missing_ok=True)
        why = clean_line(error.strerror or "disk error")
        raise UsageError(f"{shown} cannot be written ({why}): make room, then try again.") from None
