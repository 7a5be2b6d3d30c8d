"""The demo's folder: its config, its control file, and how all of it goes away."""

from __future__ import annotations

import os
import shutil
import tempfile
import time
from contextlib import suppress
from pathlib import Path

from oncall_tui.clock import now_ms
from oncall_tui.domain.engine import TERMINAL_SILENT_AFTER_MS
from oncall_tui.domain.errors import OncallError, StoreError
from oncall_tui.engine.demo_services import HOST, NAME, Ports
from oncall_tui.engine.spawn import stop_engine
from oncall_tui.filelock import FileLock
from oncall_tui.store.database import open_database
from oncall_tui.store.lease import is_running, list_terminals, read_lease

CONTENT = Path(__file__).parent.parent / "content" / "demo"
COMPONENTS = ("Shop", "Search", "Payments")
PREFIX = "oncall-tui-demo-"
_ABANDONED_AFTER_S = 60.0
_GONE_WITHIN_S = 10.0
_LOOK_EVERY_S = 0.05


def demo_lock(folder: Path) -> FileLock:
    """Returns the lock that the demo's world holds on its folder."""
    return FileLock(folder / "demo.lock")


def make_folder() -> Path:
    """Returns a new temporary folder, after removing those of demos whose every process was killed."""
    for left in Path(tempfile.gettempdir()).glob(f"{PREFIX}*"):
        with suppress(OSError):
            status = left.lstat()
            if status.st_uid == os.getuid() and time.time() - status.st_mtime > _ABANDONED_AFTER_S:
                with demo_lock(left) as lock:
                    if lock.acquire():
                        remove_world(left, is_kept=False)
    return Path(tempfile.mkdtemp(prefix=PREFIX))


def remove_world(folder: Path, *, is_kept: bool) -> None:
    """Ends the demo's engine and, unless it is kept, removes the folder.

    A terminal that is still ending may start one more engine, and one that begins makes its files anew: it is tried
    until nothing is left.
    """
    _await_terminals(folder)
    until = time.monotonic() + _GONE_WITHIN_S
    while True:
        is_late, is_stopped = time.monotonic() > until, _stop_engine(folder / "oncall.db")
        if not is_kept and (is_stopped or is_late):
            shutil.rmtree(folder, ignore_errors=True)
        if is_late or (is_stopped and (is_kept or not folder.exists())):
            return
        time.sleep(_LOOK_EVERY_S)


def _await_terminals(folder: Path) -> None:
    until = time.monotonic() + _GONE_WITHIN_S
    with suppress(OncallError):
        if not (folder / "oncall.db").exists():
            return
        with open_database(folder / "oncall.db", is_read_only=True) as db:
            # One that was killed has its row for ever, and its number may be somebody else's by now.
            while time.monotonic() < until and any(
                is_running(terminal.pid) and terminal.heartbeat_at > now_ms() - TERMINAL_SILENT_AFTER_MS
                for terminal in list_terminals(db)
            ):
                time.sleep(_LOOK_EVERY_S)


def _stop_engine(database: Path) -> bool:
    """Returns whether none is left; one that has only begun cannot be named yet."""
    if not database.exists():
        return True
    lease = None
    with suppress(StoreError), open_database(database, is_read_only=True) as db:
        lease = read_lease(db)
    try:
        stop_engine(database, lease, can_kill=True)
    except OncallError:
        return False
    return True


def write_config(folder: Path, ports: Ports, url: str, page_id: str, token: str) -> None:
    """Writes the token, a runbook and, last and whole, `oncall.toml`: its presence says that the world is ready."""
    secret = folder / "token"
    with os.fdopen(os.open(secret, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w") as file:
        file.write(token + "\n")
    shutil.copyfile(CONTENT / "shop-down.md", folder / "shop-down.md")
    draft = folder / "oncall.toml.new"
    draft.write_text(_write_toml(ports, url, page_id), encoding="utf-8")
    draft.replace(folder / "oncall.toml")


def _write_toml(ports: Ports, url: str, page_id: str) -> str:
    components = "\n".join(f'[[component]]\nname = "{name}"\n' for name in COMPONENTS)
    return f"""# The demo's world: every target is a real service on this machine that breaks and heals.
[page]
adapter = "statuspage"
api_url = "{url}/v1"
public_url = "{url}"
page_id = "{page_id}"
token = {{ file = "token" }}
quiet_period = "10s"

{components}
[[probe]]
name = "shop"
kind = "http"
url = "http://{HOST}:{ports.shop}/health"
component = "Shop"
every = "2s"
timeout = "1s"
runbook = "shop-down.md"
expect = {{ status = [200], body_contains = "ok", max_latency = "500ms" }}

[[probe]]
name = "search"
kind = "http"
url = "http://{HOST}:{ports.search}/health"
component = "Search"
every = "2s"
expect = {{ max_latency = "500ms" }}

[[probe]]
name = "database"
kind = "tcp"
target = "{HOST}:{ports.database}"
component = "Payments"
every = "2s"
timeout = "1s"

[[probe]]
name = "certificate"
kind = "tls"
target = "{HOST}:{ports.certificate}"
component = "Payments"
every = "2s"
expect = {{ min_days_left = 14 }}

[[probe]]
name = "names"
kind = "dns"
target = "{NAME}"
resolver = "{HOST}:{ports.names}"
component = "Shop"
every = "2s"
"""
