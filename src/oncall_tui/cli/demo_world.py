"""The demo's world as a process of its own: services, status page, and the end of all that the demo started.

It watches its parent, so that nothing is left when the terminal is killed.
"""

from __future__ import annotations

import asyncio
import os
import signal
import sys
import threading
import time
from pathlib import Path

from oncall_tui.engine.demo import COMPONENTS, CONTENT, demo_lock, remove_world, write_config
from oncall_tui.engine.demo_services import HOST, Ports, World, serve_world

_LOOK_EVERY_S = 0.2
_PAGE_WITHIN_S = 15.0


def main() -> int:
    """Runs the world in the folder of the first argument until told to stop, or until the parent is gone."""
    # The parent's number is told: one that was killed already is not the parent any more.
    folder, is_kept, parent = Path(sys.argv[1]), sys.argv[2] == "keep", int(sys.argv[3])
    os.umask(0o077)
    with demo_lock(folder) as lock:
        if not lock.acquire():
            print(f"A demo runs in {folder} already.", file=sys.stderr)
            return 1
        try:
            asyncio.run(_run(folder, parent))
        finally:
            remove_world(folder, is_kept=is_kept)
    return 0


async def _run(folder: Path, parent: int) -> None:
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
        loop.add_signal_handler(number, stop.set)
    world = World(time.monotonic)
    (folder / "control").write_bytes(b"")
    url, page_id, token = await asyncio.to_thread(_serve_page, folder)

    def ready(ports: Ports) -> None:
        write_config(folder, ports, url, page_id, token)

    services = asyncio.create_task(serve_world(world, CONTENT, ready))
    toggles = 0
    while not (stop.is_set() or services.done() or os.getppid() != parent):
        pressed = (folder / "control").stat().st_size
        while toggles < pressed:
            world.toggle()
            toggles += 1
        try:
            async with asyncio.timeout(_LOOK_EVERY_S):
                await stop.wait()
        except TimeoutError:
            continue
    services.cancel()
    await asyncio.wait([services])


def _serve_page(folder: Path) -> tuple[str, str, str]:
    """Serves the page from a thread that ends with the process; returns its address, id and token."""
    from oncall_tui.statuspage.pagefile import prepare
    from oncall_tui.statuspage.server import read_clock, serve_file

    file = folder / "status-page.db"
    identity = prepare(file, None, None, "Demo shop", COMPONENTS, read_clock())
    urls: list[str] = []
    is_ready = threading.Event()

    def ready(url: str) -> None:
        urls.append(url)
        is_ready.set()

    page = (HOST, 0, file, identity.token, ready)
    threading.Thread(target=serve_file, args=page, name="page", daemon=True).start()
    if not is_ready.wait(_PAGE_WITHIN_S):
        raise TimeoutError("the demo's status page did not start")
    return urls[0], identity.page_id, identity.token


if __name__ == "__main__":
    raise SystemExit(main())
