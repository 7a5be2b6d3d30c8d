"""Rules of a review: instants from what was recorded, words that stay inside, and whose text a page holds."""

from __future__ import annotations

from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from oncall_tui.domain.errors import RefusedError
from oncall_tui.domain.incident import Cause, ComponentStatus, Incident, IncidentStatus, Listing, Phase, Severity
from oncall_tui.domain.postmortem import (
    Publication,
    PublicationState,
    check_public,
    find_milestones,
    find_worst_states,
    fingerprint,
    is_of_others,
    is_shown,
    list_internal_words,
    list_pages_for,
    tell_publication,
)
from oncall_tui.domain.remote import RemotePostmortem
from oncall_tui.domain.timeline import EntryKind, TimelineEntry
from oncall_tui.domain.update import DeliveryState, IncidentUpdate, Proof

INCIDENT = Incident(
    id=7,
    uid="i",
    title="API is slow",
    status=IncidentStatus.RESOLVED,
    phase=Phase.RESOLVED,
    impact_override=None,
    severity=Severity.SEV2,
    cause=Cause.OURS,
    started_at=1_000,
    declared_at=5_000,
    revision=3,
    resolved_at=90_000,
    created_by="ana@desk7",
    components={"API": ComponentStatus.OPERATIONAL},
)
PUBLICATION = Publication(
    id=1,
    incident_id=7,
    page="page",
    state=PublicationState.PUBLISHING,
    body="Why it broke.",
    revision=2,
    notify=True,
    wish=1,
    asked_at=1,
    asked_by="ana@desk7",
)


def make_update(number: int, *proofs: Proof, **components: ComponentStatus) -> IncidentUpdate:
    return IncidentUpdate(
        id=number,
        uid=f"u{number}",
        incident_id=7,
        status=IncidentStatus.INVESTIGATING,
        body="We look at db9.",
        components=components,
        created_at=6_000,
        created_by="bo@desk8",
        is_local=True,
        delivery=DeliveryState.DELIVERED,
        proofs=proofs,
    )


def make_entry(kind: EntryKind, at: int, actor: str = "engine") -> TimelineEntry:
    return TimelineEntry(1, 7, kind, "text", actor, at, at)


def test_customers_are_told_when_the_last_page_has_an_update() -> None:
    here = Proof("page", DeliveryState.DELIVERED, queued_at=6_000, sent_at=7_000, accepted_at=9_000, seen_at=12_000)
    there = Proof("other", DeliveryState.DELIVERED, queued_at=6_000, sent_at=6_500, accepted_at=8_000)
    entries = [make_entry(EntryKind.PROBE, 3_000), make_entry(EntryKind.PROBE, 500), make_entry(EntryKind.NOTE, 2_000)]
    found = find_milestones(INCIDENT, [make_update(1, here, there)], entries)
    assert (found.started_at, found.detected_at, found.resolved_at) == (1_000, 3_000, 90_000)
    assert (found.queued_at, found.sent_at, found.accepted_at, found.seen_at) == (6_000, 6_500, 9_000, None)
    assert found.told_at == 9_000
    assert find_milestones(INCIDENT, [make_update(1, here, replace(there, seen_at=13_000))], []).told_at == 13_000
    assert find_milestones(INCIDENT, [make_update(1, here, replace(there, is_broadcast=True))], []).told_at == 12_000
    assert find_milestones(INCIDENT, [make_update(1, there)], []).told_at == 8_000
    silent = find_milestones(INCIDENT, [], [])
    assert (silent.detected_at, silent.told_at) == (5_000, None)


def test_the_worst_that_was_told_counts_and_not_the_all_clear() -> None:
    updates = [make_update(1, API=ComponentStatus.PARTIAL_OUTAGE), make_update(2, API=ComponentStatus.OPERATIONAL)]
    assert find_worst_states(INCIDENT, updates) == {"API": ComponentStatus.PARTIAL_OUTAGE}


