"""What was confirmed to a script, and what came of it."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from typing import cast

Shape = dict[str, object]


@dataclass
class Told:
    """What exit 0 confirmed about one incident, in order."""

    number: int
    title: str
    updates: list[tuple[str, str]] = field(default_factory=list)


@dataclass
class Report:
    """What happened, and what should not have."""

    seed: int
    confirmed: int = 0
    kills: Counter[str] = field(default_factory=Counter)
    exits: Counter[str] = field(default_factory=Counter)
    conflicts: int = 0
    asked: int = 0
    faulted: int = 0
    requests: int = 0
    edits: int = 0
    losses: list[str] = field(default_factory=list)
    duplicates: list[str] = field(default_factory=list)
    disorders: list[str] = field(default_factory=list)
    lies: list[str] = field(default_factory=list)

    @property
    def is_clean(self) -> bool:
        return not (self.losses or self.duplicates or self.disorders or self.lies)

    def tell(self) -> str:
        counts = ("duplicates", "losses", "disorders", "lies")
        did = f"{self.confirmed} updates confirmed, {sum(self.kills.values())} kills {dict(self.kills)}"
        met = f"{self.faulted} of {self.requests} requests faulted, {self.edits} edits by somebody else"
        ends = f"{self.conflicts} conflicts and {self.asked} doubts decided by a person, exits {dict(self.exits)}"
        broken = ", ".join(f"{name} {len(getattr(self, name))}" for name in counts)
        lines = [f"seed {self.seed}: {did}, {met}, {ends}", f"  {broken}"]
        for name in counts:
            lines += [f"  {name}: {each}" for each in getattr(self, name)]
        return "\n".join(lines)


def list_said(shown: Shape) -> list[Shape]:
    """Returns the updates of an incident as a command printed it."""
    return as_rows(shown["updates"])


def as_rows(value: object) -> list[Shape]:
    assert isinstance(value, list)
    return cast("list[Shape]", value)


def find_remote_id(shown: Shape) -> str:
    """Returns the page's id of an incident as `incident show --json` tells it, empty when it stands on no page."""
    pages = as_rows(shown["pages"])
    return str(pages[0]["remote_id"]) if pages else ""
