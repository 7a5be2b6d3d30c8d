"""What a config says about updates: names for templates, a zone, and how often they come."""

from __future__ import annotations

from pathlib import Path

import pytest
from tests.config.loading import faults_of, load_text

from oncall_tui.domain.cadence import USUAL_RHYTHM, next_update_at
from oncall_tui.domain.duration import HOUR, MINUTE
from oncall_tui.domain.incident import IncidentStatus, Severity
from oncall_tui.domain.template_variables import NO_TEAM, Team


def test_without_words_everything_is_as_usual(tmp_path: Path) -> None:
    config = load_text(tmp_path, "")
    assert (config.team, config.rhythm, config.page_zone) == (NO_TEAM, USUAL_RHYTHM, "UTC")


def test_a_team_has_its_names_its_zone_and_its_rhythm(tmp_path: Path) -> None:
    text = """
[updates]
product = "Acme"
support = "https://help.example.com"
page_zone = "Europe/Berlin"
sev2 = { identified = "45m", slow = "90m" }
"""
    config = load_text(tmp_path, text)
    assert config.team == Team("Acme", "https://help.example.com")
    assert config.page_zone == "Europe/Berlin"
    assert config.rhythm.steps[Severity.SEV2] == (30 * MINUTE, 45 * MINUTE, HOUR)
    assert config.rhythm.slow[Severity.SEV2] == 90 * MINUTE
    assert config.rhythm.steps[Severity.SEV1] == USUAL_RHYTHM.steps[Severity.SEV1]
    assert next_update_at(Severity.SEV2, IncidentStatus.IDENTIFIED, 0, rhythm=config.rhythm) == 45 * MINUTE


@pytest.mark.parametrize(
    ("line", "fault"),
    [
        ('page_zone = "Mars/Olympus"', "2: updates.page_zone: is no time zone, allowed: UTC, or a zone such as"),
        ('page_zone = "../etc/passwd"', "2: updates.page_zone: is no time zone"),
        ('sev1 = { slow = "1m" }', "2: updates.sev1.slow: is out of range, allowed: 5m to 1d"),
        ("sev1 = { fast = 1 }", "2: updates.sev1.fast: unknown key, allowed: investigating, identified"),
        ('sev5 = { slow = "1h" }', "2: updates.sev5: unknown key"),
    ],
)
def test_a_fault_names_its_line_and_key(tmp_path: Path, line: str, fault: str) -> None:
    (found,) = faults_of(tmp_path, f"[updates]\n{line}\n")
    assert found.startswith(fault), found
