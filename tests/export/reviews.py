"""Facts for documents, with any text where text from outside can stand."""

from __future__ import annotations

from oncall_tui.domain.incident import Cause, ComponentStatus, Incident, IncidentStatus, Phase, Severity
from oncall_tui.domain.timeline import EntryKind, TimelineEntry
from oncall_tui.domain.update import DeliveryState, IncidentUpdate, Proof
from oncall_tui.export.review import Facts

NOON = 1_795_348_800_000  # 2026-11-22T12:00:00Z
MINUTE = 60_000


def make_facts(
    text: str = "T", *, actor: str = "ana@desk7", note: str = "The cable was loose.", at: int = NOON
) -> Facts:
    incident = Incident(
        id=7,
        uid="i",
        title=text,
        status=IncidentStatus.RESOLVED,
        phase=Phase.RESOLVED,
        impact_override=None,
        severity=Severity.SEV2,
        cause=Cause.OURS,
        started_at=at,
        declared_at=at + 2 * MINUTE,
        revision=3,
        scope=text,
        resolved_at=at + 47 * MINUTE,
        created_by=actor,
        components={text: ComponentStatus.OPERATIONAL},
        probes=("api-eu",),
        runbook="runbooks/api.md",
    )
    proof = Proof(
        "page",
        DeliveryState.DELIVERED,
        queued_at=at + 3 * MINUTE,
        sent_at=at + 3 * MINUTE + 500,
        accepted_at=at + 4 * MINUTE,
        seen_at=at + 5 * MINUTE,
        reason=text,
    )
    update = IncidentUpdate(
        id=1,
        uid="u",
        incident_id=7,
        status=IncidentStatus.INVESTIGATING,
        body=text,
        components={text: ComponentStatus.PARTIAL_OUTAGE},
        created_at=at + 3 * MINUTE,
        created_by=actor,
        is_local=True,
        delivery=DeliveryState.DELIVERED,
        proofs=(proof,),
    )
    entry = TimelineEntry(1, 7, EntryKind.NOTE, note, actor, at + 10 * MINUTE, at + 10 * MINUTE)
    return Facts(incident, (update,), (entry,), frozenset({"db7.internal"}))
