"""Small records as text columns: phases, facts, component maps and the last runs of a probe."""

from __future__ import annotations

import json
from collections.abc import Mapping

import msgspec

from oncall_tui.domain.capability import Capabilities
from oncall_tui.domain.facts import Facts
from oncall_tui.domain.incident import ComponentStatus
from oncall_tui.domain.probe import Phases, Probe, Verdict
from oncall_tui.domain.update import Evidence, Waiver

_LETTER = {Verdict.UP: "u", Verdict.DEGRADED: "g", Verdict.DOWN: "d", Verdict.UNKNOWN: "n"}
_VERDICT = {letter: verdict for verdict, letter in _LETTER.items()}


def encode_phases(phases: Phases) -> str:
    values = (phases.resolve_ms, phases.connect_ms, phases.tls_ms, phases.first_byte_ms, phases.transfer_ms)
    return json.dumps([None if value is None else round(value, 2) for value in values])


def decode_phases(text: str) -> Phases:
    values: list[float | None] = json.loads(text)
    return Phases(*values)


def encode_facts(facts: tuple[tuple[str, str], ...]) -> str:
    return json.dumps(facts, ensure_ascii=False)


def decode_facts(text: str) -> tuple[tuple[str, str], ...]:
    return tuple((str(name), str(value)) for name, value in json.loads(text))


def encode_recent(recent: tuple[tuple[Verdict, float], ...]) -> str:
    return " ".join(f"{_LETTER[verdict]}{duration_ms:.1f}" for verdict, duration_ms in recent)


def decode_recent(text: str) -> tuple[tuple[Verdict, float], ...]:
    return tuple((_VERDICT[word[0]], float(word[1:])) for word in text.split())


def encode_components(components: Mapping[str, ComponentStatus]) -> str:
    return json.dumps(dict(components), ensure_ascii=False)


def decode_components(text: str) -> dict[str, ComponentStatus]:
    return {str(name): ComponentStatus(status) for name, status in json.loads(text).items()}


def encode_probe(probe: Probe) -> str:
    return msgspec.json.encode(probe).decode()


def decode_probe(text: str) -> Probe:
    return msgspec.json.decode(text, type=Probe)


def encode_evidence(evidence: tuple[Evidence, ...]) -> str:
    return msgspec.json.encode(evidence).decode()


def decode_evidence(text: str) -> tuple[Evidence, ...]:
    return msgspec.json.decode(text, type=tuple[Evidence, ...])


def encode_capabilities(held: Capabilities) -> str:
    return msgspec.json.encode(held, order="deterministic").decode()


def decode_capabilities(text: str) -> Capabilities:
    return msgspec.json.decode(text, type=Capabilities)


def encode_known(facts: Facts) -> str:
    """Writes only what is known, so that a part which a later release adds is simply not known yet."""
    known = {name: value for name, value in msgspec.structs.asdict(facts).items() if value is not None}
    return json.dumps(known, ensure_ascii=False)


def decode_known(text: str) -> Facts:
    return msgspec.json.decode(text, type=Facts)


def encode_variables(variables: Mapping[str, str | None]) -> str:
    return json.dumps({name: value for name, value in variables.items() if value is not None}, ensure_ascii=False)


def decode_variables(text: str) -> dict[str, str]:
    return {str(name): str(value) for name, value in json.loads(text).items()}


def encode_waivers(waivers: tuple[Waiver, ...]) -> str:
    return msgspec.json.encode(waivers).decode()


def decode_waivers(text: str) -> tuple[Waiver, ...]:
    return msgspec.json.decode(text, type=tuple[Waiver, ...])
