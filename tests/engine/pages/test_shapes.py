from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from oncall_tui.domain.incident import ComponentStatus, Impact, IncidentStatus
from oncall_tui.domain.remote import RemotePage
from oncall_tui.domain.sanitize import is_clean
from oncall_tui.engine.pages.statuspage_shapes import read_component, read_incident, read_page, read_public_updates
from oncall_tui.engine.pages.values import read_id, read_objects, read_position, read_time

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=20,
)
WHOLE: dict[str, Any] = {
    "id": "abc123def456",
    "name": "Errors",
    "status": "identified",
    "impact": "major",
    "created_at": "2026-11-22T03:00:00.000Z",
    "updated_at": "2026-11-21T21:05:00.000-06:00",
    "resolved_at": None,
    "shortlink": "https://stspg.test/x",
    "metadata": {"oncall_tui": {"uid": "u-1", "ops": ["o-1", "o-2"]}, "jira": {"issue": "X-1"}, "bad": "text"},
    "components": [
        {"id": "c1", "name": "API", "status": "partial_outage", "group": False},
        {"id": "c2", "name": "Group", "status": "operational", "group": True},
        {"id": "c3", "name": "Odd", "status": "unheard_of"},
    ],
    "incident_updates": [
        {"id": "u3", "status": "identified", "body": "two\r\nlines \n", "created_at": "2026-11-22T03:05:00Z"},
        {"id": "u2", "status": "scheduled", "body": "not ours", "created_at": "2026-11-22T03:04:00Z"},
        {
            "id": "u1",
            "status": "investigating",
            "body": "Looking.",
            "created_at": "2026-11-22T03:00:00+00:00",
            "affected_components": None,
        },
    ],
}


def test_a_whole_incident_is_read_in_our_words() -> None:
    incident = read_incident(WHOLE, {"c1": "Our API"})
    assert incident is not None
    assert (incident.remote_id, incident.title, incident.status) == (
        "abc123def456",
        "Errors",
        IncidentStatus.IDENTIFIED,
    )
    assert incident.impact is Impact.MAJOR
    assert incident.created_at == 1_795_316_400_000
    assert incident.updated_at == 1_795_316_700_000
    assert (incident.uid, incident.ops) == ("u-1", ("o-1", "o-2"))
    assert incident.metadata == {"oncall_tui": {"uid": "u-1", "ops": ["o-1", "o-2"]}, "jira": {"issue": "X-1"}}
    assert incident.components == {"Our API": ComponentStatus.PARTIAL_OUTAGE}
    assert [(update.remote_id, update.body) for update in incident.updates] == [
        ("u1", "Looking."),
        ("u3", "two\nlines"),
    ]


@pytest.mark.parametrize("status", ["scheduled", "in_progress", "verifying", "completed", "", None, 7, "unheard_of"])
def test_maintenance_and_unknown_states_are_left_out(status: object) -> None:
    assert read_incident({**WHOLE, "status": status}, {}) is None


def test_missing_and_null_fields_do_not_matter() -> None:
    bare = {key: WHOLE[key] for key in ("id", "status", "created_at")}
    incident = read_incident(bare, {})
    assert incident is not None
    assert (incident.title, incident.updates, incident.components, incident.metadata) == ("", (), {}, {})
    nulls = dict.fromkeys(WHOLE) | bare
    assert read_incident(nulls, {}) == incident


@given(JSON)
def test_no_answer_breaks_the_reading(answer: object) -> None:
    read_incident(answer, {})
    read_public_updates(answer)
    for item in read_objects(answer):
        read_component(item, 0)


@given(st.dictionaries(st.sampled_from(sorted(WHOLE)), JSON))
def test_no_field_breaks_the_reading(fields: dict[str, object]) -> None:
    incident = read_incident({**WHOLE, **fields}, {})
    if incident is not None:
        texts = [incident.title, incident.url or "", incident.remote_id, *incident.components]
        texts += [update.body for update in incident.updates]
        assert all(is_clean(text) for text in texts)


@given(st.text())
def test_an_id_can_stand_in_an_address(text: str) -> None:
    remote_id = read_id(text)
    assert remote_id is None or (remote_id.isascii() and not set(remote_id) & set("/?#.%\n "))


@pytest.mark.parametrize(
    ("text", "at"),
    [
        ("1970-01-01T00:00:01Z", 1_000),
        ("1970-01-01T02:00:01.500+02:00", 1_500),
        ("1970-01-01T00:00:01", 1_000),
        ("1969-12-31T23:59:59Z", None),
        ("2199-12-31T23:59:59Z", 7_258_118_399_000),
        ("2200-01-01T00:00:00Z", None),
        ("0001-01-01T00:00:00+14:00", None),
        ("9999-12-31T23:59:59-23:59", None),
        ("yesterday", None),
        ("", None),
        (None, None),
        (12, None),
    ],
)
def test_times_carry_any_offset(text: object, at: int | None) -> None:
    assert read_time(text) == at


@pytest.mark.parametrize(("value", "position"), [(3, 3), (-1, -1), (10**30, 7), (None, 7), ("3", 7), (1.5, 7)])
def test_a_position_fits_into_a_file(value: object, position: int) -> None:
    assert read_position(value, 7) == position


def test_hostile_text_is_inert() -> None:
    hostile = {**WHOLE, "name": "a\x1b]0;x\x07[@click=app.quit]b[/x]\u202e"}
    incident = read_incident(hostile, {})
    assert incident is not None
    assert incident.title == "a␛]0;x␇[@click=app.quit]b[/x]<U+202E>"


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ({"name": "Acme", "domain": "status.acme.test", "subdomain": "acme"}, "https://status.acme.test"),
        (
            {"name": "Acme", "domain": None, "subdomain": "acme", "url": "https://acme.test"},
            "https://acme.statuspage.io",
        ),
        ({"name": "Acme", "url": "http://127.0.0.1:8080"}, "http://127.0.0.1:8080"),
        ({"name": "Acme"}, ""),
    ],
)
def test_a_page_is_read_at_its_own_address(value: dict[str, object], expected: str) -> None:
    assert read_page(value) == RemotePage("Acme", expected)


@pytest.mark.parametrize("value", [None, [], {}, {"name": None}, {"name": " "}])
def test_a_page_without_a_name_tells_nothing(value: object) -> None:
    assert read_page(value) is None
