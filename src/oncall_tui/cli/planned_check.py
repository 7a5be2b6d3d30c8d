"""The words of planned work on the command line: asked for in one way, and checked against all that is known."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, TypeVar

import click

from oncall_tui.cli.group import json_option, place_options
from oncall_tui.cli.place import Place
from oncall_tui.domain.announcing import Work
from oncall_tui.domain.maintenance import NoticeKind

if TYPE_CHECKING:
    from oncall_tui.store.database import Database

_F = TypeVar("_F", bound=Callable[..., object])


def say_options(command: _F) -> _F:
    """Adds what every word to customers takes."""
    for option in (
        click.option("--message", "-m", help="What customers read; - reads stdin [plain words]."),
        click.option("--no-notify", is_flag=True, help="Do not let the page mail its subscribers."),
        click.option(
            "--reason",
            "reasons",
            multiple=True,
            metavar="RULE=WHY",
            help="Tell it in spite of a rule; may be repeated.",
        ),
        json_option,
        place_options,
    ):
        command = option(command)
    return command


class PlannedCheck:
    """The words of one piece of work, checked against its window and all else; `remarks` are worth a warning.

    `passed` are the reasons that were needed, by their rules.
    """

    def __init__(
        self,
        place: Place,
        db: Database,
        title: str,
        work: Work,
        known: Sequence[str],
        reasons: Sequence[str],
        now: int,
        own_id: int | None = None,
    ) -> None:
        from oncall_tui.cli.wording import read_reasons
        from oncall_tui.config.customs import customs_of
        from oncall_tui.domain.announcing import find_overlaps
        from oncall_tui.store.incidents import list_incidents
        from oncall_tui.store.maintenance import list_maintenances
        from oncall_tui.store.page import list_pages

        self.remarks: list[str] = []
        self.passed: dict[str, str] = {}
        self._title, self._work, self._known, self._now = title, work, known, now
        self._reasons = read_reasons(reasons)
        config = place.sending_config()
        self.customs = customs_of(config)
        self._tuning = None if config is None else config.tuning
        others, incidents = list_maintenances(db, is_open_only=True), list_incidents(db, is_open_only=True)
        self._overlaps = find_overlaps(work, others, incidents, now, own_id)
        self._states = list_pages(db)
        planned = config.page_names if config is not None and config.pages else ()
        self._pages = planned if own_id is None else _list_told(db, own_id)

    def read(self, kind: NoticeKind, message: str | None) -> str:
        """Returns the words of a notice, inert; without any the usual ones. Raises RefusedError with what blocks."""
        from oncall_tui.cli.wording import judge_wording, read_message
        from oncall_tui.domain.announcing import describe_work, word_work

        work = self._work
        body = word_work(kind, work, self.customs, self._now) if message is None else read_message(message)
        context = describe_work(kind, work, self.customs, self._now, overlaps=self._overlaps, names=self._known)
        remarks, passed = judge_wording(self._title, body, context, self._tuning, self._reasons)
        remarks += self._find_losses(kind, body)
        self.remarks += [each for each in remarks if each not in self.remarks]
        self.passed |= passed
        return body

    def _find_losses(self, kind: NoticeKind, body: str) -> list[str]:
        """Returns what pages would not show. Raises RefusedError with what one would refuse."""
        from oncall_tui.domain.errors import RefusedError
        from oncall_tui.domain.lint.model import Level
        from oncall_tui.domain.plan_losses import find_notice_losses

        found = find_notice_losses(
            self._states, self._pages, kind, title=self._title, body=body, components=self._work.components
        )
        if blocks := [each for each in found if each.level is Level.BLOCK]:
            raise RefusedError(blocks[0].rule, blocks[0].message)
        return [each.message for each in found]


def _list_told(db: Database, maintenance_id: int) -> list[str]:
    """Returns the pages that hold planned work, or that are about to."""
    from oncall_tui.domain.update import DeliveryState
    from oncall_tui.store.notices import list_notice_deliveries, list_placements

    deliveries = list_notice_deliveries(db, maintenance_id)
    waiting = [each.page for each in deliveries if each.state is not DeliveryState.DROPPED]
    return [*(each.page for each in list_placements(db, maintenance_id)), *waiting]
