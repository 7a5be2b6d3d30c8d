"""The command line, end to end: what scripts say is what customers read, with an engine or without."""

from __future__ import annotations

import json
import os
import signal
import subprocess
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
from tests.e2e.world import TOKEN, World, open_world, wait_until
from tests.pace import PATIENCE_S

from oncall_tui.store.database import open_database
from oncall_tui.store.lease import read_lease


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    with open_world(tmp_path, env=dict(os.environ)) as made:
        yield made


def say(world: World, *arguments: str) -> dict[str, object]:
    answer = world.run_json(*arguments)
    assert isinstance(answer, dict)
    return answer


def find_state(world: World) -> list[tuple[str, bool]]:
    updates = say(world, "incident", "show", "1")["updates"]
    assert isinstance(updates, list)
    return [(update["delivery"], update["seen_at"] is not None) for update in updates]


def test_sync_publishes_without_an_engine_and_reads_back(world: World) -> None:
    say(world, "incident", "open", "--title", "API fails", "--message", "We look.", "--component", "API=major_outage")
    say(world, "incident", "update", "1", "--status", "identified", "--message", "We found it.")
    assert world.run("sync", "--wait", "20s").returncode == 0
    assert world.published() == [["We look.", "We found it."]]
    assert find_state(world) == [("delivered", True), ("delivered", True)]
    say(world, "incident", "resolve", "1", "--message", "Repaired.")
    assert say(world, "sync") == {"is_done": True, "left": [], "errors": []}
    components = httpx.get(f"{world.page_url}/api/v2/components.json", trust_env=False).json()["components"]
    assert {each["name"]: each["status"] for each in components}["API"] == "operational"
    assert world.published() == [["We look.", "We found it.", "Repaired."]]


def test_an_engine_publishes_at_once_and_sync_waits_for_it(world: World) -> None:
    engine = subprocess.Popen(world.command("agent", "--stay"), env=world.env, stderr=subprocess.PIPE)
    wait_until(lambda: "working" in world.run("status").stdout)
    opened = world.run("incident", "open", "--title", "API fails", "--message", "We look.")
    assert "no engine" not in opened.stderr
    assert world.run("sync").returncode == 0
    wait_until(lambda: find_state(world) == [("delivered", True)])
    assert world.published() == [["We look."]]
    shown = say(world, "status")
    assert shown["outbox"] == []
    assert [check["level"] for check in world.run_json("doctor") if check["what"] == "page"] == ["ok"]  # type: ignore[attr-defined]
    engine.terminate()
    _, err = engine.communicate(timeout=PATIENCE_S)
    assert engine.returncode == 0
    files = [path for path in world.folder.iterdir() if path.name.startswith("oncall.db")]
    assert all(TOKEN.encode() not in path.read_bytes() for path in files)
    assert TOKEN.encode() not in err


def test_a_token_that_the_page_refuses_is_named_and_nothing_fails_for_it(world: World) -> None:
    world.env["STATUSPAGE_TOKEN"] = "wrong-token"
    say(world, "incident", "open", "--title", "API fails", "--message", "We look.")
    answer = world.run("sync", "--wait", "2s")
    assert answer.returncode == 1
    assert "the page does not do as asked: the page refused the token" in answer.stdout
    assert "delivery 1 of #1 is retry_wait: the page refused the token" in answer.stdout
    assert "wrong-token" not in answer.stdout + answer.stderr
    world.env["STATUSPAGE_TOKEN"] = TOKEN
    assert world.run("sync").returncode == 0
    assert world.published() == [["We look."]]


def test_engines_killed_at_any_moment_publish_each_update_once(world: World) -> None:
    for number in range(4):
        engine = subprocess.Popen(world.command("agent", "--stay"), env=world.env, stderr=subprocess.DEVNULL)
        with open_database(world.db) as db:
            wait_until(lambda: (lease := read_lease(db)) is not None and lease.pid == engine.pid)  # noqa: B023
        if number == 0:
            say(world, "incident", "open", "--title", "API fails", "--message", "Update 0.")
        else:
            say(world, "incident", "update", "1", "--status", "identified", "--message", f"Update {number}.")
        engine.send_signal(signal.SIGKILL)
        engine.wait()
    for _ in range(5):
        if world.run("sync", "--wait", "30s").returncode == 0:
            break
        # What an engine was sending when it died may have got lost: a person has it sent again.
        for left in json.loads(world.run("outbox", "list", "--json").stdout):
            if left["state"] == "uncertain":
                world.run("outbox", "retry", str(left["id"]))
    assert world.published() == [[f"Update {number}." for number in range(4)]]


def test_a_served_page_has_the_components_of_the_config_and_doctor_names_those_that_it_lacks(world: World) -> None:
    more = '\n[[component]]\nname = "Mail"\n'
    world.config.write_text(world.config.read_text() + more)
    done = world.run("doctor", "--json")
    assert done.returncode == 1
    faults = [check for check in json.loads(done.stdout) if check["level"] == "fail"]
    assert [(fault["what"], fault["finding"]) for fault in faults] == [("component", "the page has no Mail")]
    page = subprocess.Popen(
        world.command("page", "serve", "--data", str(world.folder / "other.db")),
        env=world.env,
        stdout=subprocess.PIPE,
        text=True,
    )
    try:
        assert page.stdout is not None
        url = page.stdout.readline().split()[-1].rstrip("/")
        shown = httpx.get(f"{url}/api/v2/components.json", trust_env=False).json()
        assert [component["name"] for component in shown["components"]] == ["API", "Website", "Mail"]
    finally:
        page.terminate()
        page.communicate(timeout=PATIENCE_S)


def test_the_end_of_one_incident_does_not_paint_over_another(world: World) -> None:
    for title, status in (("Errors", "partial_outage"), ("Slow", "degraded_performance")):
        world.run("incident", "open", "--title", title, "--message", "We look.", "--component", f"API={status}")
    world.run("incident", "resolve", "1", "--message", "It is over.")
    assert world.run("sync", "--wait", "20s").returncode == 0
    shown = httpx.get(f"{world.page_url}/api/v2/components.json", trust_env=False).json()["components"]
    assert {item["name"]: item["status"] for item in shown}["API"] == "degraded_performance"
    world.run("incident", "resolve", "2", "--message", "This too.")
    assert world.run("sync", "--wait", "20s").returncode == 0
    shown = httpx.get(f"{world.page_url}/api/v2/components.json", trust_env=False).json()["components"]
    assert {item["status"] for item in shown} == {"operational"}
