"""Reviews in the file: two documents under one revision, and wishes that an overtaken engine cannot settle."""

from __future__ import annotations

from collections.abc import Sequence

import pytest

from oncall_tui.domain.errors import ConflictError, NotFoundError, RefusedError
from oncall_tui.domain.incident import Incident, IncidentStatus, Severity
from oncall_tui.domain.postmortem import DOCUMENT_LIMIT, Postmortem, Publication, PublicationState, fingerprint
from oncall_tui.domain.timeline import EntryKind
from oncall_tui.store.database import Database, open_database
from oncall_tui.store.incidents import declare_incident
from oncall_tui.store.lease import take_lease
from oncall_tui.store.outbox import confirm_update
from oncall_tui.store.postmortem import (
    adopt_publications,
    ask_publish,
    ask_revert,
    claim_publication,
    find_postmortem,
    get_postmortem,
    has_waiting_publications,
    list_due_publications,
    next_publication_at,
    save_postmortem,
    settle_done,
    settle_given_up,
    settle_later,
)
from oncall_tui.store.timeline import list_entries

NOW = 1_000_000


def declare(db: Database, *, is_resolved: bool = True) -> Incident:
    incident = declare_incident(
        db, uid="i", title="T", components={}, probes=(), severity=Severity.SEV2, started_at=1, actor="ana", now=1
    )
    status = IncidentStatus.RESOLVED if is_resolved else IncidentStatus.MONITORING
    confirm_update(
        db,
        incident.id,
        uid="u",
        status=status,
        body="Done.",
        components={},
        next_update_at=None,
        notify=False,
        actor="ana",
        now=2,
    )
    with db.write() as connection:
        connection.execute("UPDATE delivery SET state = 'delivered'")
    return incident


def save(
    db: Database, incident: Incident, seen: int | None = None, public: str = "P", internal: str = "I"
) -> Postmortem:
    return save_postmortem(db, incident.id, public=public, internal=internal, seen_revision=seen, actor="ana", now=NOW)


def ask(
    db: Database, incident: Incident, *, seen: int = 1, body: str = "P", pages: Sequence[str] = ("page",)
) -> Publication:
    asked = ask_publish(
        db,
        incident.id,
        body=body,
        notify=True,
        seen_revision=seen,
        pages=pages,
        is_forced=False,
        actor="bo",
        now=NOW,
    )
    return asked.publications[0]


def begin(db: Database) -> int:
    return take_lease(db, pid=1, host="h", boot_id="b", version="0", mode="stay", now=NOW)


def read(db: Database, incident: Incident) -> Publication:
    return get_postmortem(db, incident.id).publications[0]


def test_a_review_is_stored_under_the_revision_that_its_writer_saw(db: Database) -> None:
    incident = declare(db)
    assert find_postmortem(db, incident.id) is None
    with pytest.raises(NotFoundError, match="postmortem 1 draft"):
        get_postmortem(db, incident.id)
    assert save(db, incident).revision == 1
    assert save(db, incident, 1).revision == 1, "nothing was changed"
    assert save(db, incident, 1, public="P2").revision == 2
    for stale in (None, 1, 3):
        with pytest.raises(ConflictError, match="by somebody else"):
            save(db, incident, stale, public="lost")
    kept = get_postmortem(db, incident.id)
    assert (kept.public, kept.internal, kept.revision) == ("P2", "I", 2)
    kinds = [entry.text for entry in list_entries(db, incident.id) if entry.kind is EntryKind.EDITED]
    assert kinds == ["postmortem edited", "postmortem begun"]


def test_what_is_too_long_or_belongs_to_nothing_is_refused(db: Database) -> None:
    incident = declare(db)
    with pytest.raises(RefusedError, match="at most"):
        save(db, incident, public="x" * (DOCUMENT_LIMIT + 1))
    with pytest.raises(NotFoundError):
        save_postmortem(db, 99, public="", internal="", seen_revision=None, actor="ana", now=NOW)


def test_only_what_is_over_and_was_read_is_published(db: Database) -> None:
    incident = declare(db, is_resolved=False)
    save(db, incident)
    with pytest.raises(RefusedError) as refused:
        ask(db, incident)
    assert refused.value.rule == "not-resolved"
    assert not has_waiting_publications(db)
    with pytest.raises(RefusedError) as refused:
        ask_revert(db, incident.id, actor="bo", now=NOW)
    assert refused.value.rule == "not-published"


def test_a_text_that_was_changed_after_it_was_read_is_not_published(db: Database) -> None:
    incident = declare(db)
    save(db, incident)
    save(db, incident, 1, public="P2")
    with pytest.raises(ConflictError, match="preview"):
        ask(db, incident, seen=1)
    assert get_postmortem(db, incident.id).publications == ()


