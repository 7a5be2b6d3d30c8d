"""Finds a config file, reads it, and tells every fault at once, each with its line."""

from __future__ import annotations

import os
import re
import tomllib
from collections.abc import Iterable, Mapping
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

from msgspec.structs import replace

from oncall_tui.config import schema
from oncall_tui.config.checks import check_document, resolve_path
from oncall_tui.config.faults import explain, place_fault, show_key
from oncall_tui.config.form import Mismatch
from oncall_tui.config.form import Path as KeyPath
from oncall_tui.config.hooks import check_hooks, convert_hooks, convert_notice
from oncall_tui.config.model import BroadcastConfig, ComponentConfig, Config, PageConfig, TokenSource
from oncall_tui.config.source import read_source
from oncall_tui.config.tuning import convert_tuning
from oncall_tui.config.windows import check_windows, convert_windows
from oncall_tui.domain.cadence import USUAL_RHYTHM, Rhythm
from oncall_tui.domain.errors import ConfigError
from oncall_tui.domain.incident import Severity
from oncall_tui.domain.json_check import parse_json_check
from oncall_tui.domain.lint.model import Audience
from oncall_tui.domain.probe import Credential, Expectation, HttpRequest, Probe, ProbeKind
from oncall_tui.domain.template import Template
from oncall_tui.domain.template_variables import Team

if TYPE_CHECKING:
    from oncall_tui.config.lines import LineIndex

CONFIG_NAME = "oncall.toml"
CONFIG_VARIABLE = "ONCALL_TUI_CONFIG"
DEFAULT_TIMEOUT_MS = 10_000
_SYNTAX_PLACE = r" \(at (?:line (\d+), column (\d+)|end of document)\)$"


def find_config(explicit: str | None, environ: Mapping[str, str], cwd: Path) -> Path | None:
    """Returns the first of `--config`, ONCALL_TUI_CONFIG, ./oncall.toml and the user's config folder; else None.

    Raises ConfigError if a file that was named, by option or variable, is not there: falling through to another
    config would watch the wrong things in silence.
    """
    for name, source in ((explicit, "--config"), (environ.get(CONFIG_VARIABLE), CONFIG_VARIABLE)):
        if name:
            path = cwd / name
            if not os.path.lexists(path):
                raise ConfigError(
                    (place_fault(Path(name), "1", "file", f"{source} names it, but there is no such file"),)
                )
            return path
    if os.path.lexists(cwd / CONFIG_NAME):
        return cwd / CONFIG_NAME
    # Costs more than all of the search before it.
    import platformdirs

    path = platformdirs.user_config_path("oncall-tui") / CONFIG_NAME
    return path if os.path.lexists(path) else None


def load_config(path: Path) -> Config:
    """Returns the settings of a file, with paths made absolute and defaults filled in.

    Raises ConfigError with every fault at once, in the order of their lines, as `file:line: key: what is wrong, what
    is allowed`. Reading never blocks, and no fault repeats a value that could be a secret.
    """
    text = read_source(path)
    document = _parse(path, text)
    folder = path.absolute().parent
    checked, mismatches = schema.validate(document)
    faults = _find_faults(document, mismatches, path, text)
    if checked is None or faults:
        raise ConfigError(faults)
    return _convert(checked, path, folder)


def _parse(path: Path, text: str) -> dict[str, object]:
    """Parses a file. The error is raised outside of the `except` blocks: its context would hold the file's text."""
    try:
        return tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        place = re.search(_SYNTAX_PLACE, str(error))
        why = re.sub(_SYNTAX_PLACE, "", str(error))
        last = text.count("\n") + 1, len(text) - text.rfind("\n")
        line, column = (place[1], place[2]) if place and place[1] else last
        fault = place_fault(path, f"{line}:{column}", "syntax", f"{why}, allowed: TOML 1.0")
    except RecursionError:
        fault = _tell_depth(path)
    except ValueError:
        fault = place_fault(path, "1", "syntax", "a number has too many digits, allowed: whole numbers of 64 bits")
    raise ConfigError((fault,))


