"""The page on the command line names what there is, and shows the shape that is printed."""

from __future__ import annotations

import json
import re
from pathlib import Path

import click
from tests.cli.program import Program

from oncall_tui.cli.group import COMMANDS, cli

PAGE = (Path(__file__).parents[2] / "docs" / "command-line.md").read_text(encoding="utf-8")


def test_every_command_and_sub_command_is_described() -> None:
    with cli.make_context("oncall-tui", [], resilient_parsing=True) as context:
        for name in COMMANDS:
            command = cli.get_command(context, name)
            names = [name, *(command.commands if isinstance(command, click.Group) else ())]
            assert all(re.search(rf"`[^`\n]*\b{each}\b", PAGE) for each in names), name


def test_the_shape_is_the_one_that_is_printed(program: Program) -> None:
    example = re.search(r"```json\n(.*?)```", PAGE, re.DOTALL)
    assert example is not None
    shown = json.loads(example[1])
    printed = program.run("incident", "open", "--title", "T", "--message", "M", "--json").shape()
    assert list(shown) == list(printed)
    assert set(shown["updates"][0]) == set(printed["updates"][0])


def test_every_command_that_answers_has_json() -> None:
    silent = {"demo", "serve"}
    with cli.make_context("oncall-tui", [], resilient_parsing=True) as context:
        for name in COMMANDS:
            command = cli.get_command(context, name)
            leaves = command.commands.values() if isinstance(command, click.Group) else [command]
            for leaf in leaves:
                assert leaf is not None
                assert leaf.name in silent or any(option.name == "is_json" for option in leaf.params), leaf.name
