"""Doctor and check tell what is missing here: a word list, tokens of probes, an extra."""

from __future__ import annotations

import subprocess
import sys

from tests.cli.program import CONFIG, Program
from tests.pace import PATIENCE_S

SECRET = "s3cret-of-the-probe"


def test_doctor_tells_whether_spelling_is_checked(program: Program) -> None:
    answer = program.run("doctor")
    assert "ok    spelling: updates are checked against a word list" in answer.out


def test_without_the_extra_every_word_is_known() -> None:
    code = (
        "import sys; sys.modules['spellchecker'] = None; from oncall_tui.spelling import has_word_list, suggest;"
        "print(has_word_list(), suggest('recieve'));"
        "from oncall_tui.cli.doctor import _check_spelling; print(_check_spelling().advice)"
    )
    ran = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=PATIENCE_S)
    assert ran.stdout == "False None\npip install 'oncall-tui[spelling]'\n"


def probe(name: str, auth: str) -> str:
    return f'[[probe]]\nname = "{name}"\nkind = "http"\nurl = "https://a.example"\nauth = {auth}\n'


def test_tokens_of_probes_that_are_not_there_are_told(program: Program) -> None:
    (program.folder / "open").write_text(SECRET)
    faults = {
        '{ env = "NO_SUCH" }': "The environment variable NO_SUCH, which probe.auth names, is not set",
        '{ env = "EMPTY" }': "The environment variable EMPTY, which probe.auth names, is empty",
        '{ file = "nowhere" }': "cannot be read (No such file or directory)",
        '{ file = "open" }': "is open to other users (mode 0644): run `chmod 600",
        '{ command = ["no-such-command"] }': "The token command no-such-command cannot be started",
        '{ command = ["true"] }': "There is no token in the token command true",
    }
    probes = "".join(probe(f"p{number}", auth) for number, auth in enumerate(faults))
    (program.folder / "oncall.toml").write_text(CONFIG + probes)
    checked, told = program.run("check", EMPTY=""), program.run("doctor", EMPTY="")
    assert (checked.status, told.status) == (0, 1)
    for number, words in enumerate(faults.values()):
        (warning,) = [line for line in checked.out.splitlines() if line.startswith(f"warning: token of p{number}: ")]
        (fault,) = [line for line in told.out.splitlines() if line.startswith(f"fail  token of p{number}: ")]
        assert words in warning
        assert words in fault
        assert fault.endswith("the probe is unknown until there is one")
    assert SECRET not in checked.out + checked.err + told.out + told.err


def test_a_token_that_is_there_is_told_once_and_not_shown(program: Program) -> None:
    token = program.folder / "token"
    token.write_text(SECRET)
    token.chmod(0o600)
    probes = "".join(probe(f"p{number}", '{ file = "token" }') for number in range(5))
    (program.folder / "oncall.toml").write_text(CONFIG + probes)
    checked, told = program.run("check", "--json"), program.run("doctor")
    assert checked.shape()["warnings"] == []
    assert "ok    token of p0, p1, p2 and 2 more: present (never shown)" in told.out
    assert SECRET not in checked.out + told.out


def test_a_missing_extra_is_told_with_the_probes_that_lack_it() -> None:
    code = (
        "import sys; sys.modules['h2'] = None; from pathlib import Path;"
        "from oncall_tui.config.model import Config; from oncall_tui.domain.probe import Probe, ProbeKind;"
        "from oncall_tui.engine.needs import check_needs;"
        "config = Config(Path('a'), probes=(Probe('orders', ProbeKind.GRPC, 'h:1'), Probe('b', ProbeKind.TCP, 'h:1')));"
        "print(*((need.what, need.fault, need.advice) for need in check_needs(config, {})), sep='|')"
    )
    ran = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=PATIENCE_S)
    assert (
        ran.stdout
        == str(("grpc", "HTTP/2 is missing here, so that nothing is known of orders", "pip install 'oncall-tui[grpc]'"))
        + "\n"
    )
