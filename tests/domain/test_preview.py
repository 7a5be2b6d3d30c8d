"""What customers and the help desk will see, before anything is sent."""

from __future__ import annotations

from datetime import UTC
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from oncall_tui.domain.duration import HOUR, MINUTE
from oncall_tui.domain.facts import NO_FACTS, Facts
from oncall_tui.domain.incident import Cause, ComponentStatus, Incident, IncidentStatus, Phase, Severity
from oncall_tui.domain.pagetext import Run, Style, render_page_text, write_plain
from oncall_tui.domain.preview import list_times, preview_page, preview_short, write_brief
from oncall_tui.domain.sanitize import is_clean
from oncall_tui.domain.shortform import Form, Room

_NOW = 1_795_356_300_000  # 22 Nov 2026 14:05 UTC
_LINK = "https://status.example.com/incidents/q1w2"
_BODY = "We have found the cause. You will hear from us again by 14:35 UTC."
_INCIDENT = Incident(
    id=42,
    uid="u",
    title="Dashboard: requests are failing",
    status=IncidentStatus.INVESTIGATING,
    phase=Phase.ACTIVE,
    impact_override=None,
    severity=Severity.SEV2,
    cause=Cause.UNKNOWN,
    started_at=_NOW - HOUR,
    declared_at=_NOW,
    revision=1,
    components={"Dashboard": ComponentStatus.MAJOR_OUTAGE},
)


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("One.\nTwo.\n\nThree.", "One. Two.\n\nThree."),
        ("One<br>Two<br/>\nThree", "One\nTwo\nThree"),
        ("<p>One</p><p>Two &amp; &lt;three&gt;</p>", "One\n\nTwo & <three>"),
        ("<ul><li>One</li><li>Two</li></ul>End", "• One\n• Two\n\nEnd"),
        ("- One\n* Two\n  on\n1. Three", "• One\n• Two on\n1. Three"),
        ("See [our notes](https://x.example/a).", "See our notes (https://x.example/a)."),
        ('See <a href="https://x.example/a">our <b>notes</b></a>.', "See our notes (https://x.example/a)."),
        ("[https://x.example](https://x.example)", "https://x.example"),
        ("# News\nText", "News\nText"),
        ("**API** and *Web* and `code` and 2 * 3 * 4", "API and Web and code and 2 * 3 * 4"),
        ("snake_case_name and __init__", "snake_case_name and init"),
        ("One  \nTwo", "One\nTwo"),
        ("<script>alert(1)</script>", "alert(1)"),
        ("> said", "│ said"),
    ],
)
def test_a_page_text_reads_as_it_is_shown(text: str, shown: str) -> None:
    assert write_plain(render_page_text(text)) == shown


def test_styles_are_told_apart() -> None:
    (line,) = render_page_text("a **b** *c* `d` [e](https://f.example) <strong>g</strong>")
    assert [run for run in line if run.text.strip()] == [
        Run("a "),
        Run("b", Style.STRONG),
        Run("c", Style.EMPHASIS),
        Run("d", Style.CODE),
        Run("e", Style.LINK, "https://f.example"),
        Run("g", Style.STRONG),
    ]


@settings(max_examples=100, deadline=None)
@given(st.text() | st.text(st.sampled_from("ab *_`[]()<>/br&;#-1.\n\x1b")))
def test_a_rendered_text_is_inert_and_keeps_plain_words(text: str) -> None:
    lines = render_page_text(text + "\n\nplain words stay.")
    assert all(is_clean(run.text) and "\n" not in run.text for line in lines for run in line)
    assert "plain words stay." in write_plain(lines)


def test_a_page_shows_state_text_and_the_time_in_its_zone() -> None:
    preview = preview_page("page", "identified", _BODY, _NOW, zone=ZoneInfo("America/New_York"))
    assert write_plain(preview.lines) == f"Identified - {_BODY}\nNov 22, 09:05 EST"
    assert (preview.used, preview.limit, preview.is_fitting) == (len(_BODY), 25_000, True)
    small = preview_page("page", "identified", _BODY, _NOW, limit=20)
    assert not small.is_fitting
    assert "takes 20 characters" in small.problem
    assert write_plain(preview_page("page", "resolved", "", _NOW).lines) == "Resolved - \nNov 22, 14:05 UTC"


