"""The write API, over real sockets."""

from __future__ import annotations

import re
import socket
from typing import cast
from urllib.parse import urlsplit

import httpx
import pytest
from tests.statuspage.conftest import PAGE_ID, TOKEN, Page

JsonList = list[dict[str, object]]


def read_updates(incident: dict[str, object]) -> JsonList:
    return cast("JsonList", incident["incident_updates"])


def patch(page: Page, incident: dict[str, object], **fields: object) -> dict[str, object]:
    answer = page.api.patch(f"/incidents/{incident['id']}", json={"incident": fields})
    assert answer.status_code == 200, answer.text
    changed: dict[str, object] = answer.json()
    return changed


@pytest.mark.parametrize("shown", [None, "", "OAuth", "OAuth wrong", f"Bearer {TOKEN}", "OAuth \xff", TOKEN])
def test_a_wrong_token_is_refused(page: Page, shown: str | None) -> None:
    headers = [] if shown is None else [(b"Authorization", shown.encode("latin-1"))]
    answer = httpx.get(f"{page.url}/v1/pages/{PAGE_ID}", headers=headers, trust_env=False)
    assert answer.status_code == 401
    assert "authenticate" in answer.json()["message"]


def test_a_token_in_the_address_is_refused(page: Page) -> None:
    assert page.public.get(f"/v1/pages/{PAGE_ID}", params={"api_key": TOKEN}).status_code == 401


def test_the_page_shows_itself_with_and_without_suffix(page: Page) -> None:
    for path in ("", ".json"):
        answer = page.public.get(f"/v1/pages/{PAGE_ID}{path}", headers={"Authorization": f"OAuth {TOKEN}"})
        assert answer.json()["name"] == "Acme"
        assert "server" not in answer.headers


def test_an_incident_lives_from_first_word_to_resolved(page: Page) -> None:
    api_id = page.find_components()["API"]
    opened = page.open_incident(
        body="We look.\r\nNow.", components={api_id: "partial_outage"}, metadata={"ours": {"uid": "1"}}
    )
    assert re.fullmatch("[a-z0-9]{12}", str(opened["id"]))
    assert (opened["status"], opened["impact"]) == ("investigating", "major")
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z", str(opened["created_at"]))
    first = read_updates(opened)[0]
    assert first["body"] == "We look.\r\nNow."
    assert first["affected_components"] == [
        {"code": api_id, "name": "API", "old_status": "operational", "new_status": "partial_outage"}
    ]

    watched = patch(page, opened, status="monitoring", body="Better.", metadata={"other": {"n": 2}})
    assert watched["metadata"] == {"ours": {"uid": "1"}, "other": {"n": 2}}
    assert watched["monitoring_at"] == read_updates(watched)[0]["created_at"]
    assert [update["body"] for update in read_updates(watched)] == ["Better.", "We look.\r\nNow."]

    resolved = patch(page, opened, status="resolved", body="Done.")
    assert resolved["resolved_at"] == read_updates(resolved)[0]["created_at"]
    assert page.api.get(f"/components/{api_id}").json()["status"] == "partial_outage"
    again = patch(page, opened, components={api_id: "operational"})
    assert page.api.get(f"/components/{api_id}").json()["status"] == "operational"
    assert again["impact"] == "major"
    assert len(read_updates(again)) == 3
    assert page.api.get(f"/incidents/{opened['id']}").json() == again


def test_an_override_wins_until_it_is_cleared(page: Page) -> None:
    opened = page.open_incident(impact_override="critical")
    assert opened["impact"] == "critical"
    assert patch(page, opened, name="Renamed")["impact_override"] == "critical"
    assert patch(page, opened, impact_override=None)["impact"] == "none"


