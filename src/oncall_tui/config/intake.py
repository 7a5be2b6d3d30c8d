"""Turns the sources of a file into the probes that read them."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from oncall_tui.config.checks import resolve_path
from oncall_tui.domain.intake import Intake
from oncall_tui.domain.probe import Credential, HttpRequest, Probe, ProbeKind
from oncall_tui.domain.source_names import parse_threshold

if TYPE_CHECKING:
    from oncall_tui.config.schema import FileTable, SourceTable

DEFAULT_TIMEOUT_MS = 10_000
_NAMING = {
    ProbeKind.PROMETHEUS: "{source} {instance}",
    ProbeKind.ALERTMANAGER: "{alertname} {instance}",
    ProbeKind.GATUS: "{group} {name}",
}


def convert_sources(checked: FileTable, folder: Path) -> tuple[Probe, ...]:
    """Returns a probe for each source: the value of its query, or whether its targets can be read at all."""
    components = tuple(component.name for component in checked.component)
    return tuple(_convert(each, folder, components) for each in checked.source)


def _convert(source: SourceTable, folder: Path, components: tuple[str, ...]) -> Probe:
    kind = ProbeKind.QUERY if source.query is not None else ProbeKind(source.kind)
    token = source.token
    file = None if token is None or token.file is None else str(resolve_path(folder, token.file))
    auth = None if token is None else Credential(token.env, file, token.command, token.scheme, token.header)
    usual = (1, 1) if kind is ProbeKind.ALERTMANAGER else (3, 2)
    failures, recoveries = source.failure_threshold or usual[0], source.recovery_threshold or usual[1]
    is_query = kind is ProbeKind.QUERY
    return Probe(
        name=source.name,
        kind=kind,
        target=source.url,
        component=source.component,
        every_ms=source.every,
        timeout_ms=min(DEFAULT_TIMEOUT_MS, source.every) if source.timeout is None else source.timeout,
        runbook=None if source.runbook is None else str(resolve_path(folder, source.runbook)),
        failure_threshold=failures if is_query else 3,
        recovery_threshold=recoveries if is_query else 1,
        # A query that is asked again at once is answered from the same samples.
        confirm_every_ms=source.every if is_query else min(5_000, source.every),
        depends_on=source.depends_on,
        request=HttpRequest(auth=auth),
        intake=Intake(
            query=source.query,
            degraded=None if source.degraded is None else parse_threshold(source.degraded),
            down=None if source.down is None else parse_threshold(source.down),
            unit=source.unit,
            match=source.match,
            naming=source.naming or _NAMING.get(kind, ""),
            component_label=source.component_label,
            components=components if source.component_label else (),
            keep_ms=source.keep,
            failure_threshold=failures,
            recovery_threshold=recoveries,
        ),
    )
