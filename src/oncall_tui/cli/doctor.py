"""`oncall-tui doctor`: one line a thing that can be wrong, each with what to do about it."""

from __future__ import annotations

import locale
import os
import shutil
import sys
from typing import TYPE_CHECKING

import click

from oncall_tui.cli.group import json_option, place_options
from oncall_tui.cli.place import Place

if TYPE_CHECKING:
    from collections.abc import Iterator

    from oncall_tui.config.model import Config
    from oncall_tui.domain.engine import Lease
    from oncall_tui.engine.doctor import Check

_SMALLEST = (80, 24)


@click.command()
@json_option
@place_options
@click.pass_obj
def doctor(place: Place, is_json: bool) -> int:
    """Look at everything that can be wrong, and say what to do; exit 1 when something fails."""
    import asyncio

    from oncall_tui.cli.output import print_json, say
    from oncall_tui.cli.windows import check_windows
    from oncall_tui.clock import now_ms
    from oncall_tui.domain.sanitize import clean_line
    from oncall_tui.engine.doctor import check_network
    from oncall_tui.engine.sources.doctor import check_sources

    checks = [*_check_python(), *_check_file(place)]
    config, found = _check_config(place)
    checks += found
    checks += _check_hooks(place, config)
    checks += check_windows(config, now_ms()) if config else ()
    checks.append(_check_spelling())
    checks += asyncio.run(check_network(config.pages if config else (), config.components if config else ()))
    checks += asyncio.run(check_sources(config.probes if config else ()))
    checks += _check_terminal()
    if is_json:
        keys = ("level", "what", "finding", "advice")
        print_json([{key: getattr(each, key) for key in keys} for each in checks])
    else:
        for each in checks:
            advice = f"  → {clean_line(each.advice)}" if each.advice else ""
            say(f"{each.level:<4}  {each.what}: {clean_line(each.finding)}{advice}")
    return 1 if any(each.level == "fail" for each in checks) else 0


def _check_python() -> Iterator[Check]:
    from oncall_tui import __version__
    from oncall_tui.engine.doctor import Check
    from oncall_tui.store.sqlite import WAL_SAFE_SINCE, has_safe_wal, sqlite3

    yield Check("ok", "version", f"oncall-tui {__version__}, Python {sys.version.split()[0]}, {sys.platform}")
    if has_safe_wal:
        yield Check("ok", "sqlite", f"{sqlite3.sqlite_version}, several processes may share a file in WAL mode")
    else:
        since = ".".join(map(str, WAL_SAFE_SINCE))
        yield Check(
            "warn",
            "sqlite",
            f"{sqlite3.sqlite_version} can lose a shared log, so the slower TRUNCATE journal is used",
            f"install pysqlite3, or a Python with SQLite {since} or newer",
        )


def _check_file(place: Place) -> Iterator[Check]:
    from oncall_tui.clock import now_ms
    from oncall_tui.domain.errors import StoreError
    from oncall_tui.engine.doctor import Check
    from oncall_tui.store.lease import read_lease
    from oncall_tui.store.outbox import list_deliveries

    path = place.db_path()
    try:
        with place.open_db() as db:
            level = "warn" if db.notice else "ok"
            yield Check(level, "database", db.notice or f"{path}, journal {db.journal_mode()}")
            lease, waiting = read_lease(db), list_deliveries(db)
    except StoreError as error:
        yield Check("fail", "database", str(error), "choose another file with --db or ONCALL_TUI_DB")
        return
    free = shutil.disk_usage(path.parent).free
    yield Check(
        "ok" if free > 50_000_000 else "warn",
        "disk",
        f"{free // 1_000_000} MB free where the database is",
        "" if free > 50_000_000 else "make room: nothing is saved once it is full",
    )
    yield _check_engine(place, lease, now_ms())
    stuck = [each for each in waiting if each.state in ("failed", "uncertain")]
    yield Check(
        "warn" if stuck else "ok",
        "outbox",
        f"{len(waiting)} waiting, {len(stuck)} of them need a look" if waiting else "empty",
        "oncall-tui outbox list" if stuck else "",
    )


