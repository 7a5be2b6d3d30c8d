"""The review of an incident as a terminal works with it; what is here runs in the thread of the store."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from msgspec import Struct
from msgspec.structs import replace

from oncall_tui.domain.errors import DiskError, RefusedError
from oncall_tui.domain.incident import Incident
from oncall_tui.domain.pagestate import PageState
from oncall_tui.domain.postmortem import Document, Postmortem
from oncall_tui.export.files import keep_beside, write_file
from oncall_tui.export.postmortem import draft_internal, draft_public
from oncall_tui.export.review import find_objection, read_facts, render
from oncall_tui.store.database import Database
from oncall_tui.store.incidents import get_incident
from oncall_tui.store.postmortem import find_postmortem, get_postmortem, save_postmortem


class Review(Struct, frozen=True):
    """An incident and its review; `postmortem` is None before one was begun, `objection` says why it may not go out."""

    incident: Incident
    postmortem: Postmortem | None = None
    objection: RefusedError | None = None


def read_review(db: Database, incident_id: int, public: str | None = None) -> Review:
    """Reads a review; `public` is the text of the public document where it is not stored yet.

    Raises NotFoundError or StoreError.
    """
    with db.snapshot():
        found = find_postmortem(db, incident_id)
        if found is None:
            return Review(get_incident(db, incident_id))
        facts = read_facts(db, incident_id)
    looked_at = found if public is None else replace(found, public=public)
    return Review(facts.incident, found, find_objection(facts, looked_at))


def begin_review(db: Database, incident_id: int, actor: str, now: int) -> Review:
    """Writes both documents from what the file knows; what stood there is kept in files beside the database.

    Raises NotFoundError, ConflictError, DiskError or StoreError.
    """
    with db.snapshot():
        facts = read_facts(db, incident_id)
        old = find_postmortem(db, incident_id)
    if old is not None:
        for document in Document:
            keep_text(db.path, incident_id, document, old.text(document))
    save_postmortem(
        db,
        incident_id,
        public=draft_public(facts),
        internal=draft_internal(facts),
        seen_revision=None if old is None else old.revision,
        actor=actor,
        now=now,
    )
    return read_review(db, incident_id)


def keep_text(db_path: Path, incident_id: int, document: Document, text: str) -> Path:
    """Keeps a text in a file beside the database. Raises DiskError."""
    try:
        return keep_beside(db_path, f"{db_path.name}.postmortem-{incident_id}-{document}", text)
    except OSError as error:
        raise DiskError(f"The text could not be kept beside {db_path} ({error.strerror}).") from error


def store_text(
    db: Database, incident_id: int, document: Document, text: str, seen_revision: int, actor: str, now: int
) -> Review:
    """Stores one document under the revision that was seen. Raises ConflictError, RefusedError, NotFoundError."""
    current = get_postmortem(db, incident_id)
    is_public = document is Document.PUBLIC
    save_postmortem(
        db,
        incident_id,
        public=text if is_public else current.public,
        internal=current.internal if is_public else text,
        seen_revision=seen_revision,
        actor=actor,
        now=now,
    )
    return read_review(db, incident_id)


def write_document(db: Database, incident_id: int, document: Document, *, is_html: bool, folder: Path) -> str:
    """Writes a document to a file of its usual name and returns where; never over one that stands there.

    Raises RefusedError (`file-exists`), DiskError, NotFoundError.
    """
    with db.snapshot():
        incident = get_incident(db, incident_id)
        found = get_postmortem(db, incident_id)
    kind = "-internal" if document is Document.INTERNAL else ""
    path = folder / f"postmortem-{incident_id}{kind}.{'html' if is_html else 'md'}"
    text = render(incident, found, document, is_html=is_html)
    try:
        write_file(path, text, is_replacing=False, mode=0o600 if kind else 0o644)
    except RefusedError as error:
        raise RefusedError(error.rule, f"{path} exists already: move it away, then write again.") from error
    except OSError as error:
        raise DiskError(f"{path} could not be written ({error.strerror}).") from error
    return str(path)


def list_without_place(pages: Sequence[str], states: Sequence[PageState]) -> list[str]:
    """Returns the pages that have no place for a review."""
    held = {state.page: state.capabilities for state in states}
    return [page for page in pages if (known := held.get(page)) is not None and not known.has_postmortem]
