"""What `doctor` and `check` say of sources."""

from __future__ import annotations

from pathlib import Path

from msgspec.structs import replace
from tests.engine.sources.desks import answer_with, make_source, scrape, serve, targets, vector

from oncall_tui.domain.intake import Threshold
from oncall_tui.domain.probe import Credential, HttpRequest, ProbeKind
from oncall_tui.engine.sources.doctor import check_sources


async def test_doctor_says_what_each_source_has() -> None:
    async with serve(answer_with(lambda path, query: ("200 OK", targets(3, failing=1)))) as port:
        url = f"http://127.0.0.1:{port}"
        (check,) = await check_sources([make_source(ProbeKind.PROMETHEUS, url)])
    assert (check.level, check.what, check.finding) == (
        "ok",
        "source eu",
        f"{url} answers: targets 3, 1 failing, 0 silent",
    )
    (check,) = await check_sources([make_source(ProbeKind.GATUS, url)])
    assert (check.level, check.finding) == ("fail", f"{url}: connection refused")


async def test_scrapes_that_fail_are_warned_of() -> None:
    async with serve(
        answer_with(lambda path, query: ("200 OK", scrape(good=[("eu", "a")], dead=[("us", "a")])))
    ) as port:
        (check,) = await check_sources([make_source(ProbeKind.PROMETHEUS, f"http://127.0.0.1:{port}")])
    assert check.level == "warn"
    assert check.finding.endswith("answers: targets 1, 0 failing, 0 silent, failed scrapes 1, of jobs us")


async def test_a_bad_value_is_no_fault_of_the_source() -> None:
    async with serve(answer_with(lambda path, query: ("200 OK", vector(({}, 9))))) as port:
        url = f"http://127.0.0.1:{port}"
        (check,) = await check_sources([make_source(ProbeKind.QUERY, url, query="x", down=Threshold(">", 1))])
    assert (check.level, check.finding) == ("ok", f"{url} answers: value 9, value is 9, down when > 1")


async def test_a_source_is_not_asked_without_its_token(tmp_path: Path) -> None:
    source = make_source(ProbeKind.PROMETHEUS, "http://127.0.0.1:1")
    source = replace(source, request=HttpRequest(auth=Credential(file=str(tmp_path / "none"))))
    assert await check_sources([source]) == []
