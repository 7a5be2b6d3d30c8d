"""Who kills: engines that are started anew and ended at any instant, and terminals that come and die."""

from __future__ import annotations

import contextlib
import fcntl
import os
import pty
import random
import signal
import struct
import subprocess
import sys
import termios
import threading
import time
from collections import Counter
from collections.abc import Mapping
from pathlib import Path

PROGRAM = (sys.executable, "-P", "-m", "oncall_tui")


class Executioner:
    """Works in one folder until `stop`; `kills` counts what it did."""

    def __init__(
        self, folder: Path, env: Mapping[str, str], seed: int, kills: Counter[str], stop: threading.Event
    ) -> None:
        self.folder = folder
        self.env = env
        self.seed = seed
        self.kills = kills
        self._stop = stop
        self._agents: list[subprocess.Popen[bytes]] = []

    def keep_agents(self) -> None:
        """Starts engines anew, two at once, of which one finds the lock taken."""
        rng = random.Random(self.seed * 100 + 79)
        while not self._stop.wait(rng.uniform(0.3, 1.0)):
            self._agents = [agent for agent in self._agents if agent.poll() is None]
            if len(self._agents) < 2:
                action = "--takeover" if rng.random() < 0.1 else "--stay"
                self._agents.append(
                    subprocess.Popen(
                        [*PROGRAM, "agent", action],
                        env=self.env,
                        stdin=subprocess.DEVNULL,
                        stdout=subprocess.DEVNULL,
                        stderr=subprocess.DEVNULL,
                    )
                )

    def execute(self) -> None:
        """Ends and pauses whichever engine holds the lock, and opens terminals that die."""
        rng = random.Random(self.seed * 100 + 80)
        while not self._stop.wait(rng.uniform(0.2, 3.5)):
            if rng.random() < 0.08:
                self._open_terminal(rng)
                continue
            pid = self.find_engine()
            if pid is None:
                continue
            act = rng.choices(("kill", "term", "pause", "pause+kill"), (6, 1, 2, 2))[0]
            self.kills[act] += 1
            if act.startswith("pause"):
                _signal(pid, signal.SIGSTOP)
                self._stop.wait(rng.uniform(0.1, 3.0))
                _signal(pid, signal.SIGKILL if act == "pause+kill" else signal.SIGCONT)
            else:
                _signal(pid, signal.SIGKILL if act == "kill" else signal.SIGTERM)

    def find_engine(self) -> int | None:
        """Returns the process that publishes in our own folder: the holder of the engine's lock, by the kernel's list.

        Other commands take that lock for an instant to see whether it is free; they are not meant.
        """
        try:
            inode = (self.folder / "oncall.db.engine.lock").stat().st_ino
        except FileNotFoundError:
            return None
        for line in Path("/proc/locks").read_text().splitlines():
            words = line.split()
            if len(words) == 8 and words[1] == "FLOCK" and words[5].split(":")[-1] == str(inode):
                with contextlib.suppress(OSError):
                    words_of = Path(f"/proc/{words[4]}/cmdline").read_bytes().split(b"\0")
                    return int(words[4]) if {b"agent", b"sync"} & set(words_of) else None
        return None

    def _open_terminal(self, rng: random.Random) -> None:
        """A dashboard that comes, perhaps starts an engine of its own, and dies."""
        self.kills["terminal"] += 1
        ours, theirs = pty.openpty()
        fcntl.ioctl(theirs, termios.TIOCSWINSZ, struct.pack("HHHH", 24, 80, 0, 0))
        terminal = subprocess.Popen(
            PROGRAM, env=self.env, stdin=theirs, stdout=theirs, stderr=theirs, start_new_session=True
        )
        os.close(theirs)
        os.set_blocking(ours, False)
        end = time.monotonic() + rng.uniform(0.5, 4.0)
        while time.monotonic() < end:
            with contextlib.suppress(OSError):
                os.read(ours, 65536)
            time.sleep(0.01)
        with contextlib.suppress(ProcessLookupError):
            os.killpg(terminal.pid, signal.SIGKILL)
        terminal.wait(10)
        os.close(ours)

    def end_agents(self) -> None:
        """Ends what `agent --stop` has left."""
        for agent in self._agents:
            if agent.poll() is None:
                agent.kill()
            agent.wait(10)
        # An engine that a dashboard left behind, and that did not heed --stop.
        if (pid := self.find_engine()) is not None:
            _signal(pid, signal.SIGKILL)


def _signal(pid: int, number: signal.Signals) -> None:
    with contextlib.suppress(ProcessLookupError):
        os.kill(pid, number)
