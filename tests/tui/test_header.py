from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from oncall_tui.domain.board import Tally
from oncall_tui.domain.engine import Lease
from oncall_tui.domain.incident import Cause, Incident, IncidentStatus, Listing, Phase, Severity
from oncall_tui.domain.pagestate import TOKEN_REFUSED, PageState
from oncall_tui.domain.probe import ProbeStatus
from oncall_tui.domain.update import Delivery, DeliveryKind, DeliveryState, IncidentUpdate, Proof
from oncall_tui.tui.snapshot import Snapshot
from oncall_tui.tui.widgets.head_words import HeadFacts
from oncall_tui.tui.widgets.small_head import draw_small_head
from oncall_tui.tui.widgets.status_header import draw_head

NOW = 1_800_000_000_000
INCIDENT = Incident(
    id=42,
    uid="u",
    title="Dashboard pages failing in Europe",
    status=IncidentStatus.INVESTIGATING,
    phase=Phase.ACTIVE,
    impact_override=None,
    severity=Severity.SEV2,
    cause=Cause.UNKNOWN,
    started_at=NOW - 240_000,
    declared_at=NOW,
    revision=1,
    listings={"page": Listing("r", "Dashboard pages failing in Europe")},
)
LEASE = Lease(1, "h", "b", 1, "0", "stay", NOW, NOW, True)
UPDATE = IncidentUpdate(
    id=1,
    uid="u1",
    incident_id=42,
    status=IncidentStatus.INVESTIGATING,
    body="b",
    components={},
    created_at=NOW - 60_000,
    created_by="priya",
    is_local=True,
    delivery=DeliveryState.DELIVERED,
    delivered_at=NOW - 60_000,
)
CALM = Snapshot(lease=LEASE, pages=(PageState(name="ACME", last_sync_at=NOW - 8_000),))
FACTS = HeadFacts(NOW, "priya", has_page=True, tally=Tally({ProbeStatus.UP: 3}))


def make_delivery(state: DeliveryState) -> Delivery:
    return Delivery(
        id=1,
        uid="d",
        incident_id=42,
        incident_uid="u",
        remote_incident_id=None,
        kind=DeliveryKind.UPDATE,
        state=state,
        title=None,
        status=IncidentStatus.INVESTIGATING,
        body="b",
        components={},
        impact_override=None,
        notify=True,
        created_at=NOW,
        created_by="priya",
    )


def read(snapshot: Snapshot, facts: HeadFacts = FACTS, width: int = 120) -> list[str]:
    return [part.plain for part in draw_head(snapshot, facts, width)]


def with_incident(**changes: object) -> tuple[Snapshot, HeadFacts]:
    incident = replace(INCIDENT, **changes)
    return replace(CALM, incidents=(incident,), latest_updates={42: UPDATE}), FACTS._replace(incident=incident)


def test_a_calm_head() -> None:
    first, second, third = read(CALM)
    assert first.startswith(" 08:00:00 UTC   ACME   page synced 5s ago   queue 0   engine on")
    assert first.rstrip().endswith("priya")
    assert "No open incident" in second
    assert "3 OK" in second
    assert third.strip() == ""


@pytest.mark.parametrize(
    ("snapshot", "said"),
    [
        (
            replace(CALM, pages=(PageState(last_sync_at=NOW - 40_000, last_error="no answer within 10 s"),)),
            "page unreachable <1m   no answer within 10 s",
        ),
        (
            replace(CALM, pages=(PageState(last_sync_at=NOW - 40_000, last_error=f"{TOKEN_REFUSED}: check token"),)),
            "page refuses our token <1m",
        ),
        (replace(CALM, pages=(PageState(),)), "page not reached yet"),
        (replace(CALM, lease=None), "engine starting"),
        (replace(CALM, lease=replace(LEASE, heartbeat_at=NOW - 12_000)), "engine silent 12 s"),
        (replace(CALM, lease=replace(LEASE, stopped_at=NOW)), "engine stopped"),
        (replace(CALM, lease=replace(LEASE, is_online=False)), "this host is offline"),
        (
            replace(CALM, lease=replace(LEASE, stopped_at=NOW, note="no such table: hook")),
            "engine does not start   no such table: hook",
        ),
        (
            replace(CALM, lease=replace(LEASE, note="no such table: hook")),
            "engine does not start   no such table: hook",
        ),
        (
            replace(CALM, lease=replace(LEASE, started_at=NOW - 5_000, note="hook phone failed: exit 1")),
            "engine on   ▲ hook phone failed",
        ),
        (replace(CALM, deliveries=(make_delivery(DeliveryState.PENDING),)), "queue 1"),
        (replace(CALM, deliveries=(make_delivery(DeliveryState.FAILED),)), "queue 0  ✖ 1 FAILED"),
        (
            replace(CALM, deliveries=(make_delivery(DeliveryState.UNCERTAIN), make_delivery(DeliveryState.FAILED))),
            "queue 0  ✖ 1 FAILED  ? 1 UNCERTAIN",
        ),
        (replace(CALM, saving_error="oncall.db is locked: process 123 holds it."), "not saving: oncall.db is locked"),
    ],
)
def test_what_cannot_be_trusted_is_said(snapshot: Snapshot, said: str) -> None:
    assert said in "\n".join(read(snapshot))


