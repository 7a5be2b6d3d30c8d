"""Programs of hooks, real ones: those that hang, fork, flood and ignore signals end, and nothing of them stays."""

from __future__ import annotations

import os
import resource
import sys
import threading
import time
from pathlib import Path

import pytest
from tests.pace import Deadline, free_s

from oncall_tui.engine.hook_command import OUTPUT_LIMIT, Outcome, run_command

DOCUMENT = '{"event": "down"}'
ENVIRON = {"PATH": os.environ["PATH"], "HOME": "/", "STATUSPAGE_TOKEN": "canary-7d1f", "LD_PRELOAD": ""}


def run(*command: str, timeout_ms: int = 5_000, document: str = DOCUMENT) -> Outcome:
    return run_command(command, document, timeout_ms, ENVIRON, threading.Event())


def sh(script: str, timeout_ms: int = 5_000, document: str = DOCUMENT) -> Outcome:
    return run("/bin/sh", "-c", script, timeout_ms=timeout_ms, document=document)


def is_alive(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


def assert_gone(path: Path) -> None:
    pids = [int(word) for word in path.read_text().split()]
    deadline = Deadline(2)
    while any(map(is_alive, pids)) and not deadline.is_over():
        time.sleep(0.01)
    assert pids
    assert not any(map(is_alive, pids))


def test_it_gets_the_document_and_neither_a_token_nor_our_folder(tmp_path: Path) -> None:
    outcome = sh(f"cat > {tmp_path}/got; env > {tmp_path}/env; pwd; echo well")
    assert outcome.is_taken
    assert outcome.said == "/\nwell"
    assert (tmp_path / "got").read_text() == DOCUMENT
    names = {line.partition("=")[0] for line in (tmp_path / "env").read_text().splitlines()}
    assert names - {"PWD", "OLDPWD", "_", "SHLVL"} == {"PATH", "HOME"}
    assert "canary" not in (tmp_path / "env").read_text()


def test_arguments_are_no_shell(tmp_path: Path) -> None:
    assert run("echo", "$(id); rm -rf x", "*").said == "$(id); rm -rf x *"


def test_a_large_document_reaches_a_program_that_reads_late_and_one_that_never_reads() -> None:
    large = '"' + "x" * 500_000 + '"'
    assert sh("sleep 0.1; wc -c", document=large).said == "500002"
    assert sh("exit 0", document=large).is_taken


@pytest.mark.parametrize(
    ("script", "words"),
    [
        ("echo no way >&2; exit 3", "failed with exit code 3: no way"),
        ("kill -9 $$", "failed with signal 9"),
        ("printf 'a\\033]0;evil\\007\\n\\033[2J'; exit 1", "failed with exit code 1: ␛[2J"),
    ],
)
def test_failures_are_told_in_one_inert_line(script: str, words: str) -> None:
    outcome = sh(script)
    assert not outcome.is_taken
    assert not outcome.may_follow
    assert outcome.words.endswith(words)
    assert "\x1b" not in outcome.words + outcome.said


def test_what_cannot_be_started_is_told(tmp_path: Path) -> None:
    plain = tmp_path / "plain"
    plain.write_text("x")
    assert "No such file" in run("/nowhere/at/all").words
    assert "Permission denied" in run(str(plain)).words
    assert "cannot be started" in run("a\0b").words


def test_what_this_host_has_run_out_of_is_tried_again() -> None:
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    with Path(os.devnull).open("rb") as newest:
        resource.setrlimit(resource.RLIMIT_NOFILE, (newest.fileno() + 1, hard))
        held = list(iter(open_one, -1))
        try:
            outcome = run("/bin/true")
        finally:
            resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))
            for descriptor in held:
                os.close(descriptor)
    assert "Too many open files" in outcome.words
    assert outcome.may_follow
    assert not run("/nowhere/at/all").may_follow


def open_one() -> int:
    """Returns one more descriptor, -1 when there is none."""
    try:
        return os.open(os.devnull, os.O_RDONLY)
    except OSError:
        return -1


def test_one_that_hangs_is_ended_in_time_with_all_that_it_started(tmp_path: Path) -> None:
    pids = tmp_path / "pids"
    began = free_s()
    outcome = sh(f"echo $$ > {pids}; sleep 60 & echo $! >> {pids}; wait", timeout_ms=300)
    assert free_s() - began < 1.2
    assert outcome.words == "/bin/sh was ended: it did not end within 300ms"
    assert_gone(pids)


def test_one_that_ignores_term_is_killed(tmp_path: Path) -> None:
    pids = tmp_path / "pids"
    began = free_s()
    outcome = sh(f"trap '' TERM; echo $$ > {pids}; while :; do sleep 0.1; done", timeout_ms=200)
    assert not outcome.is_taken
    assert free_s() - began < 2
    assert_gone(pids)


def test_what_it_leaves_behind_is_ended_and_holds_nothing_up(tmp_path: Path) -> None:
    pids = tmp_path / "pids"
    began = free_s()
    outcome = sh(f"sleep 60 & echo $! > {pids}; (while :; do echo x; done) & echo $! >> {pids}; exit 0")
    assert outcome.is_taken
    assert free_s() - began < 1
    assert_gone(pids)


def test_many_forks_end_too(tmp_path: Path) -> None:
    pids = tmp_path / "pids"
    sh(f"for i in 1 2 3 4 5 6 7 8 9; do sleep 60 & echo $! >> {pids}; done; wait", timeout_ms=300)
    assert_gone(pids)


def test_a_flood_of_output_costs_neither_time_nor_memory() -> None:
    began = free_s()
    flood = f"import os\nfor _ in range(100): os.write(1, b'x' * {OUTPUT_LIMIT})"
    outcome = run(sys.executable, "-S", "-c", flood)
    assert not outcome.is_taken  # it met a closed pipe
    assert len(outcome.said) <= 4_000
    assert free_s() - began < 2
    assert sh("head -c 900000 /dev/zero | tr '\\0' x; echo; echo last").said.endswith("\nlast")


def test_a_stop_of_the_engine_ends_it_at_once(tmp_path: Path) -> None:
    is_over, pids = threading.Event(), tmp_path / "pids"
    threading.Timer(0.2, is_over.set).start()
    began = free_s()
    script = f"trap '' TERM; echo $$ > {pids}; while :; do sleep 0.1; done"
    outcome = run_command(("/bin/sh", "-c", script), DOCUMENT, 60_000, ENVIRON, is_over)
    assert outcome.words.endswith("the engine stops")
    assert free_s() - began < 1
    assert_gone(pids)


def test_nothing_is_left_open() -> None:
    before = len(list(Path("/proc/self/fd").iterdir()))
    for script in ("exit 0", "exit 1", "sleep 9"):
        sh(script, timeout_ms=150)
    assert len(list(Path("/proc/self/fd").iterdir())) == before
