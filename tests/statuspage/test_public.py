"""What customers read: the v2 JSON, the pages, the feed."""

from __future__ import annotations

import re
from html.parser import HTMLParser
from xml.etree import ElementTree as ET

import pytest
from tests.statuspage.conftest import PAGE_ID, Page

from oncall_tui.statuspage.server import describe

HOSTILE = "<script>alert(1)</script>\"'><img src=x onerror=alert(1)> \x1b[31m \u202eevil\u202c [@click=x] ]]> &amp;"
ATOM = "{http://www.w3.org/2005/Atom}"


class Elements(HTMLParser):
    """Collects what a browser would build, and whether every element was closed in order."""

    void = frozenset({"meta", "link", "path", "circle"})

    def __init__(self) -> None:
        super().__init__()
        self.found: list[tuple[str, dict[str, str | None]]] = []
        self.open: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found.append((tag, dict(attrs)))
        if tag not in self.void:
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found.append((tag, dict(attrs)))

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag


def parse(html: str) -> Elements:
    elements = Elements()
    elements.feed(html)
    elements.close()
    assert elements.open == []
    return elements


def test_every_v2_answer_has_the_envelope_and_no_metadata(page: Page) -> None:
    page.open_incident(metadata={"ours": {"uid": "secret-uid"}})
    page.open_incident(scheduled_for="2031-01-01", scheduled_until="2031-01-02")
    keys = {
        "summary": {"components", "incidents", "scheduled_maintenances", "status"},
        "status": {"status"},
        "components": {"components"},
        "incidents": {"incidents"},
        "incidents/unresolved": {"incidents"},
        "scheduled-maintenances": {"scheduled_maintenances"},
        "scheduled-maintenances/upcoming": {"scheduled_maintenances"},
        "scheduled-maintenances/active": {"scheduled_maintenances"},
    }
    for path, expected in keys.items():
        answer = page.public.get(f"/api/v2/{path}.json")
        assert answer.status_code == 200, path
        assert set(answer.json()) == {"page", *expected}
        assert set(answer.json()["page"]) == {"id", "name", "url", "time_zone", "updated_at"}
        assert "secret-uid" not in answer.text
        assert "metadata" not in answer.text
        assert answer.headers["access-control-allow-origin"] == "*"


def test_the_headline_tells_of_an_incident_without_components(page: Page) -> None:
    opened = page.open_incident(impact_override="critical")
    assert page.public.get("/api/v2/status.json").json()["status"]["indicator"] == "critical"
    assert "<h1>Major outage</h1>" in page.public.get("/").text
    page.api.patch(f"/incidents/{opened['id']}", json={"incident": {"status": "resolved"}})
    assert page.public.get("/api/v2/status.json").json()["status"]["indicator"] == "none"


def test_an_unchanged_answer_is_304(page: Page) -> None:
    first = page.public.get("/api/v2/incidents.json")
    assert "max-age" in first.headers["cache-control"]
    etag = first.headers["etag"]
    assert page.public.get("/api/v2/incidents.json", headers={"If-None-Match": etag}).status_code == 304
    page.open_incident()
    assert page.public.get("/api/v2/incidents.json", headers={"If-None-Match": etag}).status_code == 200


def test_a_customer_reads_updates_in_order(page: Page) -> None:
    opened = page.open_incident(name="Mail is slow", body="First words")
    page.api.patch(f"/incidents/{opened['id']}", json={"incident": {"status": "identified", "body": "Second\nwords"}})
    for path in ("/", f"/incidents/{opened['id']}", "/history"):
        html = page.public.get(path).text
        assert html.index("Mail is slow") < html.index("Second\nwords") < html.index("First words")
        parse(html)


