"""Doctor tells whether spelling is checked, and how to get the word list where it is not."""

from __future__ import annotations

import subprocess
import sys

from tests.cli.program import Program


def test_doctor_tells_whether_spelling_is_checked(program: Program) -> None:
    answer = program.run("doctor")
    assert "ok    spelling: updates are checked against a word list" in answer.out


def test_without_the_extra_every_word_is_known() -> None:
    code = (
        "import sys; sys.modules['spellchecker'] = None; from oncall_tui.spelling import has_word_list, suggest;"
        "print(has_word_list(), suggest('recieve'));"
        "from oncall_tui.cli.doctor import _check_spelling; print(_check_spelling().advice)"
    )
    ran = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=30)
    assert ran.stdout == "False None\npip install 'oncall-tui[spelling]'\n"
