"""The review of an incident: two documents, what the file knows for them, and how far publishing has got."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable, Sequence
from enum import StrEnum

from msgspec import Struct

from oncall_tui.domain.errors import RefusedError
from oncall_tui.domain.incident import ComponentStatus, Incident, find_worst
from oncall_tui.domain.outbox import normalise_body
from oncall_tui.domain.remote import RemotePostmortem
from oncall_tui.domain.timeline import EntryKind, TimelineEntry
from oncall_tui.domain.update import DeliveryState, IncidentUpdate, Proof

DOCUMENT_LIMIT = 500_000
"""The most characters that a document may have in the file; a page takes fewer."""
_NOBODY = frozenset({"engine", "page", "localhost"})
_SHORTEST_WORD = 3


class Document(StrEnum):
    """Which of the two: customers may read the public one alone."""

    PUBLIC = "public"
    INTERNAL = "internal"


class PublicationState(StrEnum):
    """How far the public document has got on one page; `skipped` is a page that has no place for it."""

    PUBLISHING = "publishing"
    PUBLISHED = "published"
    REVERTING = "reverting"
    REVERTED = "reverted"
    FAILED = "failed"
    SKIPPED = "skipped"

    @property
    def is_waiting(self) -> bool:
        return self in (PublicationState.PUBLISHING, PublicationState.REVERTING)


class Publication(Struct, frozen=True):
    """The public document on one page.

    `body` is the very text that was asked for, `revision` that of the documents it was made from, `wish` counts what
    was asked. `ours` are the fingerprints of what we ever wrote there. `published_at` is since when the page shows one
    of our texts, also while a later wish waits or has failed. `noticed_at` is when a notice to subscribers may have
    gone out, None when that is certain either way.
    """

    id: int
    incident_id: int
    page: str
    state: PublicationState
    body: str
    revision: int
    notify: bool
    wish: int
    asked_at: int
    asked_by: str
    is_forced: bool = False
    attempts: int = 0
    next_try_at: int | None = None
    reason: str = ""
    published_at: int | None = None
    remote_incident_id: str | None = None
    noticed_at: int | None = None
    ours: tuple[str, ...] = ()


class Postmortem(Struct, frozen=True):
    """Both documents as Markdown; an edit carries the `revision` that it saw."""

    incident_id: int
    public: str
    internal: str
    revision: int
    created_at: int
    created_by: str
    updated_at: int
    updated_by: str
    publications: tuple[Publication, ...] = ()

    def text(self, document: Document) -> str:
        return self.public if document is Document.PUBLIC else self.internal


class Milestones(Struct, frozen=True):
    """When what happened, as instants; None for what did not happen or is not known.

    `detected_at` is the first word of a probe or of a person. The four about telling are of the first update that got
    so far, accepted and seen by the last of its pages.
    """

    started_at: int
    detected_at: int
    queued_at: int | None = None
    sent_at: int | None = None
    accepted_at: int | None = None
    seen_at: int | None = None
    resolved_at: int | None = None

    @property
    def told_at(self) -> int | None:
        """When customers had words: seen on the page, else accepted by it."""
        return self.accepted_at if self.seen_at is None else self.seen_at


def find_milestones(
    incident: Incident, updates: Iterable[IncidentUpdate], entries: Iterable[TimelineEntry]
) -> Milestones:
    """Reads the instants of a review from what was recorded while it happened: nobody types them."""
    updates = list(updates)
    proofs = [proof for update in updates for proof in update.proofs]
    probes = [entry.occurred_at for entry in entries if entry.kind is EntryKind.PROBE]
    return Milestones(
        started_at=incident.started_at,
        detected_at=min([incident.declared_at, *(at for at in probes if at >= incident.started_at)]),
        queued_at=_first(proof.queued_at for proof in proofs),
        sent_at=_first(proof.sent_at for proof in proofs),
        accepted_at=_first(_last(proof.accepted_at for proof in _list_pages(update)) for update in updates),
        seen_at=_first(_last(proof.seen_at for proof in _list_pages(update)) for update in updates),
        resolved_at=incident.resolved_at,
    )


def _list_pages(update: IncidentUpdate) -> list[Proof]:
    return [proof for proof in update.proofs if not proof.is_broadcast and proof.state is not DeliveryState.DROPPED]


def _last(instants: Iterable[int | None]) -> int | None:
    """Returns the latest, None when one of them has not come."""
    found = list(instants)
    known = [instant for instant in found if instant is not None]
    return max(known) if known and len(known) == len(found) else None


def _first(instants: Iterable[int | None]) -> int | None:
    return min((at for at in instants if at is not None), default=None)


def find_worst_states(incident: Incident, updates: Iterable[IncidentUpdate]) -> dict[str, ComponentStatus]:
    """Returns the worst that customers were told of each component, since a resolved incident says that all is well."""
    states: dict[str, list[ComponentStatus]] = {}
    for components in (*(update.components for update in updates), incident.components):
        for name, status in components.items():
            states.setdefault(name, []).append(status)
    return {name: worst for name, told in states.items() if (worst := find_worst(told)) is not None}


def list_internal_words(
    incident: Incident, updates: Iterable[IncidentUpdate], entries: Iterable[TimelineEntry], hosts: Iterable[str]
) -> list[str]:
    """Returns names of people and hosts that customers must not read; what they were told already is left out."""
    told = "\n".join([incident.title, incident.scope, *incident.components, *(update.body for update in updates)])
    actors = {incident.created_by, *(entry.actor for entry in entries), *(update.created_by for update in updates)}
    words = {part.strip() for actor in actors for part in (actor, *actor.split("@"))} | set(hosts)
    return [
        word
        for word in sorted(words)
        if len(word) >= _SHORTEST_WORD and word.lower() not in _NOBODY and not _holds(told, word)
    ]


def _holds(text: str, word: str) -> bool:
    return re.search(rf"(?<![\w.-]){re.escape(word)}(?![\w-])", text, re.IGNORECASE) is not None


def check_public(text: str, told: Iterable[str], internal_words: Iterable[str]) -> None:
    """Raises RefusedError for a text that customers must not read yet, by the rule that it breaks.

    `told` are texts and names that customers have read already, which may look like gaps. The rules of gaps and lengths
    are those of updates; `internal-facts` is a person or a host that is named.
    """
    from oncall_tui.domain.lint.catalogue import lint
    from oncall_tui.domain.lint.model import Context, Level

    plain = text.replace("\\", "").replace("&lt;", "<").replace("&amp;", "&")
    meant = {line.strip() for each in told for line in each.splitlines()} - {""}
    for finding in lint("-", plain, Context(names=tuple(meant)), groups=("PH", "MS", "LN")):
        if finding.level is Level.BLOCK:
            raise RefusedError(finding.rule, finding.message)
    found = [word for word in internal_words if _holds(plain, word)]
    if found:
        raise RefusedError(
            "internal-facts",
            f"The public text names {', '.join(found[:5])}: take it out with `edit`, or publish it with --as-is.",
        )


def fingerprint(body: str) -> str:
    """Returns what a text is known by, the same for all that a page may do to its blanks."""
    return hashlib.sha256(normalise_body(body).encode()).hexdigest()[:32]


def is_shown(shown: RemotePostmortem | None, body: str) -> bool:
    """Tells whether customers read that text."""
    return shown is not None and shown.published_at is not None and fingerprint(shown.body) == fingerprint(body)


def is_of_others(shown: RemotePostmortem | None, publication: Publication) -> bool:
    """Tells whether the page holds a text that is not ours, which publishing would overwrite."""
    if shown is None:
        return False
    known = {fingerprint(publication.body), *publication.ours}
    return any(normalise_body(text) and fingerprint(text) not in known for text in (shown.body, shown.draft))


def tell_publication(publication: Publication, present_revision: int, when: str) -> str:
    """Returns how a page stands, in words; `when` is `published_at` as people read it."""
    since = f"published since {when}" if publication.published_at is not None else ""
    because = f": {publication.reason}" if publication.reason else ""
    match publication.state:
        case PublicationState.PUBLISHED if publication.revision != present_revision:
            return f"{since}, an earlier revision ({publication.revision}) of the text"
        case PublicationState.PUBLISHED:
            return since
        case PublicationState.REVERTED:
            return f"taken back{because}"
        case PublicationState.SKIPPED:
            return f"not published{because}"
        case PublicationState.FAILED:
            return f"failed{because}" + (f" ({since})" if since else "")
        case _:
            wish = "publishing" if publication.state is PublicationState.PUBLISHING else "taking back"
            return f"queued for {wish}{because}" + (f" ({since})" if since else "")


def list_pages_for(incident: Incident, pages: Sequence[str]) -> list[str]:
    """Returns the pages that a review goes to: where somebody else's incident stands, else all."""
    listed = [page for page in pages if page in incident.listings]
    return listed if listed and not incident.is_local else list(pages)