def _find_faults(
    document: Mapping[str, object], mismatches: Iterable[Mismatch], path: Path, text: str
) -> tuple[str, ...]:
    """Returns every fault in the order of their lines; a file without any is not searched for lines."""

    @cache
    def index_lines() -> LineIndex:
        from oncall_tui.config.lines import LineIndex

        return LineIndex(text)

    def find_line(key: KeyPath) -> int:
        return index_lines().find(key)

    try:
        found = [(each.path, explain(document, each)) for each in mismatches]
        found += check_document(document, path.absolute().parent, find_line)
        found += check_hooks(document, path.absolute().parent, find_line)
        found += check_windows(document, find_line)
        placed = sorted((find_line(key), show_key(key), why) for key, why in found)
    except RecursionError:
        return (_tell_depth(path),)
    return tuple(place_fault(path, str(line), key, why) for line, key, why in dict.fromkeys(placed))


def _tell_depth(path: Path) -> str:
    return place_fault(path, "1", "syntax", "lists or tables are nested too deep, allowed: a few levels")


def _convert(checked: schema.FileTable, path: Path, folder: Path) -> Config:
    above = _find_above(checked)
    templates_folder = None if checked.templates is None else resolve_path(folder, checked.templates)
    own, faults = _read_templates(templates_folder)
    return Config(
        path=path.absolute(),
        folder=folder,
        pages=tuple(_convert_page(each, folder) for each in checked.page),
        broadcasts=tuple(
            BroadcastConfig(each.name, each.form, _convert_source(each.url, folder), each.limit)
            for each in checked.broadcast
        ),
        components=tuple(ComponentConfig(each.name, each.remote_id) for each in checked.component),
        probes=(
            *(_convert_probe(each, folder, above) for each in checked.probes),
            *(_convert_sources(checked, folder) if checked.source else ()),
        ),
        vantage=checked.vantage.targets,
        theme=checked.theme,
        tuning=convert_tuning(checked.lint),
        audience=None if checked.lint.audience is None else Audience(checked.lint.audience),
        team=Team(checked.updates.product, checked.updates.support),
        rhythm=_convert_rhythm(checked.updates),
        second_person=frozenset(checked.updates.second_person),
        page_zone=checked.updates.page_zone,
        least_notice_ms=checked.updates.notice,
        templates=own,
        templates_folder=templates_folder,
        template_faults=faults,
        hooks=convert_hooks(checked, folder),
        notice=convert_notice(checked),
        windows=convert_windows(checked),
    )


def _convert_sources(checked: schema.FileTable, folder: Path) -> tuple[Probe, ...]:
    from oncall_tui.config.intake import convert_sources

    return convert_sources(checked, folder)


def _read_templates(folder: Path | None) -> tuple[tuple[Template, ...], tuple[str, ...]]:
    """Faults in words do not keep probes from running: they are told, and the rest is used."""
    if folder is None:
        return (), ()
    from oncall_tui.config.templates import read_folder

    return read_folder(folder)


def _convert_rhythm(updates: schema.UpdatesTable) -> Rhythm:
    steps, slow = dict(USUAL_RHYTHM.steps), dict(USUAL_RHYTHM.slow)
    for severity, told in zip(Severity, (updates.sev1, updates.sev2, updates.sev3, updates.sev4), strict=True):
        first, second, third = steps[severity]
        steps[severity] = (told.investigating or first, told.identified or second, told.monitoring or third)
        slow[severity] = told.slow or slow[severity]
    return Rhythm(steps, slow)


def _convert_source(table: schema.TokenTable, folder: Path) -> TokenSource:
    file = None if table.file is None else resolve_path(folder, table.file)
    return TokenSource(env=table.env, file=file, command=table.command)


def _convert_page(page: schema.PageTable, folder: Path) -> PageConfig:
    return PageConfig(
        name=page.name,
        adapter=page.adapter,
        api_url=page.api_url,
        public_url=page.public_url,
        page_id=page.page_id,
        token=_convert_source(page.token, folder),
        requests_per_minute=page.requests_per_minute,
        request_timeout_ms=page.request_timeout,
        quiet_period_ms=page.quiet_period,
        resends_unasked=page.resend == "unasked",
        send_window_ms=page.send_window,
    )


def _find_above(checked: schema.FileTable) -> dict[str, tuple[str, ...]]:
    """Returns for each component the probes of the components that it depends on."""
    return {
        component.name: tuple(
            probe.name for parent in component.depends_on for probe in checked.probes if probe.component == parent
        )
        for component in checked.component
    }


