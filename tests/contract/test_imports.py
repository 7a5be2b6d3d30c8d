"""What a part of the program loads, seen in a fresh interpreter: layers that are only drawn do not hold."""

from __future__ import annotations

import subprocess
import sys

import pytest

NETWORK = {"httpx", "httpcore", "h11", "dns", "truststore", "starlette", "uvicorn"}


def list_loaded(statement: str) -> set[str]:
    """Returns the top-level names and ours that a statement leaves loaded."""
    code = f"import sys\n{statement}\nprint(*[name for name, module in sys.modules.items() if module is not None])"
    done = subprocess.run([sys.executable, "-P", "-c", code], capture_output=True, text=True, check=True)
    return set(done.stdout.splitlines()[-1].split())


@pytest.mark.parametrize(
    ("statement", "never"),
    [
        ("import oncall_tui.domain.verdict", {"asyncio", "sqlite3", "textual", "click"}),
        ("import oncall_tui.store.outbox", NETWORK | {"textual", "asyncio", "click", "sqlite_utils"}),
        ("import oncall_tui.tui.launch", NETWORK | {"textual", "msgspec", "click", "asyncio", "sqlite3", "pysqlite3"}),
        ("import oncall_tui.tui.app", NETWORK | {"click", "sqlite_utils", "oncall_tui.engine.service"}),
        ("import oncall_tui.tui.palette", NETWORK | {"click", "sqlite_utils"}),
        ("import oncall_tui.cli", NETWORK | {"textual", "sqlite_utils", "msgspec"}),
        ("import oncall_tui.engine.service", {"textual", "rich", "pygments", "click", "sqlite_utils", "dns"}),
        ("import oncall_tui.engine.spawn", NETWORK | {"textual", "sqlite_utils", "asyncio"}),
    ],
)
def test_what_a_part_loads(statement: str, never: set[str]) -> None:
    assert list_loaded(statement) & never == set()


def test_the_drawing_process_has_no_ssl() -> None:
    """The terminal speaks to no network, so what would let it is not even loaded."""
    blocked = 'sys.modules.setdefault("ssl", None)\nimport oncall_tui.tui.app'
    assert "ssl" not in list_loaded(blocked)


@pytest.mark.parametrize("option", ["--version", "--help"])
def test_version_and_help_load_nothing_heavy(option: str) -> None:
    statement = f"""
import contextlib, io
sys.argv = ["oncall-tui", {option!r}]
from oncall_tui.__main__ import main
with contextlib.redirect_stdout(io.StringIO()), contextlib.suppress(SystemExit):
    main()
"""
    assert list_loaded(statement) & {"textual", "httpx", "sqlite_utils", "msgspec"} == set()
