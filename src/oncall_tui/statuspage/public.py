"""What everybody may read without a token: the v2 JSON, the pages, the feed."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

from msgspec import Struct
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from oncall_tui.statuspage import incidents, shapes
from oncall_tui.statuspage.boards import Chart
from oncall_tui.statuspage.components import list_components
from oncall_tui.statuspage.faults import RequestRefusedError, refuse_unknown
from oncall_tui.statuspage.feed import render_feed
from oncall_tui.statuspage.gate import JsonAnswer, answer_cacheable
from oncall_tui.statuspage.groups import list_groups
from oncall_tui.statuspage.metrics import list_metrics, list_slots
from oncall_tui.statuspage.pagefile import Identity, PageFile, read_identity
from oncall_tui.statuspage.pages import (
    HISTORY_DAYS,
    Front,
    render_front,
    render_history,
    render_incident,
    render_missing,
)
from oncall_tui.statuspage.sqlite import sqlite3
from oncall_tui.statuspage.style import CONTENT_SECURITY_POLICY

MAX_AGE_S = 5
_RECENT = 50
_HISTORY_SIZE = 25
_LAST_PAGE = 100_000
_DAY_MS = 86_400_000


class Reading(Struct, frozen=True):
    """One public request inside its read transaction."""

    db: sqlite3.Connection
    identity: Identity
    url: str
    request: Request
    now: int


Work = Callable[[Reading], Response]
Endpoint = Callable[[Request], Awaitable[Response]]


def build_routes(file: PageFile, url: str, clock: Callable[[], int]) -> list[Route]:
    """Returns the routes; `clock` gives ms since 1970 UTC, `url` is the public address without a slash at its end."""

    def read(work: Work) -> Endpoint:
        async def endpoint(request: Request) -> Response:
            def run() -> Response:
                with file.read() as db:
                    identity = read_identity(db)
                    if identity is None:
                        raise refuse_unknown("page")
                    return work(Reading(db, identity, url, request, clock()))

            return await run_in_threadpool(run)

        return endpoint

    def listing(key: str, which: str) -> Endpoint:
        return read(lambda reading: _answer_json(reading, {key: _list(reading, which)}))

    v2 = "/api/v2"
    planned = "scheduled_maintenances"
    return [
        Route(f"{v2}/summary", read(_summary)),
        Route(f"{v2}/status", read(_status)),
        Route(f"{v2}/components", read(_components)),
        Route(f"{v2}/incidents", listing("incidents", incidents.REALTIME)),
        Route(f"{v2}/incidents/unresolved", listing("incidents", incidents.UNRESOLVED)),
        Route(f"{v2}/scheduled-maintenances", listing(planned, incidents.MAINTENANCE)),
        Route(f"{v2}/scheduled-maintenances/upcoming", listing(planned, incidents.UPCOMING)),
        Route(f"{v2}/scheduled-maintenances/active", listing(planned, incidents.ACTIVE_MAINTENANCE)),
        Route("/", read(_front)),
        Route("/incidents/{incident_id}", read(_incident)),
        Route("/history", read(_history)),
        Route("/history.atom", read(_feed)),
    ]


def _list(reading: Reading, which: str) -> list[dict[str, object]]:
    return [
        shapes.shape_public_incident(incident, reading.identity.page_id, reading.url)
        for incident in incidents.list_incidents(reading.db, which, _RECENT)
    ]


def _judge(reading: Reading) -> dict[str, object]:
    live = incidents.list_incidents(reading.db, incidents.UNRESOLVED, -1)
    active = incidents.list_incidents(reading.db, incidents.ACTIVE_MAINTENANCE, -1)
    return shapes.shape_status(shapes.judge_page(list_components(reading.db), [*live, *active]))


def _shape_components(reading: Reading) -> list[dict[str, object]]:
    return shapes.shape_components(list_components(reading.db), list_groups(reading.db), reading.identity.page_id)


def _summary(reading: Reading) -> Response:
    return _answer_json(
        reading,
        {
            "components": _shape_components(reading),
            "incidents": _list(reading, incidents.UNRESOLVED),
            "scheduled_maintenances": _list(reading, incidents.SCHEDULED),
            "status": _judge(reading),
        },
    )


def _status(reading: Reading) -> Response:
    return _answer_json(reading, {"status": _judge(reading)})


def _components(reading: Reading) -> Response:
    return _answer_json(reading, {"components": _shape_components(reading)})


def _answer_json(reading: Reading, content: dict[str, object]) -> Response:
    envelope = {"page": shapes.shape_envelope(reading.identity, reading.url), **content}
    answer = JsonAnswer(envelope)
    return answer_cacheable(reading.request, bytes(answer.body), JsonAnswer.media_type, MAX_AGE_S)


def _front(reading: Reading) -> Response:
    since = reading.now - reading.now % _DAY_MS - (HISTORY_DAYS - 1) * _DAY_MS
    front = Front(
        name=reading.identity.name,
        now=_find_minute(reading),
        components=list_components(reading.db),
        groups=list_groups(reading.db),
        charts=[Chart(metric, list_slots(reading.db, metric.id, reading.now)) for metric in list_metrics(reading.db)],
        live=incidents.list_incidents(reading.db, incidents.UNRESOLVED, -1),
        active=incidents.list_incidents(reading.db, incidents.ACTIVE_MAINTENANCE, -1),
        upcoming=sorted(
            incidents.list_incidents(reading.db, incidents.UPCOMING, -1), key=lambda each: each.scheduled_for or 0
        ),
        past=incidents.list_closed_since(reading.db, since),
    )
    return _answer_html(reading.request, render_front(front))


def _find_minute(reading: Reading) -> int:
    """An unchanged page keeps its ETag between two looks at it."""
    return reading.now - reading.now % 60_000


def _incident(reading: Reading) -> Response:
    try:
        incident = incidents.get_incident(reading.db, reading.request.path_params["incident_id"])
    except RequestRefusedError:
        return _answer_html(reading.request, render_missing(reading.identity.name), 404)
    return _answer_html(reading.request, render_incident(reading.identity.name, incident, _find_minute(reading)))


def _history(reading: Reading) -> Response:
    text = reading.request.query_params.get("page", "1")
    is_number = text.isascii() and text.isdecimal() and len(text) < 9
    page = min(max(int(text), 1), _LAST_PAGE) if is_number else 1
    found = incidents.list_by_start(reading.db, _HISTORY_SIZE + 1, (page - 1) * _HISTORY_SIZE)
    has_more = len(found) > _HISTORY_SIZE
    html = render_history(reading.identity.name, found[:_HISTORY_SIZE], page, has_more=has_more)
    return _answer_html(reading.request, html)


def _feed(reading: Reading) -> Response:
    feed = render_feed(reading.identity, reading.url, incidents.list_incidents(reading.db, incidents.ALL, _RECENT))
    return answer_cacheable(reading.request, feed.encode(), "application/atom+xml; charset=utf-8", MAX_AGE_S)


def _answer_html(request: Request, html: str, status: int = 200) -> Response:
    if status == 200:
        answer = answer_cacheable(request, html.encode(), "text/html; charset=utf-8", MAX_AGE_S)
    else:
        answer = Response(html, status, media_type="text/html; charset=utf-8")
    answer.headers["content-security-policy"] = CONTENT_SECURITY_POLICY
    return answer


def answer_missing(file: PageFile, request: Request, status: int) -> Response:
    """Returns the page for an address that leads nowhere, in the manner of the part that was asked."""
    if request.url.path.startswith(("/v1/", "/api/")):
        return JsonAnswer({"message": "not found" if status == 404 else "method not allowed"}, status)
    with file.read() as db:
        identity = read_identity(db)
    return _answer_html(request, render_missing("Status" if identity is None else identity.name), status)
