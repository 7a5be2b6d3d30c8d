"""Hooks: notices what has changed for certain, writes each change down once, and makes the calls.

A call is made at least once: it is marked before it begins, and one that an engine died in the middle of is made
again with the same id. A phone that rings twice is a nuisance; one that never rings is an outage that nobody heard of.
Within a life of the engine each call is made once, and again only where a URL did not take it.
"""

from __future__ import annotations

import asyncio
import logging
import os
import ssl
import threading
from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from contextlib import suppress
from functools import partial
from random import Random

from oncall_tui.config.model import HookConfig
from oncall_tui.domain.errors import StoreError
from oncall_tui.domain.hook import CallState, HookCall, HookEvent, Told
from oncall_tui.domain.hook_document import write_document
from oncall_tui.domain.hook_rules import (
    Fallen,
    Picture,
    find_baseline,
    find_changes,
    group_calls,
)
from oncall_tui.domain.probe import Probe
from oncall_tui.engine.hook_command import Outcome, run_command
from oncall_tui.engine.hook_post import HookLine
from oncall_tui.engine.page_work import Work
from oncall_tui.engine.store_thread import StoreThread
from oncall_tui.store.database import Database
from oncall_tui.store.hooks import (
    NewCall,
    adopt_calls,
    begin_hook,
    claim_call,
    count_calls_left,
    find_next_try,
    list_new_hooks,
    list_told,
    note_held,
    read_held,
    read_hook_facts,
    read_probes_again,
    save_changes,
    settle_call,
)

LOOK_EVERY_S = 1.0
AGAIN_AFTER_MS = (2_000, 15_000, 60_000)
"""Waits before a URL that did not take a call is tried again; then the call has failed."""
COMMAND_TRIES = 2
"""So often a command is begun when what calls it is cut off in the middle."""
STOP_GRACE_S = 0.5
_SPREAD = 0.2
_END_WITHIN_S = 0.3

_log = logging.getLogger(__name__)


class Noticing:
    """Compares what stands with what each hook was told; what it remembers itself may be lost without harm."""

    def __init__(self, hooks: Sequence[HookConfig], epoch: int, rng: Random) -> None:
        self._hooks = {hook.name: hook for hook in hooks}
        self._epoch = epoch
        self._rng = rng
        self._probes: tuple[int, tuple[Probe, ...]] = (-1, ())
        self._noticed: dict[tuple[str, str, HookEvent], int] = {}
        self._held: set[tuple[str, str, HookEvent]] = set()
        self._behind_at: dict[str, int] = {}

    def look(self, db: Database, now: int) -> list[str]:
        """Writes down what is to be called; returns the hooks that have got something to do. Raises StoreError."""
        self._probes = read_probes_again(db, self._probes)
        picture = Picture(read_hook_facts(db, self._probes[1], now), now)
        for name in list_new_hooks(db):
            if name in self._hooks:
                begin_hook(db, name, self._epoch, find_baseline(picture, self._hooks[name].on), now)
        told = list_told(db)
        standing = picture.list_standing()
        self._behind_at |= dict.fromkeys(picture.roots, now)
        noticed: dict[tuple[str, str, HookEvent], int] = {}
        busy = []
        for name, hook in self._hooks.items():
            changes = find_changes(standing, picture.facts, told.get(name, {}), hook.on)
            keys = [(name, each.subject, each.event) for each in changes.fallen]
            noticed |= {key: self._noticed.get(key, now) for key in keys}
            ready = picture.list_ready(changes.fallen, {key[1]: noticed[key] for key in keys}, self._behind_at)
            if (ready or changes.forgotten) and self._write(db, hook, ready, changes.forgotten, now):
                busy.append(name)
        self._noticed = noticed
        self._held &= set(noticed)
        return busy

    def _write(
        self, db: Database, hook: HookConfig, ready: Sequence[Fallen], forgotten: Iterable[str], now: int
    ) -> bool:
        silent = [each for each in ready if each.event not in hook.on]
        groups, held = self._keep_rate(db, hook, [each for each in ready if each.event in hook.on], now)
        going = [each for group in groups for each in group]
        if not going and not silent and not forgotten:
            return False
        mine = {(hook.name, each.subject, each.event) for each in going} & self._held
        before = read_held(db, hook.name) if groups else 0
        calls = []
        for index, group in enumerate(groups):
            uid = f"{self._rng.getrandbits(128):032x}"
            document = write_document(group, uid, max(0, before - len(mine)) if index == 0 else 0, now)
            calls.append(NewCall(uid, group[0].event, tuple(each.subject for each in group), document.encode()))
        noted = [*going, *silent]
        is_saved = save_changes(
            db,
            hook.name,
            self._epoch,
            told=[Told(each.subject, each.event, each.since_at) for each in noted if each.event is not HookEvent.UP],
            over=[*forgotten, *(each.subject for each in noted if each.event is HookEvent.UP)],
            calls=calls,
            held=before,
            now=now,
        )
        if not is_saved:
            return False
        for call in calls:
            _log.info("hook %s: to be called, %s of %s", hook.name, call.event, ", ".join(call.subjects[:5]))
        if held:
            note_held(db, hook.name, self._epoch, held)
        return bool(calls)

    def _keep_rate(
        self, db: Database, hook: HookConfig, ready: Sequence[Fallen], now: int
    ) -> tuple[list[tuple[Fallen, ...]], int]:
        """Returns what may be called now, and how many changes are held back for the first time."""
        groups = group_calls(ready)
        if not groups:
            return [], 0
        left = count_calls_left(db, hook.name, hook.at_most, now)
        if len(groups) > left:
            groups = group_calls(ready, together=1)
        late = {(hook.name, each.subject, each.event) for group in groups[left:] for each in group} - self._held
        self._held |= late
        if late and not groups[:left]:
            _log.warning("hook %s: %d changes held back by at_most", hook.name, len(late))
            note_held(db, hook.name, self._epoch, len(late))
            return [], 0
        return groups[:left], len(late)


