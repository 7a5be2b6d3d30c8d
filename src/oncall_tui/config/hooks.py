"""Hooks of a config: the rules that join their keys, and the records that the engine works by."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from pathlib import Path as FilePath

from oncall_tui.config import schema
from oncall_tui.config.checks import TOKEN_KEYS, Fault, Table, resolve_path
from oncall_tui.config.faults import quote
from oncall_tui.config.form import Path
from oncall_tui.config.model import HookConfig, NoticeConfig, TokenSource
from oncall_tui.config.values import is_sent_in_clear
from oncall_tui.domain.hook import HookEvent, parse_rate
from oncall_tui.domain.probe import Credential

_WAYS = ("command", "url", "secret_url")
_SHOWN_PATH = 300


def check_hooks(document: Table, folder: FilePath, find_line: Callable[[Path], int]) -> Iterator[Fault]:
    """Yields the faults of hooks that no single key shows: `(path, what is wrong, what is allowed)`."""
    hooks = document.get("hook")
    first: dict[str, int] = {}
    for index, hook in enumerate(hooks if isinstance(hooks, list) else ()):
        if not isinstance(hook, dict):
            continue
        path: Path = ("hook", index)
        ways = [key for key in _WAYS if key in hook]
        if len(ways) != 1:
            found = "none" if not ways else f"{len(ways)} ({', '.join(ways)})"
            yield path, f"has {found} of its ways, allowed: exactly one of {', '.join(_WAYS)}"
        name = hook.get("name")
        if isinstance(name, str) and first.setdefault(name, index) != index:
            line = find_line(("hook", first[name], "name"))
            yield (*path, "name"), f"{quote(name)} is already on line {line}, allowed: each name once"
        for key in ("auth", "secret_url"):
            yield from _check_token((*path, key), hook.get(key))
        if "auth" in hook and "url" not in hook:
            yield (*path, "auth"), "goes with a url alone, allowed: beside url"
        elif "auth" in hook and is_sent_in_clear(str(hook["url"])):
            yield (*path, "auth"), "would be sent unencrypted, allowed: with an https url; http for this machine only"
        yield from _check_program((*path, "command"), hook.get("command"), folder)


def _check_token(path: Path, source: object) -> Iterator[Fault]:
    if isinstance(source, dict):
        found = [key for key in TOKEN_KEYS if key in source]
        if len(found) != 1:
            count = "none" if not found else f"{len(found)} ({', '.join(found)})"
            yield path, f"has {count} of its sources, allowed: exactly one of {', '.join(TOKEN_KEYS)}"


def _check_program(path: Path, command: object, folder: FilePath) -> Iterator[Fault]:
    """A name without a slash is looked up when it is called; a path must be there now."""
    program = command[0] if isinstance(command, list) and command else None
    if not isinstance(program, str) or "/" not in program or "\0" in program:
        return
    where = resolve_path(folder, program)
    try:
        is_program = where.is_file() and os.access(where, os.X_OK)
    except OSError:
        is_program = False
    if not is_program:
        yield path, f"{quote(str(where), _SHOWN_PATH)} cannot be run, allowed: the path of a program"


def convert_hooks(checked: schema.FileTable, folder: FilePath) -> tuple[HookConfig, ...]:
    """Returns the hooks of a file without faults; the path of a program is made absolute."""
    return tuple(_convert(each, folder) for each in checked.hook)


def convert_notice(checked: schema.FileTable) -> NoticeConfig:
    return NoticeConfig(checked.notice.bell, checked.notice.desktop)


def _convert(hook: schema.HookTable, folder: FilePath) -> HookConfig:
    command = hook.command
    if command is not None and "/" in command[0]:
        command = (str(resolve_path(folder, command[0])), *command[1:])
    return HookConfig(
        name=hook.name,
        command=command,
        url=hook.url,
        secret_url=None if hook.secret_url is None else _convert_source(hook.secret_url, folder),
        auth=None if hook.auth is None else _convert_auth(hook.auth, folder),
        on=frozenset(HookEvent(event) for event in hook.on),
        at_most=parse_rate(hook.at_most),
        timeout_ms=hook.timeout,
    )


def _convert_source(table: schema.TokenTable, folder: FilePath) -> TokenSource:
    file = None if table.file is None else resolve_path(folder, table.file)
    return TokenSource(env=table.env, file=file, command=table.command)


def _convert_auth(auth: schema.AuthTable, folder: FilePath) -> Credential:
    file = None if auth.file is None else str(resolve_path(folder, auth.file))
    return Credential(auth.env, file, auth.command, auth.scheme, auth.header)
