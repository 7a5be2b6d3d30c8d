from __future__ import annotations

from email.utils import formatdate
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from oncall_tui.domain.incident import Impact, IncidentStatus
from oncall_tui.domain.outbox import (
    RETRY_AFTER_MOST_MS,
    Exchange,
    Outcome,
    Pace,
    find_applied,
    find_backoff_ms,
    find_ours,
    is_reopening,
    last_closing,
    may_hold,
    parse_retry_after,
    rule_exchange,
)
from oncall_tui.domain.remote import RemoteIncident, RemoteUpdate
from oncall_tui.domain.sanitize import is_clean
from oncall_tui.domain.update import Delivery, DeliveryKind, DeliveryState

NOW = 1_800_000_000_000


def make_delivery(**changes: object) -> Delivery:
    fields: dict[str, object] = {
        "id": 1,
        "uid": "op-1",
        "incident_id": 1,
        "incident_uid": "incident-1",
        "remote_incident_id": "r1",
        "kind": DeliveryKind.UPDATE,
        "state": DeliveryState.UNCERTAIN,
        "title": "Errors",
        "status": IncidentStatus.IDENTIFIED,
        "body": "Found it.",
        "components": {},
        "impact_override": None,
        "notify": False,
        "created_at": NOW - 10_000,
        "created_by": "ana",
        "attempts": 1,
        "sending_at": NOW - 5_000,
        "baseline": ("u1",),
        **changes,
    }
    return Delivery(**fields)  # type: ignore[arg-type]


def make_remote(*updates: RemoteUpdate, **changes: object) -> RemoteIncident:
    fields: dict[str, object] = {
        "remote_id": "r1",
        "title": "Errors",
        "status": IncidentStatus.IDENTIFIED,
        "impact": Impact.MINOR,
        "created_at": NOW - 4_000,
        "updated_at": NOW,
        "updates": updates,
        **changes,
    }
    return RemoteIncident(**fields)  # type: ignore[arg-type]


OLD = RemoteUpdate("u1", IncidentStatus.IDENTIFIED, "Found it.", NOW - 60_000)
NEW = RemoteUpdate("u2", IncidentStatus.IDENTIFIED, "Found it.", NOW - 4_000)
OTHER = RemoteUpdate("u3", IncidentStatus.IDENTIFIED, "Something else.", NOW - 3_000)


@pytest.mark.parametrize(
    ("status", "outcome"),
    [
        (200, Outcome.ACCEPTED),
        (201, Outcome.ACCEPTED),
        (301, Outcome.REFUSED),
        (400, Outcome.REFUSED),
        (401, Outcome.NOT_APPLIED),
        (403, Outcome.REFUSED),
        (404, Outcome.REFUSED),
        (408, Outcome.AMBIGUOUS),
        (409, Outcome.REFUSED),
        (410, Outcome.REFUSED),
        (418, Outcome.REFUSED),
        (420, Outcome.NOT_APPLIED),
        (422, Outcome.REFUSED),
        (429, Outcome.NOT_APPLIED),
        (500, Outcome.AMBIGUOUS),
        (503, Outcome.AMBIGUOUS),
        (599, Outcome.AMBIGUOUS),
    ],
)
def test_a_status_means_one_thing(status: int, outcome: Outcome) -> None:
    assert rule_exchange(Exchange(True, status), NOW).outcome is outcome


def test_without_an_answer_the_first_byte_decides() -> None:
    assert rule_exchange(Exchange(False, fault="refused"), NOW).outcome is Outcome.NOT_APPLIED
    assert rule_exchange(Exchange(True, fault="timed out"), NOW).outcome is Outcome.AMBIGUOUS


@given(st.integers(100, 999), st.text(), st.text(), st.one_of(st.none(), st.text()))
def test_every_refusal_says_something_inert(status: int, said: str, location: str, retry_after: str | None) -> None:
    exchange = Exchange(True, status, said=said, location=location, retry_after=retry_after)
    ruling = rule_exchange(exchange, NOW)
    if ruling.outcome is not Outcome.ACCEPTED:
        assert ruling.reason
        assert is_clean(ruling.reason)
        assert "\n" not in ruling.reason
        assert len(ruling.reason) < 500


def test_a_401_says_what_to_do() -> None:
    assert rule_exchange(Exchange(True, 401), NOW).reason == "the page refused the token: check token in config (401)"


@pytest.mark.parametrize(
    ("text", "wait_ms"),
    [
        (None, None),
        ("7", 7_000),
        (" 7 ", 7_000),
        ("1.5", 1_500),
        ("0", 0),
        ("-5", 0),
        ("soon", None),
        ("", None),
        ("nan", None),
        (formatdate(NOW / 1000 + 90, usegmt=True), 90_000),
        (formatdate(NOW / 1000 - 90, usegmt=True), 0),
    ],
)
def test_a_wait_is_read_from_any_spelling(text: str | None, wait_ms: int | None) -> None:
    assert parse_retry_after(text, NOW) == wait_ms


