"""Each state, cause and moment of an incident finds its words among those that ship."""

from __future__ import annotations

import pytest
from msgspec.structs import replace

from oncall_tui.content import load_templates
from oncall_tui.domain.duration import HOUR
from oncall_tui.domain.errors import NotFoundError
from oncall_tui.domain.incident import Cause, IncidentStatus
from oncall_tui.domain.maintenance import MaintenanceStatus
from oncall_tui.domain.template import Audience, Moment
from oncall_tui.domain.template_choice import choose_template, find_moment, find_template

_INV, _IDN, _MON, _RES = (
    IncidentStatus.INVESTIGATING,
    IncidentStatus.IDENTIFIED,
    IncidentStatus.MONITORING,
    IncidentStatus.RESOLVED,
)


@pytest.mark.parametrize(
    ("status", "moment", "cause", "key"),
    [
        (_INV, Moment.FIRST, Cause.UNKNOWN, "inv.first"),
        (_INV, Moment.SCOPE, Cause.UNKNOWN, "inv.scope"),
        (_INV, Moment.SAME, Cause.OURS, "upd.same"),
        (_INV, Moment.LONG, Cause.UNKNOWN, "upd.long"),
        (_INV, Moment.REOPEN, Cause.UNKNOWN, "reopen"),
        (_INV, Moment.CHANGE, Cause.UNKNOWN, "upd.same"),
        (_IDN, Moment.FIRST, Cause.UNKNOWN, "idn.any"),
        (_IDN, Moment.CHANGE, Cause.UNKNOWN, "idn.any"),
        (_IDN, Moment.CHANGE, Cause.OURS, "idn.ours"),
        (_IDN, Moment.CHANGE, Cause.SHARED, "idn.ours"),
        (_IDN, Moment.CHANGE, Cause.UPSTREAM, "idn.upstream"),
        (_IDN, Moment.SAME, Cause.UPSTREAM, "upd.same"),
        (_IDN, Moment.LONG, Cause.OURS, "upd.long"),
        (_IDN, Moment.REOPEN, Cause.OURS, "reopen"),
        (_MON, Moment.FIRST, Cause.OURS, "mon.any"),
        (_MON, Moment.CHANGE, Cause.UPSTREAM, "mon.any"),
        (_MON, Moment.SAME, Cause.UNKNOWN, "mon.same"),
        (_MON, Moment.LONG, Cause.UNKNOWN, "mon.same"),
        (_MON, Moment.REOPEN, Cause.UNKNOWN, "mon.any"),
        (_RES, Moment.FIRST, Cause.UNKNOWN, "res.any"),
        (_RES, Moment.CHANGE, Cause.OURS, "res.ours"),
        (_RES, Moment.CHANGE, Cause.UPSTREAM, "res.upstream"),
        (_RES, Moment.SAME, Cause.CLIENT, "res.any"),
        (IncidentStatus.POSTMORTEM, Moment.CHANGE, Cause.OURS, "pm.public"),
        (MaintenanceStatus.SCHEDULED, Moment.FIRST, Cause.UNKNOWN, "mnt.notice"),
        (MaintenanceStatus.IN_PROGRESS, Moment.LONG, Cause.UNKNOWN, "mnt.over"),
    ],
)
def test_the_shipped_words_fit(
    status: IncidentStatus | MaintenanceStatus, moment: Moment, cause: Cause, key: str
) -> None:
    chosen = choose_template(load_templates(), status, moment, cause)
    assert chosen is not None
    assert chosen.key == key


@pytest.mark.parametrize(("status", "key"), [(_INV, "out.client"), (_RES, "res.client")])
def test_a_client_has_words_of_its_own(status: IncidentStatus, key: str) -> None:
    chosen = choose_template(load_templates(), status, Moment.FIRST, Cause.CLIENT, Audience.CLIENT)
    assert chosen is not None
    assert chosen.key == key


def test_some_words_are_only_ever_chosen_by_hand() -> None:
    templates = load_templates()
    chosen = {
        template.key
        for status in (*IncidentStatus, *MaintenanceStatus)
        for moment in Moment
        for cause in Cause
        for audience in Audience
        if (template := choose_template(templates, status, moment, cause, audience)) is not None
    }
    assert {template.key for template in templates} - chosen == {"false.alarm", "credit", "partner.report"}
    assert all(find_template(templates, template.key) is template for template in templates)


def test_an_open_state_always_finds_words() -> None:
    for status in (_INV, _IDN, _MON, _RES):
        for moment in set(Moment) - {Moment.BY_HAND}:
            for cause in Cause:
                assert choose_template(load_templates(), status, moment, cause) is not None


def test_words_of_the_cause_go_before_words_of_any() -> None:
    ours = find_template(load_templates(), "idn.ours")
    plain = replace(ours, key="plain", causes=())
    assert choose_template([plain, ours], _IDN, Moment.CHANGE, Cause.OURS) is ours
    assert choose_template([plain, ours], _IDN, Moment.CHANGE, Cause.CLIENT) is plain


def test_a_key_that_is_not_there_is_told_with_those_that_are() -> None:
    with pytest.raises(NotFoundError, match=r"no template inv\.fist; known: inv\.first, inv\.scope"):
        find_template(load_templates(), "inv.fist")


@pytest.mark.parametrize(
    ("status", "told", "more", "moment"),
    [
        (_INV, None, {}, Moment.FIRST),
        (_RES, None, {}, Moment.FIRST),
        (_INV, _INV, {"told_count": 1, "has_scope": True}, Moment.SCOPE),
        (_INV, _INV, {"told_count": 1}, Moment.SAME),
        (_INV, _INV, {"told_count": 2, "has_scope": True}, Moment.SAME),
        (_IDN, _INV, {"open_ms": 3 * HOUR}, Moment.CHANGE),
        (_INV, _IDN, {}, Moment.CHANGE),
        (_IDN, _IDN, {"open_ms": 2 * HOUR}, Moment.LONG),
        (_IDN, _IDN, {"open_ms": 2 * HOUR - 1}, Moment.SAME),
        (_IDN, _IDN, {"open_ms": 9 * HOUR, "is_slow_told": True}, Moment.SAME),
        (_INV, _RES, {"open_ms": 9 * HOUR}, Moment.REOPEN),
        (_RES, _MON, {"open_ms": 9 * HOUR}, Moment.CHANGE),
    ],
)
def test_the_moment_follows_from_what_was_told(
    status: IncidentStatus, told: IncidentStatus | None, more: dict[str, int], moment: Moment
) -> None:
    assert find_moment(status, told, **more) is moment  # type: ignore[arg-type]
