"""Drives the real program against a page of another maker while its processes are killed: who loses or doubles a word?

    python -m tests.e2e.torture --minutes 5 --seed 7

Prints counts and every broken promise, and exits 1 when there is one.
"""

from __future__ import annotations

import argparse
import contextlib
import json
import os
import random
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from pathlib import Path
from typing import cast

from tests.e2e.confirmed import Report, Shape, Told, as_rows, find_remote_id, list_said
from tests.e2e.executioner import PROGRAM, Executioner
from tests.e2e.strangerpage import COMPONENTS, PAGE_ID, TOKEN, StrangerPage
from tests.pace import Deadline

_SAYINGS = (
    "We are continuing to investigate this issue.",
    "Sign-in fails for some customers.\nWe will say more soon.",
    "Überlastete Leitung, naïve façade: 状态 unknown.",
    "Rates are back to 99.9 % & falling <slowly>; next look at 10:00 UTC.",
    "A longer one.\n\n* first point\n* second point\n\nhttps://example.com/a?b=c&d=e",
)
_OPEN = ("investigating", "identified", "monitoring")


class Torture:
    """One run in one folder: scripts that talk, an executioner, a page that misbehaves."""

    def __init__(self, folder: Path, page: StrangerPage, seed: int) -> None:
        self.folder = folder
        self.page = page
        self.seed = seed
        self.report = Report(seed)
        self.told: dict[int, Told] = {}
        self._lock = threading.Lock()
        self._stop = threading.Event()
        self._faults: list[str] = []
        config = folder / "oncall.toml"
        config.write_text(
            f"""
[page]
adapter = "statuspage"
api_url = "{page.url}/v1"
public_url = "{page.url}"
page_id = "{PAGE_ID}"
token = {{ env = "STATUSPAGE_TOKEN" }}
requests_per_minute = 6000
request_timeout = "700ms"
quiet_period = "1s"
resend = "unasked"

"""
            + "\n".join(f'[[component]]\nname = "{name}"\n' for name in COMPONENTS)
        )
        self.env = {
            **os.environ,
            "ONCALL_TUI_DB": str(folder / "oncall.db"),
            "ONCALL_TUI_CONFIG": str(config),
            "STATUSPAGE_TOKEN": TOKEN,
            "TERM": "xterm-256color",
        }
        self.executioner = Executioner(folder, self.env, seed, self.report.kills, self._stop)

    # -- the run -----------------------------------------------------------------------------------------------------

    def run(self, seconds: float, *, enough: int | None = None, scripts: int = 3, fault_rate: float = 0.35) -> Report:
        """Tortures for so long, or until so many updates met a kill and three faults; heals the page and judges."""
        self.page.fault_rate = fault_rate
        workers: list[Callable[[], None]] = [partial(self._talk, number) for number in range(scripts)]
        workers += [self.executioner.execute, self.executioner.keep_agents]
        workers += [self._sync_now_and_then, self._look_now_and_then]
        threads = [threading.Thread(target=self._watch, args=(work,), daemon=True) for work in workers]
        for thread in threads:
            thread.start()
        deadline = Deadline(seconds)
        while not deadline.is_over() and not (enough is not None and self._has_met(enough)):
            if self._stop.wait(0.1):
                break
        self._stop.set()
        for thread in threads:
            thread.join(90)
        self.page.calm()
        try:
            self._settle()
            self._judge()
        finally:
            self.command("agent", "--stop")
            self.executioner.end_agents()
        self.report.faulted = sum(self.page.faults.values())
        self.report.requests = sum(self.page.requests.values())
        self.report.edits = sum(self.page.edits.values())
        self.report.lies += [f"breach of the contract: {each}" for each in dict.fromkeys(self.page.breaches)]
        self.report.lies += self._faults
        return self.report

    def _has_met(self, enough: int) -> bool:
        return self.report.confirmed >= enough and bool(self.report.kills) and sum(self.page.faults.values()) >= 3

    def _watch(self, work: Callable[[], None]) -> None:
        try:
            work()
        except Exception as error:  # noqa: BLE001 - the supervisor: a broken worker is a broken run, and is told as one
            self._faults.append(f"a worker of the torture broke: {type(error).__name__}: {error}")
            self._stop.set()

    def command(self, *arguments: str, timeout_s: float = 60) -> tuple[int, str, str]:
        done = subprocess.run(
            [*PROGRAM, *arguments],
            env=self.env,
            capture_output=True,
            text=True,
            timeout=timeout_s,
            check=False,
            stdin=subprocess.DEVNULL,
        )
        is_killed = arguments[0] == "sync" and done.returncode in (-signal.SIGKILL, -signal.SIGTERM)
        if "Traceback" in done.stderr or (done.returncode not in (0, 1, 2, 3, 4) and not is_killed):
            self._faults.append(f"{arguments[:2]} ended with {done.returncode}: {done.stderr[-800:]}")
        if TOKEN in done.stdout + done.stderr:
            self._faults.append(f"{arguments[:2]} printed the token")
        return done.returncode, done.stdout, done.stderr

    def ask(self, *arguments: str, timeout_s: float = 60) -> object:
        """Returns the JSON of a command, None when it did not exit 0."""
        status, out, error = self.command(*arguments, "--json", timeout_s=timeout_s)
        if status != 0:
            with self._lock:
                self.report.exits[f"{arguments[0]} {status}: {(out + error).strip()[-90:]}"] += 1
            return None
        return json.loads(out)

    # -- who talks ---------------------------------------------------------------------------------------------------

    def _talk(self, number: int) -> None:
        rng = random.Random(self.seed * 100 + number)
        mine: list[Told] = []
        count = 0
        while not self._stop.wait(rng.uniform(0.0, 0.5)):
            count += 1
            tag = f"n{number}x{count}"
            body = f"{rng.choice(_SAYINGS)}\n{tag}"
            open_ones = [told for told in mine if told.updates[-1][0] != "resolved"]
            if not open_ones or (len(open_ones) < 4 and rng.random() < 0.2):
                title = rng.choice((f"Trouble {tag}", "Errors with sign-in"))
                self._open(mine, title, body, rng)
                continue
            told = rng.choice(open_ones)
            if rng.random() < 0.2:
                body = told.updates[-1][1]
            if rng.random() < 0.15:
                self._say(told, ("incident", "resolve", str(told.number)), "resolved", body)
                continue
            said = rng.choice(_OPEN)
            felt = rng.choice(("partial_outage", "operational", "major_outage"))
            setting = ("--component", f"{rng.choice(COMPONENTS)}={felt}") if rng.random() < 0.5 else ()
            self._say(told, ("incident", "update", str(told.number), "--status", said, *setting), said, body)

    def _open(self, mine: list[Told], title: str, body: str, rng: random.Random) -> None:
        setting = ("--component", f"{rng.choice(COMPONENTS)}=partial_outage") if rng.random() < 0.8 else ()
        shown = self.ask("incident", "open", "--title", title, *setting, "--message", body)
        if isinstance(shown, dict):
            told = Told(int(shown["id"]), title)
            self._note(told, "investigating", body, shown)
            mine.append(told)
            with self._lock:
                self.told[told.number] = told

    def _say(self, told: Told, arguments: Sequence[str], status: str, body: str) -> None:
        shown = self.ask(*arguments, "--message", body)
        if isinstance(shown, dict):
            self._note(told, status, body, shown)

    def _note(self, told: Told, status: str, body: str, shown: Shape) -> None:
        told.updates.append((status, body))
        with self._lock:
            self.report.confirmed += 1
        ours = [(each["status"], each["body"]) for each in list_said(shown) if each["delivery_id"] is not None]
        if ours != told.updates:
            self._lie(f"#{told.number} printed {ours[-3:]} after {told.updates[-3:]} was confirmed")

    # -- who looks ---------------------------------------------------------------------------------------------------

    def _look_now_and_then(self) -> None:
        rng = random.Random(self.seed * 100 + 77)
        while not self._stop.wait(rng.uniform(1.0, 3.0)):
            with self._lock:
                known = list(self.told)
            if known:
                self._check_claims(rng.choice(known))

    def _check_claims(self, number: int) -> None:
        """What is said to be delivered stands on the page, and what is said to be seen is public."""
        shown = self.ask("incident", "show", str(number))
        if not isinstance(shown, dict):
            return
        with self.page.lock:
            record = self.page.incidents.get(find_remote_id(shown))
            there = {} if record is None else {str(each["id"]): each for each in as_rows(record["incident_updates"])}
        for update in list_said(shown):
            remote_id = update["remote_id"]
            is_delivered = update["delivery"] == "delivered"
            if is_delivered and remote_id is not None and str(remote_id) not in there:
                self._lie(f"#{number}: {update} is said to be delivered, and is not on the page")
            if is_delivered and remote_id is not None and update["delivery_id"] is not None:
                body = str(there.get(str(remote_id), {}).get("body")).replace("\r\n", "\n")
                if body != update["body"]:
                    self._lie(f"#{number}: {update} is said to be delivered as {body!r}")
            if update["seen_at"] is not None and (not is_delivered or remote_id is None):
                self._lie(f"#{number}: {update} is said to be seen")

    def _lie(self, text: str) -> None:
        with self._lock:
            self.report.lies.append(text[:1500])

    def _sync_now_and_then(self) -> None:
        rng = random.Random(self.seed * 100 + 78)
        while not self._stop.wait(rng.uniform(2.0, 8.0)):
            wait = rng.choice(("0s", "500ms", "3s"))
            status, out, _ = self.command("sync", "--wait", wait, "--json")
            with contextlib.suppress(ValueError):
                answer = json.loads(out)
                if answer["is_done"] != (status == 0) or bool(answer["left"]) != (status == 1):
                    self._lie(f"sync exited {status} and said {out[:300]}")

    # -- the verdict -------------------------------------------------------------------------------------------------

    def _settle(self) -> None:
        """The page is well again: everything goes out, and a person decides on conflicts, and on what is in doubt."""
        for _ in range(40):
            status, out, error = self.command("sync", "--wait", "60s", "--json", timeout_s=120)
            if status == 0:
                break
            left = json.loads(out)["left"] if out else []
            failed = [each for each in left if each["state"] == "failed"]
            for each in failed:
                if not str(each["reason"]).startswith("conflict"):
                    self._lie(f"delivery of #{each['incident_id']} needs a person: {each['reason']}")
                self.report.conflicts += 1
                self.ask("outbox", "retry", str(each["id"]))
            asked = [each for each in left if each["asked_at"] is not None]
            for each in asked:
                self._answer(each)
            if not failed and not asked:
                self.report.exits[f"sync {status}: {error[:200]} {[each['reason'] for each in left][:3]}"] += 1
        if (listed := self.ask("outbox", "list")) != []:
            self._lie(f"the outbox is not empty in the end: {str(listed)[:600]}")

    def _answer(self, delivery: Shape) -> None:
        """What stands on the page is said to be there, what does not is sent again."""
        self.report.asked += 1
        same = [each for each in as_rows(delivery["evidence"]) if each["body"] == delivery["body"]]
        with self.page.lock:
            ours = [str(each["id"]) for each in same if each["id"] in self.page.written]
        said = ("adopt", str(delivery["id"]), "--as", ours[-1]) if ours else ("retry", str(delivery["id"]))
        self.ask("outbox", *said)

    def _judge(self) -> None:
        on_page = self.page.list_ours()
        for told in self.told.values():
            shown = self.ask("incident", "show", str(told.number))
            assert isinstance(shown, dict)
            standing = on_page.pop(find_remote_id(shown), [])
            self._compare(told, standing)
            self._check_claims(told.number)
            self._check_seen(told, shown)
            if undelivered := [each for each in list_said(shown) if each["delivery"] != "delivered"]:
                self._lie(f"#{told.number}: not delivered in the end: {undelivered}")
        for remote_id, updates in on_page.items():
            self.report.duplicates.append(f"{remote_id} is ours on the page and in no incident of ours: {updates}")

    def _compare(self, told: Told, standing: list[tuple[str, str]]) -> None:
        wanted, there = Counter(told.updates), Counter(standing)
        self.report.duplicates += [f"#{told.number} {each}" for each in (there - wanted).elements()]
        self.report.losses += [f"#{told.number} {each}" for each in (wanted - there).elements()]
        if wanted == there and standing != told.updates:
            self.report.disorders.append(f"#{told.number} stands as {standing}, was confirmed as {told.updates}")

    def _check_seen(self, told: Told, shown: Shape) -> None:
        """The latest fifty incidents are public: an engine that runs marks our updates of those as seen."""
        if find_remote_id(shown) not in list(self.page.incidents)[-50:]:
            return
        for _ in range(60):
            unseen = [each for each in list_said(shown) if each["delivery_id"] is not None and each["seen_at"] is None]
            if not unseen:
                return
            time.sleep(1)
            shown = cast("Shape", self.ask("incident", "show", str(told.number)) or shown)
        self._lie(f"#{told.number}: delivered and public, but not noted as seen: {unseen}")


@contextlib.contextmanager
def open_torture(seed: int, folder: Path) -> Iterator[Torture]:
    with StrangerPage(seed) as page:
        yield Torture(folder, page, seed)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--minutes", type=float, default=5.0)
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    folder = Path(tempfile.mkdtemp(prefix="torture-"))
    with open_torture(options.seed, folder) as torture:
        print(f"seed {options.seed}, {folder}: {torture.page.traits}", flush=True)
        report = torture.run(options.minutes * 60)
    print(report.tell(), flush=True)
    return 0 if report.is_clean else 1


if __name__ == "__main__":
    sys.exit(main())
