"""`oncall-tui template`: what it lists, shows, finds wrong and fetches from a page."""

from __future__ import annotations

import tomllib
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.cli.program import CONFIG, Program
from tests.statuspage.conftest import PAGE_ID, TOKEN, Page, start_page

from oncall_tui.cli.template_files import name_key, write_toml
from oncall_tui.config.templates import read_template
from oncall_tui.content import load_templates
from oncall_tui.domain.incident import IncidentStatus
from oncall_tui.domain.remote import RemoteTemplate
from oncall_tui.domain.sanitize import clean_block


@pytest.fixture(scope="module")
def page(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Page]:
    running = start_page(tmp_path_factory.mktemp("page") / "page.db")
    yield running
    running.stop()


@pytest.fixture
def team(program: Program) -> Path:
    """The folder of a team's templates."""
    folder = program.folder / "words"
    folder.mkdir()
    program.write_config(f'templates = "words"\n{CONFIG}')
    return folder


def _template(key: str, body: str) -> str:
    return f'key = "{key}"\ntitle = "T"\nstates = ["investigating"]\nbody = "{body}"\n'


def test_ours_and_the_teams_are_listed_and_shown(program: Program, team: Path) -> None:
    (team / "a.toml").write_text(_template("inv.first", "Sorry, {components} fails. News by {next_update}."))
    rows = {row["key"]: row for row in program.run("template", "list", "--json").rows()}
    assert rows.keys() == {each.key for each in load_templates()}
    assert rows["inv.first"]["file"] == str(team / "a.toml")
    assert rows["idn.ours"]["causes"] == ["ours", "shared"]
    shown = program.run("template", "show", "inv.first", "--json").shape()
    assert shown["text"] == "Sorry, Dashboard and API fails. News by 14:55 UTC."
    assert (shown["variables"], shown["open"]) == (["components", "next_update"], [])


def test_a_template_is_filled_in_for_an_incident(program: Program) -> None:
    opened = program.run("incident", "open", "-t", "T", "-m", "M", "--component", "API=major_outage", "--json").shape()
    report = program.run("template", "show", "partner.report", "--incident", f"#{opened['id']}")
    assert "our checks show this: {observed}." in report.out
    assert "Still to be filled: observed." in report.out
    assert "Affected on our side: {scope}." in report.out.split("FOR #")[0]
    assert "Affected" not in report.out.split("FOR #")[1]


def test_faults_of_files_and_of_words_are_told(program: Program, team: Path) -> None:
    (team / "bad.toml").write_text(_template("bad", "{componets} fail."))
    (team / "weak.toml").write_text(_template("weak", "We look at [X]."))
    answer = program.run("template", "lint", "weak", "--json")
    assert answer.status == 1
    told = answer.shape()
    hint = 'there is no variable "componets" (did you mean components?)'
    assert told["files"] == [f"{team}/bad.toml:4: body: {hint}, allowed: those of `oncall-tui template variables`"]
    assert {fault["rule"] for fault in told["faults"]} >= {"PH001"}
    assert {fault["key"] for fault in told["faults"]} == {"weak"}
    checked = program.run("check")
    assert checked.status == 2
    assert "bad.toml:4: body" in checked.err


def test_the_words_of_a_page_are_fetched_once(program: Program, team: Path, page: Page) -> None:
    slow = {"name": "API is slow!", "title": "Slow", "body": 'We look. "Soon" [X].', "update_status": "identified"}
    for each in (slow, {**slow, "name": "API is slow?", "update_status": None}):
        page.api.post("/incident_templates", json={"template": each}).raise_for_status()
    program.write_config(f"""templates = "words"
[page]
name = "acme"
api_url = "{page.url}/v1"
page_id = "{PAGE_ID}"
token = {{ env = "PAGE_TOKEN" }}
""")
    pulled = program.run("template", "pull", "--json", PAGE_TOKEN=TOKEN)
    assert [row["key"] for row in pulled.rows()] == ["page.api-is-slow", "page.api-is-slow-2"], pulled.err
    first = tomllib.loads((team / "page-api-is-slow.toml").read_text())
    assert first["states"] == ["identified"]
    assert first["body"] == 'We look.\n"Soon" [X].\n'
    assert first["moment"] == "by_hand"
    again = program.run("template", "pull", PAGE_TOKEN=TOKEN)
    assert again.status == 3
    assert "already has page-api-is-slow.toml" in again.err
    elsewhere = program.run("template", "pull", "--force", "--page", "acme", "--to", "other", PAGE_TOKEN=TOKEN)
    assert (program.folder / "other" / "page-api-is-slow-2.toml").exists(), elsewhere.err
    refused = program.run("template", "pull", "--to", "other", PAGE_TOKEN="wrong")
    assert refused.status == 4, refused.err


def test_a_config_without_a_page_or_folder_says_so(program: Program) -> None:
    assert "no [page]" in program.run("template", "pull").err


@settings(max_examples=50, deadline=None)
@given(st.text(max_size=80), st.text(min_size=1, max_size=300))
def test_whatever_a_page_keeps_can_be_read_back(name: str, body: str) -> None:
    remote = RemoteTemplate(clean_block(name), "T", clean_block(body), IncidentStatus.IDENTIFIED)
    table = tomllib.loads(write_toml(remote, name_key(name, ["page.template"])))
    assert " ".join(table["body"].split()) == " ".join(clean_block(body).split())
    assert table["key"] != "page.template"


def test_a_fetched_file_is_a_template_of_ours(tmp_path: Path) -> None:
    path = tmp_path / "a.toml"
    path.write_text(write_toml(RemoteTemplate("A", "T", "One. Two (e.g. 3). [four]", None), "page.a"))
    read = read_template(path)
    assert read.body == "One.\nTwo (e.g. 3).\n[four]\n"
    assert len(read.states) == 4
