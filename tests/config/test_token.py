"""Tokens: each source, each way it can fail, and that the token shows nowhere."""

from __future__ import annotations

import copy
import os
import pickle
import sys
import time
import traceback
from pathlib import Path

import pytest
from tests.pace import Deadline, free_s

from oncall_tui.config import token as token_module
from oncall_tui.config.model import TokenSource
from oncall_tui.config.token import Secret, read_token
from oncall_tui.domain.errors import UsageError

TOKEN = "S3cret-" + "x" * 20


def run_python(script: str) -> TokenSource:
    return TokenSource(command=(sys.executable, "-c", script))


def write_private(path: Path, content: bytes) -> Path:
    path.write_bytes(content)
    path.chmod(0o600)
    return path


def refusal_of(source: TokenSource, environ: dict[str, str] | None = None) -> str:
    with pytest.raises(UsageError) as caught:
        read_token(source, environ or {})
    assert TOKEN not in "".join(traceback.format_exception(caught.value))
    assert str(caught.value).isprintable()
    return str(caught.value)


def test_a_secret_shows_nowhere() -> None:
    secret = Secret(TOKEN)
    shown = [repr(secret), str(secret), f"{secret}", f"{secret!r:>9}", "%s" % secret, repr([secret]), f"{secret:>5}"]  # noqa: UP031
    assert all(TOKEN not in text and "***" in text for text in shown)
    assert secret.reveal() == TOKEN
    assert not hasattr(secret, "__dict__")
    for protocol in range(pickle.HIGHEST_PROTOCOL + 1):
        with pytest.raises(TypeError, match="not pickled"):
            pickle.dumps(secret, protocol)
    with pytest.raises(TypeError, match="not pickled or copied"):
        copy.deepcopy(secret)


def test_a_token_comes_from_the_environment() -> None:
    assert read_token(TokenSource(env="T"), {"T": f" {TOKEN}\n"}).reveal() == TOKEN
    assert "is not set: export it" in refusal_of(TokenSource(env="T"))
    assert "is empty" in refusal_of(TokenSource(env="T"), {"T": ""})
    assert "no token" in refusal_of(TokenSource(env="T"), {"T": "  "})
    for value in (f"{TOKEN} {TOKEN}", f"{TOKEN}\r\nX-Evil: 1", f"{TOKEN}é", TOKEN * 400):
        assert "is not a token" in refusal_of(TokenSource(env="T"), {"T": value})


def test_a_token_comes_from_the_first_line_of_a_private_file(tmp_path: Path) -> None:
    path = write_private(tmp_path / "token", f"{TOKEN}\r\nold one\n".encode())
    assert read_token(TokenSource(file=path), {}).reveal() == TOKEN
    path.chmod(0o400)
    assert read_token(TokenSource(file=path), {}).reveal() == TOKEN
    (tmp_path / "link").symlink_to(path)
    assert read_token(TokenSource(file=tmp_path / "link"), {}).reveal() == TOKEN


@pytest.mark.parametrize("mode", [0o640, 0o604, 0o660, 0o610, 0o601])
def test_a_file_that_others_may_open_is_refused_even_through_a_link(tmp_path: Path, mode: int) -> None:
    path = write_private(tmp_path / "token", TOKEN.encode())
    (tmp_path / "link").symlink_to(path)
    path.chmod(mode)
    for each in (path, tmp_path / "link"):
        assert f"run `chmod 600 {each}`" in refusal_of(TokenSource(file=each))


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can give a file away")
def test_a_file_of_somebody_else_is_refused(tmp_path: Path) -> None:
    path = write_private(tmp_path / "token", TOKEN.encode())
    os.chown(path, 12_345, -1)
    assert "belongs to user 12345" in refusal_of(TokenSource(file=path))


def test_what_is_no_token_file_is_a_sentence_and_never_hangs(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe", 0o600)
    (tmp_path / "loop").symlink_to(tmp_path / "loop")
    write_private(tmp_path / "empty", b"\n" + TOKEN.encode())
    write_private(tmp_path / "bytes", b"\x1b[31m" + TOKEN.encode())
    for path, words in (
        (tmp_path / "pipe", "is not a regular file"),
        (tmp_path, "is not a regular file"),
        (Path("/dev/zero"), "is not a regular file"),
        (tmp_path / "gone\x1b[31m", "cannot be read"),
        (tmp_path / "loop", "cannot be read"),
        (tmp_path / "a\0b", "NUL byte"),
        (tmp_path / "empty", "first line is empty"),
        (tmp_path / "bytes", "is not a token"),
    ):
        assert words in refusal_of(TokenSource(file=path))


def test_a_token_comes_from_a_command_without_a_shell() -> None:
    assert read_token(run_python(f"print('{TOKEN}'); print('more')"), {}).reveal() == TOKEN
    source = TokenSource(command=(sys.executable, "-c", "import sys; print(sys.argv[1])", "$HOME;x"))
    assert read_token(source, {}).reveal() == "$HOME;x"
    assert read_token(run_python("import os; print(os.environ['A'])"), {"A": TOKEN}).reveal() == TOKEN


def test_a_command_that_fails_is_told_without_its_token() -> None:
    script = f"import sys; print('{TOKEN}'); sys.stderr.write('first\\n\\x1b[31mbad {TOKEN}\\n'); sys.exit(3)"
    said = refusal_of(run_python(script))
    assert "failed with exit code 3: ␛[31mbad ***" in said
    assert "cannot be started (No such file" in refusal_of(TokenSource(command=("/no/such/program",)))
    assert "cannot be started" in refusal_of(TokenSource(command=("a\0b",)))
    assert "first line is empty" in refusal_of(run_python("print()"))


def test_a_command_that_never_ends_is_ended_with_all_it_started(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(token_module, "COMMAND_TIMEOUT_S", 1.0)
    script = (
        "import subprocess, sys, time\n"
        "child = subprocess.Popen([sys.executable, '-c', 'import time; time.sleep(60)'])\n"
        f"open({str(tmp_path / 'pid')!r}, 'w').write(str(child.pid))\n"
        "time.sleep(60)\n"
    )
    began = free_s()
    assert "did not end within 1 s" in refusal_of(run_python(script))
    assert free_s() - began < 5
    child = int((tmp_path / "pid").read_text())
    deadline = Deadline(5)
    while _is_running(child):
        assert not deadline.is_over()
        time.sleep(0.02)


def test_a_command_that_never_stops_talking_is_ended() -> None:
    began = free_s()
    assert "at most 64 kB" in refusal_of(run_python("while True: print('x' * 8000)"))
    assert free_s() - began < 8


def test_a_config_without_a_source_is_told() -> None:
    assert "names no token" in refusal_of(TokenSource())


def _is_running(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    # An ended process that nobody has waited for still has its id.
    status = Path(f"/proc/{pid}/stat")
    return not (status.exists() and status.read_text().rpartition(")")[2].split()[0] == "Z")
