"""Groups of components, templates and figures: written over real sockets, shown to customers."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest
from tests.statuspage.clockpage import HOUR, MINUTE, NOON, ClockPage, serving
from tests.statuspage.test_public import HOSTILE, parse


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ClockPage]:
    with serving(tmp_path_factory.mktemp("page") / "page.db") as page:
        yield page


@pytest.fixture
def clock_page(served: ClockPage) -> ClockPage:
    return served.clear()


def test_a_group_is_made_changed_shown_and_dissolved(clock_page: ClockPage) -> None:
    ids = clock_page.find_components()
    body = {"description": HOSTILE, "component_group": {"name": HOSTILE, "components": [ids["Web"]]}}
    made = clock_page.post("/component-groups", **body)
    assert (made["name"], made["description"], made["components"]) == (HOSTILE, HOSTILE, [ids["Web"]])
    path = f"/component-groups/{made['id']}"
    assert clock_page.api.get(path).json() == made
    assert clock_page.api.get("/component-groups").json() == [made]

    clock_page.post("/incidents", incident={"name": "n", "components": {ids["Web"]: "partial_outage"}})
    change = clock_page.api.get("/incidents").json()[0]["incident_updates"][0]["affected_components"][0]
    assert change["name"] == f"{HOSTILE} - Web"
    for listed in (
        clock_page.api.get("/components").json(),
        clock_page.public.get("/api/v2/components.json").json()["components"],
    ):
        assert [(each["name"], each["group"], each["group_id"]) for each in listed] == [
            ("API", False, None),
            ("Web", False, made["id"]),
            (HOSTILE, True, None),
        ]
        assert (listed[2]["components"], listed[2]["status"]) == ([ids["Web"]], "partial_outage")
    assert [each["name"] for each in clock_page.api.get("/components", params={"page": 2, "per_page": 2}).json()] == [
        HOSTILE
    ]
    front = clock_page.public.get("/").text
    elements = parse(front)
    assert not {"script", "img"} & {name for name, _ in elements.found}
    section = front.partition("Components</h2>")[2]
    assert section.index("API") < section.index("&lt;script&gt;") < section.index("Web")

    renamed = clock_page.api.patch(path, json={"component_group": {"name": "Sites", "components": list(ids.values())}})
    assert (renamed.json()["name"], renamed.json()["description"]) == ("Sites", HOSTILE)
    assert set(renamed.json()["components"]) == set(ids.values())
    assert clock_page.api.delete(path).status_code == 200
    assert clock_page.api.get(path).status_code == 404
    assert {each["group_id"] for each in clock_page.api.get("/components").json()} == {None}


@pytest.mark.parametrize(
    ("body", "status"),
    [
        ({"component_group": {"name": "n"}}, 422),
        ({"component_group": {"components": ["x"]}}, 422),
        ({"component_group": {"name": "n", "components": ["nosuch"]}}, 422),
        ({"name": "n", "components": []}, 400),
    ],
)
def test_a_group_that_cannot_be_is_refused(clock_page: ClockPage, body: dict[str, object], status: int) -> None:
    assert clock_page.api.post("/component-groups", json=body).status_code == status
    assert clock_page.api.get("/component-groups").json() == []


def test_a_component_joins_only_a_group_that_is_there(clock_page: ClockPage) -> None:
    web = f"/components/{clock_page.find_components()['Web']}"
    refused = clock_page.api.patch(web, json={"component": {"group_id": "nosuch"}})
    assert refused.status_code == 422
    assert clock_page.api.patch(web, json={"component": {"group_id": None}}).status_code == 200


def test_templates_are_kept_and_checked(clock_page: ClockPage) -> None:
    api = clock_page.find_components()["API"]
    words = {"name": "Slow", "title": "The API is slow", "body": "We look.", "update_status": "in_progress"}
    made = clock_page.post(
        "/incident_templates", template={**words, "component_ids": [api], "should_send_notifications": True}
    )
    assert made["update_status"] == "in_progress"
    assert made["should_send_notifications"] is True
    clock_page.post("/incident_templates", template={**words, "name": "Broken", "update_status": None})
    listed = clock_page.api.get("/incident_templates", params={"page": 1, "per_page": 100}).json()
    assert [(each["name"], each["update_status"]) for each in listed] == [("Broken", None), ("Slow", "in_progress")]
    assert [each["id"] for each in listed[1]["components"]] == [api]
    clock_page.api.delete(f"/components/{api}")
    assert clock_page.api.get("/incident_templates").json()[1]["components"] == []
    for wrong in ({"name": "n"}, {**words, "update_status": "postmortem"}, {**words, "component_ids": ["nosuch"]}):
        assert clock_page.api.post("/incident_templates", json={"template": wrong}).status_code == 422


def make_metric(page: ClockPage, **fields: object) -> str:
    provider = page.api.get("/metrics_providers").json()[0]["id"]
    metric = {"name": "Answer time", "suffix": "ms", "decimal_places": 1, **fields}
    return str(page.post(f"/metrics_providers/{provider}/metrics", metric=metric)["id"])


def test_figures_are_taken_and_drawn(clock_page: ClockPage) -> None:
    metric = make_metric(clock_page, name=HOSTILE, suffix=HOSTILE, tooltip_description=HOSTILE)
    noon_s = NOON // 1000
    assert "24 hours" not in clock_page.public.get("/").text
    series = [{"timestamp": noon_s - 3600, "value": 10}, {"timestamp": noon_s - 3300, "value": 30}]
    batch = clock_page.api.post("/metrics/data", json={"data": {metric: series}})
    assert (batch.status_code, batch.json()) == (202, {metric: series})
    for value in (99, 20.25):
        single = clock_page.api.post(f"/metrics/{metric}/data", json={"data": {"timestamp": noon_s, "value": value}})
        assert single.status_code == 201
    assert clock_page.api.get(f"/metrics/{metric}").json()["most_recent_data_at"] == "2026-11-22T12:00:00.000Z"
    front = clock_page.public.get("/").text
    elements = parse(front)
    assert not {"script", "img"} & {name for name, _ in elements.found}
    assert "Latest 20.2 &lt;script&gt;" in front
    assert "between 10.0 &lt;script&gt;" in front
    assert "and 30.0 &lt;script&gt;" in front
    drawn = re.search(r'class="chart"[^>]*><path d="([^"]*)"', front)
    assert drawn is not None
    assert re.fullmatch(r"M\S+ 46\.0h1L\S+ 2\.0M\S+ \S+h1", drawn[1])
    clock_page.now = NOON + 25 * HOUR
    assert "24 hours" not in clock_page.public.get("/").text
    assert clock_page.api.delete(f"/metrics/{metric}/data").json()["most_recent_data_at"] is None
    assert clock_page.api.delete(f"/metrics/{metric}").status_code == 200
    assert clock_page.api.get("/metrics").json() == []


def test_old_figures_are_forgotten(clock_page: ClockPage) -> None:
    metric = make_metric(clock_page)
    clock_page.api.post(f"/metrics/{metric}/data", json={"data": {"timestamp": NOON // 1000, "value": 1}})
    clock_page.now = NOON + 31 * 24 * HOUR + MINUTE
    clock_page.api.post(f"/metrics/{metric}/data", json={"data": {"timestamp": clock_page.now // 1000, "value": 2}})
    with clock_page.file.read() as db:
        assert [row["value"] for row in db.execute("SELECT value FROM metric_point")] == [2.0]


@pytest.mark.parametrize(
    ("data", "status"),
    [
        ({"nosuch": []}, 404),
        ({"METRIC": {}}, 422),
        ({"METRIC": [1]}, 422),
        ({"METRIC": [{"timestamp": 1.5, "value": 1}]}, 422),
        ({"METRIC": [{"timestamp": 10**30, "value": 1}]}, 422),
        ({"METRIC": [{"timestamp": 1, "value": 10**400}]}, 422),
        ({"METRIC": [{"timestamp": 1, "value": True}]}, 422),
        ({"METRIC": [{"timestamp": 1, "value": None}]}, 422),
    ],
)
def test_a_figure_that_is_none_is_refused(clock_page: ClockPage, data: dict[str, object], status: int) -> None:
    metric = make_metric(clock_page)
    named = {key.replace("METRIC", metric): value for key, value in data.items()}
    assert clock_page.api.post("/metrics/data", json={"data": named}).status_code == status


def test_a_metric_needs_a_name_and_its_provider(clock_page: ClockPage) -> None:
    path = f"/metrics_providers/{clock_page.api.get('/metrics_providers').json()[0]['id']}/metrics"
    for wrong in ({}, {"name": ""}, {"name": "n", "decimal_places": 10}, {"name": "n", "decimal_places": "2"}):
        assert clock_page.api.post(path, json={"metric": wrong}).status_code == 422
    assert clock_page.api.post("/metrics_providers/other/metrics", json={"metric": {"name": "n"}}).status_code == 404
