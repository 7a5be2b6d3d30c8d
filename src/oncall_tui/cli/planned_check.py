"""The words of planned work on the command line: asked for in one way, and checked against all that is known."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Mapping, Sequence
from functools import reduce, wraps
from typing import TYPE_CHECKING, TypeVar

import click
from msgspec import Struct, convert
from msgspec.structs import replace

from oncall_tui.cli.group import json_option, place_options
from oncall_tui.cli.place import Place
from oncall_tui.domain.announcing import Work
from oncall_tui.domain.maintenance import NoticeKind, WorkFacts

if TYPE_CHECKING:
    from oncall_tui.domain.lint.model import Finding
    from oncall_tui.store.database import Database
    from oncall_tui.store.notice_rows import Words

_S = TypeVar("_S", bound="Saying")


class Saying(Struct, frozen=True, kw_only=True):
    """What is typed with every word to customers; `number` is empty for work that is new."""

    message: str | None
    no_notify: bool
    reasons: tuple[str, ...]
    is_json: bool
    number: str = ""

    def make_words(self, body: str) -> Words:
        """Returns words as they are stored."""
        from oncall_tui.store.notice_rows import Words

        return Words(uuid.uuid4().hex, body, not self.no_notify)


class Planning(Saying, frozen=True, kw_only=True):
    """What is typed of a plan that is made or changed; None stands for what was not named."""

    title: str | None
    components: tuple[str, ...]
    effect: str | None
    backout: str | None
    owner: str | None
    remind_message: str | None
    start_message: str | None
    finish_message: str | None

    @property
    def by_clock(self) -> dict[NoticeKind, str | None]:
        """The words of what the clock says later."""
        return {
            NoticeKind.REMIND: self.remind_message,
            NoticeKind.START: self.start_message,
            NoticeKind.FINISH: self.finish_message,
        }

    def read_facts(self, before: WorkFacts) -> WorkFacts:
        """Returns what people know of the work from now on; what was not named stays as it was."""
        from oncall_tui.cli.wording import read_title

        named = {"effect": self.effect, "backout": self.backout, "owner": self.owner}
        return replace(before, **{name: read_title(said) for name, said in named.items() if said is not None})


_SAY_OPTIONS = (
    click.option("--message", "-m", help="What customers read; - reads stdin [plain words]."),
    click.option("--no-notify", is_flag=True, help="Do not let the page mail its subscribers."),
    click.option(
        "--reason", "reasons", multiple=True, metavar="RULE=WHY", help="Tell it in spite of a rule; may be repeated."
    ),
    json_option,
    place_options,
)
_PLAN_OPTIONS = (
    click.option("--component", "components", multiple=True, metavar="NAME", help="All it touches; may be repeated."),
    click.option("--effect", help="What customers notice meanwhile; they read it."),
    click.option("--back-out", "backout", help="How to go back, and until when; only you read it."),
    click.option("--owner", help="Who answers for the work [whoever plans it]; only you read it."),
    click.option("--remind-message", help="What customers read before the start [as confirmed, or the usual words]."),
    click.option("--start-message", help="What they read when it begins."),
    click.option("--finish-message", help="What they read when it ends."),
)


def say_options(kind: type[_S]) -> Callable[[Callable[[Place, _S], None]], Callable[..., None]]:
    """Adds what such words take, and gives all that was typed to the command as one `kind`."""

    def add(command: Callable[[Place, _S], None]) -> Callable[..., None]:
        @click.pass_obj
        @wraps(command)
        def run(place: Place, /, **typed: object) -> None:
            command(place, convert(typed, kind))

        options = (*(_PLAN_OPTIONS if issubclass(kind, Planning) else ()), *_SAY_OPTIONS)
        return reduce(lambda made, option: option(made), options, run)

    return add


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
        self._obstacles: list[Finding] = []
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

    def read(self, said: Mapping[NoticeKind, str | None]) -> dict[NoticeKind, str]:
        """Returns the words of notices, inert; without any the usual ones. Raises RefusedError with all that blocks."""
        from oncall_tui.cli.judging import tell_obstacles
        from oncall_tui.domain.errors import RefusedError

        words = {kind: self._read(kind, message) for kind, message in said.items()}
        if self._obstacles:
            raise RefusedError(self._obstacles[0].rule, tell_obstacles(self._obstacles))
        return words

    def _read(self, kind: NoticeKind, message: str | None) -> str:
        from oncall_tui.cli.wording import judge_wording, read_message
        from oncall_tui.domain.announcing import describe_work, word_work
        from oncall_tui.domain.lint.model import Level

        work = self._work
        body = word_work(kind, work, self.customs, self._now) if message is None else read_message(message)
        context = describe_work(kind, work, self.customs, self._now, overlaps=self._overlaps, names=self._known)
        obstacles, remarks, passed = judge_wording(self._title, body, context, self._tuning, self._reasons)
        losses = self._find_losses(kind, body)
        remarks += [each.message for each in losses if each.level is not Level.BLOCK]
        obstacles += [each for each in losses if each.level is Level.BLOCK]
        known = {(each.rule, each.message) for each in self._obstacles}
        self._obstacles += [each for each in obstacles if (each.rule, each.message) not in known]
        self.remarks += [each for each in remarks if each not in self.remarks]
        self.passed |= passed
        return body

    def _find_losses(self, kind: NoticeKind, body: str) -> list[Finding]:
        """Returns what pages would not show, or would refuse."""
        from oncall_tui.domain.plan_losses import find_notice_losses

        return find_notice_losses(
            self._states, self._pages, kind, title=self._title, body=body, components=self._work.components
        )


def _list_told(db: Database, maintenance_id: int) -> list[str]:
    """Returns the pages that hold planned work, or that are about to."""
    from oncall_tui.domain.changing import list_told
    from oncall_tui.store.notices import list_notice_deliveries, list_placements

    return list_told(list_notice_deliveries(db, maintenance_id), list_placements(db, maintenance_id))
