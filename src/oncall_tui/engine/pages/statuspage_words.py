"""Prepared words, corrected words and figures on Statuspage."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from urllib.parse import quote

from oncall_tui.domain.outbox import normalise_body
from oncall_tui.domain.remote import RemoteTemplate
from oncall_tui.engine.pages import Permit
from oncall_tui.engine.pages.errors import require
from oncall_tui.engine.pages.extras import MetricPoint
from oncall_tui.engine.pages.statuspage_calls import StatuspageCalls
from oncall_tui.engine.pages.statuspage_shapes import read_template


class WordCalls(StatuspageCalls):
    """The part of the adapter that `TemplatePage`, `EditablePage` and `MetricPage` ask for."""

    async def list_templates(self, permit: Permit) -> list[RemoteTemplate]:
        items = await self._list("/incident_templates", "per_page", permit)
        return [template for item in items if (template := read_template(item))]

    async def edit_update(self, incident_id: str, update_id: str, body: str) -> str:
        path = f"{self._incident_path(incident_id)}/incident_updates/{quote(update_id, safe='')}"
        fields = {"incident_update": {"body": body, "deliver_notifications": False}}
        answer = await self._line.ask("PATCH", path, body=fields)
        held = answer.get("body") if isinstance(answer, dict) else None
        return normalise_body(require(held if isinstance(held, str) else None, "an update"))

    async def send_metrics(self, points: Mapping[str, Sequence[MetricPoint]]) -> None:
        fields = {
            metric_id: [{"timestamp": point.at // 1000, "value": point.value} for point in series]
            for metric_id, series in points.items()
        }
        await self._line.ask("POST", f"{self._root}/metrics/data", body={"data": fields}, is_empty_fine=True)
