"""What a process says of itself in the file."""

from __future__ import annotations

from msgspec import Struct

ENGINE_SILENT_AFTER_MS = 5_000
TERMINAL_SILENT_AFTER_MS = 30_000


class Lease(Struct, frozen=True):
    """The engine that last held the lock: for showing and for fencing, never for deciding who may run."""

    pid: int
    host: str
    boot_id: str
    epoch: int
    version: str
    mode: str
    started_at: int
    heartbeat_at: int
    is_online: bool
    stopped_at: int | None = None
    note: str = ""

    def is_working(self, now: int) -> bool:
        """Tells whether its working loop has spoken within five seconds."""
        return self.stopped_at is None and abs(now - self.heartbeat_at) < ENGINE_SILENT_AFTER_MS

    @property
    def start_fault(self) -> str:
        """Why the latest start failed, empty once one has come to work."""
        return self.note if self.stopped_at is not None or self.heartbeat_at == self.started_at else ""


class Terminal(Struct, frozen=True):
    """One open screen on the file."""

    id: str
    pid: int
    host: str
    actor: str
    started_at: int
    heartbeat_at: int
    is_read_only: bool

    def is_live(self, now: int) -> bool:
        return abs(now - self.heartbeat_at) < TERMINAL_SILENT_AFTER_MS
