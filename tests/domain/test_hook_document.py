"""The document of a hook: what docs/notices.md says, inert, and with a line for a phone."""

from __future__ import annotations

import json
import re
from pathlib import Path

from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace
from tests.domain.test_hook_rules import NOW, RED, WEB, incident

from oncall_tui.domain.duration import MINUTE
from oncall_tui.domain.hook import HookEvent, Told
from oncall_tui.domain.hook_document import NAMES_MOST, TEXT_LIMIT, VERSION, Document, write_document, write_test
from oncall_tui.domain.hook_rules import Fallen
from oncall_tui.domain.probe import ProbeStatus

PAGE = (Path(__file__).parents[2] / "docs" / "notices.md").read_text(encoding="utf-8")
DOWN = Fallen("web", HookEvent.DOWN, NOW, probe=WEB, state=RED)


def shape(document: Document) -> dict[str, object]:
    shown = json.loads(document.encode())
    assert isinstance(shown, dict)
    return shown


def test_the_page_tells_the_fields_the_events_and_the_version() -> None:
    example = re.search(r"```json\n(.*?)```", PAGE, re.DOTALL)
    assert example is not None
    shown = json.loads(example[1])
    fields = list(Document.__struct_fields__)
    assert list(shown) == fields
    assert shown["version"] == VERSION
    table = PAGE.partition("| field |")[2].partition("\n\n")[0]
    assert re.findall(r"(?m)^\| `(\w+)`", table) == fields
    assert set(shown["dependants"]) == set(shown["others"]) == {"count", "names"}
    for event in HookEvent:
        assert f"`{event}`" in PAGE
    made = write_document([replace(DOWN, behind=("api-eu", "api-us"), incident=incident(None))], "u", 0, NOW)
    assert {key: type(value) for key, value in shape(made).items() if value} == {
        key: type(value) for key, value in shown.items() if value and key != "runbook"
    }


def test_the_text_tells_what_a_person_wants_to_know() -> None:
    told = write_document([replace(DOWN, behind=("a", "b"), incident=incident(None))], "u", 2, NOW)
    assert told.text == (
        "DOWN: web (Web), since 08:00 UTC, refused, 2 more behind it, incident #7, 2 changes held back before this"
    )
    up = replace(DOWN, event=HookEvent.UP, was=Told("web", HookEvent.SLOW, NOW - 16 * MINUTE))
    assert write_document([up], "u", 0, NOW).text == "UP: web (Web), since 08:00 UTC, after 16m SLOW"
    flapping = replace(DOWN, event=HookEvent.FLAPPING)
    assert (
        "FLAPPING: web (Web), since 08:00 UTC, at the moment DOWN, refused"
        in write_document([flapping], "u", 0, NOW).text
    )
    slow = replace(DOWN, event=HookEvent.SLOW, state=replace(RED, status=ProbeStatus.SLOW))
    assert write_document([slow, *([slow] * 7)], "u", 0, NOW).text.startswith("SLOW: web (Web) and 7 others, since")
    late = Fallen("promise\n7", HookEvent.PROMISE_LATE, NOW, incident=incident(NOW))
    shown = shape(write_document([late], "u", 0, NOW))
    assert shown["text"] == "UPDATE LATE: #7 Slow, promised for 08:00 UTC"
    assert (shown["probe"], shown["incident"], shown["reason"]) == (None, 7, "")


def test_names_are_cut_and_counted() -> None:
    names = tuple(f"p{n}" for n in range(NAMES_MOST + 400))
    behind = write_document([replace(DOWN, behind=names)], "u", 0, NOW).dependants
    assert (behind.count, len(behind.names)) == (500, NAMES_MOST)


def test_a_test_says_that_nothing_is_wrong() -> None:
    shown = shape(write_test("phone", "u", NOW))
    assert (shown["event"], shown["since"], shown["probe"]) == ("test", None, None)
    assert "nothing is wrong" in str(shown["text"])


@given(st.text(max_size=60), st.text(max_size=300))
def test_whatever_is_in_it_the_bytes_are_one_inert_line(name: str, reason: str) -> None:
    probe = replace(WEB, name=f"a\x1b]0;x\a{name}", component=f"\x9b31m{name}")
    hostile = replace(DOWN, probe=probe, state=replace(RED, last_reason=f"\x1b[2J\n{reason}"), behind=(name,))
    text = write_document([hostile, replace(hostile, subject=name)], "u", 0, NOW).encode()
    assert text.isascii()
    assert text.isprintable()
    shown = json.loads(text)
    for each in (shown["probe"], shown["component"], shown["reason"], shown["text"], *shown["others"]["names"]):
        assert not re.search(r"[\x00-\x1f\x7f-\x9f\u202e]", each)
    assert len(shown["text"]) <= TEXT_LIMIT
