"""Reads the bytes of a config file, whatever stands at the path: nothing here hangs, and each refusal is a sentence."""

from __future__ import annotations

import errno
import os
import stat
from pathlib import Path

from oncall_tui.config.faults import place_fault
from oncall_tui.domain.errors import ConfigError

SIZE_LIMIT = 1_000_000

_WORDS = {
    errno.ENOENT: "there is no such file; `oncall-tui init` writes a starter",
    errno.ENOTDIR: "a part of the path is not a folder",
    errno.EACCES: "may not be read by this user; change its owner or mode",
    errno.EPERM: "may not be read by this user; change its owner or mode",
    errno.ELOOP: "symbolic links lead in a circle; point them at a file",
    errno.ENAMETOOLONG: "the path is longer than the system allows",
}


def read_source(path: Path) -> str:
    """Returns the text of a regular UTF-8 file of at most 1 MB. Raises ConfigError for everything else."""
    content = _read_bytes(path)
    if content.startswith(b"\xef\xbb\xbf"):
        raise _refuse(path, "begins with a byte order mark, allowed: UTF-8 without one")
    if content.startswith((b"\xff\xfe", b"\xfe\xff")):
        raise _refuse(path, "is UTF-16, allowed: UTF-8")
    if b"\0" in content:
        raise _refuse(path, "holds a NUL byte, allowed: text", _line_at(content, content.index(b"\0")))
    try:
        return content.decode()
    except UnicodeDecodeError as error:
        start = error.start
    why = f"byte 0x{content[start]:02x} does not belong to UTF-8, allowed: UTF-8"
    raise _refuse(path, why, _line_at(content, start))


def _read_bytes(path: Path) -> bytes:
    try:
        # Looking first: opening a pipe or a device can block or set something off.
        _require_regular(path, path.stat())
        descriptor = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_NOCTTY | os.O_CLOEXEC)
        with os.fdopen(descriptor, "rb") as file:
            _require_regular(path, os.fstat(descriptor))
            content = file.read(SIZE_LIMIT + 1)
    except OSError as error:
        code = error.errno or errno.EIO
        raise _refuse(path, _WORDS.get(code) or f"cannot be read: {os.strerror(code)}") from None
    except ValueError:
        raise _refuse(path, "the path holds a NUL byte, allowed: a path of a file") from None
    if len(content) > SIZE_LIMIT:
        raise _refuse(path, "is larger than 1 MB, allowed: up to 1 MB")
    return content


def _require_regular(path: Path, status: os.stat_result) -> None:
    if stat.S_ISDIR(status.st_mode):
        raise _refuse(path, "is a folder, allowed: a TOML file")
    if not stat.S_ISREG(status.st_mode):
        raise _refuse(path, "is a pipe, socket or device, allowed: a regular TOML file")


def _refuse(path: Path, why: str, line: int = 1) -> ConfigError:
    return ConfigError((place_fault(path, str(line), "file", why),))


def _line_at(content: bytes, offset: int) -> int:
    return content.count(b"\n", 0, offset) + 1
