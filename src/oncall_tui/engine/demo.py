"""The demo's folder: its config, its control file, and how all of it goes away."""

from __future__ import annotations

import os
import shutil
import tempfile
import time
from contextlib import suppress
from pathlib import Path

from oncall_tui.domain.errors import OncallError, StoreError
from oncall_tui.engine.demo_services import HOST, NAME, Ports
from oncall_tui.engine.spawn import stop_engine
from oncall_tui.store.database import open_database
from oncall_tui.store.lease import read_lease
from oncall_tui.store.lock import FileLock

CONTENT = Path(__file__).parent.parent / "content" / "demo"
COMPONENTS = ("Shop", "Search", "Payments")
PREFIX = "oncall-tui-demo-"
_ABANDONED_AFTER_S = 60.0


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
    """Ends the demo's engine and, unless it is kept, removes the folder."""
    database = folder / "oncall.db"
    with suppress(OncallError):
        lease = None
        if database.exists():
            with suppress(StoreError), open_database(database, is_read_only=True) as db:
                lease = read_lease(db)
            stop_engine(database, lease, can_kill=True)
    if not is_kept:
        shutil.rmtree(folder, ignore_errors=True)


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
