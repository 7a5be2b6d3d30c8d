"""Files for people: whole or not at all, and never over one that stands there."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path

from oncall_tui.domain.errors import RefusedError


def write_file(path: Path, text: str, *, is_replacing: bool, mode: int = 0o644) -> None:
    """Writes a file so that nobody ever sees half of it.

    Raises RefusedError (`file-exists`) for one that exists unless `is_replacing`, OSError where it cannot be written.
    """
    if not is_replacing:
        _reserve(path)
    try:
        handle, name = tempfile.mkstemp(prefix=f".{path.name[:100]}.", dir=path.parent)
        try:
            with os.fdopen(handle, "w", encoding="utf-8") as file:
                file.write(text)
                file.flush()
                os.fchmod(file.fileno(), mode)
                os.fsync(file.fileno())
            Path(name).replace(path)
        except BaseException:
            Path(name).unlink(missing_ok=True)
            raise
    except BaseException:
        if not is_replacing:
            path.unlink(missing_ok=True)
        raise


def _reserve(path: Path) -> None:
    """Takes the name, so that a file that appears meanwhile cannot be replaced."""
    try:
        os.close(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600))
    except FileExistsError as error:
        raise RefusedError("file-exists", f"{path} exists already: name another with -o, or add --force.") from error


def keep_beside(path: Path, name: str, text: str) -> Path:
    """Writes a text beside `path` under the first free name that begins with `name`; returns where. Raises OSError."""
    for number in range(1, 1_000):
        kept = path.with_name(f"{name}-{number}.md")
        try:
            write_file(kept, text, is_replacing=False, mode=0o600)
        except RefusedError:
            continue
        return kept
    raise FileExistsError(17, "too many kept texts lie there already", str(path.with_name(name)))
