"""What sound updates really say, invented anew: a rule that blocks passes it, or tells it at most."""

from __future__ import annotations

import pytest
from tests.domain.lint.remarks import find, level_of

from oncall_tui.domain.incident import IncidentStatus
from oncall_tui.domain.lint.model import Context, Level

RESOLVED = Context(status=IncidentStatus.RESOLVED)
OPEN = Context(status=IncidentStatus.INVESTIGATING)


@pytest.mark.parametrize(
    ("rule", "text"),
    [
        ("PH001", 'Calls end with "ERROR: (acme list) Place [location name] is not found".'),
        ("PH001", "Calls end with “Place [location name] is not found”."),
        ("PH001", "[This post was changed to correct a spelling error.]"),
        ("PH001", "Write a[OFFSET(n)] in the place of a[n] until then."),
        ("PH001", "Imports were slow. [...] At the peak, one in four failed."),
        ("PH001", "- [x] Sign-in works\n- [ ] Exports work"),
        ("PH002", "Open C:\\Users\\%USERNAME%\\AppData and take the cache away."),
        ("PH002", "Calls with <Start><Transcription> fail."),
        ("PH002", "Run `acme` or type\nkubectl describe node {NAME} --watch=true"),
        ("PH002", "Please replace ${PROJECT} with the number of yours."),
        ("PH002", "Messages with the {force-opt-in} flag were not held back."),
        ("PH005", "Imports end with “(acme.import) [INTERNAL]”."),
        ("SE001", "![](https://pictures.example.com/a?key=ADgogSsNR7W3UpxAWFv39Q)"),
        ("BL002", "More of this runs by itself now, to reduce the potential for human error."),
        ("BL002", "We are reducing the likelihood of manual mistakes."),
        ("JR004", "See https://acme.service-now.com/csm?id=service_status for more."),
        ("BL002", "No interruption is expected (unless a human mistake is made)."),
        ("SC004", "We cannot be 100% sure of it yet."),
        ("PH001", "[Edit - Monday 25th]\n\nThe work starts a day later."),
        ("PH006", "[Final message]\nThe work is done."),
        ("PH004", "We move all services to new machines, with short interruptions that\nare likely to end by noon."),
        ("TR006", "The high availability set-up took over."),
    ],
)
def test_sound_words_pass(rule: str, text: str) -> None:
    assert find(rule, text, OPEN) == []


@pytest.mark.parametrize(
    ("rule", "text", "context"),
    [
        ("JR004", "Join #acme-infra on irc.libera.chat for more.", OPEN),
        ("JR001", "Allow proxy-prod-eu-2.acme.net in your firewall.", OPEN),
        ("JR006", "Functions ended with SIGSEGV on Node.js 20.", OPEN),
        ("JR006", "The tool is /opt/acme/client/bin on Linux servers.", OPEN),
        ("LK001", "![](https://pictures.example.com/a?key=ADgogSsNR7W3UpxAWFv39Q)", OPEN),
        (
            "TR003",
            "We are still experiencing delays with exports; we have consolidated all of this into one incident.",
            RESOLVED,
        ),
        (
            "TR003",
            "Imports were slow until 14:52 UTC. A cache had run full. This led to retries.\nWe are working on it.",
            RESOLVED,
        ),
    ],
)
def test_what_may_be_meant_is_told_at_most(rule: str, text: str, context: Context) -> None:
    assert level_of(rule, text, context) is Level.WARN


@pytest.mark.parametrize(
    ("rule", "text", "context"),
    [
        ("PH001", "It lasted for [...] in all.", OPEN),
        ("PH001", 'Customers read "[status]" on the page.', OPEN),
        ("PH002", "Back by {end-time}.", OPEN),
        ("PH002", "The <region> is down.", OPEN),
        ("JR004", "See https://acme.service-now.com/nav_to.do?uri=incident.do for more.", OPEN),
        ("JR001", "The host db-01.prod.acme.net is full.", OPEN),
        ("JR004", "More in #acme-infra soon.", OPEN),
        ("BL002", "A change went wrong through human error.", OPEN),
        ("TR003", "We are still experiencing delays with exports.", RESOLVED),
    ],
)
def test_the_fault_beside_it_still_blocks(rule: str, text: str, context: Context) -> None:
    assert level_of(rule, text, context) is Level.BLOCK


def test_a_long_text_is_told_while_it_is_news() -> None:
    assert level_of("LN001", "a" * 1_001, OPEN) is Level.WARN
    assert level_of("LN001", "a" * 1_001) is Level.INFO
    assert level_of("LN001", "a" * 1_001, RESOLVED) is None


def test_a_fix_that_is_hoped_for_is_none_yet() -> None:
    assert level_of("TR003", "We are watching to ensure the issue is resolved.", OPEN) is None
    assert level_of("TR003", "The issue is resolved.", OPEN) is Level.WARN


def test_hearing_again_is_no_end() -> None:
    assert level_of("TM006", "We will be back in 30 minutes with more information.", OPEN) is None
    assert level_of("TM006", "We will be back in 30 minutes.", OPEN) is Level.WARN
