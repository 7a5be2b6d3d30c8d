"""Corrections and the past on their way to a page that fails: once, in order, and not over the words of others."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest
from tests.engine.faultkinds import HEALING_FAULTS, Fault
from tests.engine.faultpage import FaultPage
from tests.engine.publishing import confirm, declare, make_client, make_config, publishing, until

from oncall_tui.clock import now_ms
from oncall_tui.domain.incident import Impact, IncidentStatus, Severity
from oncall_tui.domain.update import DeliveryKind, DeliveryState, IncidentUpdate
from oncall_tui.engine.pages.budget import Budget
from oncall_tui.engine.reader import look_once, read_page_once
from oncall_tui.engine.store_thread import StoreThread
from oncall_tui.store.corrections import backfill_incident, correct_update
from oncall_tui.store.database import Database
from oncall_tui.store.outbox import list_deliveries, retry_delivery
from oncall_tui.store.page import read_page
from oncall_tui.store.updates import list_updates


async def drain(path: Path, db: Database, page: FaultPage) -> None:
    async with publishing(path, db, page):
        await until(lambda: not list_deliveries(db))


async def look(path: Path, page: FaultPage) -> None:
    """Reads the page and what customers see of it, as the reader does."""
    store, config = StoreThread(path), make_config(page)
    await store.start()
    client = make_client(config, now_ms)
    await read_page_once(store, client, config.name, Budget(store, config, now_ms), now_ms)
    await look_once(store, client, config.name, now_ms)
    await client.close()
    await store.close()


def correct(db: Database, update: IncidentUpdate, body: str) -> IncidentUpdate:
    return correct_update(db, update.id, body, editable=["page"], actor="bo", now=now_ms())


async def publish_two(path: Path, db: Database, page: FaultPage) -> IncidentUpdate:
    incident = declare(db)
    update = confirm(db, incident.id, "Sign-in fials.")
    confirm(db, incident.id, "Second.")
    await drain(path, db, page)
    return update


@pytest.mark.parametrize("fault", HEALING_FAULTS)
async def test_other_words_stand_in_the_place_of_the_first_and_are_seen(path: Path, db: Database, fault: Fault) -> None:
    async with FaultPage() as page:
        update = await publish_two(path, db, page)
        await look(path, page)
        page.faults.append(fault)
        correct(db, update, "Sign-in fails.\nTwo lines.")
        await drain(path, db, page)
        assert page.shown() == ["Sign-in fails.\nTwo lines.", "Second."]
        assert {body for _, body in page.corrections} == {"Sign-in fails.\nTwo lines."}
        assert list_updates(db, update.incident_id)[0].seen_at is None
        await look(path, page)
        shown = list_updates(db, update.incident_id)
        assert [each.seen_at is not None for each in shown] == [True, True]
        assert not [proof.difference for each in shown for proof in each.proofs if proof.difference]
        assert len(shown) == 2


async def test_words_that_stand_there_already_are_not_written_again(path: Path, db: Database) -> None:
    async with FaultPage() as page:
        update = await publish_two(path, db, page)
        (remote_id,) = page.incidents
        page.incidents[remote_id]["incident_updates"][-1]["body"] = "Sign-in fails."
        correct(db, update, "Sign-in fails.")
        await drain(path, db, page)
        assert page.corrections == []


async def test_what_others_wrote_into_it_is_asked_about(path: Path, db: Database) -> None:
    async with FaultPage() as page:
        update = await publish_two(path, db, page)
        (remote_id,) = page.incidents
        page.incidents[remote_id]["incident_updates"][-1]["body"] = "A colleague's words."
        correct(db, update, "Ours.")
        async with publishing(path, db, page) as engine:
            await until(lambda: list_deliveries(db)[0].state is DeliveryState.FAILED)
            (delivery,) = list_deliveries(db)
            assert "conflict" in delivery.reason
            assert "A colleague's words." in delivery.reason
            assert page.corrections == []
            retry_delivery(db, delivery.id, "ana", now_ms())
            engine.wake.set()
            await until(lambda: not list_deliveries(db))
        assert page.shown() == ["Ours.", "Second."]


async def test_what_others_write_into_it_between_look_and_write_is_asked_about(path: Path, db: Database) -> None:
    async with FaultPage() as page:
        update = await publish_two(path, db, page)
        (remote_id,) = page.incidents
        begun = len(page.requests)

        def edit(step: str) -> None:
            """A colleague saves as soon as the page has answered our first look."""
            looks = [
                path
                for _, method, path in page.requests[begun:]
                if (method, path[-len(remote_id) :]) == ("GET", remote_id)
            ]
            if step == "answered" and len(looks) == 1:
                page.incidents[remote_id]["incident_updates"][-1]["body"] = "A colleague's words."

        page.on_step = edit
        correct(db, update, "Ours.")
        async with publishing(path, db, page):
            await until(lambda: list_deliveries(db)[0].state is DeliveryState.FAILED)
        assert "A colleague's words." in list_deliveries(db)[0].reason
        assert page.corrections == []
        assert read_page(db).last_error == ""


async def test_an_update_that_was_removed_is_not_corrected(path: Path, db: Database) -> None:
    async with FaultPage() as page:
        update = await publish_two(path, db, page)
        (remote_id,) = page.incidents
        page.incidents[remote_id]["incident_updates"].pop()
        correct(db, update, "Ours.")
        async with publishing(path, db, page):
            await until(lambda: list_deliveries(db)[0].state is DeliveryState.FAILED)
        assert "removed" in list_deliveries(db)[0].reason


async def test_a_correction_of_a_correction_ends_with_the_last(path: Path, db: Database) -> None:
    async with FaultPage(late_s=0.05) as page:
        update = await publish_two(path, db, page)
        page.faults.append(Fault.LATE)
        correct(db, update, "Better.")
        async with publishing(path, db, page) as engine:
            await until(lambda: list_deliveries(db)[0].state is DeliveryState.UNCERTAIN)
            correct(db, update, "Best.")
            engine.wake.set()
            await until(lambda: not list_deliveries(db))
        assert page.shown() == ["Best.", "Second."]


async def test_reading_while_it_waits_takes_the_page_for_no_editor(path: Path, db: Database) -> None:
    async with FaultPage() as page:
        update = await publish_two(path, db, page)
        correct(db, update, "Sign-in fails.")
        await look(path, page)
        (shown, _) = list_updates(db, update.incident_id)
        assert [proof.difference for proof in shown.proofs] == [""]


@pytest.mark.parametrize("fault", [Fault.NONE, Fault.DROP_AFTER, Fault.DROP_BEFORE, Fault.E500_AFTER, Fault.T429])
async def test_an_incident_of_the_past_is_recorded_once_with_its_times(path: Path, db: Database, fault: Fault) -> None:
    async with FaultPage() as page:
        page.faults.append(fault)
        began = now_ms() - 5 * 86_400_000
        made = backfill_incident(
            db,
            uid="past",
            update_uid="op-past",
            title="API errors",
            body="One in ten failed.",
            started_at=began,
            resolved_at=began + 2_400_000,
            severity=Severity.SEV3,
            impact_override=Impact.MINOR,
            notify=False,
            pages=["page"],
            actor="bo",
            now=now_ms(),
        )
        assert list_deliveries(db)[0].kind is DeliveryKind.BACKFILL
        await drain(path, db, page)
        (write,) = page.writes
        assert (write.status, write.body) == ("resolved", "One in ten failed.")
        assert write.fields["backfilled"] is True
        assert write.fields["impact_override"] == "minor"
        await look(path, page)
        (shown,) = list_updates(db, made.id)
        assert shown.delivery is DeliveryState.DELIVERED
        assert [proof.difference for proof in shown.proofs] == [""]
        assert shown.status is IncidentStatus.RESOLVED
        await asyncio.sleep(0)
