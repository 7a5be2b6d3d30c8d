"""Small records as text columns: phases, facts, component maps and the last runs of a probe."""

from __future__ import annotations

import json
import struct
from collections.abc import Mapping, Sequence

import msgspec

from oncall_tui.domain.capability import Capabilities
from oncall_tui.domain.facts import Facts
from oncall_tui.domain.incident import ComponentStatus
from oncall_tui.domain.probe import Phases, Probe, Verdict
from oncall_tui.domain.update import Evidence, Waiver

_SECOND_LETTERS = {ord(verdict[1]): verdict for verdict in Verdict}
"""Verdicts in one byte: they differ in it, and to look one up by itself takes ten times as long."""
_RECENT_SIZE = 9
_PHASES = msgspec.json.Decoder(list[float | None])
_FACTS = msgspec.json.Decoder(tuple[tuple[str, str], ...])
_NO_TURNS = "[]"


def encode_phases(phases: Phases) -> str:
    values = (phases.resolve_ms, phases.connect_ms, phases.tls_ms, phases.first_byte_ms, phases.transfer_ms)
    return msgspec.json.encode([None if value is None else round(value, 2) for value in values]).decode()


def decode_phases(text: str) -> Phases:
    return Phases(*_PHASES.decode(text))


def encode_facts(facts: tuple[tuple[str, str], ...]) -> str:
    return msgspec.json.encode(facts).decode()


def decode_facts(text: str) -> tuple[tuple[str, str], ...]:
    return _FACTS.decode(text)


def encode_recent(recent: Sequence[tuple[Verdict, float]]) -> bytes:
    """Returns all figures, then all verdicts: this is written for each run, so its time is that of probing."""
    figures = struct.pack(f"<{len(recent)}d", *[figure_ms for _, figure_ms in recent])
    return figures + "".join([verdict[1] for verdict, _ in recent]).encode()


def decode_recent(packed: bytes, most: int | None = None) -> tuple[tuple[Verdict, float], ...]:
    """Returns the runs, or the latest `most` of them."""
    count = len(packed) // _RECENT_SIZE
    first = 0 if most is None else max(0, count - most)
    figures = struct.unpack_from(f"<{count - first}d", packed, 8 * first)
    return tuple(zip([_SECOND_LETTERS[code] for code in packed[8 * count + first :]], figures, strict=True))


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


def encode_turns(turned_at: tuple[int, ...]) -> str:
    return json.dumps(turned_at) if turned_at else _NO_TURNS


def decode_turns(text: str) -> tuple[int, ...]:
    """Most targets never went down lately: theirs are not worth a look."""
    return () if text == _NO_TURNS else tuple(json.loads(text))
