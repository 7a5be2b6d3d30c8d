"""How often a target that bounces rings, by its pace, and how often chance alone does: `python -m benchmarks.bouncing`.

The rules are run over simulated hours at the usual pace and thresholds. A ring is what a phone hears: newly down, or
newly flapping. "Each outage" is what would ring without flapping (`flap_start = 101`).
"""

from __future__ import annotations

import sys
from collections import Counter
from collections.abc import Callable, Iterator
from random import Random

from msgspec.structs import replace

from oncall_tui.domain.duration import DAY, HOUR, SECOND
from oncall_tui.domain.probe import Probe, ProbeKind, ProbeState, ProbeStatus, Result, Verdict
from oncall_tui.domain.verdict import is_unconfirmed, next_state, status_at

NIGHT_MS = 8 * HOUR
PACES_S = (10, 30, 60)
BOUNCES_S = ((30, 30), (60, 60), (60, 120), (90, 90), (120, 120), (60, 300), (300, 60), (300, 300), (60, 720))
STEADY_BOUND = 3
"""Down, down again, and flapping: of what bounces steadily nobody hears more."""
WRONG = (0.01, 0.05)
DAYS = 10
CHANCE_BOUND = 2.0
"""Flapping by chance a day and probe, with one answer in twenty wrong."""
_NOW = 1_790_000_000_000
_PROBE = Probe("p", ProbeKind.TCP, "h:1")


def count_words(probe: Probe, is_bad: Callable[[int], bool], length_ms: int) -> Counter[ProbeStatus]:
    """Returns how often each status was newly shown in a time."""
    told: Counter[ProbeStatus] = Counter()
    state, at, before = ProbeState("p"), 0, ProbeStatus.UNKNOWN
    while at < length_ms:
        verdict = Verdict.DOWN if is_bad(at) else Verdict.UP
        state = next_state(state, Result("p", _NOW + at, verdict, 1.0), probe)
        shown = status_at(state, probe.every_ms, _NOW + at + 1)
        told[shown] += shown is not before
        before = shown
        beat = at + probe.every_ms - at % probe.every_ms
        at = min(beat, at + probe.confirm_every_ms) if is_unconfirmed(state, probe) else beat
    return told


def _bounce(down_s: int, up_s: int, spread: float, rng: Random) -> Callable[[int], bool]:
    def walk() -> Iterator[tuple[int, bool]]:
        at = 0.0
        while True:
            for length_s, is_bad in ((up_s, False), (down_s, True)):
                at += length_s * SECOND * rng.uniform(1 - spread, 1 + spread)
                yield round(at), is_bad

    phases = walk()
    ends_at, is_bad = next(phases)

    def tell(at: int) -> bool:
        nonlocal ends_at, is_bad
        while at >= ends_at:
            ends_at, is_bad = next(phases)
        return is_bad

    return tell


def _fail_by_chance(wrong: float, rng: Random) -> Callable[[int], bool]:
    return lambda _: rng.random() < wrong


def _count_rings(told: Counter[ProbeStatus]) -> int:
    return told[ProbeStatus.DOWN] + told[ProbeStatus.FLAPPING]


def _compare_bounces() -> int:
    print(f"{'a night of 8 hours':<28}{'each outage':>13}{'steady':>9}{'lengths vary by half':>22}")
    worst = 0
    for every_s in PACES_S:
        probe = replace(_PROBE, every_ms=every_s * SECOND)
        for down_s, up_s in BOUNCES_S:
            deaf = replace(probe, flap_start=101)
            counts = [
                _count_rings(count_words(each, _bounce(down_s, up_s, spread, Random(1)), NIGHT_MS))
                for each, spread in ((deaf, 0.0), (probe, 0.0), (probe, 0.5))
            ]
            worst = max(worst, counts[1])
            print(f"{f'every {every_s} s, {down_s} down {up_s} up':<28}{counts[0]:>13}{counts[1]:>9}{counts[2]:>22}")
    return worst


def _compare_chance() -> float:
    most = 0.0
    for wrong in WRONG:
        told = count_words(_PROBE, _fail_by_chance(wrong, Random(5)), DAYS * DAY)
        flapping = told[ProbeStatus.FLAPPING] / DAYS
        most = max(most, flapping)
        print(f"{wrong:.0%} wrong by chance, a day: {told[ProbeStatus.DOWN] / DAYS:.1f} down, {flapping:.1f} flapping")
    return most


def main() -> bool:
    """Prints the tables and returns whether neither a steady bounce nor chance rings more often than it may."""
    is_ok = _compare_bounces() <= STEADY_BOUND
    is_ok = _compare_chance() <= CHANCE_BOUND and is_ok
    print(f"at most {STEADY_BOUND} rings a night, and {CHANCE_BOUND:g} by chance a day: {'yes' if is_ok else 'NO'}")
    return is_ok


if __name__ == "__main__":
    sys.exit(0 if main() else 1)
