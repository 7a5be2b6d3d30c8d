"""`oncall-tui demo`: a world in a folder, the dashboard on it, and nothing left afterwards."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from pathlib import Path

import click

_READY_WITHIN_S = 30.0
_LEAVE_WITHIN_S = 10.0


@click.command()
@click.option("--dir", "folder", metavar="DIR", help="Keep the world in this folder [a temporary one, removed].")
@click.option("--theme", metavar="NAME", help="The theme to begin with.")
def demo(folder: str | None, theme: str | None) -> int:
    """Try it all in a world of its own: services that break, a status page, the dashboard."""
    from oncall_tui.cli.dashboard import run_terminal
    from oncall_tui.cli.output import say
    from oncall_tui.cli.place import Place
    from oncall_tui.domain.errors import UsageError
    from oncall_tui.engine.demo import CONTENT, make_folder, remove_world
    from oncall_tui.engine.demo_control import CONTROL_VARIABLE

    if not (sys.stdin.isatty() and sys.stdout.isatty()):
        raise UsageError("The demo needs a terminal: run it in one.")
    home = make_folder() if folder is None else _prepare_folder(folder)
    log = os.open(home / "demo.log", os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
    command = [
        sys.executable,
        "-P",
        "-m",
        "oncall_tui.cli.demo_world",
        str(home),
        "remove" if folder is None else "keep",
        str(os.getpid()),
    ]
    # A session of its own: what kills the terminal's whole group must not kill the one that cleans up.
    world = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=log, stderr=log, start_new_session=True)
    os.close(log)
    try:
        _await_config(world, home)
        os.environ["SSL_CERT_FILE"] = str(CONTENT / "authority.pem")
        os.environ[CONTROL_VARIABLE] = str(home / "control")
        place = Place(db=str(home / "oncall.db"), config=str(home / "oncall.toml"))
        for page in place.load_config().pages:
            say(f"Status page of the demo: {page.public_url}/")
        return run_terminal(place, is_wall=False, theme=theme)
    finally:
        world.terminate()
        try:
            world.wait(_LEAVE_WITHIN_S)
        except subprocess.TimeoutExpired:
            world.kill()
            world.wait()
        remove_world(home, is_kept=folder is not None)


def _prepare_folder(folder: str) -> Path:
    from oncall_tui.domain.errors import UsageError
    from oncall_tui.domain.sanitize import clean_line
    from oncall_tui.engine.demo import demo_lock

    shown = clean_line(folder)
    if "\0" in folder:
        raise UsageError("--dir holds a NUL byte: name a folder.")
    home = Path(folder).absolute()
    try:
        home.mkdir(parents=True, exist_ok=True, mode=0o700)
        is_ours = (home / "demo.lock").exists()
        if any(home.iterdir()) and not is_ours:
            raise UsageError(f"{shown} holds other things: name a new folder, or one of an earlier demo.")
        with demo_lock(home) as lock:
            if is_ours and not lock.acquire():
                raise UsageError(f"A demo runs in {shown} already: name another folder.")
        # Its presence says that the world is ready; the ports of an earlier one are gone.
        (home / "oncall.toml").unlink(missing_ok=True)
    except OSError as error:
        raise UsageError(f"{shown} cannot be used ({error.strerror}): name another folder.") from error
    return home


def _await_config(world: subprocess.Popen[bytes], home: Path) -> None:
    from oncall_tui.domain.errors import OncallError

    deadline = time.monotonic() + _READY_WITHIN_S
    while not (home / "oncall.toml").exists():
        if world.poll() is not None or time.monotonic() > deadline:
            said = (home / "demo.log").read_text(encoding="utf-8", errors="replace") if home.exists() else ""
            raise OncallError(f"The demo could not start: {said.strip()[-500:] or 'its services gave no reason'}")
        time.sleep(0.02)
