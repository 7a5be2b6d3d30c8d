"""Facts as people type them, and back: what the form shows of each, and what it makes of a line."""

from __future__ import annotations

from collections.abc import Mapping

from msgspec import Struct
from msgspec.structs import replace

from oncall_tui.domain.errors import UsageError
from oncall_tui.domain.facts import Facts
from oncall_tui.domain.instants import read_instant
from oncall_tui.domain.sanitize import clean_line
from oncall_tui.domain.template import FACT_LIMIT
from oncall_tui.tui.text import date_utc


class Row(Struct, frozen=True):
    """One line of the form; `hint` is an example of what belongs there."""

    name: str
    label: str
    hint: str


ROWS = (
    Row("impact", "impact", "what customers notice: pages fail to load with an error"),
    Row("scope", "scope", "whom it hits: all customers in Europe"),
    Row("percent", "  % of requests", "30"),
    Row("count", "  customers", "1200"),
    Row("region", "  region", "Europe"),
    Row("feature", "  feature", "the export of reports"),
    Row("unaffected", "not affected", "the mobile app"),
    Row("workaround", "way round", "the mobile app shows the same figures"),
    Row("limits", "  its limits", "reports cannot be exported there"),
    Row("request", "please", "what customers should do: send failed payments again tomorrow"),
    Row("action", "we are", "returning to the version of this morning"),
    Row("cause_plain", "cause", "in plain words: a setting that we changed at 14:03 UTC"),
    Row("provider", "supplier", "our DNS supplier"),
    Row("provider_url", "  their notice", "https://status.example.net/incidents/42"),
    Row("eta_at", "repaired by", "15:30 UTC, or in 40m; empty: none promised"),
    Row("eta_source", "  says who", "our DNS supplier"),
    Row("data_note", "data", "no customer data was lost"),
    Row("verified", "how we know", "all three regions answer as they did before"),
    Row("prevention", "what we change", "each change is now tried on one server first"),
)
_LIMITS = {"percent": 6, "count": 9, "eta_at": 60}


def limit_of(name: str) -> int:
    """Returns the most characters that a line takes."""
    return _LIMITS.get(name, FACT_LIMIT)


def write_facts(facts: Facts) -> dict[str, str]:
    """Returns each fact as its line shows it, empty where it is not known."""
    lines = {}
    for row in ROWS:
        value = getattr(facts, row.name)
        if row.name == "eta_at" and value is not None:
            lines[row.name] = date_utc(value)
        else:
            lines[row.name] = "" if value is None else f"{value:g}" if isinstance(value, float) else str(value)
    return lines


def read_facts(lines: Mapping[str, str], before: Facts, now: int) -> tuple[Facts, dict[str, str]]:
    """Returns the facts that lines say, and why a line could not be read; such a fact stays what it was."""
    facts, faults = before, {}
    shown = write_facts(before)
    for name, line in lines.items():
        text = clean_line(line.strip(), limit_of(name))
        if text == shown[name]:
            continue
        try:
            facts = replace(facts, **{name: _read(name, text, now)})
        except (UsageError, ValueError) as error:
            faults[name] = str(error)
    return facts, faults


def _read(name: str, text: str, now: int) -> str | float | int | None:
    """Raises UsageError or ValueError."""
    if not text:
        return None
    if name == "eta_at":
        return read_instant(text, "repaired by", now, zone="UTC")
    if name == "percent":
        return _read_percent(text)
    if name == "count":
        if not text.replace(",", "").isdecimal():
            raise ValueError("That is no number of customers: 1200 is.")
        return int(text.replace(",", ""))
    return text


def _read_percent(text: str) -> float:
    try:
        percent = float(text.removesuffix("%").strip())
    except ValueError:
        percent = -1.0
    if not 0 < percent <= 100:
        raise ValueError("That is no share of requests: 30 is.")
    return percent
