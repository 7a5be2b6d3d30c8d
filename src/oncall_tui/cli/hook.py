"""`oncall-tui hook`: what is called when a state changes, tried before it has to ring."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from oncall_tui.cli.group import json_option, place_options
from oncall_tui.cli.place import Place

if TYPE_CHECKING:
    from oncall_tui.config.model import HookConfig
    from oncall_tui.engine.hook_command import Outcome


@click.group(no_args_is_help=True)
def hook() -> None:
    """Try what is called when the state of a probe changes."""


@hook.command()
@click.argument("name")
@json_option
@place_options
@click.pass_obj
def test(place: Place, name: str, is_json: bool) -> int:
    """Call a hook once, now, with a document that says that nothing is wrong; exit 1 when it was not taken."""
    import asyncio

    from oncall_tui.cli.output import print_json, say

    outcome = asyncio.run(_call(_choose(place.load_config().hooks, name)))
    if is_json:
        print_json({"hook": name, "taken": outcome.is_taken, "outcome": outcome.words, "said": outcome.said})
    else:
        said = "\n".join(f"  {line}" for line in outcome.said.split("\n") if line)
        say(f"{'Taken' if outcome.is_taken else 'Not taken'}: {outcome.words}." + (f"\n{said}" if said else ""))
    return 0 if outcome.is_taken else 1


def _choose(hooks: tuple[HookConfig, ...], name: str) -> HookConfig:
    from oncall_tui.cli.wording import suggest
    from oncall_tui.domain.errors import NotFoundError
    from oncall_tui.domain.sanitize import clean_line

    by_name = {each.name: each for each in hooks}
    if name not in by_name:
        raise NotFoundError(f"The config has no hook {clean_line(name, 100)}{suggest(name, by_name)}.")
    return by_name[name]


async def _call(chosen: HookConfig) -> Outcome:
    import uuid

    from oncall_tui.clock import now_ms
    from oncall_tui.domain.hook_document import write_test
    from oncall_tui.engine.hooks import make_caller

    uid = uuid.uuid4().hex
    return await make_caller(chosen, now_ms)(write_test(chosen.name, uid, now_ms()).encode(), uid)
