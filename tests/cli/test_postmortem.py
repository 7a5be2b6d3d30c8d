"""Reviews by the command line: from a half-written draft to what customers read, and to a file."""

from __future__ import annotations

import io
import re
import shlex
import shutil
import sys
from collections.abc import Iterator
from contextlib import redirect_stderr, redirect_stdout
from pathlib import Path

import pytest
from tests.cli.program import CONFIG, Answer, Program
from tests.statuspage.conftest import PAGE_ID, TOKEN, Page, start_page

from oncall_tui.cli import run
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


class Inside(Program):
    """Runs `oncall-tui` in this process, since a start takes longer than all the rest."""

    def run(self, *arguments: str | bytes, stdin: bytes = b"", **env: str) -> Answer:
        assert not stdin
        out, err = io.StringIO(), io.StringIO()
        words = [each if isinstance(each, str) else each.decode() for each in arguments]
        with pytest.MonkeyPatch.context() as patch, redirect_stdout(out), redirect_stderr(err):
            patch.chdir(self.folder)
            for name, value in self.env(**env).items():
                patch.setenv(name, value)
            status = run(words)
        return Answer(status, out.getvalue(), err.getvalue())


@pytest.fixture
def inside(program: Program) -> Program:
    return Inside(program.folder)


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


def test_from_a_draft_to_customers_and_back(inside: Program, page: Page) -> None:
    inside.write_config(
        f'{CONFIG}\n[page]\napi_url = "{page.url}/v1"\npublic_url = "{page.url}"\npage_id = "{PAGE_ID}"\n'
        'token = { env = "STATUSPAGE_TOKEN" }\n'
    )
    make_incident(inside, IncidentStatus.INVESTIGATING, IncidentStatus.RESOLVED)
    assert inside.run("sync", STATUSPAGE_TOKEN=TOKEN).status == 0
    assert "a draft: not published anywhere" in call(inside, "draft").out
    fill(inside)
    previewed = call(inside, "preview")
    assert previewed.err == ""
    assert "> We say investigating." in previewed.out
    assert "tester" not in previewed.out
    asked = call(inside, "publish", "--notify")
    assert "queued for publishing" in asked.out
    assert "no engine is running" in asked.err
    assert inside.run("sync", STATUSPAGE_TOKEN=TOKEN).status == 0
    (shown,) = call(inside, "show", "--json").shape()["pages"]
    assert (shown["state"], shown["is_current"], shown["notify"]) == ("published", True, True)
    (incident,) = page.api.get("/incidents").json()
    published = page.api.get(f"/incidents/{incident['id']}/postmortem").json()["body"]
    assert published.strip() == previewed.out.strip()
    assert "A disk was full." in page.public.get(f"/incidents/{incident['id']}").text

    fill_in = edit(inside, "p.write_text(p.read_text() + 'More.')")
    assert "an earlier revision (2)" in fill_in.out
    assert "queued for taking back (published since" in call(inside, "revert").out
    assert inside.run("sync", STATUSPAGE_TOKEN=TOKEN).status == 0
    assert "taken back" in call(inside, "show").out
    assert page.api.get(f"/incidents/{incident['id']}/postmortem").json()["published_at"] is None


def test_what_must_not_be_published_is_refused_by_name(inside: Program) -> None:
    make_incident(inside, IncidentStatus.MONITORING)
    assert "[not-found]" in call(inside, "publish").err
    call(inside, "draft")
    assert "[already-drafted]" in call(inside, "draft").err
    unfinished = call(inside, "publish")
    assert (unfinished.status, "[PH001]" in unfinished.err) == (3, True)
    assert "not to be published yet" in call(inside, "preview").err
    fill(inside, "tester@here restarted it.")
    assert "[internal-facts]" in call(inside, "publish").err
    assert "[no-postmortem]" in call(inside, "publish", "--as-is").err
    inside.write_config(
        f'{CONFIG}\n[page]\napi_url = "http://127.0.0.1:9/v1"\npage_id = "p"\ntoken = {{ env = "STATUSPAGE_TOKEN" }}\n'
    )
    assert "[not-resolved]" in call(inside, "publish", "--as-is").err
    assert "[not-published]" in call(inside, "revert").err


