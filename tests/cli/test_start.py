"""What the program loads before it answers, and how errors leave it."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from tests.cli.program import CONFIG, Program
from tests.pace import PATIENCE_S, Deadline

from oncall_tui.cli import run
from oncall_tui.domain.update import DeliveryState
from oncall_tui.store.database import open_database
from oncall_tui.store.outbox import list_deliveries

HEAVY = ("textual", "httpx", "sqlite_utils", "msgspec", "h11", "sqlite3", "pysqlite3", "asyncio", "dns")


@pytest.mark.parametrize("arguments", [["--version"], ["--help"], ["-h"]])
def test_version_and_help_load_nothing_heavy(arguments: list[str]) -> None:
    code = (
        "import sys; from oncall_tui.cli import run; status = run(sys.argv[1:]); "
        f"print([name for name in {HEAVY!r} if name in sys.modules]); raise SystemExit(status)"
    )
    done = subprocess.run([sys.executable, "-c", code, *arguments], capture_output=True, text=True, check=True)
    assert done.stdout.splitlines()[-1] == "[]"


def test_every_command_of_the_help_exists() -> None:
    from oncall_tui.cli.group import COMMANDS, cli

    with cli.make_context("oncall-tui", [], resilient_parsing=True) as context:
        for name in COMMANDS:
            command = cli.get_command(context, name)
            assert command is not None
            assert command.name == name


@pytest.mark.parametrize(
    "arguments",
    [
        ["nonsense"],
        ["incident", "show"],
        ["incident", "show", "\x1b[2J"],
        ["incident", "show", "9" * 30],
        ["agent", "--after", "soon"],
        ["sync", "--wait", "soon"],
        ["check", "--config", "nowhere.toml"],
        ["check", "\x1b]52;c;eA==\x07"],
        ["init", "oncall.toml"],
        ["incident", "open", "--title", "T", "--message", "M", "--status", "sleeping"],
        ["incident", "open", "--title", "T", "--message", "M", "--component", "API"],
        ["incident", "open", "--title", "T", "--message", "M", "--component", "API=broken"],
        ["demo"],
        [],
    ],
)
def test_wrong_use_is_told_in_a_sentence_and_exits_2(
    program: Program, arguments: list[str], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(program.folder)
    monkeypatch.setenv("ONCALL_TUI_DB", str(program.folder / "oncall.db"))
    monkeypatch.delenv("ONCALL_TUI_CONFIG", raising=False)
    assert run(arguments) == 2
    said = capsys.readouterr()
    assert said.err.startswith("oncall-tui: ")
    assert "\x1b" not in said.err + said.out


def test_an_error_with_json_is_json(program: Program) -> None:
    answer = program.run("incident", "show", "7", "--json")
    assert answer.status == 3
    assert answer.json() == {"error": {"rule": "not-found", "message": "There is no incident #7."}}
    program.write_config("[[probe]]\nkind = 1\n")
    answer = program.run("check", "--json")
    assert answer.status == 2
    error = answer.shape()["error"]
    assert isinstance(error, dict)
    assert error["kind"] == "config"
    assert len(error["faults"]) > 1


def test_a_database_of_somebody_else_is_not_touched(program: Program) -> None:
    other = program.folder / "letters.db"
    other.write_bytes(b"SQLite format 3\0" + b"\xff" * 4096)
    answer = program.run("status", "--db", str(other))
    assert answer.status in (1, 2)
    assert other.read_bytes() == b"SQLite format 3\0" + b"\xff" * 4096


@pytest.mark.parametrize(
    "arguments",
    [
        ["agent", "--stop"],
        ["agent", "--stay"],
        ["status"],
        ["sync"],
        ["page", "serve"],
        ["page", "serve", "--data", "/proc/1/x/p.db"],
    ],
)
def test_a_place_that_cannot_be_written_is_told_in_a_sentence(program: Program, arguments: list[str]) -> None:
    answer = program.run(*arguments, "--db", "/dev/null/nowhere/oncall.db")
    assert answer.status in (0, 1, 2)
    assert answer.err.count("\n") <= 1


def test_hostile_file_names_are_shown_inert(program: Program) -> None:
    for name in (b"\xff\xfe.db", b"a\x1b]0;pwned\x07.db", "b\u202e.db".encode()):
        answer = program.run("doctor", "--db", os.fsencode(program.folder) + b"/" + name)
        assert "\x1b" not in answer.out + answer.err
        assert "\u202e" not in answer.out + answer.err


def test_a_closed_pipe_is_quiet(program: Program) -> None:
    process = subprocess.Popen(
        program.command("--help"), env=program.env(), stdout=subprocess.PIPE, stderr=subprocess.PIPE
    )
    assert process.stdout is not None
    assert process.stderr is not None
    process.stdout.close()
    with process.stderr as stderr:
        assert stderr.read() == b""
    assert process.wait() == 141


@pytest.mark.parametrize(("end", "status"), [("> /dev/full", 141), (">&-", 0), ("2>&-", 0), (">&- 2>&- <&-", 0)])
def test_an_answer_that_nobody_can_read_undoes_nothing(program: Program, end: str, status: int) -> None:
    words = '"$@" incident open -t "API fails" -m "Requests fail." --json'
    command = ["sh", "-c", f"{words} {end}", "sh", *program.command()]
    done = subprocess.run(command, cwd=program.folder, env=program.env(), capture_output=True, timeout=60, check=False)
    assert done.returncode == status, done.stderr
    assert b"Traceback" not in done.stderr
    assert len(program.run("incident", "list", "--json").rows()) == 1


def test_ctrl_c_is_quiet(program: Program) -> None:
    program.run("incident", "open", "--title", "T", "--message", "M")
    page = '[page]\napi_url = "http://127.0.0.1:1/v1"\npage_id = "p"\ntoken = { env = "T" }\n'
    program.write_config(page)
    process = subprocess.Popen(
        program.command("sync"),
        cwd=program.folder,
        env=program.env(T="t"),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )
    deadline = Deadline(PATIENCE_S)
    with open_database(program.folder / "oncall.db") as db:
        while list_deliveries(db)[0].state is DeliveryState.PENDING:
            assert not deadline.is_over()
            time.sleep(0.02)
    process.send_signal(signal.SIGINT)
    _, err = process.communicate(timeout=PATIENCE_S)
    assert process.returncode == 130
    assert b"Traceback" not in err


def test_ctrl_c_is_not_lost_in_a_callback() -> None:
    """Whose errors Python ignores: the locks of imports have such, and a command imports for most of its start."""
    code = (
        "import signal, sys, weakref\nimport oncall_tui.cli\nfrom oncall_tui.__main__ import main\n"
        "def run(args):\n"
        "    thing = type('Thing', (), {})()\n"
        "    watched = weakref.ref(thing, lambda _: signal.raise_signal(signal.SIGINT))\n"
        "    del thing\n"
        "    return 0\n"
        "oncall_tui.cli.run = run\nsys.argv = ['oncall-tui', 'status']\nsys.exit(main())\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=PATIENCE_S)
    assert (done.returncode, done.stderr) == (130, "")


def test_ctrl_c_while_it_loads_is_quiet() -> None:
    code = (
        "import signal, sys\nfrom importlib.abc import MetaPathFinder\nfrom oncall_tui.__main__ import main\n"
        "class Finder(MetaPathFinder):\n"
        "    def find_spec(self, name, path, target=None):\n"
        "        if name == 'oncall_tui.cli':\n"
        "            signal.raise_signal(signal.SIGINT)\n"
        "sys.meta_path.insert(0, Finder())\nsys.argv = ['oncall-tui', 'status']\nsys.exit(main())\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=PATIENCE_S)
    assert (done.returncode, done.stderr) == (130, "")


def test_init_writes_what_check_accepts(tmp_path: Path) -> None:
    program = Program(tmp_path)
    assert program.run("check").status == 2
    assert program.run("init").status == 0
    answer = program.run("check")
    assert answer.status == 0
    assert "3 probes" in answer.out
    assert program.run("check", "--json").shape()["is_valid"] is True


def test_check_names_the_themes_that_there_are(program: Program) -> None:
    program.write_config('theme = "midnigth"\n' + CONFIG)
    answer = program.run("check")
    assert answer.status == 2
    assert "theme: no theme is called midnigth (did you mean midnight?), allowed: " in answer.err
