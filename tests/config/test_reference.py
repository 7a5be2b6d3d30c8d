"""The reference and the examples say what the schema accepts, no more and no less."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping
from pathlib import Path

import pytest

from oncall_tui.config import schema
from oncall_tui.config.form import Table
from oncall_tui.config.load import load_config
from oncall_tui.config.reference import render_reference

ROOT = Path(__file__).parents[2]
EXAMPLES = ROOT / "examples"
RUNBOOKS = sorted((EXAMPLES / "runbooks").glob("*.md"))


def test_the_reference_is_made_from_the_schema() -> None:
    assert (ROOT / "docs" / "config.md").read_text() == render_reference(), "write it anew from render_reference()"


def test_every_key_has_words_and_stands_in_the_reference() -> None:
    reference = render_reference()
    tables: list[type[Table]] = [schema.FileTable, schema.PageTable, schema.TokenTable]
    for table in [*tables, *(schema.PROBE_TABLES[kind] for kind in schema.KINDS)]:
        for key in table.__struct_fields__:
            doc = schema.doc_of(table, key)
            assert doc is not None
            assert f"| `{key}` | {doc.meaning} | {doc.allowed} |" in reference


def test_the_example_is_valid_and_uses_every_key() -> None:
    path = EXAMPLES / "config.toml"
    config = load_config(path)
    assert {probe.runbook for probe in config.probes} == {str(runbook) for runbook in RUNBOOKS}
    document = tomllib.loads(path.read_text())
    known = set(schema.FileTable.__struct_fields__)
    assert set(document) == known
    assert set(document["page"]) == set(schema.PageTable.__struct_fields__)
    assert _keys(document["window"]) | {"all"} == set(schema.WindowTable.__struct_encode_fields__)
    assert _keys(document["component"]) == set(schema.ComponentTable.__struct_fields__)
    for kind in schema.KINDS:
        probes = [probe for probe in document["probe"] if probe["kind"] == kind]
        table = schema.PROBE_TABLES[kind]
        # What means the same for every kind is shown by one probe.
        shown = _keys(probes) | {
            "timeout",
            "failure_threshold",
            "recovery_threshold",
            "ack_clears_after",
            "confirm_every",
            "flap_start",
            "flap_end",
            "depends_on",
            "metric",
        }
        assert shown == set(table.__struct_fields__)
    assert {
        "timeout",
        "failure_threshold",
        "recovery_threshold",
        "confirm_every",
        "flap_start",
        "flap_end",
        "depends_on",
        "metric",
    } <= _keys(document["probe"])


def _keys(tables: list[Mapping[str, object]]) -> set[str]:
    return {key for table in tables for key in table}


@pytest.mark.parametrize("path", RUNBOOKS, ids=lambda path: path.stem)
def test_a_runbook_is_whole(path: Path) -> None:
    text = path.read_text()
    anchors = {re.sub(r"[^\w -]", "", title.lower()).replace(" ", "-") for title in re.findall(r"(?m)^#+ (.+)$", text)}
    for link in re.findall(r"\]\(([^)]+)\)", text):
        assert link.removeprefix("#") in anchors if link.startswith("#") else (path.parent / link).is_file(), link
    ids = set(re.findall(r"\bid=(\w+)", text))
    assert set(re.findall(r"\bverify=(\w+)", text)) <= ids
    assert len(re.findall(r"(?m)^(?:\d+\.|- \[ \]) ", text)) >= 5
    assert text.count("```") % 2 == 0