async def run_noticing(
    store: StoreThread,
    hooks: Sequence[HookConfig],
    *,
    epoch: int,
    clock: Callable[[], int],
    rng: Random,
    stop: asyncio.Event,
    wakes: Mapping[str, asyncio.Event],
    every_s: float = LOOK_EVERY_S,
) -> None:
    """Looks every second until the stop; while the file cannot be used nothing is called, and nothing is lost."""
    noticing, trouble = Noticing(hooks, epoch, rng), ""
    while not stop.is_set():
        try:
            for name in await store.call(noticing.look, clock()):
                wakes[name].set()
            trouble = ""
        except StoreError as error:
            if str(error) != trouble:
                trouble = str(error)
                _log.warning("hooks wait: %s", trouble)
        with suppress(TimeoutError):
            async with asyncio.timeout(every_s):
                await stop.wait()


async def run_caller(
    work: Work, hook: HookConfig, tls: ssl.SSLContext | None = None, again_after_ms: Sequence[int] = AGAIN_AFTER_MS
) -> None:
    """Makes the calls of one hook, one after the other, until the work is stopped."""
    tries = COMMAND_TRIES if hook.command is not None else len(again_after_ms) + 1
    await work.fenced.write(adopt_calls, hook.name, work.epoch, tries, work.clock())
    caller = _Caller(work, hook, tls, again_after_ms)
    await work.keep_doing(caller.call_due, f"calls of {hook.name}")


