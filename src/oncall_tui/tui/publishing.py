"""From a review to the pages: what is looked at once more, and what a yes queues."""

from __future__ import annotations

from collections.abc import Sequence

from msgspec import Struct

from oncall_tui.domain.postmortem import Document, Postmortem, Publication, PublicationState, list_pages_for
from oncall_tui.export.review import render
from oncall_tui.store.database import Database
from oncall_tui.store.postmortem import ask_publish, ask_revert
from oncall_tui.tui.host import Host
from oncall_tui.tui.orders import Order
from oncall_tui.tui.reviewing import Review, list_without_place
from oncall_tui.tui.screens.say import Said
from oncall_tui.tui.text import line
from oncall_tui.tui.widgets.postmortem_words import draw_document, draw_publishing

_ASKED = (PublicationState.PUBLISHING, PublicationState.PUBLISHED, PublicationState.FAILED)


class Manner(Struct, frozen=True):
    """How a person wants it published: with a notice, naming what is ours, over what somebody else wrote."""

    has_notice: bool = False
    is_as_is: bool = False
    is_forced: bool = False


def plan_publishing(review: Review, found: Postmortem, manner: Manner, host: Host) -> tuple[Said, Order]:
    """Returns the last look at the public document, and the order that publishes it."""
    incident, actor = review.incident, host.actor
    names = list_pages_for(incident, host.config.page_names if host.config.pages else ())
    without = list_without_place(names, host.snapshot.pages)
    pages = [page for page in names if page not in without]
    body = render(incident, found, Document.PUBLIC, is_html=False).strip()
    told = [host.snapshot.name_page(page) for page in pages]
    left_out = [host.snapshot.name_page(page) for page in without]

    def store(db: Database, now: int) -> str:
        ask_publish(
            db, incident.id, body=body, notify=manner.has_notice, seen_revision=found.revision, pages=names,
            is_forced=manner.is_forced, actor=actor, now=now,
        )  # fmt: skip
        return "queued for the page" if len(pages) == 1 else f"queued for {len(pages)} pages"

    obstacle = _find_obstacle(review, pages, manner)
    said = Said(
        f"Review: publish the postmortem of #{incident.id}",
        body,
        lambda width: draw_document(found.public, width),
        lambda width: draw_publishing(
            review, told, left_out, obstacle, notify=manner.has_notice, is_forced=manner.is_forced, width=width
        ),
        obstacle=obstacle,
    )
    return said, Order(f"postmortem-{incident.id}", f"postmortem of #{incident.id}", store)


def plan_revert(review: Review, found: Postmortem, host: Host) -> tuple[Said, Order]:
    """Returns the last look before the text is taken back, and the order that does it."""
    incident_id, actor = review.incident.id, host.actor
    pages = ", ".join(host.snapshot.name_page(each.page) for each in found.publications if _is_asked(each))

    def store(db: Database, now: int) -> str:
        ask_revert(db, incident_id, actor=actor, now=now)
        return f"to be taken back from {pages}"

    said = Said(
        f"Review: take the postmortem of #{incident_id} back",
        found.public,
        lambda _: [line("Customers no longer read it; the text becomes a draft there again.")],
        lambda _: [line(f"From {pages}") if pages else line("No page has it.", "$state-down")],
        obstacle="" if pages else f"The postmortem of #{incident_id} is not published anywhere.",
    )
    return said, Order(f"postmortem-{incident_id}", f"postmortem of #{incident_id}", store)


def _is_asked(publication: Publication) -> bool:
    return publication.state in _ASKED


def _find_obstacle(review: Review, pages: Sequence[str], manner: Manner) -> str:
    if review.incident.status.is_open:
        return f"#{review.incident.id} is {review.incident.status}: resolve it before you publish."
    if not pages:
        return "There is no page with a place for reviews: w writes a file."
    against = review.objection
    if against is not None and not (manner.is_as_is and against.rule == "internal-facts"):
        return str(against).replace("publish it with --as-is", "let it pass with A")
    return ""
