"""Which failed runs are worth room in the file: what they brought back tells the story, or repeats what is there."""

from __future__ import annotations

import re
from collections.abc import Iterable
from functools import lru_cache

from msgspec.structs import replace

from oncall_tui.domain.duration import HOUR, MINUTE
from oncall_tui.domain.probe import Result, Verdict

SAMPLE_MS = 5 * MINUTE
"""While nothing changes, what comes back is kept so often."""
REFER_MS = HOUR
"""No run is told by one that began longer before it: what may be dropped from the file hangs on it."""
ALLOWANCE = 10
"""So many may be kept at once, then one each `REGAIN_MS`: answers that differ each time fill no disk."""
REGAIN_MS = 3 * MINUTE
_FIRST_RUNS = 3
_LEFT_FOR_EDGES, _LEFT_FOR_CAUSES = 2, 5
"""What repeated failures and other answers leave of the allowance for the ends of an outage, and for other causes."""
_BODY_READ = 600
_TEXTS_KNOWN = 2_048
"""An outage says the same again and again: to look a text up takes a tenth of taking it apart."""
_TELLING_FACTS = frozenset(("address", "server", "resolver", "status", "grpc status", "health", "close"))
_TELLING_HEADERS = frozenset(("content-type:", "server:"))
_APART = bytes(each if each > 127 or chr(each).isalnum() or chr(each) in "_+/=-" else 32 for each in range(256))
"""Everything that stands between words, as a space; text is looked at in bytes since each run that fails is."""
_CODE = re.compile(r"\b(?:HTTP|with|status|error) (\d{3,4})\b")

Likeness = tuple[int, int]
"""(cause, answer): equal ones say the same but for numbers, times and names of requests."""


class Ledger:
    """What is kept of one probe's failures; any other is told by the kept one that it is like.

    All that is kept comes out of one allowance, so that no target decides how fast the file grows.
    """

    __slots__ = ("_allowance", "_counted_at", "_kept", "_last", "_streak")

    def __init__(self) -> None:
        self._kept: dict[Likeness, int] = {}
        self._allowance = float(ALLOWANCE)
        self._counted_at: int | None = None
        self._streak = 0
        self._last: Result | None = None

    def restore(self, kept: Iterable[Result], *, is_failing: bool) -> None:
        """Takes over what the file holds of the probe's last hour, oldest first, so that no restart spends anew."""
        self._streak = _FIRST_RUNS if is_failing else 0
        for result in kept:
            self._regain(result.started_at)
            self._allowance = max(0.0, self._allowance - 1)
            self._kept[find_likeness(result)] = result.started_at

    def forget(self) -> None:
        """What was kept came to nothing: none may be told by it."""
        self._kept.clear()

    def take(self, result: Result) -> tuple[Result, Result | None]:
        """Returns a run as it is to be saved, and the last failure where it is to be kept after all: the run is up."""
        at = result.started_at
        self._regain(at)
        if result.verdict is Verdict.UP:
            last, self._last, self._streak = self._last, None, 0
            return result, last if last is not None and self._spend(_LEFT_FOR_EDGES) else None
        self._streak += 1
        self._last = None
        if not (result.facts or result.evidence):
            return result, None
        likeness = find_likeness(result)
        self._kept = {known: kept_at for known, kept_at in self._kept.items() if 0 <= at - kept_at <= REFER_MS}
        alike = [kept_at for known, kept_at in self._kept.items() if known[0] == likeness[0]]
        left = self._find_left(self._kept.get(likeness), alike, at)
        if left is not None and self._spend(left):
            self._kept[likeness] = at
            return result, None
        self._last = result
        told_by = self._kept.get(likeness, max(alike, default=None))
        return replace(result, facts=(), evidence=(), evidence_at=told_by), None

    def _find_left(self, kept_at: int | None, alike: list[int], at: int) -> int | None:
        """Returns what has to be left of the allowance once a failure is kept, None where it need not be kept."""
        if not alike or at - max(self._kept.values()) >= SAMPLE_MS:
            return 0
        if self._streak == 1:
            return _LEFT_FOR_EDGES
        is_news = kept_at is None or self._streak <= _FIRST_RUNS or at - kept_at >= SAMPLE_MS
        return _LEFT_FOR_CAUSES if is_news else None

    def _regain(self, at: int) -> None:
        if self._counted_at is not None:
            self._allowance = min(ALLOWANCE, self._allowance + max(0, at - self._counted_at) / REGAIN_MS)
        self._counted_at = at

    def _spend(self, left: int) -> bool:
        if self._allowance < left + 1:
            return False
        self._allowance -= 1
        return True


def find_likeness(result: Result) -> Likeness:
    """Returns what a failure says, without what differs in each answer: only words of letters count, and codes."""
    answer: list[object] = []
    rest: list[str] = []
    for name, value in result.facts:
        if name in _TELLING_FACTS or name.startswith("answer"):
            answer.append(value)
        else:
            rest += name, value
    for name, text in result.evidence:
        if name == "body":
            answer.append(_digest(text[:_BODY_READ]))
        elif name.startswith("certificate ") or name.lower() in _TELLING_HEADERS:
            answer.append(text)
    cause = hash((*_CODE.findall(result.reason), _digest(result.reason)))
    return cause, hash((*answer, _digest("\n".join(rest))))


@lru_cache(_TEXTS_KNOWN)
def _digest(text: str) -> int:
    """Returns the same for texts that differ in nothing but signs, digits, and what has such: times, ids, amounts."""
    parts = text.encode("utf-8", "replace").translate(_APART).decode().split()
    if len(text) == _BODY_READ:
        del parts[-1:]
    return hash(tuple([part for part in parts if part.isalpha()]))
