"""Atlassian Statuspage v1 and what speaks like it: our words to and from its calls.

It cannot express who wrote an update, an edit of an old status, or an idempotency key; so each write is stamped in the
incident's `metadata`, where subscribers' webhooks can read it: opaque ids only.
"""

from __future__ import annotations

import asyncio
import math
from collections.abc import Iterable, Mapping

from oncall_tui.domain.capability import Capabilities
from oncall_tui.domain.incident import IncidentStatus
from oncall_tui.domain.remote import RemoteComponent, RemoteIncident, RemotePage
from oncall_tui.engine.pages import Message, Permit
from oncall_tui.engine.pages.errors import require
from oncall_tui.engine.pages.extras import BackfillMessage
from oncall_tui.engine.pages.statuspage_calls import stamp_metadata
from oncall_tui.engine.pages.statuspage_maintenance import MaintenanceCalls
from oncall_tui.engine.pages.statuspage_postmortem import PostmortemCalls
from oncall_tui.engine.pages.statuspage_shapes import read_components, read_incident, read_page, read_public_updates
from oncall_tui.engine.pages.statuspage_words import WordCalls
from oncall_tui.engine.pages.values import Item, write_time

_UNRESOLVED_EVERY_S = 3_600.0
CAPABILITIES = Capabilities(
    adapter="statuspage",
    title_most=255,
    body_most=25_000,
    has_impact=True,
    can_edit_update=True,
    has_maintenance=True,
    has_auto_transitions=True,
    has_postmortem=True,
    has_templates=True,
    has_backfill=True,
    has_public_list=True,
    has_metrics=True,
)


class Statuspage(MaintenanceCalls, PostmortemCalls, WordCalls):
    """A `Page` with all of the extras."""

    capabilities = CAPABILITIES
    _unresolved_s = -math.inf

    async def read_page(self) -> RemotePage | None:
        return read_page(await self._line.ask("GET", self._root, is_missing_fine=True))

    async def list_components(self, permit: Permit, *, is_routine: bool = False) -> list[RemoteComponent]:
        return read_components(await self._list("/components", "per_page", permit, is_fresh=not is_routine))

    async def list_unresolved(self, permit: Permit) -> list[RemoteIncident]:
        """Once an hour the page's own list of them; else what was made last, which tells of planned work too."""
        now = asyncio.get_running_loop().time()
        if now >= self._unresolved_s:
            self._unresolved_s = now + _UNRESOLVED_EVERY_S
            return self._read_all(await self._list("/incidents/unresolved", "per_page", permit))
        return [each for each in self._read_all(await self._read_latest(permit)) if each.status.is_open]

    async def list_recent(self, since: int, permit: Permit) -> list[RemoteIncident]:
        items = self._keep_latest(await self._list("/incidents", "limit", permit, since))
        return [incident for incident in self._read_all(items) if incident.created_at >= since]

    async def get_incident(self, remote_id: str) -> RemoteIncident | None:
        answer = await self._line.ask("GET", self._incident_path(remote_id), is_missing_fine=True)
        return None if answer is None else self._require_incident(answer)

    async def create_incident(self, message: Message) -> RemoteIncident:
        body = _write_fields(message, {}, ())
        return self._require_incident(await self._line.ask("POST", f"{self._root}/incidents", body={"incident": body}))

    async def update_incident(self, baseline: RemoteIncident, message: Message) -> RemoteIncident:
        body = _write_fields(message, baseline.metadata, baseline.ops)
        path = self._incident_path(baseline.remote_id)
        return self._require_incident(await self._line.ask("PATCH", path, body={"incident": body}))

    async def backfill_incident(self, message: BackfillMessage) -> RemoteIncident:
        """The page keeps one instant of it, and takes no components: see the notes on `backfilled` in its API."""
        fields: dict[str, object] = {
            "name": message.title,
            "status": IncidentStatus.RESOLVED.value,
            "body": message.body,
            "backfilled": True,
            "backfill_date": write_time(message.started_at),
            "deliver_notifications": message.notify,
            "metadata": stamp_metadata({}, (), message.uid, message.op),
        }
        if message.impact_override is not None:
            fields["impact_override"] = message.impact_override
        path = f"{self._root}/incidents"
        return self._require_incident(await self._line.ask("POST", path, body={"incident": fields}))

    async def read_public(self, awaited: Mapping[str, str]) -> dict[str, str]:
        """Returns all of the page's public list: it tells bodies by the ids of updates."""
        path = self._public_path("incidents.json")
        return {} if path is None else read_public_updates(await self._line.read_url(path))

    def _require_incident(self, answer: object) -> RemoteIncident:
        return require(read_incident(answer, self.component_names), "an incident")

    def _read_all(self, items: Iterable[Item]) -> list[RemoteIncident]:
        return [incident for item in items if (incident := read_incident(item, self.component_names))]


def _write_fields(
    message: Message, metadata: Mapping[str, Mapping[str, object]], ops: tuple[str, ...]
) -> dict[str, object]:
    fields: dict[str, object] = {
        "status": message.status.value,
        "body": message.body,
        "deliver_notifications": message.notify,
        "metadata": stamp_metadata(metadata, ops, message.uid, message.op, message.origin),
    }
    if message.components:
        fields["components"] = {remote_id: status.value for remote_id, status in message.components.items()}
    if message.component_ids:
        fields["component_ids"] = list(message.component_ids)
    if message.title is not None:
        fields["name"] = message.title
    if message.impact_override is not None:
        fields["impact_override"] = message.impact_override
    return fields
