from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace
from tests.tui.asking import Engine
from tests.tui.desk import Desk, declare, make_desk, open_app, wait_for_text

from oncall_tui.clock import now_ms
from oncall_tui.domain.incident import Impact, IncidentStatus
from oncall_tui.domain.remote import RemoteIncident, RemoteUpdate
from oncall_tui.domain.update import DeliveryState, IncidentUpdate, Proof
from oncall_tui.store.deliveries import mark_seen
from oncall_tui.store.page import apply_incident, replace_pages
from oncall_tui.tui.widgets.proof_words import draw_proof_line, draw_proofs

NOW = 1_800_000_000_000  # 08:00:00 UTC
SENT = Proof("eu", DeliveryState.DELIVERED, NOW, NOW + 5_000, NOW + 6_000, NOW + 60_000, 1, "u1")
WAITS = Proof("us", DeliveryState.RETRY_WAIT, NOW, NOW + 5_000, reason="no answer within 10 s")


def make_update(*proofs: Proof, is_local: bool = True) -> IncidentUpdate:
    return IncidentUpdate(
        1, "u", 7, IncidentStatus.INVESTIGATING, "b", {}, NOW, "ana", is_local, proofs[0].state, proofs=proofs,
        delivered_at=proofs[0].accepted_at, seen_at=proofs[0].seen_at,
    )  # fmt: skip


def read(update: IncidentUpdate, width: int = 120) -> list[str]:
    return [row.plain for row in draw_proofs(update, lambda page: page, width)]


def test_every_page_says_how_far_it_got_and_why_not_further() -> None:
    assert read(make_update(SENT, WAITS)) == [
        "eu  ✓ SEEN   queued 08:00:00  sent 08:00:05  accepted 08:00:06  seen 08:01:00",
        "us  ↻ RETRYING   queued 08:00:00  tried 08:00:05  no answer within 10 s",
    ]
    assert read(make_update(SENT, WAITS), 62)[0] == "eu  ✓ SEEN   sent 08:00:05  accepted 08:00:06  seen 08:01:00"
    assert read(make_update(SENT, WAITS), 30)[1:] == ["us  ↻ RETRYING", "    no answer within 10 s"]


def test_a_step_that_is_not_known_is_not_told() -> None:
    accepted = replace(SENT, seen_at=None, sent_at=None)
    (row,) = read(make_update(replace(accepted, queued_at=None)))
    assert row == "✓ ON THE PAGE 08:00:06 UTC"
    assert "seen" not in "".join(read(make_update(accepted, WAITS)))


def test_one_page_tells_its_steps_where_there_is_room() -> None:
    update = make_update(SENT)
    assert read(update) == ["✓ SEEN by customers 08:01:00 UTC   sent 08:00:05  accepted 08:00:06  seen 08:01:00"]
    assert read(update, 40) == ["✓ SEEN by customers 08:01:00 UTC"]
    assert read(make_update(SENT, is_local=False))[0] == "✓ SEEN by customers 08:01:00 UTC"


def test_what_differs_is_said_in_words() -> None:
    update = make_update(replace(SENT, difference="an update was removed"), WAITS)
    assert read(update)[-1] == "▲ NOT AS SENT on eu: an update was removed"


_INSTANT = st.none() | st.integers(NOW, NOW + 10**6)
_PROOF = st.builds(
    Proof,
    st.sampled_from(["eu", "us", "a page with a very long name"]),
    st.sampled_from(DeliveryState),
    _INSTANT,
    _INSTANT,
    _INSTANT,
    _INSTANT,
    reason=st.text(max_size=80),
)


@given(st.lists(_PROOF, min_size=1, max_size=3), st.integers(60, 200))
def test_seen_is_said_of_what_was_seen_alone(proofs: list[Proof], width: int) -> None:
    update = replace(make_update(*proofs), seen_at=None, delivered_at=None, reason="")
    for rows in (draw_proofs(update, str, width), [draw_proof_line(update, str, width)]):
        told = " ".join(row.plain for row in rows if len(proofs) > 1)
        for word, is_known in (
            ("✓ SEEN", any(proof.seen_at is not None for proof in proofs)),
            ("accepted ", any(proof.accepted_at is not None for proof in proofs)),
        ):
            reasons = " ".join(proof.reason for proof in proofs)
            assert is_known or word not in told or word in reasons


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    desk = make_desk(tmp_path)
    page = desk.config.pages[0]
    pages = (replace(page, name="eu"), replace(page, name="us"))
    replace_pages(desk.db, [("eu", None), ("us", None)])
    return Desk(desk.path, replace(desk.config, pages=pages), desk.db)


@pytest.mark.parametrize("size", [(80, 24), (200, 60)])
async def test_two_pages_stand_beside_each_other_and_an_edit_there_is_loud(desk: Desk, size: tuple[int, int]) -> None:
    number, engine = declare(desk), Engine(desk)
    engine.confirm(number, "Logins fail.", pages=("eu", "us"))
    engine.deliver(engine.claim("eu"), "u1")
    mark_seen(desk.db, {"u1": "Logins fail."}, now_ms(), page="eu")
    engine.fail(engine.claim("us"))
    async with open_app(desk, size=size) as (_, pilot):
        await pilot.press("2")
        shown = await wait_for_text(pilot, "✓ SEEN")
        rows = [row for row in shown.splitlines() if "accepted" in row and "SEEN" in row]
        assert rows
        assert "us  ✖ FAILED" in shown
        edited = RemoteUpdate("u1", IncidentStatus.INVESTIGATING, "All is well.", now_ms())
        remote = RemoteIncident(
            "r1",
            "API: requests are failing",
            IncidentStatus.INVESTIGATING,
            Impact.MAJOR,
            now_ms(),
            now_ms() + 1_000,
            updates=(edited,),
        )
        apply_incident(desk.db, remote, now_ms(), page="eu")
        await wait_for_text(pilot, "▲ NOT AS SENT on eu: an update was edited")
        await pilot.press("3")
        if size[0] == 80:
            await pilot.press("escape")
        await wait_for_text(pilot, "NOT AS SENT on eu")


async def test_the_bar_of_a_sent_update_tells_of_every_page_and_of_what_waits_for_a_person(desk: Desk) -> None:
    engine = Engine(desk)
    async with open_app(desk) as (_, pilot):
        await pilot.press("i")
        await wait_for_text(pilot, "nothing blocks sending")
        await pilot.press("ctrl+s")
        await wait_for_text(pilot, "enter send")
        await pilot.press("enter")
        await wait_for_text(pilot, "SENDING in")
        await pilot.pause(0.4)
        await pilot.press("enter")
        await wait_for_text(pilot, "eu ◌ QUEUED   us ◌ QUEUED")
        engine.deliver(engine.claim("eu"), "u1")
        engine.ask(engine.claim("us"))
        await wait_for_text(pilot, "c decides   #1 eu ✓ ON THE PAGE   us ? UNCERTAIN")
