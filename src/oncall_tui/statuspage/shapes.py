"""Records as JSON: the write API's shape (v1) and the public one (v2), which never holds metadata."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime

from oncall_tui.domain.incident import ComponentStatus, Impact, impact_of
from oncall_tui.statuspage.pagefile import Identity
from oncall_tui.statuspage.records import (
    IMPACT_ORDER,
    PageComponent,
    PageGroup,
    PageIncident,
    PageMetric,
    PageTemplate,
    PageUpdate,
    Postmortem,
)
from oncall_tui.statuspage.rules import AUTOMATION_FLAGS

_DESCRIPTION = {
    Impact.NONE: "All Systems Operational",
    Impact.MINOR: "Minor Service Outage",
    Impact.MAJOR: "Partial System Outage",
    Impact.CRITICAL: "Major Service Outage",
    Impact.MAINTENANCE: "Service Under Maintenance",
}


def format_instant(at: int) -> str:
    """Returns ISO 8601 in UTC with milliseconds and a Z."""
    moment = datetime.fromtimestamp(at // 1000, UTC)
    return f"{moment:%Y-%m-%dT%H:%M:%S}.{at % 1000:03d}Z"


def _format_known(at: int | None) -> str | None:
    return None if at is None else format_instant(at)


def shape_page(identity: Identity, url: str) -> dict[str, object]:
    """Returns the page as the write API shows it."""
    return {
        "id": identity.page_id,
        "name": identity.name,
        "url": url,
        "subdomain": None,
        "domain": None,
        "time_zone": "UTC",
        "updated_at": format_instant(identity.updated_at),
        "allow_rss_atom_feeds": True,
    }


def shape_envelope(identity: Identity, url: str) -> dict[str, object]:
    """Returns the page as every public answer carries it."""
    return {
        "id": identity.page_id,
        "name": identity.name,
        "url": url,
        "time_zone": "Etc/UTC",
        "updated_at": format_instant(identity.updated_at),
    }


def shape_component(component: PageComponent, page_id: str) -> dict[str, object]:
    """Returns a component; both APIs show the same keys."""
    return {
        "id": component.id,
        "page_id": page_id,
        "group_id": component.group_id,
        "group": False,
        "name": component.name,
        "description": component.description,
        "status": component.status.value,
        "position": component.position,
        "showcase": component.is_showcased,
        "only_show_if_degraded": component.is_shown_only_if_degraded,
        "start_date": component.start_date,
        "created_at": format_instant(component.created_at),
        "updated_at": format_instant(component.updated_at),
    }


def shape_components(
    components: Sequence[PageComponent], groups: Sequence[PageGroup], page_id: str
) -> list[dict[str, object]]:
    """Returns components and groups in one list in the order of the page, as both APIs list them."""
    entries = [(group.position, shape_group_entry(group, components, page_id)) for group in groups]
    entries += [(component.position, shape_component(component, page_id)) for component in components]
    entries.sort(key=lambda entry: entry[0])
    return [shape for _, shape in entries]


def shape_group_entry(group: PageGroup, components: Sequence[PageComponent], page_id: str) -> dict[str, object]:
    """Returns a group as it stands among the components: its status is the worst of them."""
    order = list(ComponentStatus)
    statuses = [component.status for component in components if component.id in group.component_ids]
    return {
        "id": group.id,
        "page_id": page_id,
        "group_id": None,
        "group": True,
        "name": group.name,
        "description": group.description,
        "status": max(statuses, key=order.index, default=ComponentStatus.OPERATIONAL).value,
        "position": group.position,
        "showcase": False,
        "only_show_if_degraded": False,
        "start_date": None,
        "components": list(group.component_ids),
        "created_at": format_instant(group.created_at),
        "updated_at": format_instant(group.updated_at),
    }


def shape_group(group: PageGroup, page_id: str) -> dict[str, object]:
    """Returns a group as writers see it."""
    return {
        "id": group.id,
        "page_id": page_id,
        "name": group.name,
        "description": group.description,
        "components": list(group.component_ids),
        "position": group.position,
        "created_at": format_instant(group.created_at),
        "updated_at": format_instant(group.updated_at),
    }


def shape_template(template: PageTemplate, known: Mapping[str, PageComponent], page_id: str) -> dict[str, object]:
    """Returns a template with those of its components that are still there."""
    return {
        "id": template.id,
        "name": template.name,
        "title": template.title,
        "body": template.body,
        "group_id": template.group_id,
        "update_status": None if template.update_status is None else template.update_status.value,
        "should_tweet": template.is_tweeting,
        "should_send_notifications": template.is_notifying,
        "components": [shape_component(known[each], page_id) for each in template.component_ids if each in known],
    }


def shape_metric(metric: PageMetric, provider_id: str) -> dict[str, object]:
    """Returns a metric without its values, as the original does."""
    return {
        "id": metric.id,
        "metrics_provider_id": provider_id,
        "metric_identifier": metric.id,
        "name": metric.name,
        "display": metric.is_shown,
        "tooltip_description": metric.tooltip,
        "suffix": metric.suffix,
        "decimal_places": metric.decimal_places,
        "most_recent_data_at": _format_known(metric.latest_at),
        "created_at": format_instant(metric.created_at),
        "updated_at": format_instant(metric.updated_at),
    }


def shape_update(update: PageUpdate) -> dict[str, object]:
    """Returns an update; `affected_components` is null when it changed none, as the original does it."""
    affected = [
        {
            "code": change.code,
            "name": change.name,
            "old_status": change.old_status.value,
            "new_status": change.new_status.value,
        }
        for change in update.affected
    ]
    return {
        "id": update.id,
        "incident_id": update.incident_id,
        "status": update.status.value,
        "body": update.body,
        "created_at": format_instant(update.created_at),
        "updated_at": format_instant(update.updated_at),
        "display_at": format_instant(update.display_at),
        "deliver_notifications": update.is_notifying,
        "affected_components": affected or None,
        "custom_tweet": None,
        "tweet_id": None,
    }


def shape_public_incident(incident: PageIncident, page_id: str, url: str) -> dict[str, object]:
    """Returns an incident for everybody: no metadata, no automation fields, no postmortem draft."""
    shape: dict[str, object] = {
        "id": incident.id,
        "page_id": page_id,
        "name": incident.name,
        "status": incident.shown_status.value,
        "impact": incident.impact.value,
        "created_at": format_instant(incident.created_at),
        "updated_at": format_instant(incident.updated_at),
        "started_at": format_instant(incident.started_at),
        "monitoring_at": _format_known(incident.monitoring_at),
        "resolved_at": _format_known(incident.resolved_at),
        "shortlink": f"{url}/incidents/{incident.id}",
        "components": [shape_component(component, page_id) for component in incident.components],
        "incident_updates": [shape_update(update) for update in incident.updates],
    }
    if incident.is_scheduled:
        shape["scheduled_for"] = _format_known(incident.scheduled_for)
        shape["scheduled_until"] = _format_known(incident.scheduled_until)
    return shape


def shape_incident(incident: PageIncident, page_id: str, url: str) -> dict[str, object]:
    """Returns an incident for writers: the public shape, what writers stamped on it, and the options they sent."""
    postmortem = incident.postmortem
    is_published = postmortem is not None and postmortem.published_at is not None
    return {
        **shape_public_incident(incident, page_id, url),
        "impact_override": None if incident.impact_override is None else incident.impact_override.value,
        "metadata": incident.metadata,
        "backfilled": incident.is_backfilled,
        "scheduled_for": _format_known(incident.scheduled_for),
        "scheduled_until": _format_known(incident.scheduled_until),
        "scheduled_reminded_at": None,
        "reminder_intervals": None,
        **dict.fromkeys(AUTOMATION_FLAGS, False),
        **incident.options,
        "postmortem_body": postmortem.body if postmortem and is_published else None,
        "postmortem_body_last_updated_at": _format_known(postmortem.body_updated_at) if postmortem else None,
        "postmortem_ignored": False,
        "postmortem_notified_subscribers": is_published and postmortem is not None and postmortem.is_notifying,
        "postmortem_notified_twitter": False,
        "postmortem_published_at": _format_known(postmortem.published_at) if postmortem else None,
    }


def shape_postmortem(postmortem: Postmortem) -> dict[str, object]:
    """Returns a postmortem with its draft, for writers."""
    return {
        "body": postmortem.body,
        "body_updated_at": _format_known(postmortem.body_updated_at),
        "body_draft": postmortem.body_draft,
        "body_draft_updated_at": _format_known(postmortem.body_draft_updated_at),
        "published_at": _format_known(postmortem.published_at),
        "notify_subscribers": postmortem.is_notifying,
        "notify_twitter": False,
        "custom_tweet": None,
        "created_at": format_instant(postmortem.created_at),
        "updated_at": format_instant(postmortem.updated_at),
    }


def judge_page(components: Iterable[PageComponent], live: Iterable[PageIncident]) -> Impact:
    """Returns how the page as a whole is: the worst that a component or an open incident says.

    A page whose components are all well is still not `none` while an open incident says otherwise, since readers of
    the headline alone would be told a lie.
    """
    statuses = {component.id: component.status for component in components}
    worst = [impact_of(statuses), *(incident.impact for incident in live)]
    if ComponentStatus.UNDER_MAINTENANCE in statuses.values():
        worst.append(Impact.MAINTENANCE)
    return max(worst, key=IMPACT_ORDER.index)


def shape_status(impact: Impact) -> dict[str, object]:
    """Returns the headline: a word for programs and one for people."""
    return {"indicator": impact.value, "description": _DESCRIPTION[impact]}
