"""Reviews by the command line: from a half-written draft to what customers read, and to a file."""

from __future__ import annotations

import re
import shlex
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.cli.program import CONFIG, Answer, Program
from tests.statuspage.conftest import PAGE_ID, TOKEN, Page, start_page

from oncall_tui.clock import now_ms
from oncall_tui.domain.incident import IncidentStatus, Severity
from oncall_tui.store.database import open_database
from oncall_tui.store.incidents import declare_incident
from oncall_tui.store.outbox import confirm_update

FILL = "import re, sys, pathlib\np = pathlib.Path(sys.argv[-1])\n"


@pytest.fixture(scope="module")
def page(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Page]:
    running = start_page(tmp_path_factory.mktemp("page") / "page.db")
    yield running
    running.stop()


def make_incident(program: Program, *statuses: IncidentStatus) -> None:
    """Declares an incident in the program's file, without the time that a process takes."""
    with open_database(program.folder / "oncall.db") as db:
        now = now_ms()
        incident = declare_incident(
            db,
            uid="i",
            title="API is <b>slow</b>",
            components={},
            probes=(),
            severity=Severity.SEV2,
            started_at=now - 60_000,
            actor="tester@here",
            now=now,
        )
        for number, status in enumerate(statuses):
            confirm_update(
                db,
                incident.id,
                uid=f"u{number}",
                status=status,
                body=f"We say {status}.",
                components={},
                next_update_at=None,
                notify=False,
                actor="tester@here",
                now=now + number,
            )


def call(program: Program, *arguments: str, **env: str) -> Answer:
    return program.run("postmortem", "1", *arguments, stdin=b"", **env)


def edit(program: Program, code: str, *more: str) -> Answer:
    """Edits with a program whose name and arguments hold blanks, as people have them in $EDITOR."""
    script = program.folder / "my editor.py"
    script.write_text(FILL + code)

    return call(program, "edit", *more, VISUAL="", EDITOR=f"{sys.executable} {shlex.quote(str(script))}")


def fill(program: Program, words: str = "A disk was full.") -> None:
    answer = edit(program, f"p.write_text(re.sub(r'\\[.*?\\]', {words!r}, p.read_text()))")
    assert answer.status == 0, answer.err


def test_from_a_draft_to_customers_and_back(program: Program, page: Page) -> None:
    program.write_config(
        f'{CONFIG}\n[page]\napi_url = "{page.url}/v1"\npublic_url = "{page.url}"\npage_id = "{PAGE_ID}"\n'
        'token = { env = "STATUSPAGE_TOKEN" }\n'
    )
    make_incident(program, IncidentStatus.INVESTIGATING, IncidentStatus.RESOLVED)
    assert program.run("sync", STATUSPAGE_TOKEN=TOKEN).status == 0
    assert "a draft: not published anywhere" in call(program, "draft").out
    fill(program)
    previewed = call(program, "preview")
    assert previewed.err == ""
    assert "> We say investigating." in previewed.out
    assert "tester" not in previewed.out
    asked = call(program, "publish", "--notify")
    assert "queued for publishing" in asked.out
    assert "no engine is running" in asked.err
    assert program.run("sync", STATUSPAGE_TOKEN=TOKEN).status == 0
    (shown,) = call(program, "show", "--json").shape()["pages"]
    assert (shown["state"], shown["is_current"], shown["notify"]) == ("published", True, True)
    (incident,) = page.api.get("/incidents").json()
    published = page.api.get(f"/incidents/{incident['id']}/postmortem").json()["body"]
    assert published.strip() == previewed.out.strip()
    assert "A disk was full." in page.public.get(f"/incidents/{incident['id']}").text

    fill_in = edit(program, "p.write_text(p.read_text() + 'More.')")
    assert "an earlier revision (2)" in fill_in.out
    assert "queued for taking back (published since" in call(program, "revert").out
    assert program.run("sync", STATUSPAGE_TOKEN=TOKEN).status == 0
    assert "taken back" in call(program, "show").out
    assert page.api.get(f"/incidents/{incident['id']}/postmortem").json()["published_at"] is None


