"""The command line: the group, commands that load when they are called, and how errors leave.

Every heavy import stands inside a function: `--help` and `--version` answer before anything else is loaded.
"""

from __future__ import annotations

import importlib
import os
import signal
import sys
from collections.abc import Callable, Sequence
from typing import TypeVar

import click

from oncall_tui import __version__
from oncall_tui.cli.place import Place
from oncall_tui.domain.errors import OncallError, RefusedError

#: Command to (module in this package, attribute, help line): the help of the group loads none of the modules.
COMMANDS = {
    "status": ("status", "status", "Show probes, open incidents, the queue and the engine."),
    "probe": ("probe", "probe", "Run probes once each; exit 1 unless all are up."),
    "incident": ("incident", "incident", "List, show, open, update and resolve incidents."),
    "timeline": ("timeline", "timeline", "Show what happened in an incident."),
    "outbox": ("outbox", "outbox", "List, retry and drop what waits to be published."),
    "sync": ("sync", "sync", "Publish what is queued; exit 1 when something is left."),
    "agent": ("agent", "agent", "Run, take over or stop the engine of the database."),
    "page": ("page", "page", "Serve the embedded status page."),
    "init": ("setup", "init", "Write a commented starter config."),
    "check": ("setup", "check", "Check the config and tell every fault."),
    "doctor": ("doctor", "doctor", "Look at everything that can be wrong, and say what to do."),
    "demo": ("demo", "demo", "Try it all in a world of its own."),
}
_F = TypeVar("_F", bound=Callable[..., object])


class _LazyGroup(click.Group):
    """Knows its commands by name and loads one when it is called."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in COMMANDS:
            return None
        module, attribute, _ = COMMANDS[cmd_name]
        command = getattr(importlib.import_module(f"oncall_tui.cli.{module}"), attribute)
        assert isinstance(command, click.Command)
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        with formatter.section("Commands"):
            formatter.write_dl([(name, line) for name, (_, _, line) in COMMANDS.items()])


def _set_place(ctx: click.Context, option: click.Parameter, value: str | None) -> None:
    if value is not None and option.name is not None:
        setattr(ctx.ensure_object(Place), option.name, value)


def place_options(command: _F) -> _F:
    """Adds `--config` and `--db`, which may stand before or after the name of a command."""
    for name, text in (
        ("--db", "The database [ONCALL_TUI_DB, else in the user's state folder]."),
        ("--config", "The config [ONCALL_TUI_CONFIG, ./oncall.toml, else in the user's config folder]."),
    ):
        command = click.option(name, metavar="FILE", help=text, expose_value=False, callback=_set_place)(command)
    return command


def json_option(command: _F) -> _F:
    """Adds `--json`."""
    return click.option("--json", "is_json", is_flag=True, help="Print JSON.")(command)


@click.group(
    cls=_LazyGroup,
    invoke_without_command=True,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
    help="Watch probes, and tell customers what is wrong, from a terminal. Without a command: the dashboard.",
)
@place_options
@click.option("--wall", is_flag=True, help="A screen for the wall of a war room: reads only.")
@click.option("--theme", metavar="NAME", help="The theme to begin with.")
@click.version_option(__version__, prog_name="oncall-tui", message="%(prog)s %(version)s")
@click.pass_context
def cli(ctx: click.Context, wall: bool, theme: str | None) -> None:
    place = ctx.ensure_object(Place)
    if ctx.invoked_subcommand is None:
        from oncall_tui.cli.dashboard import run_terminal

        ctx.exit(run_terminal(place, is_wall=wall, theme=theme))


def run(args: Sequence[str]) -> int:
    """Runs one command line and returns the exit status: 0 done, 1 no, 2 wrong use, 3 refused, 4 refused by the page.

    No fault of ours shows a traceback; nothing that was typed reaches the terminal raw.
    """
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="backslashreplace")
    is_json = "--json" in args
    try:
        status = cli.main(list(args), prog_name="oncall-tui", standalone_mode=False)
        sys.stdout.flush()
    except OncallError as error:
        return _fail(_kind_of(error), str(error), error.exit_code, is_json, getattr(error, "faults", None))
    except click.ClickException as error:
        return _fail("usage", error.format_message(), 2, is_json, None)
    except (click.Abort, KeyboardInterrupt):
        return 128 + signal.SIGINT
    except BrokenPipeError:
        # What is left in the buffer would be flushed, and complained about, at the end of the interpreter.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 1
    else:
        return status if isinstance(status, int) else 0


def _kind_of(error: OncallError) -> tuple[str, str] | str:
    if isinstance(error, RefusedError):
        return ("rule", error.rule)
    name = type(error).__name__.removesuffix("Error")
    return "".join(f"-{sign.lower()}" if sign.isupper() else sign for sign in name).lstrip("-")


def _fail(kind: tuple[str, str] | str, message: str, status: int, is_json: bool, faults: Sequence[str] | None) -> int:
    from oncall_tui.cli.output import Json, print_json, warn

    try:
        if is_json:
            key, value = kind if isinstance(kind, tuple) else ("kind", kind)
            shown: dict[str, Json] = {key: value, "message": message}
            if faults is not None:
                shown["faults"] = list(faults)
            print_json({"error": shown})
        else:
            rule = f" [{kind[1]}]" if isinstance(kind, tuple) else ""
            warn(message + rule)
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    return status
