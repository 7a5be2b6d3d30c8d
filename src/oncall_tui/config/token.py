"""Reads the page's token at the moment that it is needed, from where the config says; it is kept in no file of ours."""

from __future__ import annotations

import os
import selectors
import signal
import stat
import subprocess
import time
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from typing import IO, Never

from oncall_tui.config.model import TokenSource
from oncall_tui.domain.errors import UsageError
from oncall_tui.domain.hiding import hide_secrets
from oncall_tui.domain.sanitize import clean_line

COMMAND_TIMEOUT_S = 10.0
TOKEN_LIMIT = 4_096
_OUTPUT_LIMIT = 65_536


class Secret:
    """A text that shows as `***` wherever it is printed, logged or formatted, and that no pickle or copy can carry."""

    __slots__ = ("__text",)

    def __init__(self, text: str) -> None:
        self.__text = text

    def reveal(self) -> str:
        """Returns the text itself, for the one header that carries it."""
        return self.__text

    def __repr__(self) -> str:
        return "***"

    def __format__(self, spec: str) -> str:
        return format("***", spec)

    def __reduce_ex__(self, protocol: object) -> Never:
        raise TypeError("a secret is not pickled or copied")


def read_token(source: TokenSource, environ: Mapping[str, str], key: str = "page.token") -> Secret:
    """Returns the token that a config names under a key.

    Raises UsageError with a sentence that says which source failed and what to do; it never holds the token. A command
    may take 10 s, so this blocks: call it outside of an event loop.
    """
    if source.env is not None:
        return _read_variable(source.env, environ, key)
    if source.file is not None:
        return _read_file(source.file, key)
    if source.command is not None:
        return _run_command(source.command, environ, key)
    raise UsageError(f"The config names no token: give {key} one of env, file or command.")


def _read_variable(name: str, environ: Mapping[str, str], key: str) -> Secret:
    shown = clean_line(name, 100)
    value = environ.get(name)
    if not value:
        state = "is not set" if value is None else "is empty"
        raise UsageError(
            f"The environment variable {shown}, which {key} names, {state}: export it where the engine starts."
        )
    return _check(value, f"the environment variable {shown}")


def _read_file(path: Path, key: str) -> Secret:
    shown = clean_line(str(path))
    try:
        # Looking first: opening a pipe or a device can block or set something off.
        _require_private(path.stat(), shown)
        descriptor = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_NOCTTY | os.O_CLOEXEC)
        with os.fdopen(descriptor, "rb") as file:
            _require_private(os.fstat(descriptor), shown)
            content = file.read(_OUTPUT_LIMIT)
    except OSError as error:
        why = clean_line(error.strerror or "unreadable")
        raise UsageError(
            f"The token file {shown} cannot be read ({why}): put the token there, then `chmod 600` it."
        ) from None
    except ValueError:
        raise UsageError(f"The token file {shown} has a NUL byte in its path: correct {key}.") from None
    return _check(_first_line(content), f"the token file {shown}")


def _require_private(status: os.stat_result, shown: str) -> None:
    if not stat.S_ISREG(status.st_mode):
        raise UsageError(f"The token file {shown} is not a regular file: name a file with the token on its first line.")
    if status.st_uid != os.geteuid():
        raise UsageError(
            f"The token file {shown} belongs to user {status.st_uid}, who could change the token:"
            " make a file of your own."
        )
    if status.st_mode & 0o077:
        raise UsageError(
            f"The token file {shown} is open to other users (mode {stat.S_IMODE(status.st_mode):04o}):"
            f" run `chmod 600 {shown}`."
        )


def _run_command(command: tuple[str, ...], environ: Mapping[str, str], key: str) -> Secret:
    """Runs the command in a session of its own, so that at the deadline all that it started ends with it."""
    shown = clean_line(command[0], 100)
    try:
        process = subprocess.Popen(
            list(command),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            env=dict(environ),
            start_new_session=True,
        )
    except (OSError, ValueError) as error:
        why = clean_line(getattr(error, "strerror", None) or "not a command")
        raise UsageError(f"The token command {shown} cannot be started ({why}): install it or correct {key}.") from None
    with process:
        assert process.stdout is not None
        assert process.stderr is not None
        deadline = time.monotonic() + COMMAND_TIMEOUT_S
        try:
            output, complaint = _drain(process.stdout, process.stderr, deadline)
            code = process.wait(max(0.0, deadline - time.monotonic()))
        except (TimeoutError, subprocess.TimeoutExpired):
            # Not waited for yet, so its id still names its own session and no other.
            # macOS refuses where all of it has ended already.
            with suppress(PermissionError):
                os.killpg(process.pid, signal.SIGKILL)
            raise UsageError(
                f"The token command {shown} did not end within {COMMAND_TIMEOUT_S:.0f} s with at most 64 kB of output:"
                " run it by hand to see whether it asks for something."
            ) from None
    token = _first_line(output)
    if code != 0:
        last = complaint.decode(errors="replace").strip().rpartition("\n")[2]
        said = clean_line(hide_secrets(last, [token]), 200)
        raise UsageError(f"The token command {shown} failed with exit code {code}" + (f": {said}" if said else "."))
    return _check(token, f"the token command {shown}")


def _drain(stdout: IO[bytes], stderr: IO[bytes], deadline: float) -> tuple[bytes, bytes]:
    """Reads both pipes to their end. Raises TimeoutError past the deadline, or when a pipe brings too much."""
    got = {stdout.fileno(): b"", stderr.fileno(): b""}
    with selectors.DefaultSelector() as selector:
        for descriptor in got:
            selector.register(descriptor, selectors.EVENT_READ)
        while selector.get_map():
            ready = selector.select(max(0.0, deadline - time.monotonic()))
            if not ready:
                raise TimeoutError
            for key, _ in ready:
                chunk = os.read(key.fd, 8_192)
                got[key.fd] += chunk
                if not chunk:
                    selector.unregister(key.fd)
                if len(got[key.fd]) > _OUTPUT_LIMIT:
                    raise TimeoutError
    return got[stdout.fileno()], got[stderr.fileno()]


def _first_line(content: bytes) -> str:
    return content.split(b"\n", 1)[0].decode("latin-1").strip()


def _check(token: str, where: str) -> Secret:
    """A token becomes a header: a stray space or line break would be refused there, with the token in the message."""
    token = token.strip()
    if not token:
        raise UsageError(f"There is no token in {where}: its first line is empty.")
    if len(token) > TOKEN_LIMIT or not all("!" <= sign <= "~" for sign in token):
        raise UsageError(f"What stands in {where} is not a token: one word of printable ASCII is needed.")
    return Secret(token)
