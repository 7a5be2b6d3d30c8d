"""A postmortem as the file holds it: the facts behind it, its texts as they go out, and what stands against that."""

from __future__ import annotations

from urllib.parse import urlsplit

from msgspec import Struct

from oncall_tui.domain.errors import RefusedError
from oncall_tui.domain.incident import Incident
from oncall_tui.domain.postmortem import Document, Postmortem, check_public, list_internal_words
from oncall_tui.domain.timeline import TimelineEntry
from oncall_tui.domain.update import IncidentUpdate
from oncall_tui.export.markdown import make_inert
from oncall_tui.store.database import Database
from oncall_tui.store.incidents import get_incident
from oncall_tui.store.lease import read_lease
from oncall_tui.store.probes import list_probes
from oncall_tui.store.timeline import list_entries
from oncall_tui.store.updates import list_updates

_ENTRIES_MOST = 5_000


class Facts(Struct, frozen=True):
    """What the file knows of an incident; `hosts` are names of machines of ours."""

    incident: Incident
    updates: tuple[IncidentUpdate, ...]
    entries: tuple[TimelineEntry, ...]
    hosts: frozenset[str]


def read_facts(db: Database, incident_id: int) -> Facts:
    """Reads the facts inside the caller's snapshot. Raises NotFoundError or StoreError."""
    lease = read_lease(db)
    hosts = {find_host(probe.target) for probe in list_probes(db)} | ({lease.host} if lease else set())
    return Facts(
        get_incident(db, incident_id),
        tuple(list_updates(db, incident_id)),
        tuple(list_entries(db, incident_id, _ENTRIES_MOST)),
        frozenset(hosts - {""}),
    )


def find_host(target: str) -> str:
    """Returns the host of a probe's target, such as `https://api:8443/health`, `db:5432` or `example.com`."""
    try:
        return urlsplit(target if "://" in target else f"//{target}").hostname or ""
    except ValueError:
        return ""


def find_objection(facts: Facts, postmortem: Postmortem) -> RefusedError | None:
    """Returns why customers must not read the public document yet, None when they may."""
    incident = facts.incident
    told = [incident.title, incident.scope, *incident.components, *(update.body for update in facts.updates)]
    words = list_internal_words(incident, facts.updates, facts.entries, facts.hosts)
    try:
        check_public(make_inert(postmortem.public), told, words)
    except RefusedError as objection:
        return objection
    return None


def render(incident: Incident, postmortem: Postmortem, document: Document, *, is_html: bool) -> str:
    """Returns a document as it goes out, Markdown or a whole page of HTML."""
    text = postmortem.text(document)
    if not is_html:
        return make_inert(text)
    # The parser of Markdown is loaded for pages alone.
    from oncall_tui.export.html import render_html

    return render_html(incident.title, text)
