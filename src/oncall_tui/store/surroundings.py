"""What the file knows around an incident, for the rules on words of a program without screens."""

from __future__ import annotations

from collections.abc import Sequence

from oncall_tui.domain.context import Surroundings
from oncall_tui.domain.incident import Incident
from oncall_tui.domain.lint.model import Audience
from oncall_tui.store.database import Database
from oncall_tui.store.incidents import list_components
from oncall_tui.store.links import list_dead_links
from oncall_tui.store.page import list_pages
from oncall_tui.store.probes import list_probes, list_states
from oncall_tui.store.timeline import list_fixed
from oncall_tui.store.updates import list_updates


def read_surroundings(
    db: Database,
    incident: Incident,
    page_names: Sequence[str] = (),
    variables: frozenset[str] = frozenset(),
    audience: Audience | None = None,
) -> Surroundings:
    """Returns it as it is now; the last three are those of the config."""
    updates, pages = list_updates(db, incident.id), tuple(list_pages(db))
    return Surroundings(
        probes=tuple(list_probes(db)),
        states={state.probe: state for state in list_states(db)[0]},
        components=tuple(list_components(db)),
        pages=pages,
        page_names=tuple(page_names),
        last=updates[-1] if updates else None,
        is_fix_noted=incident.id in list_fixed(db) if incident.resolved_at is None else None,
        dead_links=tuple(list_dead_links(db)),
        variables=variables,
        audience=audience,
        url=incident.url or next((page.public_url for page in pages if page.public_url), None),
    )
