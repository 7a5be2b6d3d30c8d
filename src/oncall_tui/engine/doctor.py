"""The checks of `doctor` that touch the network: the way out, the page, the token and the clocks."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from itertools import chain

from msgspec import Struct
from msgspec.structs import replace

from oncall_tui.config.model import ComponentConfig, HookConfig, PageConfig
from oncall_tui.domain.component_names import find_namesakes, match_components, tell_full_name
from oncall_tui.domain.counting import count_words
from oncall_tui.domain.duration import SECOND, format_age, format_duration
from oncall_tui.domain.errors import RemoteError, UsageError
from oncall_tui.domain.hook import HookStanding
from oncall_tui.domain.remote import RemoteComponent
from oncall_tui.domain.sanitize import clean_line
from oncall_tui.engine.pages import Page
from oncall_tui.engine.pages.errors import RefusedByPageError, TokenRefusedError
from oncall_tui.engine.probes.wire import split_target
from oncall_tui.engine.publishing import open_page
from oncall_tui.engine.vantage import can_connect, is_online

_CUT_OFF = "not reached: this host is offline"
_QUEUED = "what is queued goes out by itself once the page answers"
#: A clock that is further off than this tells customers wrong times.
SKEW_LIMIT_MS = 30 * SECOND


class Check(Struct, frozen=True):
    """One line of `doctor`: `advice` is empty when there is nothing to do.

    `level` is ok, warn, fail, or skip for what cannot be told while something else, that is told, is wrong.
    """

    level: str
    what: str
    finding: str
    advice: str = ""


async def check_network(
    pages: Sequence[PageConfig], components: Sequence[ComponentConfig], targets: Sequence[str] = ()
) -> list[Check]:
    """Returns what can be said of the network from here; tokens are used and never told.

    `targets` are those of [vantage].
    """
    vantage = await _check_vantage(targets)
    if not pages:
        advice = "add [page] to the config; until then updates stay queued"
        return [vantage, Check("warn", "page", "none is configured", advice)]
    is_cut_off = not is_online()
    found = await asyncio.gather(
        *(
            _check_page(page, components, "page" if len(pages) == 1 else f"page {page.name}", is_cut_off)
            for page in pages
        )
    )
    checks = list(chain.from_iterable(found))
    if any(check.level == "skip" and check.finding == _CUT_OFF for check in checks):
        vantage = replace(vantage, level="fail", advice=f"mend this host's network; {_QUEUED}")
    return [vantage, *checks]


async def _check_vantage(targets: Sequence[str]) -> Check:
    if not is_online():
        advice = "failures of targets outside are told as unknown till then"
        return Check("warn", "vantage", "this host is offline", advice)
    answers = await asyncio.gather(*(can_connect(*split_target(target)) for target in targets))
    silent = [target for target, is_there in zip(targets, answers, strict=True) if not is_there]
    if not silent:
        return Check("ok", "vantage", "this host has a way out")
    told = f"no answer from {len(silent)} of {count_words(len(targets), 'target')} of [vantage]"
    advice = "correct [vantage] targets, unless this host is cut off just now"
    if len(silent) == len(targets):
        advice = f"{advice}: while none answers, what it is cut off from may be told as down"
    return Check("warn", "vantage", f"this host has a way out; {told}: {', '.join(silent)}", advice)


def check_hooks(hooks: Sequence[HookConfig], standings: Sequence[HookStanding], now: int) -> list[Check]:
    """Returns how each hook of the config stands, by its latest calls."""
    known = {standing.name: standing for standing in standings}
    return [_check_hook(hook.name, known.get(hook.name) or HookStanding(hook.name), now) for hook in hooks]


def _check_hook(name: str, standing: HookStanding, now: int) -> Check:
    what, advice = f"hook {name}", f"try it: oncall-tui hook test {name}"
    more = [f"{standing.waiting} waiting"] if standing.waiting else []
    more += [f"{count_words(standing.held, 'change')} held back by at_most"] if standing.held else []
    if standing.fault:
        age = format_age(now - (standing.fault_at or now))
        return Check("fail", what, ", ".join([f"failed {age} ago: {standing.fault}", *more]), advice)
    if standing.ok_at is None:
        return Check("ok", what, ", ".join(["not called yet", *more]), advice)
    return Check("ok", what, ", ".join([f"last called {format_age(now - standing.ok_at)} ago", *more]))


async def _check_page(
    config: PageConfig, configured: Sequence[ComponentConfig], what: str, is_cut_off: bool
) -> list[Check]:
    try:
        page = open_page(config)
    except UsageError as error:
        return [Check("fail", what, str(error), "correct [page] in the config")]

    async def spend() -> None:
        """One look by a person is not worth a place in the rate limit's book."""

    try:
        shown = await page.list_components(spend)
    except RemoteError as error:
        if isinstance(error.__context__, UsageError):
            return [Check("skip", what, "not asked: there is no token for it")]
        if is_cut_off and page.clock_skew_ms is None:
            return [Check("skip", what, _CUT_OFF)]
        return [Check("fail", what, str(error), _advise(error)), *_check_clock(page)]
    finally:
        await page.close()
    found = f"{config.api_url} takes the token and has {count_words(len(shown), 'component')}"
    return [Check("ok", what, found), *_check_components(configured, shown), *_check_clock(page)]


def _advise(error: RemoteError) -> str:
    """Returns what to do about a page that does not do as asked; most of it passes without anybody's help."""
    told = str(error)
    if isinstance(error, TokenRefusedError):
        return f"put one there that the page takes; {_QUEUED}"
    if isinstance(error, RefusedByPageError):
        return "correct it, then send again what was refused meanwhile: `oncall-tui outbox retry --all`"
    if "check api_url" in told:
        return f"correct it; {_QUEUED}"
    if "certificate" in told:
        return f"look at this host's clock, its certificates and page.api_url; {_QUEUED}"
    if "reached" in told or "connecting" in told:
        return f"check page.api_url, and the way there (name, firewall, proxy); {_QUEUED}"
    return f"nothing to correct here; {_QUEUED}"


def _check_components(configured: Sequence[ComponentConfig], shown: Sequence[RemoteComponent]) -> list[Check]:
    """Names what the page does not know, or knows more than once: an update that sets it would wait for a person."""
    found = match_components({item.name: item.remote_id for item in configured}, shown)
    known = ", ".join(sorted(map(tell_full_name, shown))) or "none"
    advice = f"add it on the page, or correct its name or remote_id in the config; the page has: {known}"
    checks = []
    for name in [item.name for item in configured if item.name not in found]:
        namesakes = find_namesakes(name, shown)
        if len(namesakes) > 1:
            told = ", ".join(f"{tell_full_name(item)} ({item.remote_id})" for item in namesakes)
            advised = f"name one with its group, or give its id as remote_id in the config: {told}"
            finding = f"{len(namesakes)} components of the page are named {name}: none of them is set"
            checks.append(Check("fail", "component", clean_line(finding), clean_line(advised)))
        else:
            checks.append(Check("fail", "component", f"the page has no {name}", clean_line(advice)))
    return checks


def _check_clock(page: Page) -> list[Check]:
    skew_ms = page.clock_skew_ms
    if skew_ms is None:
        return []
    shown = f"{format_duration(abs(skew_ms))} {'behind' if skew_ms > 0 else 'ahead of'} the page's"
    if abs(skew_ms) <= SKEW_LIMIT_MS:
        return [Check("ok", "clock", f"this host's is {shown}")]
    return [Check("warn", "clock", f"this host's is {shown}", "set it right (timedatectl set-ntp true)")]