@pytest.mark.parametrize(
    "path", ["/", "/history", "/history?page=x", "/history?page=99999999", "/nothing", "/incidents/zz"]
)
def test_pages_are_whole_and_run_nothing(page: Page, path: str) -> None:
    answer = page.public.get(path)
    elements = parse(answer.text)
    assert not {"script", "iframe", "object", "form", "img"} & {name for name, _ in elements.found}
    assert not any(key.startswith("on") or key == "style" for _, keys in elements.found for key in keys)
    links = [keys["href"] for _, keys in elements.found if keys.get("href")]
    assert all(str(link).startswith(("/", "data:image/svg+xml,")) for link in links)
    policy = answer.headers["content-security-policy"]
    assert policy.startswith("default-src 'none'")
    assert "unsafe" not in policy


def test_hostile_text_is_shown_inert(page: Page) -> None:
    made = page.api.post("/components", json={"component": {"name": HOSTILE, "description": HOSTILE}}).json()
    opened = page.open_incident(name=HOSTILE, body=f"{HOSTILE}\nsecond line", components={made["id"]: "major_outage"})
    assert opened["name"] == HOSTILE
    for path in ("/", f"/incidents/{opened['id']}", "/history"):
        html = page.public.get(path).text
        elements = parse(html)
        assert not {"script", "img"} & {name for name, _ in elements.found}
        assert "&lt;script&gt;" in html
        assert not re.search("[\x1b\u202e]", html)
    assert page.public.get("/api/v2/summary.json").content.isascii()
    entry = ET.fromstring(page.public.get("/history.atom").content).find(f"{ATOM}entry")
    assert entry is not None
    said = entry.findtext(f"{ATOM}content") or ""
    assert "<script" not in said
    assert "&lt;script&gt;" in said
    page.api.delete(f"/components/{made['id']}")


def test_the_feed_is_valid_atom(page: Page) -> None:
    opened = page.open_incident(name="For the feed", body="a\nb")
    answer = page.public.get("/history.atom")
    assert answer.headers["content-type"].startswith("application/atom+xml")
    feed = ET.fromstring(answer.content)
    assert feed.tag == f"{ATOM}feed"
    for parent in (feed, *feed.findall(f"{ATOM}entry")):
        assert (parent.findtext(f"{ATOM}id") or "").startswith("urn:uuid:")
        assert parent.findtext(f"{ATOM}title")
        assert re.fullmatch(r"[\d-]{10}T[\d:.]{12}Z", parent.findtext(f"{ATOM}updated") or "")
    assert feed.find(f"{ATOM}author/{ATOM}name") is not None
    ids = [entry.findtext(f"{ATOM}id") for entry in feed.findall(f"{ATOM}entry")]
    assert len(set(ids)) == len(ids)
    newest = feed.find(f"{ATOM}entry")
    assert newest is not None
    assert newest.findtext(f"{ATOM}title") == "For the feed"
    assert "a<br/>b" in (newest.findtext(f"{ATOM}content") or "")
    link = newest.find(f"{ATOM}link")
    assert link is not None
    assert link.get("href") == f"{page.url}/incidents/{opened['id']}"


def test_a_day_with_an_open_incident_is_not_called_quiet(page: Page) -> None:
    opened = page.open_incident(name="Still going")
    listed = page.public.get("/").text.partition("The last 15 days")[2]
    assert "Still going</a>: still open" in listed
    page.api.patch(f"/incidents/{opened['id']}", json={"incident": {"status": "resolved"}})
    listed = page.public.get("/").text.partition("The last 15 days")[2]
    assert "Still going</a></h4>" in listed


def test_states_are_words_beside_shapes(page: Page) -> None:
    web = page.find_components()["Web"]
    for status, label in (("partial_outage", "Partial outage"), ("under_maintenance", "Under maintenance")):
        page.api.patch(f"/components/{web}", json={"component": {"status": status}})
        assert label in page.public.get("/").text
    page.api.patch(f"/components/{web}", json={"component": {"status": "operational"}})


def test_the_starting_lines_warn_when_others_can_listen() -> None:
    assert f'page_id = "{PAGE_ID}"' in describe("http://127.0.0.1:80", PAGE_ID, "t")
    assert "TLS" not in describe("http://127.0.0.1:80", PAGE_ID, "t")
    assert "TLS" in describe("http://0.0.0.0:80", PAGE_ID, "t")