class _Caller:
    def __init__(self, work: Work, hook: HookConfig, tls: ssl.SSLContext | None, again_after_ms: Sequence[int]) -> None:
        self._work = work
        self._again_after_ms = again_after_ms
        self._hook = hook
        self._make = make_caller(hook, work.clock, tls)

    async def call_due(self) -> float | None:
        """Makes the calls that are due; returns in how many seconds the next will be, None when none waits."""
        work, name = self._work, self._hook.name
        while not work.is_over:
            call = await work.store.call(claim_call, name, work.epoch, work.clock())
            if call is None:
                await work.fenced.look_for_successor()
                due_at = await work.store.call(find_next_try, name)
                return None if due_at is None else max(0.1, (due_at - work.clock()) / 1000)
            outcome = await self._call(call)
            if outcome is not None:
                await self._settle(call, outcome)
        return None

    async def _call(self, call: HookCall) -> Outcome | None:
        """Returns what became of a call; None when the engine stops before: the next one makes it again."""
        calling = asyncio.ensure_future(self._make(call.document, call.uid))
        stopping = asyncio.ensure_future(self._work.stop.wait())
        try:
            await asyncio.wait((calling, stopping), return_when=asyncio.FIRST_COMPLETED)
            if not calling.done():
                await asyncio.wait((calling,), timeout=STOP_GRACE_S)
            return calling.result() if calling.done() else None
        finally:
            stopping.cancel()
            calling.cancel()

    async def _settle(self, call: HookCall, outcome: Outcome) -> None:
        now, name = self._work.clock(), self._hook.name
        state, try_at = (CallState.DONE if outcome.is_taken else CallState.FAILED), None
        if not outcome.is_taken and outcome.may_follow and call.attempts <= len(self._again_after_ms):
            pause_ms = self._again_after_ms[call.attempts - 1] * self._work.rng.uniform(1 - _SPREAD, 1 + _SPREAD)
            state, try_at = CallState.WAITING, now + max(round(pause_ms), outcome.wait_ms or 0)
        level = logging.INFO if outcome.is_taken else logging.WARNING
        _log.log(level, "hook %s: %s%s", name, outcome.words, ", to be tried again" if try_at else "")
        await self._work.fenced.write(
            settle_call,
            *(call, self._work.epoch, state, now),
            reason=outcome.words,
            try_at=try_at,
            is_owed=outcome.may_follow,
        )


def make_caller(
    hook: HookConfig, clock: Callable[[], int], tls: ssl.SSLContext | None = None
) -> Callable[[str, str], Awaitable[Outcome]]:
    """Returns what makes one call of a hook, given a document and its id; cancelled, it leaves nothing running."""
    if hook.command is not None:
        return partial(_run_in_thread, hook.command, hook.timeout_ms)
    line = HookLine(hook, tls)
    return lambda document, uid: line.post(document, uid, clock())


async def _run_in_thread(command: Sequence[str], timeout_ms: int, document: str, _uid: str) -> Outcome:
    """Runs a command in a daemon thread: one of a pool would hold up the end of the process when it hangs."""
    loop = asyncio.get_running_loop()
    done: asyncio.Future[Outcome] = loop.create_future()
    is_over = threading.Event()

    def settle(outcome: Outcome | None, error: BaseException | None) -> None:
        if done.done():
            return
        if outcome is not None:
            done.set_result(outcome)
        else:
            done.set_exception(error or RuntimeError("the command has no outcome"))

    def run() -> None:
        outcome, fault = None, None
        try:
            outcome = run_command(command, document, timeout_ms, os.environ, is_over)
        except BaseException as error:  # noqa: BLE001 - raised again in the loop, which waits for it
            fault = error
        with suppress(RuntimeError):
            loop.call_soon_threadsafe(settle, outcome, fault)

    thread = threading.Thread(target=run, name="hook", daemon=True)
    try:
        thread.start()
    except RuntimeError:
        return Outcome(False, "this host has no thread left to call it from", may_follow=True)
    try:
        return await done
    finally:
        is_over.set()
        thread.join(_END_WITHIN_S)  # this process may end next, and would leave the program behind


def list_hook_works(
    hooks: Sequence[HookConfig],
    store: StoreThread,
    *,
    epoch: int,
    clock: Callable[[], int],
    make_rng: Callable[[], Random],
    stop: asyncio.Event,
) -> dict[str, Callable[[], Awaitable[None]]]:
    """Returns the works of an engine on its hooks by name: one that notices, and one for each hook that calls."""
    if not hooks:
        return {}
    works = {hook.name: Work(store=store, epoch=epoch, clock=clock, rng=make_rng(), stop=stop) for hook in hooks}
    wakes = {name: work.wake for name, work in works.items()}
    notice = partial(run_noticing, store, hooks, epoch=epoch, clock=clock, rng=make_rng(), stop=stop, wakes=wakes)
    return {"hooks": notice, **{f"hook {hook.name}": partial(run_caller, works[hook.name], hook) for hook in hooks}}
