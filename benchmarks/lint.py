"""How much of one core all rules on words take for one update: `python -m benchmarks.lint`.

The time of the process is counted, so that neighbours on the machine do not count.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Sequence

from oncall_tui.domain.incident import Cause, ComponentStatus, IncidentStatus, Severity
from oncall_tui.domain.lint.catalogue import RULES, lint
from oncall_tui.domain.lint.model import Context, LastUpdate, ProbeFact, Tuning, Words
from oncall_tui.domain.probe import ProbeStatus
from oncall_tui.domain.update import BODY_LIMIT

SIZE = 2_000
BOUND_MS = 20.0
FIRST_BOUND_MS = 500.0
RUNS = 200
NOW = 1_795_358_400_000
_MINUTE = 60_000

SENTENCES = (
    "We are investigating failed sign-ins with Acme Mail in Europe.",
    "About 30% of requests have ended in an error since 14:05 UTC on Sunday 22 November 2026.",
    "Our engineers have found the cause, a full disk, and are moving the data to a larger one.",
    "Please use the mobile app until then; see [our notice](https://status.example.com/notice?id=7).",
    "Calls to `/v1/{id}` from us-east-1 are not affected, nor is the __cf_bm cookie.",
    "Some customers may still get a time-out for 5 minutes after that.",
    "Next update by 15:05 UTC.",
)
GAPPED = ("The team at is on it.", "It lasted for [duration] .", "Back by {{eta}}.", "Dear , sorry, sorry!", "\n\n")
CONTEXT = Context(
    now=NOW,
    status=IncidentStatus.IDENTIFIED,
    is_first=False,
    severity=Severity.SEV1,
    cause=Cause.OURS,
    components={"Acme Mail": ComponentStatus.PARTIAL_OUTAGE},
    page_components={"Acme Mail": ComponentStatus.OPERATIONAL},
    probes=(ProbeFact("mail-eu", ProbeStatus.DOWN, "Acme Mail", 0.3),),
    red_probes=("mail-eu",),
    last=LastUpdate(" ".join(SENTENCES), IncidentStatus.INVESTIGATING, NOW - 30 * _MINUTE, NOW),
    has_promise=True,
    promise_at=NOW + 25 * _MINUTE,
    declared_at=NOW - 40 * _MINUTE,
    started_at=NOW - 45 * _MINUTE,
    channel="page",
    names=("Acme Mail",),
)
TUNING = Tuning(
    words=Words(
        products=("Acme Mail", "DataHub"),
        foreign_names=("Canary",),
        people=("Priya", "Jonas"),
        clients=("Example Stores",),
        private_hosts=("*.corp.example.com", "db-*"),
    ),
    literals=("[SSO]",),
)


def _fill(sentences: Sequence[str], size: int) -> str:
    text = " ".join(sentences)
    return (text * (size // len(text) + 1))[:size]


def _find_percentile(values: Sequence[float], share: float) -> float:
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(len(ordered) * share))]


def _measure(body: str, runs: int) -> list[float]:
    """Returns the lengths of some runs in ms."""
    times = []
    for _ in range(runs):
        began = time.process_time()
        lint("Acme Mail: sign-ins fail", body, CONTEXT, TUNING)
        times.append((time.process_time() - began) * 1000)
    return times


def main() -> bool:
    """Prints the table and returns whether the bounds hold."""
    first_ms = _measure(_fill(SENTENCES, SIZE), 1)[0]
    sound = _measure(_fill(SENTENCES, SIZE), RUNS)
    gapped = _measure(_fill((*SENTENCES, *GAPPED), SIZE), RUNS)
    longest = _measure(_fill(SENTENCES, BODY_LIMIT), 10)
    p95s = (_find_percentile(sound, 0.95), _find_percentile(gapped, 0.95))
    print(f"{len(RULES)} rules with all that can be known, {RUNS} runs")
    print(f"{'name':<40}{'p50':>10}{'p95':>10}{'bound':>10}  ok")
    for name, times, p95 in (
        (f"{SIZE} characters, sound", sound, p95s[0]),
        (f"{SIZE} characters, full of gaps", gapped, p95s[1]),
    ):
        is_ok = "yes" if p95 <= BOUND_MS else "NO"
        print(f"{name:<40}{_find_percentile(times, 0.5):>7.1f} ms{p95:>7.1f} ms{BOUND_MS:>7.0f} ms  {is_ok}")
    is_ok = "yes" if first_ms <= FIRST_BOUND_MS else "NO"
    print(f"{'the first run, which compiles':<40}{first_ms:>7.1f} ms{'':>10}{FIRST_BOUND_MS:>7.0f} ms  {is_ok}")
    longest_ms = _find_percentile(longest, 0.5)
    print(f"{f'{BODY_LIMIT} characters':<40}{longest_ms:>7.1f} ms{_find_percentile(longest, 0.95):>7.1f} ms")
    return max(p95s) <= BOUND_MS and first_ms <= FIRST_BOUND_MS


if __name__ == "__main__":
    sys.exit(0 if main() else 1)