def _check_engine(place: Place, lease: Lease | None, now: int) -> Check:
    from oncall_tui.domain.duration import format_age
    from oncall_tui.engine.doctor import Check
    from oncall_tui.engine.spawn import log_path
    from oncall_tui.store.lock import is_engine_running

    path = place.db_path()
    if not is_engine_running(path):
        return Check("ok", "engine", "none runs", "the dashboard starts one; `oncall-tui agent --stay` keeps one")
    if lease is None:
        return Check("warn", "engine", "one holds the lock, and has not said who it is yet", "look again in a second")
    age = format_age(now - lease.heartbeat_at)
    if not lease.is_working(now):
        return Check(
            "fail", "engine", f"process {lease.pid} hangs: silent for {age}", "run `oncall-tui agent --takeover`"
        )
    found = f"process {lease.pid}, {lease.mode}, version {lease.version}, last beat {age} ago, log {log_path(path)}"
    return Check("warn" if lease.note else "ok", "engine", f"{found} {lease.note}".strip())


def _check_config(place: Place) -> tuple[Config | None, list[Check]]:
    from oncall_tui.domain.counting import count_words
    from oncall_tui.domain.errors import ConfigError, UsageError
    from oncall_tui.engine.doctor import Check
    from oncall_tui.engine.needs import check_needs

    try:
        config = place.load_config()
    except ConfigError as error:
        return None, [
            Check("fail", "config", fault, "run `oncall-tui check` after each change") for fault in error.faults
        ]
    except UsageError as error:
        return None, [Check("fail", "config", str(error), "oncall-tui init")]
    size = f"{count_words(len(config.probes), 'probe')}, {count_words(len(config.components), 'component')}"
    checks = [Check("ok", "config", f"{config.path}, {size}")]
    for need in check_needs(config, os.environ):
        level = "fail" if need.is_vital else "warn"
        is_there = Check("ok", need.what, "present (never shown)")
        checks.append(Check(level, need.what, need.fault, need.advice) if need.fault else is_there)
    return config, checks


def _check_hooks(place: Place, config: Config | None) -> list[Check]:
    from oncall_tui.clock import now_ms
    from oncall_tui.domain.errors import StoreError
    from oncall_tui.engine.doctor import check_hooks
    from oncall_tui.store.hooks import list_hooks

    if config is None or not config.hooks:
        return []
    try:
        with place.open_db() as db:
            return check_hooks(config.hooks, list_hooks(db), now_ms())
    except StoreError:
        return []  # told already, of the database


def _check_spelling() -> Check:
    from oncall_tui.engine.doctor import Check
    from oncall_tui.spelling import INSTALL, has_word_list

    if has_word_list():
        return Check("ok", "spelling", "updates are checked against a word list")
    return Check("ok", "spelling", "not checked: there is no word list", INSTALL)


def _check_terminal() -> Iterator[Check]:
    from oncall_tui.engine.doctor import Check

    term = os.environ.get("TERM", "")
    depth = os.environ.get("COLORTERM", "")
    if term in ("", "dumb"):
        yield Check(
            "warn", "terminal", f"TERM is {term or 'not set'}", "the dashboard needs one such as xterm-256color"
        )
    elif depth in ("truecolor", "24bit"):
        yield Check("ok", "terminal", f"TERM {term}, true colour")
    else:
        colours = "256 colours" if "256" in term else "16 colours"
        yield Check("ok", "terminal", f"TERM {term}, {colours}", "export COLORTERM=truecolor if yours shows more")
    encoding = locale.getpreferredencoding(False)
    is_utf8 = encoding.lower().replace("-", "") == "utf8"
    yield Check(
        "ok" if is_utf8 else "warn",
        "locale",
        f"encoding {encoding}",
        "" if is_utf8 else "export LANG=C.UTF-8: signs are drawn in ASCII till then",
    )
    if sys.stdout.isatty():
        width, height = os.get_terminal_size()
        is_large = width >= _SMALLEST[0] and height >= _SMALLEST[1]
        advice = "" if is_large else f"{_SMALLEST[0]}x{_SMALLEST[1]} shows everything"
        yield Check("ok" if is_large else "warn", "size", f"{width}x{height}", advice)