def test_a_list_of_ids_replaces_and_a_map_adds(page: Page) -> None:
    ids = page.find_components()
    opened = page.open_incident(component_ids=[ids["API"]])
    added = patch(page, opened, components={ids["Web"]: "operational"})
    assert [each["name"] for each in cast("JsonList", added["components"])] == ["API", "Web"]
    assert added["incident_updates"] == opened["incident_updates"]
    replaced = patch(page, opened, component_ids=[ids["Web"]])
    assert [each["name"] for each in cast("JsonList", replaced["components"])] == ["Web"]


FAULTS: list[tuple[dict[str, object], str]] = [
    ({"name": None}, "name can't be blank"),
    ({"name": " "}, "name can't be blank"),
    ({"name": "x" * 256}, "name is too long"),
    ({"name": 7}, "name must be text"),
    ({"body": "x" * 25_001}, "body is too long"),
    ({"status": "postmortem"}, "status must be one of"),
    ({"status": ["resolved"]}, "status must be one of"),
    ({"impact_override": "huge"}, "impact_override must be one of"),
    ({"metadata": {"uid": "X"}}, "metadata must be"),
    ({"metadata": []}, "metadata must be"),
    ({"component_ids": ["nosuch"]}, "no component of this page"),
    ({"components": {"nosuch": "operational"}}, "no component of this page"),
    ({"components": {"x": "broken"}}, "the status of component x"),
    ({"components": ["x"]}, "components must be an object"),
    ({"deliver_notifications": "yes"}, "deliver_notifications must be"),
    ({"status": "scheduled"}, "scheduled_for and scheduled_until are needed"),
    ({"scheduled_for": "soon", "scheduled_until": "later"}, "scheduled_for must be an ISO 8601 time"),
    ({"scheduled_for": "2030-01-01", "scheduled_until": "2030-01-01"}, "scheduled_until must be later"),
    ({"status": "investigating", "scheduled_for": "2030-01-01"}, "do not go with status investigating"),
    ({"backfilled": True, "component_ids": ["x"]}, "components can't be given"),
]


@pytest.mark.parametrize(("fields", "sentence"), FAULTS)
def test_a_fault_is_named_and_nothing_is_stored(page: Page, fields: dict[str, object], sentence: str) -> None:
    before = page.api.get("/incidents").json()
    answer = page.api.post("/incidents", json={"incident": {"name": "n", **fields}})
    assert answer.status_code == 422
    assert any(sentence in fault for fault in answer.json()["error"])
    assert page.api.get("/incidents").json() == before


def test_every_fault_is_named_at_once(page: Page) -> None:
    answer = page.api.post("/incidents", json={"incident": {"status": "x", "metadata": 1, "components": 2}})
    assert len(answer.json()["error"]) == 4


def test_a_refused_change_leaves_no_half(page: Page) -> None:
    api_id = page.find_components()["API"]
    opened = page.open_incident()
    wrong = {"incident": {"body": "b", "components": {api_id: "major_outage", "nosuch": "operational"}}}
    assert page.api.patch(f"/incidents/{opened['id']}", json=wrong).status_code == 422
    assert page.api.get(f"/components/{api_id}").json()["status"] == "operational"
    assert page.api.get(f"/incidents/{opened['id']}").json() == opened


@pytest.mark.parametrize(
    "body", [b"", b"{", b"[]", b'{"incident": 1}', b"[" * 100_000, b'{"incident": {"name": NaN}}', b"\xff\xfe"]
)
def test_malformed_json_is_400(page: Page, body: bytes) -> None:
    answer = page.api.post("/incidents", content=body, headers={"Content-Type": "application/json"})
    assert answer.status_code == 400
    assert answer.json()["message"]


def test_a_form_is_refused_with_a_sentence(page: Page) -> None:
    assert page.api.post("/incidents", data={"incident[name]": "x"}).status_code == 415


def test_a_body_over_the_cap_is_refused_declared_or_not(page: Page) -> None:
    big = b'{"incident": {"name": "' + b"x" * 1_000_000 + b'"}}'
    assert page.api.post("/incidents", content=big).status_code == 413
    assert page.api.post("/incidents", content=iter([big[:600_000], big[600_000:]])).status_code == 413