def test_a_wish_is_one_transaction_with_its_line_in_the_timeline(db: Database) -> None:
    incident = declare(db)
    save(db, incident)
    asked = ask(db, incident, pages=("page", "other"))
    assert (asked.state, asked.body, asked.notify, asked.asked_by) == (PublicationState.PUBLISHING, "P", True, "bo")
    entry = list_entries(db, incident.id)[0]
    assert (entry.kind, entry.actor) == (EntryKind.QUEUED, "bo")
    assert "with a notice" in entry.text
    assert [each.page for each in list_due_publications(db, NOW, page="other")] == ["other"]
    with open_database(db.path) as other:
        row = other.row("SELECT counter FROM revision WHERE topic = 'postmortem'")
        assert row is not None
        assert row["counter"] == 2


def test_an_overtaken_engine_settles_nothing(db: Database) -> None:
    incident = declare(db)
    save(db, incident)
    asked, old = ask(db, incident), begin(db)
    assert claim_publication(db, asked.id, old, wish=1, now=NOW)
    new = begin(db)
    assert not claim_publication(db, asked.id, old, wish=1, now=NOW)
    assert not settle_done(db, asked.id, old, wish=1, published_at=NOW, now=NOW)
    assert not settle_later(db, asked.id, old, wish=1, next_try_at=NOW, quiet_until=None, reason="r")
    state = PublicationState.FAILED
    assert not settle_given_up(db, asked.id, old, wish=1, state=state, reason="r", now=NOW)
    assert read(db, incident).state is PublicationState.PUBLISHING
    assert adopt_publications(db, new, NOW + 50, page="other") == 0
    assert adopt_publications(db, new, NOW + 50, page="page") == 1
    assert list_due_publications(db, NOW, page="page") == []
    assert next_publication_at(db, NOW, page="page") == NOW + 50
    assert len(list_due_publications(db, NOW + 50, page="page")) == 1


def test_an_answer_to_an_earlier_wish_does_not_settle_a_later_one(db: Database) -> None:
    incident = declare(db)
    save(db, incident)
    asked, epoch = ask(db, incident), begin(db)
    assert claim_publication(db, asked.id, epoch, wish=1, now=NOW)
    ask_revert(db, incident.id, actor="bo", now=NOW)
    assert settle_done(db, asked.id, epoch, wish=1, published_at=NOW, now=NOW)
    later = read(db, incident)
    assert (later.state, later.wish, later.published_at) == (PublicationState.REVERTING, 2, NOW)
    assert not claim_publication(db, asked.id, epoch, wish=1, now=NOW)


def test_a_doubt_about_an_earlier_wish_holds_back_the_later_one(db: Database) -> None:
    incident = declare(db)
    save(db, incident)
    asked, epoch = ask(db, incident), begin(db)
    assert claim_publication(db, asked.id, epoch, wish=1, now=NOW)
    ask_revert(db, incident.id, actor="bo", now=NOW)
    assert settle_later(db, asked.id, epoch, wish=1, next_try_at=NOW + 5, quiet_until=NOW + 30, reason="no answer")
    assert read(db, incident).reason == ""
    assert list_due_publications(db, NOW + 29, page="page") == []
    assert len(list_due_publications(db, NOW + 30, page="page")) == 1


def test_what_was_ever_sent_is_known_as_ours(db: Database) -> None:
    incident = declare(db)
    save(db, incident)
    asked, epoch = ask(db, incident, body="One."), begin(db)
    assert claim_publication(db, asked.id, epoch, wish=1, now=NOW)
    ask(db, incident, body="Two.")
    assert claim_publication(db, asked.id, epoch, wish=2, now=NOW)
    assert read(db, incident).ours == (fingerprint("One."), fingerprint("Two."))


def test_a_notice_is_in_doubt_until_it_is_certain_either_way(db: Database) -> None:
    incident = declare(db)
    save(db, incident)
    asked, epoch = ask(db, incident), begin(db)
    for now, quiet_until, noticed_at in ((NOW, None, None), (NOW + 1, NOW + 30, NOW + 1), (NOW + 2, None, NOW + 1)):
        assert claim_publication(db, asked.id, epoch, wish=1, now=now)
        if now < NOW + 2:
            assert claim_publication(db, asked.id, epoch, wish=1, now=now, has_notice=True)
            assert read(db, incident).noticed_at == now
        settle_later(db, asked.id, epoch, wish=1, next_try_at=now, quiet_until=quiet_until, reason="busy")
        assert read(db, incident).noticed_at == noticed_at
    assert read(db, incident).attempts == 3
    assert ask(db, incident).noticed_at is None


def test_a_clock_that_was_set_back_makes_nothing_wait_for_years(db: Database) -> None:
    incident = declare(db)
    save(db, incident)
    asked, epoch = ask(db, incident), begin(db)
    far = NOW + 10**9
    settle_later(db, asked.id, epoch, wish=1, next_try_at=far, quiet_until=far, reason="busy")
    assert len(list_due_publications(db, NOW, page="page")) == 1