def test_an_engine_that_never_came_is_not_said_to_be_starting() -> None:
    snapshot = replace(CALM, lease=None)
    assert "engine starting" in read(snapshot, FACTS._replace(opened_at=NOW - 5_000))[0]
    assert "engine does not start: its log says why" in read(snapshot, FACTS._replace(opened_at=NOW - 30_000))[0]


def test_a_long_reason_pushes_nothing_else_out_of_a_narrow_head() -> None:
    reason = "127.0.0.1 closed the connection before its answer was whole, and the one after it too"
    page = PageState(last_sync_at=NOW - 40_000, last_error=reason)
    snapshot = replace(CALM, pages=(page,), deliveries=(make_delivery(DeliveryState.PENDING),))
    first = read(snapshot, width=80)[0]
    for words in ("page unreachable <1m", "queue 1", "engine on"):
        assert words in first


def test_no_page_is_said() -> None:
    assert "no status page configured" in read(CALM, FACTS._replace(has_page=False))[0]


def test_customers_are_told_when_they_have_been_seen_to_get_words() -> None:
    snapshot, facts = with_incident()
    facts = facts._replace(page_url="https://status.example.com")
    said = read(snapshot, facts)[2]
    assert "customers have not been told   first update ✓ ON THE PAGE, not seen there yet" in said
    assert "last public post" in read(replace(snapshot, first_seen={42: NOW}), facts)[2]


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({}, "no next update promised   last public post 07:59:00 UTC"),
        ({"next_update_at": NOW + 25 * 60_000}, "▸ NEXT UPDATE DUE 08:25 UTC, in 25m"),
        ({"next_update_at": NOW + 9 * 60_000}, "▸ NEXT UPDATE DUE 08:09 UTC, in 09:00"),
        ({"next_update_at": NOW + 60_000}, "▲ NEXT UPDATE DUE 08:01 UTC, DUE SOON, in 01:00"),
        ({"next_update_at": NOW - 61_000}, "✖ NEXT UPDATE DUE 07:58 UTC, LATE 01:01"),
        ({"listings": {}}, "customers have not been told"),
        ({"conflict": "somebody wrote on the page"}, "▲ somebody wrote on the page"),
    ],
)
def test_what_customers_were_told(changes: dict[str, object], said: str) -> None:
    snapshot, facts = with_incident(**changes)
    _, second, third = read(snapshot, facts)
    assert "#42 SEV2  ✖ INVESTIGATING  Dashboard pages failing in Europe" in second
    assert "open 4m" in second
    assert said in third


def test_an_update_that_waits_never_looks_sent() -> None:
    snapshot, facts = with_incident()
    waiting = replace(UPDATE, delivery=DeliveryState.RETRY_WAIT, delivered_at=None)
    third = read(replace(snapshot, latest_updates={42: waiting}), facts)[2]
    assert "RETRYING" in third
    assert "last public post" not in third


def test_seen_is_more_than_delivered() -> None:
    snapshot, facts = with_incident()
    seen = replace(UPDATE, seen_at=NOW - 30_000)
    assert "customers see it since 07:59:30 UTC" in read(replace(snapshot, latest_updates={42: seen}), facts)[2]


def test_red_without_an_incident_points_to_the_key() -> None:
    facts = FACTS._replace(tally=Tally({ProbeStatus.DOWN: 2}, failing=2))
    assert read(CALM, facts)[2].strip() == "2 probes are down and customers have not been told: i opens an incident"


@given(st.integers(1, 220), st.booleans(), st.booleans())
def test_every_line_is_as_wide_as_the_screen(width: int, has_incident: bool, is_failing: bool) -> None:
    snapshot, facts = with_incident(next_update_at=NOW + 60_000) if has_incident else (CALM, FACTS)
    if is_failing:
        snapshot = replace(snapshot, saving_error="x" * 300, pages=(PageState(last_error="y" * 300),))
    for part in (*draw_head(snapshot, facts, width), *draw_small_head(snapshot, facts, width)):
        assert part.cell_length <= max(width, 20)


def test_the_clock_is_the_last_to_go() -> None:
    snapshot, facts = with_incident()
    for width in range(30, 121):
        assert read(snapshot, facts, width)[0].startswith(" 08:00:00 UTC")
    assert "small screen" in draw_small_head(snapshot, facts._replace(size_word="small screen"), 79)[0].plain


