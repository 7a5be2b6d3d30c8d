"""What a hook is told while an uplink flaps and all behind it too, each looked at when its turn comes."""

from __future__ import annotations

import json
from pathlib import Path
from random import Random

import pytest
from msgspec.structs import replace
from tests.hook_calls import list_calls

from oncall_tui.config.model import HookConfig
from oncall_tui.domain.duration import MINUTE, SECOND
from oncall_tui.domain.hook import HookEvent
from oncall_tui.domain.probe import Probe, ProbeKind, ProbeState, Result, Verdict
from oncall_tui.domain.verdict import is_unconfirmed, next_state
from oncall_tui.engine.hooks import Noticing
from oncall_tui.store.database import Database, open_database
from oncall_tui.store.hooks import replace_hooks
from oncall_tui.store.lease import take_lease
from oncall_tui.store.probes import record_results, replace_probes

NOW = 1_800_000_000_000
PHONE = HookConfig("phone", url="http://127.0.0.1:1/", on=frozenset({HookEvent.DOWN, HookEvent.UP, HookEvent.FLAPPING}))
LINK = Probe("uplink", ProbeKind.TCP, "h:1", every_ms=10 * SECOND)


def storm(db: Database, link: Probe, bad_s: int, good_s: int, seed: int) -> list[tuple[str, str]]:
    """Returns what was called while five probes behind a link fail with it for ten minutes, and ten minutes after."""
    rng, epoch = Random(seed), take_lease(db, pid=1, host="h", boot_id="b", version="0", mode="stay", now=NOW)
    probes = [*(replace(link, name=f"c{number}", depends_on=("uplink",)) for number in range(5)), link]
    replace_probes(db, probes, [])
    replace_hooks(db, ["phone"], NOW)
    noticing = Noticing([PHONE], epoch, rng)
    states = {probe.name: ProbeState(probe.name) for probe in probes}
    first = {probe.name: rng.randrange(0, link.every_ms, 500) for probe in probes}
    due = dict(first)
    for now in range(0, 20 * MINUTE, SECOND):
        changed: set[str] = set()
        for probe in probes:
            while (at := due[probe.name]) <= now:
                is_bad = at < 10 * MINUTE and at % ((bad_s + good_s) * SECOND) >= good_s * SECOND
                result = Result(probe.name, NOW + at, Verdict.DOWN if is_bad else Verdict.UP, 1.0, "refused")
                state = states[probe.name] = next_state(states[probe.name], result, probe)
                beat = at + link.every_ms - (at - first[probe.name]) % link.every_ms
                due[probe.name] = min(beat, at + probe.confirm_every_ms) if is_unconfirmed(state, probe) else beat
                changed.add(probe.name)
        record_results(db, [], [states[name] for name in changed], [], NOW + now)
        noticing.look(db, NOW + now)
    documents = [json.loads(call.document) for call in list_calls(db, "phone")]
    return [(document["event"], document["probe"]) for document in documents]


@pytest.mark.parametrize("seed", [1, 4, 6])
def test_a_link_that_bounces_is_called_down_twice_and_flapping_once(tmp_path: Path, seed: int) -> None:
    with open_database(tmp_path / "o.db", is_durable=False) as db:
        told = storm(db, LINK, 60, 60, seed)
    events = ["down", "up", "down", "up", "flapping", "up"]
    assert told == [(event, "uplink") for event in events]


@pytest.mark.parametrize("seed", [1, 4, 6])
def test_a_link_that_fails_too_shortly_to_be_down_is_called_flapping_once(tmp_path: Path, seed: int) -> None:
    with open_database(tmp_path / "o.db", is_durable=False) as db:
        told = storm(db, replace(LINK, confirm_every_ms=LINK.every_ms), 20, 20, seed)
    assert told == [("flapping", "uplink"), ("up", "uplink")]
