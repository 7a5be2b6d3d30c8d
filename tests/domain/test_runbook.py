from __future__ import annotations

import time
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from oncall_tui.domain.runbook import STEP_LIMIT, TEXT_LIMIT, Runbook, parse
from oncall_tui.domain.sanitize import is_clean

_EXAMPLES = Path(__file__).parents[2] / "examples" / "runbooks"


def _titles(text: str) -> list[str]:
    return [step.title for step in parse(text).steps]


def test_task_items_are_steps_and_stand_before_numbers() -> None:
    assert _titles("# T\n- [ ] one\n- [x] two\n1. not this\n") == ["one", "two"]


def test_numbered_items_are_steps_and_what_is_nested_belongs_to_them() -> None:
    text = "## Do\n1. one\n   - deeper\n   ```sh\n   # no heading\n   1. no step\n   ```\n2) two **now** `x`\n"
    one, two = parse(text).steps
    assert one.title == "one"
    assert one.body == "- deeper\n```sh\n# no heading\n1. no step\n```"
    assert two.title == "two now x"


def test_code_between_numbered_items_belongs_to_the_one_before() -> None:
    one, two = parse("1. one\n\n```\n$ ls\n```\n\n2. two\n").steps
    assert one.body == "```\n$ ls\n```"
    assert two.body == ""


@pytest.mark.parametrize(
    "heading", ["Diagnosis", "Mitigation", "Resolution", "Steps", "Possible checks", "Procedure", "Verify it"]
)
def test_bullets_are_steps_under_a_heading_that_speaks_of_doing(heading: str) -> None:
    assert _titles(f"# T\n## {heading}\n- one\n  - deeper\n* two\n") == ["one", "two"]


def test_bullets_elsewhere_are_words() -> None:
    runbook = parse("# T\n## Do\n1. one\n## Who\n- ana\n- ben\n")
    assert [step.title for step in runbook.steps] == ["one"]
    assert [(context.title, context.text) for context in runbook.context] == [("Who", "- ana\n- ben")]


def test_a_title_that_speaks_of_doing_makes_no_steps_of_every_list() -> None:
    assert _titles("# Steps when it is slow\n## People\n- ana\n## Do\n1. one\n") == ["one"]


def test_a_section_of_commands_is_one_step_with_its_heading() -> None:
    (step,) = parse("# T\n## Restart it\nTake care.\n```\n$ systemctl restart x\n```\n").steps
    assert step.title == "Restart it"
    assert "systemctl restart x" in step.body


@pytest.mark.parametrize("heading", ["Meaning", "Impact", "Symptoms", "Overview", "Background", "Links"])
def test_sections_that_explain_are_context_with_all_below_them(heading: str) -> None:
    runbook = parse(f"# T\n## {heading}\n1. not a step\n### More\n- [ ] nor this\n## Steps\n1. one\n")
    assert [step.title for step in runbook.steps] == ["one"]
    assert [context.title for context in runbook.context] == [heading, "More"]


def test_a_file_without_steps_gives_its_chapters_to_read() -> None:
    assert _titles("# T\nwords\n## A\nx\n## B\ny\n") == ["read: A", "read: B"]
    assert _titles("just words\n") == ["read this runbook"]


@pytest.mark.parametrize("text", ["", "\n \n", "---\ntitle: x\n---\n"])
def test_an_empty_file_has_no_steps(text: str) -> None:
    assert parse(text) == Runbook()


def test_front_matter_is_skipped_and_comments_are_not_shown() -> None:
    runbook = parse("---\noc: {severity: 2}\n---\n# T\n<!-- a\n# b\n-->\n1. one <!-- oc: id=first role=ops -->\n")
    assert runbook.title == "T"
    (step,) = runbook.steps
    assert (step.title, step.anchor, step.role) == ("one", "first", "ops")


def test_front_matter_that_never_ends_is_text() -> None:
    assert _titles("---\n1. one\n") == ["one"]


def test_headings_may_be_underlined() -> None:
    runbook = parse("Down\n====\n\nSteps\n-----\n- one\n")
    assert runbook.title == "Down"
    assert [(step.title, step.section) for step in runbook.steps] == [("one", "Steps")]


def test_what_leads_in_comes_with_the_first_step() -> None:
    one, two = parse("## Steps\nOnly with the lead's word.\n1. one\n2. two\n").steps
    assert one.body == "Only with the lead's word."
    assert two.body == ""


def test_an_anchor_outlives_edits_elsewhere_and_twins_differ() -> None:
    before = parse("# T\n## A\n1. one\n2. same\n2. same\n").steps
    after = parse("# T\n## New\n1. x\n## A\n1. zero\n1. one\n2. same\n   with more\n2. same\n").steps
    assert {step.anchor for step in before} <= {step.anchor for step in after}
    assert len({step.anchor for step in after}) == len(after)
    assert parse("# T\n## B\n1. one\n").steps[0].anchor != before[0].anchor


def test_the_shipped_runbooks_have_steps_with_roles() -> None:
    for path in _EXAMPLES.glob("*.md"):
        runbook = parse(path.read_text("utf-8"))
        assert runbook.title
        assert len(runbook.steps) >= 10, path
        assert all("<!--" not in step.title + step.body for step in runbook.steps)
        assert runbook.steps[0].role


@given(st.text())
def test_any_text_gives_a_runbook_of_inert_words(text: str) -> None:
    runbook = parse(text)
    assert all(is_clean(step.title) and is_clean(step.body) and step.title for step in runbook.steps)
    assert len({step.anchor for step in runbook.steps}) == len(runbook.steps)


_MARKS = [
    "# a",
    "## Steps",
    "### ",
    "- x",
    "- [ ] y",
    "1. z",
    "   2) w",
    "```",
    "~~~",
    "   ```",
    "---",
    "===",
    "",
    "<!--",
    "-->",
]


@given(st.lists(st.sampled_from(_MARKS), max_size=30))
def test_any_shape_gives_distinct_steps_and_loses_no_task(lines: list[str]) -> None:
    runbook = parse("\n".join(lines))
    assert len({step.anchor for step in runbook.steps}) == len(runbook.steps)
    assert len(runbook.steps) <= max(1, len(lines))


@pytest.mark.parametrize(
    "unit", ["<!--", "# ", "[a](", "-", "* ", "`", "- [ ] x\n", "## h\n", "<!-- oc: ", "#\t", " #"]
)
def test_hostile_and_huge_files_take_no_time_and_are_cut(unit: str) -> None:
    # Of this process alone: what else the machine does is not the parser's.
    began = time.process_time()
    runbook = parse(unit * (TEXT_LIMIT // len(unit) + 10))
    assert time.process_time() - began < 2
    assert runbook.is_cut
    assert len(runbook.steps) <= STEP_LIMIT