@pytest.mark.parametrize("name", ["lone \ud800 surrogate", "nul \x00 inside", "emoji \U0001f525"])
def test_text_that_cannot_be_stored_is_replaced(page: Page, name: str) -> None:
    escaped = name.encode("ascii", "namereplace") if "\U0001f525" not in name else name.encode()
    raw = b'{"incident": {"name": "' + escaped.replace(b"\x00", rb"\u0000") + b'"}}'
    assert page.api.post("/incidents", content=raw).status_code == 201


def test_kinds_cannot_be_switched(page: Page) -> None:
    opened = page.open_incident()
    planned = page.open_incident(scheduled_for="2031-01-01T00:00:00+01:00", scheduled_until="2031-01-01")
    assert (planned["status"], planned["impact"]) == ("scheduled", "maintenance")
    assert planned["scheduled_for"] == "2030-12-31T23:00:00.000Z"
    for incident, fields in (
        (opened, {"status": "in_progress"}),
        (opened, {"scheduled_for": "2031-01-01"}),
        (planned, {"status": "resolved"}),
        (planned, {"scheduled_until": "2030-01-01"}),
    ):
        answer = page.api.patch(f"/incidents/{incident['id']}", json={"incident": fields})
        assert answer.status_code == 422, fields


def test_lists_hold_what_their_name_says(page: Page) -> None:
    opened = page.open_incident(body="a needle in the hay", metadata={"m": {"k": "hidden-in-metadata"}})
    planned = page.open_incident(scheduled_for="2031-01-01", scheduled_until="2031-01-02")

    def ids(path: str, **query: str) -> list[str]:
        return [each["id"] for each in page.api.get(f"/incidents{path}", params=query).json()]

    assert ids("/unresolved")[0] == opened["id"]
    assert ids("", limit="2") == [planned["id"], opened["id"]]
    assert ids("", limit="1", page="2") == [opened["id"]]
    assert ids("", q="NEEDLE in") == [opened["id"]]
    assert ids("", q="hidden-in-metadata") == []
    assert planned["id"] in ids("/upcoming")
    assert planned["id"] in ids("/scheduled")
    assert planned["id"] not in ids("/unresolved")
    patch(page, planned, status="in_progress")
    assert ids("/active_maintenance") == [planned["id"]]
    assert planned["id"] not in ids("/upcoming")
    assert page.api.get("/incidents", params={"limit": "0"}).status_code == 422
    assert page.api.get("/incidents", params={"page": "9" * 30}).status_code == 422


def test_a_backfilled_incident_stands_in_the_past(page: Page) -> None:
    told = page.open_incident(backfilled=True, backfill_date="2026-01-02T03:04:05Z", body="It was.")
    assert (told["status"], told["started_at"]) == ("resolved", "2026-01-02T03:04:05.000Z")
    assert read_updates(told)[0]["display_at"] == "2026-01-02T03:04:05.000Z"


def test_an_update_is_corrected_in_place(page: Page) -> None:
    opened = page.open_incident(body="Teh API")
    path = f"/incidents/{opened['id']}/incident_updates/{read_updates(opened)[0]['id']}"
    fields = {"body": "The API", "display_at": "2026-01-01T00:00:00Z", "status": "resolved"}
    corrected = page.api.patch(path, json={"incident_update": fields}).json()
    assert (corrected["body"], corrected["status"]) == ("The API", "investigating")
    assert corrected["display_at"] == "2026-01-01T00:00:00.000Z"
    other = page.open_incident()
    foreign = path.replace(str(opened["id"]), str(other["id"]))
    assert page.api.patch(foreign, json={"incident_update": {"body": "x"}}).status_code == 404


