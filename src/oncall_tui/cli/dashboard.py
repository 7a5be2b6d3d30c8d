"""`oncall-tui` without a command: the dashboard, and an engine when none is at work."""

from __future__ import annotations

from typing import TYPE_CHECKING

from oncall_tui.cli.place import Place, read_actor

if TYPE_CHECKING:
    from oncall_tui.config.model import Config


def run_terminal(place: Place, *, is_wall: bool, theme: str | None) -> int:
    """Shows the dashboard until it ends and returns its exit status. A wall only reads, and starts no engine."""
    from oncall_tui.tui.launch import run_dashboard

    db_path = place.db_path()

    def load() -> Config:
        """A wall only shows the file, so it can do without a config where there is none."""
        from oncall_tui.config.model import Config

        if is_wall and not place.has_config():
            return Config(path=db_path)
        return place.load_config()

    def start(config: Config) -> None:
        from oncall_tui.engine.spawn import spawn_engine

        spawn_engine(db_path, config.path)

    def leave_alone(_: Config) -> None:
        pass

    return run_dashboard(
        db_path,
        load,
        actor=read_actor(),
        is_wall=is_wall,
        theme=theme,
        on_ready=leave_alone if is_wall else start,
    )
