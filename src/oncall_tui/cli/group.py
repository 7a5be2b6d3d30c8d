"""The commands: a group that knows them by name and loads one when it is called.

Every heavy import stands inside a function: `--help` and `--version` answer before anything else is loaded.
"""

from __future__ import annotations

import importlib
from collections.abc import Callable, Sequence
from typing import TypeVar

import click

from oncall_tui import __version__
from oncall_tui.cli.place import Place
from oncall_tui.domain.errors import UsageError

#: Command to (module in this package, attribute, help line): the help of the group loads none of the modules.
COMMANDS = {
    "status": ("status", "status", "Show probes, open incidents, the queue and the engine."),
    "history": ("history", "history", "Show probes by hour or by day: availability, runs and latency."),
    "uptime": ("history", "uptime", "Show how much of the time each component and probe was up."),
    "probe": ("probe", "probe", "Run probes once each; exit 1 unless all are up."),
    "incident": ("incident", "incident", "List, show, open, update and resolve incidents."),
    "silence": ("silence", "silence", "Acknowledge or snooze probes, or put them under maintenance."),
    "beat": ("beat", "beat", "Give a sign of life for a push probe."),
    "change": ("change", "change", "Tell what changes, such as a deployment."),
    "hook": ("hook", "hook", "Try what is called when the state of a probe changes."),
    "maintenance": ("maintenance", "maintenance", "Plan, announce, start, extend, finish and cancel planned work."),
    "timeline": ("timeline", "timeline", "Show what happened in an incident."),
    "postmortem": ("postmortem", "postmortem", "Draft, edit, preview and publish the review of an incident."),
    "template": ("template", "template", "List, show and check prepared words, and fetch those of a page."),
    "lint": ("lint", "lint", "Check words for customers; exit 1 when something blocks sending."),
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


class OrderedGroup(click.Group):
    """Lists its commands in the order in which they are used, each with the whole of its first sentence."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(self.commands)

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        with formatter.section("Commands"):
            formatter.write_dl([(name, each.get_short_help_str(200)) for name, each in self.commands.items()])


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
    epilog="""\b
At three in the morning:
  oncall-tui status            what is wrong, and what customers know
  oncall-tui incident --help   declare, update, resolve; have they seen it?
  oncall-tui doctor            when this program itself is in trouble""",
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


def _tell_usage(error: click.ClickException) -> str:
    """Returns what was wrong, and how to learn what is right."""
    context = error.ctx if isinstance(error, click.UsageError) else None
    if context is None:
        return error.format_message()
    path = context.command_path
    names = context.command.list_commands(context) if isinstance(context.command, click.Group) else []
    if isinstance(error, click.exceptions.NoArgsIsHelpError):
        return f"{path} needs a command: {', '.join(names)}; `{path} --help` tells what each does."
    return f"{error.format_message()} `{path} --help` tells how."


def run_command(args: Sequence[str]) -> int:
    """Runs one command and returns its exit status. Raises OncallError, KeyboardInterrupt or BrokenPipeError."""
    try:
        status = cli.main(list(args), prog_name="oncall-tui", standalone_mode=False)
    except click.ClickException as error:
        raise UsageError(_tell_usage(error)) from error
    except click.Abort as error:
        raise KeyboardInterrupt from error
    except SystemExit as error:
        # In this mode the library exits for one reason: the reader of the answer has left.
        raise BrokenPipeError from error
    return status if isinstance(status, int) else 0
