"""What stands against words that a command is to send: the account and the verdict of the compose pane."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from msgspec import Struct
from msgspec.structs import replace

from oncall_tui.domain.errors import RefusedError

if TYPE_CHECKING:
    from oncall_tui.config.model import Config
    from oncall_tui.domain.context import Surroundings
    from oncall_tui.domain.incident import ComponentStatus, Incident, IncidentStatus
    from oncall_tui.domain.lint.model import Context, Finding, Tuning
    from oncall_tui.domain.update import IncidentUpdate, Waiver
    from oncall_tui.store.database import Database
    from oncall_tui.tui.checks import Checkable


class Verdict(Struct, frozen=True):
    """What is worth a warning, the reasons that were needed to let words pass, and another promise that they make."""

    remarks: tuple[str, ...] = ()
    waivers: tuple[Waiver, ...] = ()
    promise_at: int | None = None


def describe(
    db: Database,
    config: Config | None,
    incident: Incident,
    now: int,
    *,
    status: IncidentStatus,
    components: Mapping[str, ComponentStatus],
    promise_at: int | None = None,
    has_promise: bool | None = None,
    channel: str | None = "page",
) -> Context:
    """Returns all that file and config know of an update; `incident` may be one that is not stored yet.

    `has_promise` is None where only the words can tell. Reads several tables: the caller holds the snapshot.
    """
    from oncall_tui.domain.context import describe_update
    from oncall_tui.store.drafts import read_known

    known = read_known(db, incident.id)
    return describe_update(
        incident,
        replace(_look_around(db, config, incident), interval_ms=known.interval_ms),
        now,
        status=status,
        components=components,
        facts=known.facts,
        promise_at=promise_at,
        has_promise=has_promise,
        channel=channel,
    )


def _look_around(db: Database, config: Config | None, incident: Incident) -> Surroundings:
    from oncall_tui.content import load_templates
    from oncall_tui.domain.template import list_variables
    from oncall_tui.store.surroundings import read_surroundings

    pages = config.page_names if config is not None and config.pages else ()
    variables = frozenset(list_variables(load_templates(config.templates if config is not None else ())))
    around = read_surroundings(db, incident, pages, variables, config.audience if config is not None else None)
    if around.url is None and config is not None:
        around = replace(around, url=next((page.public_url for page in config.pages if page.public_url), None))
    return around if config is None else replace(around, rhythm=config.rhythm)


def judge(
    db: Database,
    config: Config | None,
    incident: Incident,
    body: str,
    context: Context,
    *,
    components: Mapping[str, ComponentStatus],
    reasons: Mapping[str, str],
    actor: str,
    now: int,
    waivers: Sequence[Waiver] = (),
    pages: Sequence[str] | None = None,
    is_told: bool = True,
    is_promise_in_words: bool = False,
) -> Verdict:
    """Returns what is worth a warning. Raises RefusedError with the rule of the first thing that blocks sending.

    `components` are the states that are sent, `waivers` what somebody let pass before; `pages` are those that get the
    words, None for all that the incident goes to. Channels beside them are looked at when they are told.
    With `is_promise_in_words` the promise follows the words.
    """
    from oncall_tui.domain.lint.model import Level, list_obstacles
    from oncall_tui.tui.checks import check, waive_blocks

    checkable = _take_checkable(db, config, incident, body, context, components, waivers, pages, is_told=is_told)
    checked = check(replace(checkable, is_promise_in_words=is_promise_in_words))
    obstacles = list_obstacles(checked.findings, reasons)
    if obstacles:
        raise RefusedError(obstacles[0].rule, tell_obstacles(obstacles))
    refusing = [f"{each.name}: {each.loss.message}" for each in checked.losses if each.loss.is_blocking]
    if refusing:
        raise RefusedError("page-refuses", f"{'; '.join(refusing)}.")
    remarks = [
        f"{each.part}: {each.message} [{each.rule}]" for each in checked.findings if each.level is Level.WARN
    ] + [f"{each.name}: {each.loss.message}" for each in checked.losses]
    waived = waive_blocks(checkable, checked.findings, reasons, actor, now)
    return Verdict(tuple(remarks), (*waivers, *waived), checked.promise_at)


def tell_obstacles(obstacles: Sequence[Finding]) -> str:
    """Returns all that blocks, a line each; the error names the rule of the first."""
    from oncall_tui.domain.lint.model import REASON_LEAST

    first, *others = obstacles
    lines = [f"{first.part}: {first.message}", *(f"{each.part}: {each.message} [{each.rule}]" for each in others)]
    if not any(each.is_final for each in obstacles):
        rules = dict.fromkeys(each.rule for each in obstacles)
        ways = " ".join(f"--reason {rule}='...'" for rule in rules)
        lines.append(f"Change the words, or say why all the same, in {REASON_LEAST} characters at least: {ways}")
    return "\n".join(lines)


def _take_checkable(
    db: Database,
    config: Config | None,
    incident: Incident,
    body: str,
    context: Context,
    components: Mapping[str, ComponentStatus],
    waivers: Sequence[Waiver],
    pages: Sequence[str] | None,
    *,
    is_told: bool,
) -> Checkable:
    from oncall_tui.domain.context import list_said, list_targets
    from oncall_tui.domain.incident import IncidentStatus
    from oncall_tui.domain.pagestate import name_page
    from oncall_tui.domain.shortform import Form, Room
    from oncall_tui.store.page import list_pages
    from oncall_tui.store.updates import list_updates
    from oncall_tui.tui.checks import Channel, Checkable, Target

    updates = list_updates(db, incident.id)
    names = list_targets(incident, config.page_names if config is not None and config.pages else ())
    held, before = {state.page: state for state in list_pages(db)}, _count_updates(updates)
    targets = [
        Target(
            name,
            name_page(name),
            held[name].capabilities if name in held else None,
            before.get(name, 0),
            incident.listings[name].title if name in incident.listings else None,
        )
        for name in (names if pages is None else pages)
    ]
    broadcasts = config.broadcasts if config is not None and is_told and names else ()
    return Checkable(
        incident.title,
        body,
        context.status or IncidentStatus.INVESTIGATING,
        dict(components),
        list_said(updates),
        incident.impact_override is not None,
        tuple(targets),
        context,
        _tune(db, config),
        tuple(waivers),
        tuple(Channel(each.name, Room(Form(each.form), each.limit)) for each in broadcasts),
        context.page_url,
    )


def _tune(db: Database, config: Config | None) -> Tuning:
    """Returns the rules as the team has them, with the brackets that somebody marked as meant."""
    from oncall_tui.domain.lint.model import Tuning
    from oncall_tui.store.drafts import list_literals

    tuning = config.tuning if config is not None else Tuning()
    return replace(tuning, literals=(*tuning.literals, *list_literals(db)))


def _count_updates(updates: Sequence[IncidentUpdate]) -> Counter[str]:
    """Returns how many updates each page holds of an incident, or is still to get."""
    from oncall_tui.domain.update import DeliveryState

    proofs = (proof for update in updates for proof in update.proofs)
    return Counter(proof.page for proof in proofs if proof.state is not DeliveryState.DROPPED)


def describe_correction(db: Database, config: Config | None, incident: Incident, update: IncidentUpdate) -> Context:
    """Returns what file and config know of other words for an update. The caller holds the snapshot."""
    from oncall_tui.domain import context
    from oncall_tui.store.drafts import read_known
    from oncall_tui.store.updates import list_updates

    facts = read_known(db, incident.id).facts
    return context.describe_correction(
        incident, _look_around(db, config, incident), list_updates(db, incident.id), update, facts
    )
