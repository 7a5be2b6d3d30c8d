"""What failures brought back, in a real file: its size, and what each run is told by."""

from __future__ import annotations

import random
import string
from collections.abc import Callable, Iterable

import pytest

from oncall_tui.domain.duration import DAY, HOUR
from oncall_tui.domain.keeping import Ledger
from oncall_tui.domain.probe import Phases, Result, Verdict
from oncall_tui.store.database import Database
from oncall_tui.store.history import drop_past
from oncall_tui.store.probes import record_results
from oncall_tui.store.results import list_failures, list_kept, prune_results

NOW = 1_790_000_000_000
PACE = 10_000
RUNS = 500
_FACTS = (("address", "192.0.2.14:443"), ("status", "503 Service Unavailable"), ("next", "look at its log" * 10))
_CHAIN = ("certificate 1 of 1", "subject CN=api.example.com\nsha256 " + "a3" * 32)


def fail(number: int, body: str, reason: str = "HTTP 503 Service Unavailable") -> Result:
    at = NOW + number * PACE
    evidence = (("Date:", str(at)), ("Server:", "nginx"), ("body", body.ljust(1_000, "x")), _CHAIN)
    return Result("api", at, Verdict.DOWN, 83.2, reason, Phases(1.0, 2.0, 3.0, 4.0, 5.0), _FACTS, evidence)


def save(db: Database, results: Iterable[Result], ledger: Ledger | None = None) -> None:
    ledger = Ledger() if ledger is None else ledger
    for result in results:
        saved, last = ledger.take(result)
        record_results(db, [saved], [], [], result.started_at, lasts=[last] if last else [])


def measure(db: Database) -> int:
    return int(db.rows("PRAGMA page_count")[0][0]) * int(db.rows("PRAGMA page_size")[0][0])


def same(number: int, rng: random.Random) -> Result:
    return fail(number, f"try later, request {rng.randbytes(16).hex()}")


def hostile(number: int, rng: random.Random) -> Result:
    return fail(number, "".join(rng.choices(string.ascii_lowercase + " ", k=1_000)))


def in_turns(number: int, rng: random.Random) -> Result:
    return fail(number, "try later", ("HTTP 503 Service Unavailable", "connection refused", "HTTP 500")[number % 3])


@pytest.mark.parametrize(("make", "bound"), [(same, 200), (in_turns, 250), (hostile, 250)])
def test_a_long_outage_takes_little_room(
    db: Database, make: Callable[[int, random.Random], Result], bound: int
) -> None:
    rng, before = random.Random(1), measure(db)
    results = [make(number, rng) for number in range(RUNS)]
    save(db, [*results, Result("api", NOW + RUNS * PACE, Verdict.UP, 9.0)])
    assert (measure(db) - before) / RUNS <= bound
    found = list_failures(db, "api", limit=None)
    assert [(each.started_at, each.reason) for each in found] == [
        (each.started_at, each.reason) for each in reversed(results)
    ]
    kept = {each.started_at: each for each in found if each.evidence_at is None}
    assert all(kept[at] == results[(at - NOW) // PACE] for at in kept)
    assert all(
        (each.facts, each.evidence) == (kept[told_by].facts, kept[told_by].evidence)
        for each in found
        if (told_by := each.evidence_at) is not None
    )
    assert found[0].evidence_at is None


def test_a_failure_is_told_by_the_run_that_it_names_and_by_no_other(db: Database) -> None:
    early, late = fail(0, "early"), fail(0, "late")
    by_late = Result("api", NOW + PACE, Verdict.DOWN, 1.0, "HTTP 500", evidence_at=NOW)
    by_none = Result("api", NOW + 2 * PACE, Verdict.DOWN, 1.0, "refused", evidence_at=NOW - 1)
    other = Result("dns", NOW + PACE, Verdict.DOWN, 1.0, "no such host", evidence_at=NOW)
    record_results(db, [early, late, by_late, by_none, other], [], [], NOW)
    none, told, second, first = list_failures(db, "api")
    assert (first.evidence, second.evidence) == (early.evidence, late.evidence)
    assert (told.reason, told.evidence, told.evidence_at) == ("HTTP 500", late.evidence, NOW)
    assert (none.reason, none.facts, none.evidence, none.evidence_at) == ("refused", (), (), None)
    assert [(each.reason, each.evidence) for each in list_failures(db, "dns")] == [("no such host", ())]


def test_evidence_goes_once_no_run_is_told_by_it(db: Database) -> None:
    ledger = Ledger()
    save(db, [same(number, random.Random(1)) for number in range(360)], ledger)
    before_at = NOW + HOUR // 2
    while prune_results(db, before_at):
        pass
    found = list_failures(db, "api", limit=None)
    assert len(found) == 180
    assert all(each.evidence for each in found)
    assert db.rows("SELECT min(seen_at) FROM evidence")[0][0] == NOW
    while prune_results(db, NOW + DAY):
        pass
    assert db.rows("SELECT 1 FROM evidence") == []
    # The clock of the file may be behind what is kept: only what is too old goes.
    late, _ = ledger.take(fail(2 * 8640, "late"))
    record_results(db, [late], [], [], NOW)
    assert prune_results(db, NOW) == 0
    assert list_failures(db, "api")[0].evidence == late.evidence


def test_results_that_wait_to_be_rolled_up_keep_what_tells_them(db: Database) -> None:
    save(db, [same(number, random.Random(1)) for number in range(360)])
    while prune_results(db, NOW + DAY, up_to_id=100):
        pass
    found = list_failures(db, "api", limit=None)
    assert len(found) == 260
    assert all(each.evidence for each in found)


def test_a_probe_that_is_gone_leaves_no_evidence_to_the_next_of_its_number(db: Database) -> None:
    save(db, [same(0, random.Random(1))])
    with db.write() as connection:
        connection.execute("DELETE FROM result")
    drop_past(db, "api", NOW)
    assert db.rows("SELECT 1 FROM evidence") + db.rows("SELECT 1 FROM probe_number") == []


def test_what_a_new_engine_reads_is_little_and_the_latest(db: Database) -> None:
    rng = random.Random(1)
    save(db, [in_turns(number, rng) for number in range(RUNS)])
    end = NOW + RUNS * PACE
    kept = list_kept(db, ["api", "nowhere"], end - HOUR)
    assert list(kept) == ["api"]
    latest = [each.started_at for each in reversed(list_failures(db, "api", limit=None)) if each.evidence_at is None]
    assert [each.started_at for each in kept["api"]] == [at for at in latest if at >= end - HOUR]