def test_components_are_made_changed_listed_and_deleted(page: Page) -> None:
    made = page.api.post("/components", json={"component": {"name": "Mail", "description": "Out and in"}})
    assert made.status_code == 201
    path = f"/components/{made.json()['id']}"
    opened = page.open_incident(component_ids=[made.json()["id"]])
    changed = page.api.put(path, json={"component": {"status": "major_outage", "start_date": "2026-01-01"}}).json()
    assert (changed["name"], changed["status"], changed["start_date"]) == ("Mail", "major_outage", "2026-01-01")
    assert page.api.patch(path, json={"component": {"status": "bad"}}).status_code == 422
    assert page.api.patch(path, json={"component": {"name": ""}}).status_code == 422
    listed = page.api.get("/components", params={"page": "3", "per_page": "1"}).json()
    assert [each["name"] for each in listed] == ["Mail"]
    assert page.api.delete(path).status_code == 204
    assert page.api.get(path).status_code == 404
    assert page.api.get(f"/incidents/{opened['id']}").json()["components"] == []


def test_a_postmortem_is_drafted_published_taken_back_and_deleted(page: Page) -> None:
    opened = page.open_incident()
    path = f"/incidents/{opened['id']}/postmortem"
    assert page.api.get(path).status_code == 404
    assert page.api.put(path, json={"postmortem": {"body_draft": "Why it broke"}}).json()["body"] is None
    assert page.api.put(f"{path}/publish", json={"postmortem": {}}).status_code == 422
    patch(page, opened, status="resolved", body="Done.")
    assert page.api.put(f"{path}/publish", json={"postmortem": {}}).json()["body"] == "Why it broke"
    assert page.api.get(f"/incidents/{opened['id']}").json()["status"] == "postmortem"
    assert "Why it broke" in page.public.get(f"/incidents/{opened['id']}").text
    assert "#postmortem" in page.public.get("/").text
    assert "Why it broke" in page.public.get("/history.atom").text
    assert page.api.put(f"{path}/revert").json()["published_at"] is None
    assert "#postmortem" not in page.public.get("/").text
    assert "Why it broke" not in page.public.get(f"/incidents/{opened['id']}").text
    assert page.api.delete(path).status_code == 204


def test_deleting_an_incident_returns_it_once(page: Page) -> None:
    opened = page.open_incident(body="Oops")
    assert page.api.delete(f"/incidents/{opened['id']}").json()["name"] == "It broke"
    assert page.api.delete(f"/incidents/{opened['id']}").status_code == 404


@pytest.mark.parametrize(
    "path",
    ["/v1/pages/other/incidents", "/v1/nothing", f"/v1/pages/{PAGE_ID}/incidents/..%2f..%2fetc%2fpasswd", "/v1/"],
)
def test_an_unknown_address_is_404_in_json(page: Page, path: str) -> None:
    answer = page.public.get(path, headers={"Authorization": f"OAuth {TOKEN}"})
    assert answer.status_code == 404
    assert answer.json()["message"]


def test_a_list_that_did_not_change_has_no_body(page: Page) -> None:
    first = page.api.get("/incidents/unresolved")
    known = {"If-None-Match": first.headers["etag"]}
    assert first.headers["cache-control"] == "private, no-cache"
    again = page.api.get("/incidents/unresolved", headers=known)
    assert (again.status_code, again.content) == (304, b"")
    page.open_incident()
    assert page.api.get("/incidents/unresolved", headers=known).status_code == 200
    refused = page.public.get(f"/v1/pages/{PAGE_ID}/incidents/unresolved", headers=known)
    assert refused.status_code == 401
    assert "etag" not in page.api.get("/incidents/nothing00000").headers


def test_a_method_that_is_not_there_is_405(page: Page) -> None:
    assert page.api.delete("/incidents").status_code == 405


def test_a_body_that_never_comes_holds_nobody_up(page: Page) -> None:
    address = urlsplit(page.url)
    with socket.create_connection((str(address.hostname), int(address.port or 0))) as slow:
        head = f"POST /v1/pages/{PAGE_ID}/incidents HTTP/1.1\r\nHost: x\r\nAuthorization: OAuth {TOKEN}\r\n"
        slow.sendall(f"{head}Content-Length: 100\r\n\r\n{{".encode())
        assert page.open_incident()["id"]
