"""Trying a template out before customers read it: with sample facts, with facts missing, in each channel's form."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from msgspec import Struct
from msgspec.structs import asdict, replace

from oncall_tui.domain.cadence import next_update_at
from oncall_tui.domain.duration import DAY, HOUR, MINUTE
from oncall_tui.domain.facts import Facts, complete_facts
from oncall_tui.domain.incident import Cause, ComponentStatus, Incident, IncidentStatus, Phase, Severity
from oncall_tui.domain.lint.catalogue import lint
from oncall_tui.domain.lint.model import Context, Finding, Level, Tuning
from oncall_tui.domain.maintenance import MaintenanceStatus
from oncall_tui.domain.shortform import Form, Room, derive_short
from oncall_tui.domain.template import Audience, Moment, Template, render
from oncall_tui.domain.template_variables import VARIABLES, Team, variables_of

SAMPLE_TITLE = "Dashboard: requests are failing"
SAMPLE_LINK = "https://status.example.com/incidents/q1w2e3r4t5y6"
_STARTED_AT = 1_795_356_300_000  # 22 Nov 2026 14:05 UTC
SAMPLE_FACTS = Facts(
    impact=VARIABLES["impact"].sample,
    scope=VARIABLES["scope"].sample,
    unaffected=VARIABLES["unaffected"].sample,
    workaround=VARIABLES["workaround"].sample,
    limits=VARIABLES["limits"].sample,
    request=VARIABLES["request"].sample,
    action=VARIABLES["action"].sample,
    cause_plain=VARIABLES["cause"].sample,
    provider=VARIABLES["supplier"].sample,
    provider_url=VARIABLES["supplier_notice"].sample,
    eta_at=_STARTED_AT + 20 * HOUR,
    eta_source=VARIABLES["eta_source"].sample,
    data_note=VARIABLES["data_note"].sample,
    verified=VARIABLES["verified"].sample,
    has_apology=True,
    prevention=VARIABLES["prevention"].sample,
    review_by_at=_STARTED_AT + 5 * DAY,
)
_BESIDE_THE_PAGE = (Form.MAIL, Form.CHAT, Form.SOCIAL, Form.SMS)
#: The fact behind a variable of another name.
_FACT_OF = {
    "cause": "cause_plain",
    "supplier": "provider",
    "supplier_notice": "provider_url",
    "eta": "eta_at",
    "sorry": "has_apology",
    "review_by": "review_by_at",
}
#: What neither an incident nor its facts bring: a person types it.
_TYPED = (
    *("contact", "observed", "checked", "owner", "reference", "credit", "credit_when"),
    *("window", "work_effect", "new_window", "old_window", "new_components", "new_title", "new_end"),
    *("detected", "first_told"),
)


class Trial(Struct, frozen=True):
    """One rendering: `missing` are the facts and variables that were left out, `form` is None for the whole text."""

    text: str
    context: Context
    missing: frozenset[str] = frozenset()
    form: Form | None = None
    title: str = SAMPLE_TITLE


class Fault(Struct, frozen=True):
    """What is wrong with a template, and where it showed."""

    finding: Finding
    trial: Trial


def list_optional(template: Template) -> tuple[str, ...]:
    """Returns what may be missing of what a template asks for: facts, and variables that are not needed."""
    asked = template.variables - template.needed
    facts = {_FACT_OF.get(name, name) for name in asked} & {
        name for name, value in asdict(SAMPLE_FACTS).items() if value is not None
    }
    return tuple(sorted(facts | asked & {"effect", "told", *_TYPED}))


def try_template(template: Template, missing: frozenset[str] = frozenset()) -> Iterator[Trial]:
    """Yields the rendering of a template for each of its states, and the form of it that each channel is given."""
    for state in template.states:
        for cause in template.causes or (Cause.UNKNOWN,):
            yield from _try_state(template, state, cause, missing)


def find_faults(
    template: Template, tuning: Tuning | None = None, missing: Sequence[frozenset[str]] | None = None
) -> list[Fault]:
    """Returns what the rules on words say against a template, each rule once, notes left out.

    It is tried with everything known, with each fact missing, and with none. What a rule says about a part that is
    missing is no fault of the template.
    """
    optional = list_optional(template)
    wanted = (
        [frozenset(), *(frozenset({name}) for name in optional), frozenset(optional)] if missing is None else missing
    )
    faults: dict[str, Fault] = {}
    seen: set[tuple[object, ...]] = set()
    for left_out in wanted:
        for trial in try_template(template, left_out):
            key = (trial.text, trial.form, trial.context.status)
            if key in seen:
                continue
            seen.add(key)
            for finding in lint(trial.title, trial.text, trial.context, tuning or Tuning()):
                is_meant = bool(left_out) and finding.rule.startswith("MS") and bool(trial.text.strip())
                if finding.level is not Level.INFO and not is_meant:
                    faults.setdefault(finding.rule, Fault(finding, trial))
    return list(faults.values())


def _try_state(
    template: Template, state: IncidentStatus | MaintenanceStatus, cause: Cause, missing: frozenset[str]
) -> Iterator[Trial]:
    status = state if isinstance(state, IncidentStatus) else IncidentStatus.INVESTIGATING
    is_long = template.moment is Moment.LONG
    now = _STARTED_AT + (130 * MINUTE if is_long else 47 * MINUTE if not status.is_open else 16 * MINUTE)
    due_at = next_update_at(Severity.SEV2, status, now, interval_ms=HOUR if is_long else None)
    facts = replace(SAMPLE_FACTS, **dict.fromkeys(missing & asdict(SAMPLE_FACTS).keys(), None))
    incident = _make_incident(status, cause, is_reopened=template.moment is Moment.REOPEN, now=now)
    variables = {
        **variables_of(
            incident,
            facts,
            status=status,
            next_update_at=due_at,
            now=now,
            effect=None if "effect" in missing else VARIABLES["effect"].sample,
            told_at=None if "told" in missing else _STARTED_AT + 4 * MINUTE,
            interval_ms=HOUR,
            team=Team(product=VARIABLES["product"].sample),
        ),
        **{name: VARIABLES[name].sample for name in _TYPED if name not in missing},
    }
    text = render(template, variables)
    context = Context(
        now=now,
        status=state if isinstance(state, IncidentStatus) else None,
        is_first=template.moment is Moment.FIRST,
        severity=Severity.SEV2,
        cause=cause,
        components=incident.components,
        has_promise=due_at is not None,
        promise_at=due_at,
        started_at=incident.started_at,
        resolved_at=incident.resolved_at,
        is_live=True,
        variables=template.variables,
        names=tuple(incident.components),
        facts=complete_facts(facts),
    )
    yield Trial(text, context, missing)
    if template.audience is not Audience.CUSTOMERS:
        return
    for form in _BESIDE_THE_PAGE:
        short = derive_short(SAMPLE_TITLE, state, text, SAMPLE_LINK, Room(form))
        shown = replace(context, channel=form.value, full_body=text)
        yield Trial(short.text, shown, missing, form, short.subject or SAMPLE_TITLE)


def _make_incident(status: IncidentStatus, cause: Cause, *, is_reopened: bool, now: int) -> Incident:
    resolved_at = _STARTED_AT - HOUR if is_reopened else None if status.is_open else now
    state = ComponentStatus.PARTIAL_OUTAGE if status.is_open else ComponentStatus.OPERATIONAL
    return Incident(
        id=42,
        uid="sample",
        title=SAMPLE_TITLE,
        status=status,
        phase=Phase.ACTIVE,
        impact_override=None,
        severity=Severity.SEV2,
        cause=cause,
        started_at=_STARTED_AT,
        declared_at=_STARTED_AT + 2 * MINUTE,
        revision=1,
        resolved_at=resolved_at,
        components=dict.fromkeys(("Dashboard", "API"), state),
    )