def test_an_sms_tells_its_parts_and_what_makes_it_long() -> None:
    plain = preview_short("sms", "Logins fail", "identified", _BODY, _LINK, Room(Form.SMS))
    assert plain.segments == (plain.text,)
    assert (plain.used, plain.limit, plain.note) == (1, 2, f"{len(plain.text)} of 160 signs, GSM-7")
    wide = preview_short("sms", "Логин", "identified", _BODY, _LINK, Room(Form.SMS, 5))
    assert "UCS-2 because of Логин" in wide.note
    assert len(wide.segments) == wide.used > 1


def test_a_mail_shows_what_a_phone_shows_first() -> None:
    title = "Dashboard and API: requests are failing in Europe"
    preview = preview_short("mail", title, "identified", _BODY, _LINK, Room(Form.MAIL))
    assert preview.subject == f"{title} (Identified)"
    assert preview.glance == f"Dashboard and API: requests are failing… | {_BODY}"
    assert write_plain(preview.lines) == preview.text


@pytest.mark.parametrize("form", list(Form))
def test_each_channel_counts_what_it_is_given(form: Form) -> None:
    preview = preview_short("c", "Logins fail", "identified", _BODY * 3, _LINK, Room(form))
    assert preview.is_fitting
    assert preview.text.endswith(_LINK)
    assert "14:35 UTC" in preview.text


def test_a_channel_that_cannot_be_written_says_why() -> None:
    assert "set public_url" in preview_short("sms", "T", "identified", _BODY, None, Room(Form.SMS)).problem
    tight = preview_short("x", "T", "identified", _BODY, _LINK, Room(Form.SOCIAL, 20))
    assert "too long for a limit of 20" in tight.problem
    assert not tight.is_fitting


def test_times_are_shown_on_the_clocks_of_the_page_and_of_the_writer() -> None:
    text = "From 14:05 UTC to 23:30 UTC, again 14:05 UTC. Review at 02:00 UTC on 24 November, or 14:35."
    shown = [(each.said, each.on_page, each.here) for each in list_times(text, _NOW, ZoneInfo("Asia/Tokyo"), UTC)]
    assert shown == [
        ("14:05 UTC", "23:05 JST", "14:05 UTC"),
        ("23:30 UTC", "08:30 JST (+1 day)", "23:30 UTC"),
        ("02:00 UTC on 24 November", "11:00 JST", "02:00 UTC"),
    ]
    assert list_times("at 10:00 UTC on 31 February", _NOW, UTC, UTC) == ()
    midnight = _NOW + 10 * HOUR - 10 * MINUTE
    (soon,) = list_times("by 00:25 UTC", midnight, UTC, UTC)
    assert soon.on_page == "00:25 UTC"


def test_a_brief_says_what_is_known_what_to_say_and_what_not() -> None:
    facts = Facts(impact="pages fail", percent=30, region="Europe", workaround="use the app", limits="no export")
    due_at = _NOW + 30 * MINUTE
    brief = write_brief(_INCIDENT, facts, IncidentStatus.IDENTIFIED, _BODY, next_update_at=due_at, now=_NOW, url=_LINK)
    assert (
        brief
        == f"""\
SUPPORT BRIEF #42  SEV2 IDENTIFIED  14:05 UTC
Dashboard: requests are failing

Impact: pages fail
Affected: about 30% of requests in Europe
Since: 13:05 UTC
Way round: use the app
Its limits: no export

SAY (the words of the status page):
  {_BODY}

DO NOT SAY:
  - that it is solved
  - a cause: none is confirmed
  - when it will be repaired: nobody has promised that
  - that no data was lost: that has not been confirmed
  - a credit or a refund: those are decided afterwards

Next update: 14:35 UTC, in 30:00
Status page: {_LINK}"""
    )


def test_a_brief_says_of_the_unknown_that_it_is_unknown() -> None:
    brief = write_brief(_INCIDENT, NO_FACTS, IncidentStatus.INVESTIGATING, _BODY, next_update_at=None, now=_NOW)
    assert "Impact: Dashboard\nAffected: not known yet" in brief
    assert "Way round: none known" in brief
    assert "- how many are affected: that is not known yet" in brief
    assert brief.endswith("Next update: none promised\nStatus page: no address known yet")
    facts = Facts(cause_plain="a setting", data_note="no data was lost", scope="all", provider="Example DNS")
    over = write_brief(_INCIDENT, facts, IncidentStatus.RESOLVED, _BODY, next_update_at=None, now=_NOW)
    assert "Next update" not in over
    assert over.count("\n  - ") == 2
    assert "- the name of a supplier" in over
