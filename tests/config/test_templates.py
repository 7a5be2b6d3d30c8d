"""A team's own templates: read with faults that name file, line and key, and put in the place of ours."""

from __future__ import annotations

from pathlib import Path

import pytest

from oncall_tui.config.load import load_config
from oncall_tui.config.templates import read_folder, read_template
from oncall_tui.content import load_templates
from oncall_tui.domain.errors import ConfigError
from oncall_tui.domain.incident import Cause, IncidentStatus
from oncall_tui.domain.maintenance import MaintenanceStatus
from oncall_tui.domain.template import Audience, Moment, Template

_GOOD = """\
key = "inv.first"
title = "Ours"
states = ["investigating", "scheduled"]
moment = "first"
causes = ["ours"]
audience = "client"
needed = ["contact"]
body = \"\"\"
Hello {contact}.
{impact}.
\"\"\"
"""


def _write(folder: Path, text: str, name: str = "a.toml") -> Path:
    path = folder / name
    path.write_text(text, encoding="utf-8")
    return path


def test_a_file_says_all_that_a_template_is(tmp_path: Path) -> None:
    path = _write(tmp_path, _GOOD)
    assert read_template(path) == Template(
        key="inv.first",
        title="Ours",
        states=(IncidentStatus.INVESTIGATING, MaintenanceStatus.SCHEDULED),
        moment=Moment.FIRST,
        body="Hello {contact}.\n{impact}.\n",
        needed=frozenset({"contact"}),
        causes=(Cause.OURS,),
        audience=Audience.CLIENT,
        source=str(path),
    )


@pytest.mark.parametrize(
    ("before", "after", "fault"),
    [
        ('title = "Ours"', "", "1: title: is missing, allowed: 1 to 100 characters in quotes"),
        ("title", "titel", "2: titel: unknown key (did you mean title?), allowed: key, title, states"),
        ('"Ours"', "7", "2: title: is a number, allowed: 1 to 100"),
        ('["investigating", "scheduled"]', "[]", "3: states: is empty, allowed: a list of investigating"),
        ('"scheduled"', '"over"', '3: states: is "over", allowed: a list of investigating'),
        ('moment = "first"', 'moment = "late"', '4: moment: is "late", allowed: first, scope, change'),
        ('"inv.first"', '"inv first"', "1: key: is of another form or too long, allowed: 1 to 60 letters"),
        ('["contact"]', '["support"]', '7: needed: "support" does not stand in the body, allowed: "contact", "impact"'),
        ("{impact}", "{inpact}", '10: body: there is no variable "inpact" (did you mean impact?), allowed: those of'),
        ("{impact}", "{{impact}}", '10: body: "{}" is no variable, allowed: braces around one alone'),
        ("{impact}", "{ETA}", '10: body: "{ETA}" is no variable, allowed: braces'),
        ("{impact}", "{impact", '10: body: "{impact." is no variable, allowed: braces'),
        ("key =", "key", "1: syntax: "),
    ],
)
def test_a_fault_names_its_line_and_key(tmp_path: Path, before: str, after: str, fault: str) -> None:
    path = _write(tmp_path, _GOOD.replace(before, after, 1))
    with pytest.raises(ConfigError) as caught:
        read_template(path)
    assert any(each.startswith(f"{path}:{fault}") for each in caught.value.faults), caught.value.faults


def test_a_team_puts_its_words_in_the_place_of_ours(tmp_path: Path) -> None:
    _write(tmp_path, _GOOD)
    _write(tmp_path, _GOOD.replace("inv.first", "our.own"), "b.toml")
    _write(tmp_path, "not a template", "notes.md")
    config = load_config(_write(tmp_path.parent, f'templates = "{tmp_path.name}"', "oncall.toml"))
    assert (config.templates_folder, config.template_faults) == (tmp_path, ())
    shipped, found = load_templates(), load_templates(config.templates)
    assert [each.key for each in found] == [*(each.key for each in shipped), "our.own"]
    assert found[0].title == "Ours"
    assert found[1:-1] == shipped[1:]


def test_a_bad_file_is_told_and_ours_stay_in_use(tmp_path: Path) -> None:
    _write(tmp_path, _GOOD.replace("first", "nonsense"))
    again = _write(tmp_path, _GOOD, "b.toml")
    twice = _write(tmp_path, _GOOD, "c.toml")
    found, faults = read_folder(tmp_path)
    assert [each.source for each in found] == [str(again)]
    assert len(faults) == 2
    assert faults[1] == f'{twice}:1: key: "inv.first" is the key of {again} already, allowed: each key once'


def test_a_folder_that_is_not_there_is_told(tmp_path: Path) -> None:
    config = load_config(_write(tmp_path, 'templates = "gone"'))
    (fault,) = config.template_faults
    assert config.templates == ()
    assert fault.startswith(f"{tmp_path / 'gone'}:1: templates: cannot be read: No such file")


def test_a_pipe_in_the_folder_holds_nothing_up(tmp_path: Path) -> None:
    import os

    os.mkfifo(tmp_path / "pipe.toml")
    found, faults = read_folder(tmp_path)
    assert found == ()
    assert "is a pipe" in faults[0]
