"""What a team tunes about the rules on words reaches the rules, and a slip in it is told with what is allowed."""

from __future__ import annotations

from pathlib import Path

import pytest
from tests.config.loading import faults_of, load_text

from oncall_tui.config.model import Config
from oncall_tui.domain.lint.catalogue import lint
from oncall_tui.domain.lint.model import Audience, Context, Level, Limits, Tuning, Words


def _load(folder: Path, lines: str) -> Config:
    return load_text(folder, f"[lint]\n{lines}\n")


def test_without_a_table_everything_is_as_it_comes(folder: Path) -> None:
    config = load_text(folder, "")
    assert (config.tuning, config.audience) == (Tuning(), None)


def test_levels_words_and_limits_reach_the_rules(folder: Path) -> None:
    config = _load(
        folder,
        'block = ["SC001"]\nwarn = ["JR007"]\ninfo = ["TN001"]\noff = ["JR008"]\naudience = "technical"\n'
        'products = ["Acme Shop"]\npeople = ["Priya"]\nprivate_hosts = ["*.int.acme.example"]\n'
        'contacts = ["help@acme.example"]\nliterals = ["[Beta]"]\nlong_title = 40\nlong_sentence = 20',
    )
    assert config.tuning == Tuning(
        levels={"JR008": None, "SC001": Level.BLOCK, "JR007": Level.WARN, "TN001": Level.INFO},
        words=Words(
            products=("Acme Shop",),
            people=("Priya",),
            private_hosts=("*.int.acme.example",),
            contacts=("help@acme.example",),
        ),
        limits=Limits(long_title=40, long_sentence_words=20),
        literals=("[Beta]",),
    )
    assert config.audience is Audience.TECHNICAL


def test_a_level_changes_what_is_said_of_a_text(folder: Path) -> None:
    text = "Some users cannot sign in. EFT is slow."
    plain = {finding.rule: finding.level for finding in lint("Sign-in fails", text, groups=["SC", "JR"])}
    assert plain == {"SC001": Level.INFO, "JR008": Level.INFO}
    tuning = _load(folder, 'block = ["SC001"]\noff = ["JR008"]').tuning
    tuned = {
        finding.rule: finding.level for finding in lint("Sign-in fails", text, Context(), tuning, groups=["SC", "JR"])
    }
    assert tuned == {"SC001": Level.BLOCK}


@pytest.mark.parametrize(
    ("lines", "fault"),
    [
        ('off = ["SC999"]', '2: lint.off: "SC999" is no rule, allowed: a rule of docs/lint.md'),
        (
            'off = ["sc001"]',
            "2: lint.off: is not the id of a rule, allowed: two capitals and three digits, such as SC001",
        ),
        (
            'off = ["SE001"]',
            "2: lint.off: SE001 cannot be changed, allowed: any rule but DR001, MS000, PH002, PH003, SE001",
        ),
        ('warn = ["SC001"]\noff = ["SC001"]', "3: lint.off: SC001 is already in warn, allowed: each rule once"),
        ('audience = "engineers"', '2: lint.audience: is "engineers", allowed: general or technical'),
        (
            'private_hosts = ["*"]',
            "2: lint.private_hosts: means every host, allowed: a pattern with at least one letter or digit",
        ),
        (
            'contacts = ["help"]',
            '2: lint.contacts: is not a mail address with or without *, allowed: such as "support@example.com"',
        ),
        ("long_title = 0", "2: lint.long_title: is out of range, allowed: a whole number, 1 to 100000"),
        (
            'clients = "Globex"',
            "2: lint.clients: is text, allowed: a list of names, each 1 to 100 printable characters",
        ),
    ],
)
def test_a_slip_is_told_at_its_line_with_what_is_allowed(folder: Path, lines: str, fault: str) -> None:
    (told,) = faults_of(folder, f"[lint]\n{lines}\n")
    assert told == fault


def test_a_misspelt_key_is_told_with_the_right_one(folder: Path) -> None:
    (told,) = faults_of(folder, '[lint]\nproduct = ["Acme"]\n')
    assert told.startswith("2: lint.product: unknown key (did you mean products?), allowed: block, warn, info, off, ")