@given(st.text(max_size=500))
def test_no_spelling_of_a_wait_breaks(text: str) -> None:
    wait_ms = parse_retry_after(text, NOW)
    assert wait_ms is None or wait_ms >= 0


@pytest.mark.parametrize("text", ["1000000000", "inf", "9" * 300])
def test_a_wait_without_end_is_capped_and_told(text: str) -> None:
    ruling = rule_exchange(Exchange(True, 429, retry_after=text), NOW)
    assert ruling.wait_ms == RETRY_AFTER_MOST_MS
    assert "it asks for a wait of" in ruling.reason


@given(st.integers(0, 10_000), st.integers())
def test_backoff_doubles_within_its_bounds(failures: int, seed: int) -> None:
    pace = Pace()
    wait_ms = find_backoff_ms(failures, Random(seed), pace)
    expected = min(1_000 * 2 ** min(max(failures - 1, 0), 20), 60_000)
    assert expected * 0.8 - 1 <= wait_ms <= expected * 1.2


def test_words_that_stood_there_before_prove_nothing() -> None:
    assert find_applied(make_delivery(), make_remote(OLD)) is None
    assert find_applied(make_delivery(), make_remote(OLD, OTHER)) is None


def test_new_words_of_ours_are_proof() -> None:
    found = find_applied(make_delivery(body="Found it.\r\n "), make_remote(OLD, NEW))
    assert found is not None
    assert found.update == NEW


def test_new_words_prove_nothing_before_the_first_attempt() -> None:
    assert find_applied(make_delivery(attempts=0, baseline=()), make_remote(OLD, NEW)) is None


def test_our_stamp_is_proof_whatever_the_page_did_to_the_words() -> None:
    stamped = make_remote(OLD, OTHER, ops=("op-0", "op-1"))
    found = find_applied(make_delivery(), stamped)
    assert found is not None
    assert found.update == OTHER
    found = find_applied(make_delivery(), make_remote(OLD, NEW, OTHER, ops=("op-1",)))
    assert found is not None
    assert found.update == NEW
    found = find_applied(make_delivery(body="x"), make_remote(OLD, NEW, OTHER, ops=("op-1",)))
    assert found is not None
    assert found.update is None


def test_where_stamps_are_kept_the_same_words_without_ours_are_to_be_asked_about() -> None:
    stamped = make_remote(OLD, NEW, uid="incident-1", ops=("op-0",), has_all_ops=True)
    assert find_applied(make_delivery(), stamped) is None
    assert may_hold(make_delivery(), stamped)
    assert not may_hold(make_delivery(), make_remote(OLD, OTHER, uid="incident-1", ops=("op-0",), has_all_ops=True))


def test_the_same_words_with_another_status_are_not_ours() -> None:
    assert find_applied(make_delivery(status=IncidentStatus.MONITORING), make_remote(OLD, NEW)) is None


def test_an_incident_of_ours_is_known_by_its_uid() -> None:
    create = make_delivery(kind=DeliveryKind.CREATE, remote_incident_id=None, baseline=())
    foreign = make_remote(NEW, remote_id="r0", uid="incident-2")
    ours = make_remote(NEW, remote_id="r2", uid="incident-1", title="Renamed", created_at=1)
    assert find_ours(create, [foreign, ours], 0, 60_000) == ours
    assert find_ours(create, [foreign], 0, 60_000) is None


def test_without_metadata_title_words_and_time_must_agree() -> None:
    create = make_delivery(kind=DeliveryKind.CREATE, remote_incident_id=None, baseline=())
    alike = make_remote(NEW)
    assert find_ours(create, [alike], 0, 30_000) == alike
    assert find_ours(create, [make_remote(NEW, title="Other")], 0, 30_000) is None
    assert find_ours(create, [make_remote(OTHER)], 0, 30_000) is None
    assert find_ours(create, [make_remote(NEW, created_at=NOW - 3_600_000)], 0, 30_000) is None
    ahead = make_remote(NEW, created_at=NOW + 3_600_000)
    assert find_ours(create, [ahead], 0, 30_000) is None
    assert find_ours(create, [ahead], 3_600_000, 30_000) == ahead


def test_reopening_is_an_open_status_on_a_closed_incident() -> None:
    closing = RemoteUpdate("u4", IncidentStatus.RESOLVED, "Over.", NOW)
    closed = make_remote(OLD, closing, status=IncidentStatus.RESOLVED)
    assert is_reopening(make_delivery(), closed)
    assert not is_reopening(make_delivery(status=IncidentStatus.RESOLVED), closed)
    assert not is_reopening(make_delivery(), make_remote(OLD))
    assert last_closing(closed) == closing
    assert last_closing(make_remote(OLD)) is None
