"""Cachet v3 (with metadata, July 2026 or later): our words to and from its calls.

An incident is stamped in its `meta` as it is made; an update has no room for a stamp and is proven by what is new. What
the page cannot express: a time with its zone, whether one update notifies (its incident says so for all), and a
component that gets better while an incident holds it.
"""

from __future__ import annotations

from urllib.parse import quote

from oncall_tui.domain.capability import Capabilities
from oncall_tui.domain.incident import ComponentStatus, IncidentStatus
from oncall_tui.domain.remote import RemoteComponent, RemoteIncident, RemotePage
from oncall_tui.engine.pages import Message, Permit
from oncall_tui.engine.pages.cachet_calls import write_id
from oncall_tui.engine.pages.cachet_maintenance import MaintenanceCalls
from oncall_tui.engine.pages.cachet_shapes import (
    COMPONENT_NUMBERS,
    HELD,
    META_AT,
    META_OPS,
    META_UID,
    NAME,
    SET,
    STATUS_NUMBERS,
    ZONE_MOST_MS,
    Document,
    read_component,
    read_component_number,
    read_document,
    read_incident,
    read_update,
)
from oncall_tui.engine.pages.errors import require
from oncall_tui.engine.pages.unstamped import append_update
from oncall_tui.engine.pages.values import name_component

CAPABILITIES = Capabilities(
    adapter="cachet",
    title_most=255,
    has_lookup=True,
    holds_components=True,
    has_maintenance=True,
    has_auto_transitions=True,
    moves_silently=True,
    mails_as_announced=True,
)
_INCLUDED = "components,updates,meta"
_ORDER = list(ComponentStatus)


class Cachet(MaintenanceCalls):
    """A `Page` with planned work."""

    capabilities = CAPABILITIES

    async def read_page(self) -> RemotePage | None:
        """The page does not tell its name to programs."""
        return None

    async def list_components(self, permit: Permit, *, is_routine: bool = False) -> list[RemoteComponent]:
        if is_routine and (told := self._components.find()) is not None:
            return told
        found = await self._list("/components", {"include": "group"}, permit, is_routine=is_routine)
        read = (read_component(value, order, found.included) for order, value in enumerate(found.items))
        return self._components.keep([component for component in read if component is not None])

    async def list_unresolved(self, permit: Permit) -> list[RemoteIncident]:
        numbers = ",".join(str(number) for number in range(STATUS_NUMBERS[IncidentStatus.RESOLVED]))
        found = await self._list(
            "/incidents", {"include": _INCLUDED, "filter[status]": numbers}, permit, is_routine=True
        )
        unresolved = [incident for incident in self._read_all(found) if incident.status.is_open]
        self._components.is_quiet = not unresolved
        return unresolved

    async def list_recent(self, since: int, permit: Permit) -> list[RemoteIncident]:
        found = await self._list("/incidents", {"include": _INCLUDED}, permit, since - ZONE_MOST_MS)
        return [incident for incident in self._read_all(found) if incident.created_at >= since]

    async def get_incident(self, remote_id: str) -> RemoteIncident | None:
        params = {"include": _INCLUDED}
        answer = await self._line.ask("GET", _incident_path(remote_id), params=params, is_missing_fine=True)
        return None if answer is None else self._require_incident(answer)

    async def find_incident(self, uid: str) -> RemoteIncident | None:
        """Its `meta` is indexed: what we stamped is found whatever the page's clock and zone are."""
        params: dict[str, str | int] = {"include": _INCLUDED, f"filter[meta][{META_UID}]": uid, "per_page": 2}
        found = read_document(await self._line.ask("GET", "/incidents", params=params))
        require(found if found.is_list else None, "a list")
        return next((incident for incident in self._read_all(found) if incident.uid == uid), None)

    async def create_incident(self, message: Message) -> RemoteIncident:
        """Sets the components first where it is over already: then it holds none of them."""
        self._components.forget()
        for remote_id, state in message.components.items() if not message.status.is_open else ():
            await self._prepare(f"/components/{quote(remote_id, safe='')}", {"status": COMPONENT_NUMBERS[state]})
        body = {
            "name": message.title or "",
            "message": message.body,
            "status": STATUS_NUMBERS[message.status],
            "visible": True,
            "notifications": message.notify,
            "components": [
                {"id": write_id(remote_id), "status": COMPONENT_NUMBERS[state]}
                for remote_id, state in message.components.items()
            ],
            "meta": {
                META_UID: message.uid,
                META_OPS: [message.op],
                META_AT: str(message.sent_at + (self.clock_skew_ms or 0)),
            },
        }
        answer = await self._line.ask("POST", "/incidents", params={"include": "components"}, body=body)
        for item in read_document(answer).items:
            self._note_zone(item)
        return self._require_incident(answer)

    async def update_incident(self, baseline: RemoteIncident, message: Message) -> RemoteIncident:
        """Sets the components and whether the incident notifies, then appends the update.

        The update comes last: it alone is the proof, so that after a death in between all is sent again, and what is
        sent again before it is absolute and tells nobody. It is not stamped for the same reason: a stamp set before it
        would prove what is not there.
        """
        self._components.forget()
        for remote_id, state in message.components.items():
            if baseline.metadata.get(remote_id, {}).get(SET) != COMPONENT_NUMBERS[state]:
                await self._prepare(f"/components/{quote(remote_id, safe='')}", {"status": COMPONENT_NUMBERS[state]})
        path = _incident_path(baseline.remote_id)
        named = {} if message.title is None else {"name": message.title}
        await self._prepare(path, {"notifications": message.notify, **named})
        body = {"status": STATUS_NUMBERS[message.status], "message": message.body}
        answer = await self._line.ask("POST", f"{path}/updates", body=body)
        for item in read_document(answer).items:
            self._note_zone(item)
            if update := read_update(item, self._zone_ms):
                return append_update(baseline, update, self._show_states(baseline, message))
        return require(None, "an update")

    def _show_states(self, baseline: RemoteIncident, message: Message) -> dict[str, ComponentStatus]:
        """An open incident keeps a component at least as bad as it was when it was declared."""
        states = {}
        for remote_id in {**baseline.metadata, **message.components}:
            kept = baseline.metadata.get(remote_id, {})
            name = name_component(remote_id, kept.get(NAME), self.component_names)
            state = message.components.get(remote_id) or baseline.components.get(name)
            if state is not None:
                held = read_component_number(kept[HELD]) if message.status.is_open and HELD in kept else state
                states[name] = max(state, held, key=_ORDER.index)
        return states

    def _require_incident(self, answer: object) -> RemoteIncident:
        return require(next(iter(self._read_all(read_document(answer))), None), "an incident")

    def _read_all(self, found: Document) -> list[RemoteIncident]:
        """An incident of ours shows the zone for those of others; the newest one counts, for the time of the year."""
        self._note_zones(found)
        return [
            incident
            for item in found.items
            if (incident := read_incident(item, found.included, self.component_names, self._zone_ms))
        ]


def _incident_path(remote_id: str) -> str:
    return f"/incidents/{quote(remote_id, safe='')}"
