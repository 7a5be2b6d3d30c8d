"""When a refused token is tried again, by the loop's own time."""

from __future__ import annotations

import asyncio

import pytest
from tests.engine.warp import WarpLoop, run_warped

from oncall_tui.config.token import Secret
from oncall_tui.domain.errors import UsageError
from oncall_tui.engine.pages.credential import LOOK_EVERY_S, REST_MOST_S, Credential
from oncall_tui.engine.pages.errors import NotAppliedError


class Place:
    """Where a token is read from."""

    def __init__(self, token: str = "one") -> None:
        self.token = token
        self.readings = 0
        self.credential = Credential(self.read)

    def read(self) -> Secret:
        self.readings += 1
        if not self.token:
            raise UsageError("There is no token.")
        return Secret(self.token)

    async def refuse(self, *, is_write: bool = True) -> None:
        token = await self.credential.read()
        self.credential.note_refused(token, "refused", is_write=is_write)

    async def find_rests(self, *, is_write: bool = True) -> float:
        return await self.credential.find_rest_s(is_write=is_write)


def test_a_refused_token_is_tried_once_each_time_and_ever_more_seldom() -> None:
    async def run(loop: WarpLoop) -> list[float]:
        place, tried, begin = Place(), [], loop.time()
        await place.refuse()
        while loop.time() < begin + 600:
            if not await place.find_rests():
                tried.append(loop.time() - begin)
                assert await place.find_rests() > 0
                await place.refuse()
            await asyncio.sleep(0.25)
        assert place.readings <= 600 / LOOK_EVERY_S + 20
        return tried

    tried = run_warped(run)
    gaps = [later - earlier for earlier, later in zip([0.0, *tried], tried, strict=False)]
    assert gaps[:5] == [pytest.approx(0.5 * 2**number, abs=0.3) for number in range(5)]
    assert gaps[-1] == pytest.approx(REST_MOST_S, abs=0.5)


def test_several_refusals_of_what_was_under_way_together_are_one() -> None:
    async def run(loop: WarpLoop) -> float:
        place = Place()
        for _ in range(6):
            await place.refuse()
        return await place.find_rests()

    assert run_warped(run) <= 0.5


def test_another_token_ends_the_rest_at_the_next_look() -> None:
    async def run(loop: WarpLoop) -> float:
        place, begin = Place(), loop.time()
        for _ in range(7):
            await place.refuse()
            while await place.find_rests():
                await asyncio.sleep(0.25)
        await place.refuse()
        place.token, begin = "two", loop.time()
        while await place.find_rests():
            await asyncio.sleep(0.25)
        assert place.credential.refusal == ""
        assert (await place.credential.read()).reveal() == "two"
        return loop.time() - begin

    assert run_warped(run) <= LOOK_EVERY_S + 0.5


def test_what_may_be_read_by_all_lifts_no_refusal_to_write() -> None:
    async def run(loop: WarpLoop) -> None:
        place = Place()
        await place.refuse(is_write=True)
        assert await place.find_rests(is_write=False) == 0
        place.credential.note_taken(await place.credential.read(), is_write=False)
        assert await place.find_rests(is_write=True) > 0
        place.credential.note_taken(Secret("another"), is_write=True)
        assert place.credential.refusal == "refused"
        await place.refuse(is_write=False)
        assert await place.find_rests(is_write=False) > 0
        place.credential.note_taken(await place.credential.read(), is_write=True)
        assert await place.find_rests(is_write=True) == 0

    run_warped(run)


def test_a_token_that_is_not_there_is_looked_for_at_a_pace() -> None:
    async def run(loop: WarpLoop) -> int:
        place = Place("")
        for _ in range(120):
            with pytest.raises(NotAppliedError, match="There is no token"):
                await place.credential.read()
            await asyncio.sleep(1.0)
        readings, place.token = place.readings, "one"
        await asyncio.sleep(LOOK_EVERY_S)
        assert (await place.credential.read()).reveal() == "one"
        return readings

    assert run_warped(run) <= 120 / LOOK_EVERY_S + 6