def _convert_probe(probe: schema.KnownProbe, folder: Path, above: Mapping[str, tuple[str, ...]]) -> Probe:
    expect = probe.expect
    made = Probe(
        name=probe.name,
        kind=ProbeKind(probe.kind),
        target=_find_target(probe),
        component=probe.component,
        every_ms=probe.every,
        timeout_ms=min(DEFAULT_TIMEOUT_MS, probe.every) if probe.timeout is None else probe.timeout,
        runbook=None if probe.runbook is None else str(resolve_path(folder, probe.runbook)),
        expect=_convert_expect(expect),
        failure_threshold=probe.failure_threshold,
        recovery_threshold=probe.recovery_threshold,
        confirm_every_ms=probe.confirm_every,
        ack_clears_after=probe.ack_clears_after,
        flap_start=probe.flap_start,
        flap_end=probe.flap_end,
        metric=probe.metric,
        depends_on=tuple(dict.fromkeys((*probe.depends_on, *above.get(probe.component or "", ())))),
    )
    match probe:
        case schema.HttpProbe():
            return replace(
                made,
                follow_redirects=probe.follow_redirects,
                family=probe.family,
                request=HttpRequest(
                    method=probe.method,
                    headers=tuple((probe.headers or {}).items()),
                    body=probe.body,
                    auth=None if probe.auth is None else _convert_auth(probe.auth, folder),
                ),
            )
        case schema.WebsocketProbe():
            return replace(
                made,
                family=probe.family,
                subprotocol=probe.subprotocol,
                request=HttpRequest(
                    headers=tuple((probe.headers or {}).items()),
                    body=probe.send,
                    auth=None if probe.auth is None else _convert_auth(probe.auth, folder),
                ),
            )
        case schema.GrpcProbe():
            return replace(made, family=probe.family, security=probe.security, service=probe.service)
        case schema.PushProbe():
            return replace(made, file=None if probe.file is None else str(resolve_path(folder, probe.file)))
        case schema.MailProbe():
            return replace(made, security=probe.security)
        case schema.IcmpProbe():
            return replace(made, count=probe.count, family=probe.family)
        case schema.DomainProbe():
            return replace(made, server=probe.server)
        case schema.UpstreamProbe():
            return replace(made, form=probe.form, watch=probe.watch, follow_redirects=True)
        case schema.DnsProbe():
            return replace(made, record=probe.record, resolver=probe.resolver)
        case _:
            return made


def _find_target(probe: schema.KnownProbe) -> str:
    match probe:
        case schema.HttpProbe() | schema.WebsocketProbe():
            return probe.url
        case schema.UpstreamProbe():
            return probe.url if probe.form == "atom" else f"{probe.url.rstrip('/')}/api/v2/summary.json"
        case schema.PushProbe():
            return probe.file or f"oncall-tui beat {probe.name}"
        case _:
            return probe.target


def _convert_auth(auth: schema.AuthTable, folder: Path) -> Credential:
    file = None if auth.file is None else str(resolve_path(folder, auth.file))
    return Credential(auth.env, file, auth.command, auth.scheme, auth.header)


def _convert_expect(expect: schema.TcpExpect | schema.PushExpect) -> Expectation:
    match expect:
        case schema.PushExpect():
            return Expectation(max_age_ms=expect.max_age)
        case schema.HttpExpect():
            return Expectation(
                status=expect.status,
                body_contains=expect.body_contains,
                max_latency_ms=expect.max_latency,
                json=tuple(parse_json_check(each) for each in expect.json),
                json_degraded=tuple(parse_json_check(each) for each in expect.json_degraded),
            )
        case schema.IcmpExpect():
            return Expectation(max_loss_percent=expect.max_loss, max_latency_ms=expect.max_latency)
        case schema.WebsocketExpect():
            return Expectation(
                contains=expect.contains, min_days_left=expect.min_days_left, max_latency_ms=expect.max_latency
            )
        case schema.TlsExpect():
            return Expectation(min_days_left=expect.min_days_left, max_latency_ms=expect.max_latency)
        case schema.DnsExpect():
            return Expectation(
                contains=expect.contains,
                max_latency_ms=expect.max_latency,
                records=tuple((kind, tuple(texts)) for kind, texts in (expect.records or {}).items()),
                authenticated=expect.authenticated,
            )
        case _:
            return Expectation(max_latency_ms=expect.max_latency)