def test_the_address_of_the_page_gives_way_to_what_matters_more() -> None:
    facts = FACTS._replace(page_url="https://status.example.com")
    assert "customers read https://status.example.com" in draw_head(CALM, facts, 80)[1].plain
    told = replace(CALM, incidents=(INCIDENT,), latest_updates={42: replace(UPDATE, seen_at=NOW)}, first_seen={42: NOW})
    with_incident = facts._replace(incident=replace(INCIDENT, next_update_at=NOW + 1_800_000))
    wide, narrow = draw_head(told, with_incident, 200)[2].plain, draw_head(told, with_incident, 60)[2].plain
    assert "https://status.example.com" in wide
    assert "NEXT UPDATE DUE" in narrow
    assert "https" not in narrow


def test_an_incident_that_is_over_counts_no_further_and_hides_no_red_probe() -> None:
    over = replace(INCIDENT, status=IncidentStatus.RESOLVED, resolved_at=NOW - 60_000)
    snapshot = replace(CALM, incidents=(over,), latest_updates={42: replace(UPDATE, seen_at=NOW)})
    _, about, news = draw_head(snapshot, FACTS._replace(incident=over), 100)
    assert "lasted 3m" in about.plain
    assert "resolved" in news.plain
    assert "no next update" not in news.plain
    red = FACTS._replace(incident=over, tally=Tally({ProbeStatus.DOWN: 1}, failing=1))
    _, about, news = draw_head(snapshot, red, 80)
    assert "1 probe is down and customers have not been told" in news.plain
    assert "1 DOWN" in about.plain


def test_a_long_title_does_not_push_the_red_probes_out() -> None:
    incident = replace(INCIDENT, title="t" * 255)
    head = draw_head(
        replace(CALM, incidents=(incident,)),
        FACTS._replace(incident=incident, tally=Tally({ProbeStatus.DOWN: 2}, failing=2)),
        80,
    )
    assert "2 DOWN" in head[1].plain
    assert all(line.cell_length == 80 for line in head)


def test_drift_stands_where_nothing_more_urgent_does() -> None:
    drift = "page says operational, api-eu is red for 12 min"
    calm = FACTS._replace(drift=drift)
    assert read(CALM, calm, 80)[2].strip() == f"▲ {drift}"
    snapshot, facts = with_incident(next_update_at=NOW + 60_000)
    late = facts._replace(drift=drift, page_url="https://status.example.com")
    told = replace(snapshot, first_seen={42: NOW})
    assert drift not in read(told, late, 80)[2]
    shown = read(told, late, 130)[2]
    assert drift in shown
    assert "DUE SOON" in shown
    assert "https" not in shown


def test_what_waits_for_a_decision_comes_before_all_but_saving() -> None:
    asked = replace(make_delivery(DeliveryState.UNCERTAIN), asked_at=NOW)
    doubted = replace(CALM, deliveries=(asked, make_delivery(DeliveryState.FAILED)))
    red = FACTS._replace(tally=Tally({ProbeStatus.DOWN: 1}, failing=1))
    assert read(doubted, red, 80)[2].strip() == "? 1 update may or may not have arrived, 1 failed: c decides"
    assert "decides" not in read(replace(doubted, saving_error="the disk is full"), red)[2]
    assert "decides" not in read(replace(CALM, deliveries=(replace(asked, asked_at=None),)))[2]


def test_what_a_page_shows_otherwise_is_said_beside_the_promise() -> None:
    snapshot, facts = with_incident(next_update_at=NOW + 60_000)
    other = replace(UPDATE, proofs=(Proof("page", DeliveryState.DELIVERED, difference="an update was removed"),))
    told = replace(snapshot, first_seen={42: NOW}, latest_updates={42: other})
    assert "DUE SOON, in 01:00   ▲ NOT AS SENT on ACME" in read(told, facts, 80)[2]


@pytest.mark.parametrize(
    ("tally", "counts", "news"),
    [
        (
            Tally({ProbeStatus.DOWN: 2}, behind=12, known=2, failing=2, known_failing=2),
            "✖ 2 DOWN  +12 behind  2 known",
            "2 probes are down, 2 more known, and customers have not been told",
        ),
        (Tally({ProbeStatus.DOWN: 1, ProbeStatus.SLOW: 3}, failing=1), "✖ 1 DOWN  ▲ 3 SLOW", "1 probe is down and"),
        (Tally({ProbeStatus.UP: 3}, known=1, known_failing=1), "1 red, known  ● 3 OK", "1 known probe is down and"),
        (Tally({ProbeStatus.MAINTENANCE: 1}, behind=2), "+2 behind  ■ 1 MAINT", ""),
        (Tally({ProbeStatus.UNKNOWN: 5}, was_down=1), "? 5 UNKNOWN (1 was DOWN)", ""),
    ],
)
def test_one_trouble_counts_once(tally: Tally, counts: str, news: str) -> None:
    facts = FACTS._replace(tally=tally)
    rows = read(CALM, facts)
    assert rows[1].rstrip().endswith(counts)
    assert rows[2].strip().startswith(news) if news else not rows[2].strip()
    small = draw_small_head(CALM, facts, 80)[0].plain
    assert counts.split("  ")[0] in small