def test_what_a_queued_review_waits_for_is_told(inside: Program) -> None:
    inside.write_config(
        f'{CONFIG}\n[page]\napi_url = "http://127.0.0.1:9/v1"\npage_id = "p"\ntoken = {{ env = "STATUSPAGE_TOKEN" }}\n'
    )
    make_incident(inside, IncidentStatus.RESOLVED)
    call(inside, "draft")
    fill(inside)
    assert "queued for publishing; waits for the updates of the incident" in call(inside, "publish").out
    again = inside.run("incident", "update", "1", "--status", "monitoring", "--message", "Back.")
    assert again.status == 0
    assert "waits until the incident is resolved again" in call(inside, "show").out


def test_a_place_that_takes_nothing_leaves_the_text_where_it_was_written(inside: Program) -> None:
    make_incident(inside, IncidentStatus.RESOLVED)
    call(inside, "draft")
    # A file now stands where the folder of the database was.
    code = "import os\nplace = os.environ['HOME']\nos.rename(place, place + '-aside')\nopen(place, 'w').close()\n"
    lost = edit(inside, code + "p.write_text('Words.')")
    kept = re.search(r"Your text is kept in (\S+)", lost.err)
    assert kept is not None
    path = Path(kept[1])
    assert path.parent.name.startswith("oncall-tui-")
    assert path.read_text() == "Words."
    shutil.rmtree(path.parent)


def test_an_edit_never_overwrites_and_is_never_lost(inside: Program) -> None:
    make_incident(inside, IncidentStatus.RESOLVED)
    call(inside, "draft")
    # While this editor is open, another one stores its text.
    code = (
        "import os, subprocess\n"
        "if not os.environ.get('INNER'):\n"
        "    inner = {**os.environ, 'INNER': '1', 'ONCALL_TUI_ACTOR': 'bo@there'}\n"
        "    program = [sys.executable, '-P', '-m', 'oncall_tui']\n"
        "    subprocess.run([*program, 'postmortem', '1', 'edit'], env=inner, check=True)\n"
        "p.write_text('of ' + os.environ['ONCALL_TUI_ACTOR'] + '\\x1b[2J')"
    )
    late = edit(inside, code)
    assert late.status == 3
    assert "[conflict]" in late.err
    kept = re.search(r"Your text is kept in (\S+)", late.err)
    assert kept is not None
    assert Path(kept[1]).parent == inside.folder
    assert Path(kept[1]).read_text() == "of tester@here\x1b[2J"
    stored = call(inside, "preview", "--json").shape()
    assert stored["revision"] == 2
    assert stored["lines"] == ["of bo@there\N{SYMBOL FOR ESCAPE}[2J"]
    assert stored["refused_by"] == "internal-facts"
    anew = call(inside, "draft", "--anew")
    assert "revision 3" in anew.out
    assert len(list(inside.folder.glob("oncall.db.postmortem-1-*.md"))) == 3


def test_an_editor_that_gives_up_changes_nothing(inside: Program) -> None:
    make_incident(inside, IncidentStatus.RESOLVED)
    call(inside, "draft")
    assert "ended with 3: nothing was stored.\n" in edit(inside, "sys.exit(3)").err
    crashed = edit(inside, "p.write_text('Half a text')\nsys.exit(3)")
    kept = re.search(r"Your text is kept in (\S+)", crashed.err)
    assert kept is not None
    assert Path(kept[1]).read_text() == "Half a text"
    assert "nothing was changed" in edit(inside, "").err
    missing = call(inside, "edit", VISUAL="", EDITOR="/nowhere/editor")
    assert (missing.status, "could not be started" in missing.err) == (2, True)
    assert call(inside, "show", "--json").shape()["revision"] == 1


def test_documents_are_written_to_files_and_not_over_others(inside: Program) -> None:
    make_incident(inside, IncidentStatus.RESOLVED)
    call(inside, "draft")
    assert edit(inside, "p.write_text('Inside: the cable.')", "--internal").status == 0
    assert call(inside, "export").status == 0
    markdown = inside.folder / "postmortem-1.md"
    assert "&lt;b>slow" in markdown.read_text().replace("\\", "")
    assert "cable" not in markdown.read_text()
    assert "[file-exists]" in call(inside, "export").err
    assert call(inside, "export", "--force", "--json").shape()["file"] == str(markdown)
    page = inside.folder / "out.html"
    assert call(inside, "export", "--format", "html", "--internal", "-o", str(page)).status == 0
    assert "<p>Inside: the cable.</p>" in page.read_text()
    assert "&lt;b&gt;slow" in page.read_text()
    assert page.stat().st_mode & 0o077 == 0
    assert "<b>" not in call(inside, "preview", "--html").out
