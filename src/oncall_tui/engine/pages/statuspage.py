"""Atlassian Statuspage v1 and what speaks like it: our words to and from its calls.

It cannot express who wrote an update, an edit of an old status, or an idempotency key; so each write is stamped in the
incident's `metadata`, where subscribers' webhooks can read it: opaque ids only.
"""

from __future__ import annotations

import ssl
from collections.abc import Callable, Mapping
from urllib.parse import quote

from oncall_tui.config.model import PageConfig
from oncall_tui.config.token import Secret
from oncall_tui.domain.capability import Capabilities
from oncall_tui.domain.outbox import OPS_KEPT
from oncall_tui.domain.remote import RemoteComponent, RemoteIncident, RemotePage
from oncall_tui.engine.pages import Message, Permit
from oncall_tui.engine.pages.errors import AmbiguousError
from oncall_tui.engine.pages.exchange import PageLine
from oncall_tui.engine.pages.shapes import (
    STAMP,
    read_component,
    read_incident,
    read_objects,
    read_page,
    read_public_updates,
)

CAPABILITIES = Capabilities(
    adapter="statuspage",
    has_impact=True,
    has_stamp=True,
)
_PAGE_SIZE = 100
_PAGES_MOST = 20


class Statuspage:
    """One page behind one token. Raises UsageError at once for an address that would show the token to the network."""

    def __init__(
        self,
        config: PageConfig,
        read_token: Callable[[], Secret],
        clock: Callable[[], int],
        tls: ssl.SSLContext | None = None,
    ) -> None:
        self.component_names: Mapping[str, str] = {}
        self.capabilities = CAPABILITIES
        self._public_url = config.public_url
        self._line = PageLine(
            config.api_url, read_token, timeout_ms=find_deadline_ms(config), clock=clock, scheme="OAuth", tls=tls
        )
        self._root = f"/pages/{quote(config.page_id, safe='')}"

    @property
    def clock_skew_ms(self) -> int | None:
        return self._line.clock_skew_ms

    async def make_ready(self) -> None:
        await self._line.make_ready()

    async def read_page(self) -> RemotePage | None:
        return read_page(await self._line.ask("GET", self._root, is_missing_fine=True))

    async def list_components(self, permit: Permit) -> list[RemoteComponent]:
        items = await self._list("/components", "per_page", permit)
        return [component for order, item in enumerate(items) if (component := read_component(item, order))]

    async def list_unresolved(self, permit: Permit) -> list[RemoteIncident]:
        return self._read_all(await self._list("/incidents/unresolved", "per_page", permit))

    async def list_recent(self, since: int, permit: Permit) -> list[RemoteIncident]:
        items = await self._list("/incidents", "limit", permit, since)
        return [incident for incident in self._read_all(items) if incident.created_at >= since]

    async def get_incident(self, remote_id: str) -> RemoteIncident | None:
        answer = await self._line.ask("GET", self._incident_path(remote_id), is_missing_fine=True)
        return None if answer is None else self._require_incident(answer)

    async def create_incident(self, message: Message) -> RemoteIncident:
        body = self._write_fields(message, {}, ())
        return self._require_incident(await self._line.ask("POST", f"{self._root}/incidents", body={"incident": body}))

    async def update_incident(self, baseline: RemoteIncident, message: Message) -> RemoteIncident:
        body = self._write_fields(message, baseline.metadata, baseline.ops)
        path = self._incident_path(baseline.remote_id)
        return self._require_incident(await self._line.ask("PATCH", path, body={"incident": body}))

    async def read_public(self, awaited: Mapping[str, str]) -> dict[str, str]:
        if self._public_url is None:
            return {}
        return read_public_updates(await self._line.read_url(self._public_url.rstrip("/") + "/api/v2/incidents.json"))

    async def close(self) -> None:
        await self._line.close()

    def _incident_path(self, remote_id: str) -> str:
        return f"{self._root}/incidents/{quote(remote_id, safe='')}"

    def _require_incident(self, answer: object) -> RemoteIncident:
        incident = read_incident(answer, self.component_names)
        if incident is None:
            raise AmbiguousError("the page answered with something that is not an incident: check api_url in config")
        return incident

    def _read_all(self, items: list[dict[str, object]]) -> list[RemoteIncident]:
        return [incident for item in items if (incident := read_incident(item, self.component_names))]

    async def _list(
        self, path: str, size_name: str, permit: Permit, since: int | None = None
    ) -> list[dict[str, object]]:
        """Pages on until a short page, one without news, or one wholly older than `since`.

        Both size and page are always sent: the vendor slows down lists without them to one a minute.
        """
        found: dict[str, dict[str, object]] = {}
        for number in range(1, _PAGES_MOST + 1):
            await permit()
            answer = await self._line.ask("GET", self._root + path, params={"page": number, size_name: _PAGE_SIZE})
            if not isinstance(answer, list):
                raise AmbiguousError("the page answered with something that is not a list: check api_url in config")
            items = list(read_objects(answer))
            news = [item for item in items if str(item.get("id")) not in found]
            found.update((str(item.get("id")), item) for item in news)
            if len(answer) < _PAGE_SIZE or not news:
                break
            if since is not None and all(incident.created_at < since for incident in self._read_all(items)):
                break
        return list(found.values())

    def _write_fields(
        self, message: Message, metadata: Mapping[str, Mapping[str, object]], ops: tuple[str, ...]
    ) -> dict[str, object]:
        """Sends the whole metadata: whether the vendor merges or replaces it is not documented."""
        earlier = metadata.get(STAMP, {})
        uid = earlier.get("uid")
        stamp = {
            **earlier,
            "uid": uid if isinstance(uid, str) else message.uid,
            "ops": [*(op for op in ops if op != message.op), message.op][-OPS_KEPT:],
        }
        fields: dict[str, object] = {
            "status": message.status.value,
            "body": message.body,
            "deliver_notifications": message.notify,
            "metadata": {**metadata, STAMP: stamp},
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


def find_deadline_ms(config: PageConfig) -> int:
    """Returns how long one request may take: always less than the quiet period, after which the page is looked at."""
    return min(config.request_timeout_ms, config.quiet_period_ms * 9 // 10)
