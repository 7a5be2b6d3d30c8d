"""One call of the write API: admitted, read, and carried out inside one transaction."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping

from msgspec import Struct
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response

from oncall_tui.statuspage.faults import RequestRefusedError, refuse_unknown
from oncall_tui.statuspage.gate import read_fields, tag_answer
from oncall_tui.statuspage.pagefile import Identity, PageFile, read_identity
from oncall_tui.statuspage.sqlite import sqlite3

PAGE_PATH = "/v1/pages/{page_id}"
CHANGE = ("PATCH", "PUT")
_PAGE_MOST = 100
_LAST_PAGE = 1_000_000
Endpoint = Callable[[Request], Awaitable[Response]]


class Call(Struct, frozen=True):
    """One admitted request inside its transaction."""

    db: sqlite3.Connection
    identity: Identity
    url: str
    path: Mapping[str, str]
    query: Mapping[str, str]
    fields: dict[str, object]
    now: int

    @property
    def incident_id(self) -> str:
        return self.path["incident_id"]

    @property
    def component_id(self) -> str:
        return self.path["component_id"]

    @property
    def group_id(self) -> str:
        return self.path["group_id"]

    @property
    def metric_id(self) -> str:
        return self.path["metric_id"]

    def read_span(self, size_name: str) -> tuple[int, int]:
        """Returns limit and offset from `page` and the size parameter; raises RequestRefusedError (422)."""
        size = min(self._read_count(size_name, _PAGE_MOST), _PAGE_MOST)
        return size, (min(self._read_count("page", 1), _LAST_PAGE) - 1) * size

    def _read_count(self, name: str, default: int) -> int:
        text = self.query.get(name, "")
        if not text:
            return default
        if not (text.isascii() and text.isdecimal()) or len(text) > 9 or int(text) < 1:
            raise RequestRefusedError(422, f"{name} must be a whole number from 1 on")
        return int(text)


Work = Callable[[Call], Response]


class Endpoints:
    """Makes endpoints of work; `clock` gives ms since 1970 UTC, `url` is the address without a slash at its end."""

    def __init__(self, file: PageFile, url: str, clock: Callable[[], int]) -> None:
        self._file = file
        self._url = url
        self._clock = clock

    def read(self, work: Work) -> Endpoint:
        async def endpoint(request: Request) -> Response:
            def run() -> Response:
                with self._file.read() as db:
                    answer = work(self._call(request, db, {}, self._clock()))
                return tag_answer(request, answer)

            return await run_in_threadpool(run)

        return endpoint

    def write(self, work: Work, wrapper: str | None = None, beside: tuple[str, ...] = ()) -> Endpoint:
        """Takes the body's object under `wrapper`, and into it the fields that this API wants `beside` it."""

        async def endpoint(request: Request) -> Response:
            fields = {} if wrapper is None else await read_fields(request, wrapper, beside)

            def run() -> Response:
                now = self._clock()
                with self._file.write(now) as db:
                    return work(self._call(request, db, fields, now))

            return await run_in_threadpool(run)

        return endpoint

    def _call(self, request: Request, db: sqlite3.Connection, fields: dict[str, object], now: int) -> Call:
        identity = read_identity(db)
        if identity is None or request.path_params.get("page_id", identity.page_id) != identity.page_id:
            raise refuse_unknown("page")
        return Call(db, identity, self._url, request.path_params, request.query_params, fields, now)