def test_people_and_hosts_are_internal_unless_customers_were_told_of_them() -> None:
    entries = [make_entry(EntryKind.NOTE, 1, "cy@desk9"), make_entry(EntryKind.SEEN, 1)]
    words = list_internal_words(INCIDENT, [make_update(1)], entries, ["db9", "api", ""])
    assert words == ["ana", "ana@desk7", "bo@desk8", "cy@desk9", "desk7", "desk8", "desk9"]


@pytest.mark.parametrize(
    ("text", "rule"),
    [
        ("  \n", "MS000"),
        ("[what went wrong]", "PH001"),
        (r"\[what went wrong\]", "PH001"),
        ("{{cause}}", "PH002"),
        ("x" * 25_001, "LN001"),
        ("Ana restarted it.", "internal-facts"),
        (r"On db\_7 a disk was full.", "internal-facts"),
    ],
)
def test_what_customers_must_not_read_is_refused_by_name(text: str, rule: str) -> None:
    with pytest.raises(RefusedError) as refused:
        check_public(text, [], ["ana", "db_7"])
    assert refused.value.rule == rule


def test_words_that_customers_have_read_are_no_gaps_and_parts_of_words_are_no_names() -> None:
    check_public("> We fixed \\[the region\\] &lt;time>.", ["We fixed [the region] <time>."], [])
    check_public("Banana exports work.", [], ["nan", "ban", "work-1"])


@given(st.text(max_size=300), st.lists(st.text(max_size=20), max_size=5))
def test_any_text_is_either_taken_or_refused(text: str, words: list[str]) -> None:
    with suppress(RefusedError):
        check_public(text, words, words)


@given(st.text(max_size=200))
def test_a_text_is_known_again_whatever_a_page_does_to_its_blanks(text: str) -> None:
    carried = text.replace("\r\n", "\n").replace("\r", "\n")
    assert fingerprint(text) == fingerprint(f"\n{carried}\r\n ")


def show(body: str, draft: str = "", published_at: int | None = 5) -> RemotePostmortem:
    return RemotePostmortem(body=body, draft=draft, published_at=published_at, updated_at=5)


def test_a_text_of_somebody_else_on_the_page_is_told_from_ours() -> None:
    earlier = replace(PUBLICATION, ours=(fingerprint("Old words."),))
    assert not is_of_others(None, PUBLICATION)
    assert not is_of_others(show("", "", None), PUBLICATION)
    assert not is_of_others(show("Why it broke.\n", "Old words."), earlier)
    assert is_of_others(show("Old words."), PUBLICATION)
    assert is_of_others(show("Why it broke.", "Their correction."), earlier)
    assert is_shown(show("Why it broke. "), "Why it broke.")
    assert not is_shown(show("Why it broke.", published_at=None), "Why it broke.")
    assert not is_shown(show("Other."), "Why it broke.")


def test_each_state_reads_as_what_is_known() -> None:
    def tell(**changes: object) -> str:
        return tell_publication(replace(PUBLICATION, **changes), 2, "noon")

    assert tell() == "queued for publishing"
    assert tell(reason="busy") == "queued for publishing: busy"
    assert tell(state=PublicationState.PUBLISHED, published_at=1) == "published since noon"
    assert "earlier revision (1)" in tell(state=PublicationState.PUBLISHED, published_at=1, revision=1)
    assert tell(state=PublicationState.REVERTING, published_at=1) == "queued for taking back (published since noon)"
    assert tell(state=PublicationState.REVERTED) == "taken back"
    assert tell(state=PublicationState.FAILED, reason="no", published_at=1) == "failed: no (published since noon)"
    assert tell(state=PublicationState.SKIPPED, reason="no place") == "not published: no place"


def test_somebody_elses_incident_is_reviewed_where_it_stands() -> None:
    theirs = replace(INCIDENT, is_local=False, listings={"b": Listing("r", "T")})
    assert list_pages_for(theirs, ["a", "b"]) == ["b"]
    assert list_pages_for(replace(theirs, is_local=True), ["a", "b"]) == ["a", "b"]
