"""What is printed is inert, whatever it is made of, and reads back as what it was."""

from __future__ import annotations

import json
from datetime import datetime
from io import StringIO

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from oncall_tui.cli.output import Json, format_table, print_json, show_time, tell_told
from oncall_tui.cli.wording import read_components, read_message, read_title, suggest
from oncall_tui.domain.errors import OncallError
from oncall_tui.domain.incident import Cause, Incident, IncidentStatus, Phase, Reach, Severity
from oncall_tui.domain.sanitize import is_clean
from oncall_tui.domain.update import DeliveryState, IncidentUpdate

NASTY = st.text(st.characters(exclude_categories=()), max_size=200)


@given(st.integers(0, 4_102_444_800_000))
def test_a_time_reads_back_to_the_millisecond(at: int) -> None:
    shown = show_time(at)
    assert shown is not None
    assert shown.endswith("Z")
    assert round(datetime.fromisoformat(shown).timestamp() * 1000) == at


@pytest.mark.parametrize("at", [None, 10**18, -(10**18)])
def test_a_time_that_is_none_or_absurd_is_null(at: int | None) -> None:
    assert show_time(at) is None


@given(st.recursive(st.none() | st.integers() | NASTY, lambda inner: st.lists(inner) | st.dictionaries(NASTY, inner)))
def test_json_is_ascii_and_inert(value: Json) -> None:
    with pytest.MonkeyPatch.context() as patch:
        out = StringIO()
        patch.setattr("sys.stdout", out)
        print_json(value)
    assert out.getvalue().isascii()
    assert is_clean(out.getvalue())
    json.loads(out.getvalue())


@given(st.lists(st.tuples(NASTY, NASTY), max_size=5))
def test_a_table_has_one_inert_line_a_row(rows: list[tuple[str, str]]) -> None:
    table = format_table(("A", "B"), rows)
    assert is_clean(table)
    assert len(table.split("\n")) == len(rows) + 1


@pytest.mark.parametrize(
    ("state", "seen_at", "told"),
    [
        (DeliveryState.PENDING, None, "on its way"),
        (DeliveryState.RETRY_WAIT, None, "on its way"),
        (DeliveryState.DELIVERED, None, "not seen yet"),
        (DeliveryState.DELIVERED, 5, "seen"),
        (DeliveryState.FAILED, None, "FAILED"),
        (DeliveryState.UNCERTAIN, None, "IN DOUBT"),
        (DeliveryState.DROPPED, None, "DROPPED"),
    ],
)
def test_a_list_tells_whether_customers_have_read_the_last_words(
    state: DeliveryState, seen_at: int | None, told: str
) -> None:
    status = IncidentStatus.INVESTIGATING
    incident = Incident(1, "u", "T", status, Phase.ACTIVE, None, Severity.SEV3, Cause.UNKNOWN, 0, 0, 1)
    first = IncidentUpdate(1, "a", 1, status, "A.", {}, 0, "me", True, DeliveryState.DELIVERED, seen_at=1)
    last = IncidentUpdate(2, "b", 1, status, "B.", {}, 1, "me", True, state, seen_at=seen_at)
    assert tell_told(incident, [first, last]) == told
    assert tell_told(incident, []) == "nothing said"
    assert tell_told(replace(incident, reach=Reach.DRILL), [last]) == "drill"


@given(NASTY)
def test_words_are_cleaned_and_can_be_stored(text: str) -> None:
    for read in (read_title, read_message):
        if text != "-":
            assert is_clean(read(text))
            read(text).encode("utf-8")


@given(NASTY, NASTY)
def test_a_component_is_found_or_refused_in_a_sentence(setting: str, name: str) -> None:
    said = ""
    try:
        found = read_components([setting], [name, "API"])
    except OncallError as error:
        said = str(error)
    else:
        assert set(found) <= {name, "API"}
    assert is_clean(said)
    suggest(setting, [name])