def test_what_must_not_be_published_is_refused_by_name(program: Program) -> None:
    make_incident(program, IncidentStatus.MONITORING)
    assert "[not-found]" in call(program, "publish").err
    call(program, "draft")
    assert "[already-drafted]" in call(program, "draft").err
    unfinished = call(program, "publish")
    assert (unfinished.status, "[PH001]" in unfinished.err) == (3, True)
    assert "not to be published yet" in call(program, "preview").err
    fill(program, "tester@here restarted it.")
    assert "[internal-facts]" in call(program, "publish").err
    assert "[no-postmortem]" in call(program, "publish", "--as-is").err
    program.write_config(
        f'{CONFIG}\n[page]\napi_url = "http://127.0.0.1:9/v1"\npage_id = "p"\ntoken = {{ env = "STATUSPAGE_TOKEN" }}\n'
    )
    assert "[not-resolved]" in call(program, "publish", "--as-is").err
    assert "[not-published]" in call(program, "revert").err


def test_an_edit_never_overwrites_and_is_never_lost(program: Program) -> None:
    make_incident(program, IncidentStatus.RESOLVED)
    call(program, "draft")
    # While this editor is open, another one stores its text.
    code = (
        "import os, subprocess\n"
        "if not os.environ.get('INNER'):\n"
        "    inner = {**os.environ, 'INNER': '1', 'ONCALL_TUI_ACTOR': 'bo@there'}\n"
        "    program = [sys.executable, '-P', '-m', 'oncall_tui']\n"
        "    subprocess.run([*program, 'postmortem', '1', 'edit'], env=inner, check=True)\n"
        "p.write_text('of ' + os.environ['ONCALL_TUI_ACTOR'] + '\\x1b[2J')"
    )
    late = edit(program, code)
    assert late.status == 3
    assert "[conflict]" in late.err
    kept = re.search(r"Your text is kept in (\S+)", late.err)
    assert kept is not None
    assert Path(kept[1]).parent == program.folder
    assert Path(kept[1]).read_text() == "of tester@here\x1b[2J"
    stored = call(program, "preview", "--json").shape()
    assert stored["revision"] == 2
    assert stored["lines"] == ["of bo@there\N{SYMBOL FOR ESCAPE}[2J"]
    assert stored["refused_by"] == "internal-facts"
    anew = call(program, "draft", "--anew")
    assert "revision 3" in anew.out
    assert len(list(program.folder.glob("oncall.db.postmortem-1-*.md"))) == 3


def test_an_editor_that_gives_up_changes_nothing(program: Program) -> None:
    make_incident(program, IncidentStatus.RESOLVED)
    call(program, "draft")
    assert "ended with 3: nothing was stored" in edit(program, "p.write_text('lost')\nsys.exit(3)").err
    assert "nothing was changed" in edit(program, "").err
    missing = call(program, "edit", VISUAL="", EDITOR="/nowhere/editor")
    assert (missing.status, "could not be started" in missing.err) == (2, True)
    assert call(program, "show", "--json").shape()["revision"] == 1


def test_documents_are_written_to_files_and_not_over_others(program: Program) -> None:
    make_incident(program, IncidentStatus.RESOLVED)
    call(program, "draft")
    assert edit(program, "p.write_text('Inside: the cable.')", "--internal").status == 0
    assert call(program, "export").status == 0
    markdown = program.folder / "postmortem-1.md"
    assert "&lt;b>slow" in markdown.read_text().replace("\\", "")
    assert "cable" not in markdown.read_text()
    assert "[file-exists]" in call(program, "export").err
    assert call(program, "export", "--force", "--json").shape()["file"] == str(markdown)
    page = program.folder / "out.html"
    assert call(program, "export", "--format", "html", "--internal", "-o", str(page)).status == 0
    assert "<p>Inside: the cable.</p>" in page.read_text()
    assert "&lt;b&gt;slow" in page.read_text()
    assert page.stat().st_mode & 0o077 == 0
    assert "<b>" not in call(program, "preview", "--html").out
