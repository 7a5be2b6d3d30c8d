"""`oncall-tui doctor`: one line a thing that can be wrong, each with what to do about it."""

from __future__ import annotations

import locale
import os
import sys
from typing import TYPE_CHECKING

import click

from oncall_tui.cli.group import json_option, place_options
from oncall_tui.cli.place import Place

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from oncall_tui.cli.doctor_file import Known
    from oncall_tui.config.model import Config
    from oncall_tui.engine.doctor import Check

_SMALLEST = (80, 24)


@click.command()
@json_option
@place_options
@click.pass_obj
def doctor(place: Place, is_json: bool) -> int:
    """Look at everything that can be wrong, and say what to do; exit 1 when something fails.

    A fault is told where it begins; what cannot be told because of it is marked `skip`.
    """
    import asyncio

    from oncall_tui.cli.doctor_file import check_file
    from oncall_tui.cli.output import print_json, say
    from oncall_tui.cli.windows import check_windows
    from oncall_tui.clock import now_ms
    from oncall_tui.domain.sanitize import clean_line
    from oncall_tui.engine.doctor import Check, check_network
    from oncall_tui.engine.sources.doctor import check_sources

    known = check_file(place.db_path())
    checks = [*_check_python(), *known.checks]
    config, found = _check_config(place)
    checks += found
    if config is None:
        checks.append(Check("skip", "page", "not asked: the config names it"))
    else:
        checks += _check_hooks(place, config)
        checks += check_windows(config, now_ms())
        network = asyncio.run(check_network(config.pages, config.components, config.vantage))
        checks += _compare(config, known, network)
        checks += asyncio.run(check_sources(config.probes))
    checks.append(_check_spelling())
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


def _compare(config: Config, known: Known, checks: Sequence[Check]) -> Iterator[Check]:
    """Yields the checks of the network, and what the engine at work met, whose environment may be another."""
    from msgspec.structs import replace

    from oncall_tui.domain.pagestate import PageState

    states = {f"page {state.page}": state for state in known.pages}
    if len(config.pages) == 1:
        states["page"] = next((each for each in known.pages if each.page == config.pages[0].name), PageState())
    for check in checks:
        state = states.get(check.what) if known.is_engine_working else None
        if state is None or check.level not in ("ok", "fail"):
            yield check
        elif check.level == "ok" and state.last_error:
            yield replace(
                check,
                level="warn",
                finding=f"{check.finding}; the engine could not read it: {state.last_error}",
                advice="look again in a minute; if it stays, give the engine the token of this shell: "
                "`oncall-tui agent --takeover`",
            )
        elif check.level == "fail" and not state.last_error and state.last_sync_at is not None:
            yield replace(
                check,
                level="warn",
                finding=f"{check.finding}; the engine at work reads it all the same",
                advice="its environment has another token or another way out than this shell",
            )
        else:
            yield check


def _check_config(place: Place) -> tuple[Config | None, list[Check]]:
    from oncall_tui.domain.counting import count_words
    from oncall_tui.domain.errors import ConfigError, UsageError
    from oncall_tui.engine.doctor import Check
    from oncall_tui.engine.needs import check_needs

    try:
        config = place.load_config()
    except ConfigError as error:
        return None, [
            Check("fail", "config", fault, "correct it, then `oncall-tui check`; an engine at work keeps the old one")
            for fault in error.faults
        ]
    except UsageError as error:
        return None, [Check("fail", "config", str(error))]
    size = f"{count_words(len(config.probes), 'probe')}, {count_words(len(config.components), 'component')}"
    checks = [Check("ok", "config", f"{config.path}, {size}")]
    for need in check_needs(config, os.environ):
        level = "fail" if need.is_vital else "warn"
        is_there = Check("ok", need.what, "present (never shown)")
        checks.append(Check(level, need.what, need.fault, need.advice) if need.fault else is_there)
    return config, checks


def _check_hooks(place: Place, config: Config) -> list[Check]:
    from oncall_tui.clock import now_ms
    from oncall_tui.domain.errors import StoreError
    from oncall_tui.engine.doctor import check_hooks
    from oncall_tui.store.hooks import list_hooks

    if not config.hooks:
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
