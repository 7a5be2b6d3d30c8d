"""Postmortems on Statuspage: a draft beside the incident, published and taken back as a whole."""

from __future__ import annotations

from oncall_tui.domain.remote import RemotePostmortem
from oncall_tui.engine.pages import Permit
from oncall_tui.engine.pages.errors import require
from oncall_tui.engine.pages.statuspage_calls import StatuspageCalls
from oncall_tui.engine.pages.statuspage_shapes import read_postmortem


class PostmortemCalls(StatuspageCalls):
    """The part of the adapter that `PostmortemPage` asks for."""

    async def get_postmortem(self, incident_id: str) -> RemotePostmortem | None:
        answer = await self._line.ask("GET", self._postmortem_path(incident_id), is_missing_fine=True)
        return None if answer is None else _require(answer)

    async def write_postmortem_draft(self, incident_id: str, body: str) -> RemotePostmortem:
        fields = {"postmortem": {"body_draft": body}}
        return _require(await self._line.ask("PUT", self._postmortem_path(incident_id), body=fields))

    async def publish_postmortem(self, incident_id: str, permit: Permit, *, notify: bool) -> RemotePostmortem:
        await permit()
        present = await self.get_postmortem(incident_id)
        if present is not None and present.published_at is not None and present.draft in ("", present.body):
            return present
        await permit()
        fields = {"postmortem": {"notify_subscribers": notify, "notify_twitter": False}}
        return _require(await self._line.ask("PUT", f"{self._postmortem_path(incident_id)}/publish", body=fields))

    async def revert_postmortem(self, incident_id: str) -> RemotePostmortem:
        return _require(await self._line.ask("PUT", f"{self._postmortem_path(incident_id)}/revert"))

    async def delete_postmortem(self, incident_id: str) -> None:
        path = self._postmortem_path(incident_id)
        await self._line.ask("DELETE", path, is_missing_fine=True, is_empty_fine=True)

    def _postmortem_path(self, incident_id: str) -> str:
        return f"{self._incident_path(incident_id)}/postmortem"


def _require(answer: object) -> RemotePostmortem:
    return require(read_postmortem(answer), "a postmortem")
