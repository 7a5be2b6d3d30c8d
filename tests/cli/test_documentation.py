"""The page on the command line names what there is, and shows the shape that is printed."""

from __future__ import annotations

import ast
import json
import re
from collections.abc import Iterator
from pathlib import Path

import click
from tests.cli.program import Program

from oncall_tui.cli.group import COMMANDS, cli
from oncall_tui.domain.errors import OncallError

SOURCE = Path(__file__).parents[2] / "src" / "oncall_tui"
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


def _list_rules() -> Iterator[str]:
    """Yields what commands may refuse by; screens have refusals of their own."""
    for part in ("cli", "domain", "engine", "store", "export"):
        for path in (SOURCE / part).rglob("*.py"):
            for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
                is_refusal = isinstance(node, ast.Call) and getattr(node.func, "id", "") == "RefusedError"
                if is_refusal and isinstance(node, ast.Call) and isinstance(node.args[0], ast.Constant):
                    yield str(node.args[0].value)


def test_every_rule_that_refuses_is_described() -> None:
    rules = set(_list_rules())
    assert "page-refuses" in rules
    assert {rule for rule in rules if f"`{rule}`" not in PAGE} == set()


def test_every_exit_code_is_described() -> None:
    def walk(kind: type[OncallError]) -> Iterator[type[OncallError]]:
        yield kind
        for each in kind.__subclasses__():
            yield from walk(each)

    table = {int(code) for code in re.findall(r"^\| (\d+) \| ", PAGE, re.MULTILINE)}
    assert table == {0, 130, 141} | {kind.exit_code for kind in walk(OncallError)}


def test_examples_of_help_are_commands_that_there_are(program: Program) -> None:
    """What is shown at three in the morning is typed as it stands: no option of it is unknown."""
    shown = PAGE + program.run("incident", "--help").out + program.run("--help").out
    with cli.make_context("oncall-tui", [], resilient_parsing=True) as context:
        for line in re.findall(r"^ *oncall-tui (incident .+|status|doctor)", shown, re.MULTILINE):
            words = line.split("  ")[0].split(" # ")[0].split()
            command: click.Command | None = cli.get_command(context, words[0])
            if isinstance(command, click.Group) and words[1] != "--help":
                command = command.get_command(context, words[1])
            assert command is not None, line
            known = {option for param in command.params for option in param.opts} | {"--help"}
            assert {word for word in words if re.fullmatch("--?[a-z-]+", word)} <= known, line
