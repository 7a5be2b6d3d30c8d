from __future__ import annotations

import pytest
from msgspec.structs import replace

from oncall_tui.domain.incident import Cause, ComponentStatus, IncidentStatus
from oncall_tui.domain.lint.catalogue import lint
from oncall_tui.domain.lint.model import Context, Finding, Level, ProbeFact
from oncall_tui.domain.probe import ProbeStatus

_S = IncidentStatus
_C = ComponentStatus
_DOWN = Context(probes=(ProbeFact("api-eu", ProbeStatus.DOWN, "API", 0.31), ProbeFact("shop", ProbeStatus.UP)))


def _find(body: str, context: Context) -> list[Finding]:
    return lint("Mail is slow", body, context, groups=("TR",))


def _told(body: str, context: Context) -> list[tuple[str, Level]]:
    return [(finding.rule, finding.level) for finding in _find(body, context)]


@pytest.mark.parametrize(
    "text",
    ["All systems are operational.", "The API has recovered.", "Our services are back to normal.",
     "The shop is working normally again, and the API is up and running: all is well."],
)  # fmt: skip
def test_all_well_while_a_probe_is_down_blocks(text: str) -> None:
    assert ("TR001", Level.BLOCK) in _told(text, _DOWN)
    assert _told(text, Context()) == []
    assert _told(text, Context(probes=(ProbeFact("api-eu", ProbeStatus.UP),))) == []


@pytest.mark.parametrize("text", ["The API is up again.", "API calls are working normally.", "We are back online."])
def test_plain_words_for_all_well_are_known_too(text: str) -> None:
    assert ("TR001", Level.BLOCK) in _told(text, _DOWN)
    assert ("TR001", Level.BLOCK) not in _told("Our team is working on it and is available to help.", _DOWN)


@pytest.mark.parametrize(
    "text", ["Some of our services are back to normal.", "When the API has recovered we will say so.", "The API fails."]
)
def test_what_is_not_well_yet_passes(text: str) -> None:
    assert _told(text, _DOWN) == []


def test_setting_a_component_to_operational_while_its_probe_is_down_blocks() -> None:
    assert _told("The API fails.", replace(_DOWN, components={"API": _C.OPERATIONAL})) == [("TR001", Level.BLOCK)]
    assert _told("The API fails.", replace(_DOWN, components={"API": _C.MAJOR_OUTAGE})) == []


def test_a_resolution_says_which_probes_it_passes_over() -> None:
    over = Context(status=_S.RESOLVED, red_probes=("shop", "api"))
    (finding,) = _find("It is over.", over)
    assert finding.rule == "TR002"
    assert "shop, api are not up" in finding.message
    assert _find("It is over.", replace(over, red_probes=())) == []
    assert _find("It is over.", replace(over, red_probes=None)) == []
    assert _find("We watch it.", replace(over, status=_S.MONITORING)) == []


@pytest.mark.parametrize(
    "text",
    ["We are still investigating the errors.", "Our team is working on a fix.",
     "We are currently experiencing high error rates.",
     "Sign-in is currently unavailable.", "Engineers continue to work on this.",
     "Customers are experiencing errors.", "We know of errors and are looking into them."],
)  # fmt: skip
def test_work_that_goes_on_contradicts_a_resolution(text: str) -> None:
    assert _told(text, Context(status=_S.RESOLVED)) == [("TR003", Level.BLOCK)]
    assert _told(text, Context(status=_S.INVESTIGATING)) == []
    assert _told(text, Context()) == []
    assert _told(f"{text} Later that day the fault was resolved.", Context(status=_S.RESOLVED)) == [
        ("TR003", Level.WARN)
    ]


@pytest.mark.parametrize(
    "text",
    ["This incident has been resolved.", "We are still investigating the root cause and will publish a review.",
     "We were investigating errors; they are gone.", "We continue to work with our supplier to prevent this.",
     "If you are still experiencing errors, please contact support.", "We will continue to monitor it.",
     "Our team is working to improve this in the future."],
)  # fmt: skip
def test_what_follows_an_end_passes(text: str) -> None:
    assert _told(text, Context(status=_S.RESOLVED)) == []


@pytest.mark.parametrize(
    ("status", "text"),
    [
        (_S.INVESTIGATING, "A fix has been deployed."),
        (_S.INVESTIGATING, "We have fixed the problem."),
        (_S.MONITORING, "We are investigating the errors."),
        (_S.RESOLVED, "The API is down."),
        (_S.RESOLVED, "Some users may experience errors."),
        (_S.INVESTIGATING, "We have implemented a fix for the errors."),
        (_S.IDENTIFIED, "The cause is still unknown."),
        (_S.IDENTIFIED, "We have not yet identified the root cause."),
        (_S.MONITORING, "This incident has been resolved."),
        (_S.MONITORING, "We are still searching for the cause of late mail."),
        (_S.MONITORING, "Mail works, but the cause is still unknown."),
        (_S.IDENTIFIED, "The issue is now fully resolved."),
    ],
)
def test_other_states_warn_of_what_contradicts_them(status: IncidentStatus, text: str) -> None:
    assert _told(text, Context(status=status)) == [("TR003", Level.WARN)]


@pytest.mark.parametrize(
    ("status", "text"),
    [
        (_S.INVESTIGATING, "We will tell you once a fix has been deployed."),
        (_S.INVESTIGATING, "A temporary fix has been deployed, but errors go on."),
        (_S.MONITORING, "A fix has been implemented and we are monitoring the results."),
        (_S.MONITORING, "Mail works again, and we continue to look for the root cause."),
        (_S.MONITORING, "We will confirm when the issue has been resolved."),
        (_S.IDENTIFIED, "The issue has been identified and a fix is being implemented."),
    ],
)
def test_other_states_pass_what_fits_them(status: IncidentStatus, text: str) -> None:
    assert _told(text, Context(status=status)) == []


def test_a_component_that_is_told_as_well_while_its_probe_is_down_is_told() -> None:
    untold = replace(_DOWN, status=_S.INVESTIGATING, components={}, page_components={"API": _C.OPERATIONAL})
    assert _told("Errors.", untold) == [("TR004", Level.WARN)]
    assert _told("Errors.", replace(untold, page_components=None)) == [("TR004", Level.WARN)]
    assert _told("Errors.", replace(untold, page_components={"API": _C.MAJOR_OUTAGE})) == []
    assert _told("Errors.", replace(untold, components={"API": _C.PARTIAL_OUTAGE})) == []
    assert _told("Errors.", replace(untold, components=None)) == []


def test_words_and_components_agree_on_the_size() -> None:
    partly = Context(status=_S.INVESTIGATING, components={"API": _C.PARTIAL_OUTAGE, "Shop": _C.OPERATIONAL})
    wholly = replace(partly, components={"API": _C.MAJOR_OUTAGE})
    assert _told("All users get errors.", partly) == [("TR005", Level.WARN)]
    assert _told("All users get errors.", wholly) == []
    assert _told("All users were notified.", partly) == []
    assert _told("A small number of requests fail.", wholly) == [("TR005", Level.WARN)]
    assert _told("A small number of requests fail.", partly) == []
    assert _told("All users get errors.", Context()) == []


@pytest.mark.parametrize(
    "text",
    ["We see successful message delivery failures.", "Customers get successful sign-in errors.",
     "Mail has fully recovered and is still failing.", "We see elevated success rates.",
     "The API has recovered and is still failing."],
)  # fmt: skip
def test_words_that_contradict_themselves_are_told(text: str) -> None:
    assert _told(text, Context()) == [("TR006", Level.WARN)]


@pytest.mark.parametrize(
    "text",
    ["We successfully fixed the errors.", "The successful failover error rates fell.",
     "Most have recovered, some still fail.",
     "Sign-ins were successful after the failures ended."],
)  # fmt: skip
def test_sound_words_pass(text: str) -> None:
    assert [rule for rule, _ in _told(text, Context()) if rule == "TR006"] == []


def test_a_share_far_from_what_the_probes_see_is_told() -> None:
    open_ = replace(_DOWN, status=_S.INVESTIGATING)
    (finding,) = _find("About 5% of requests fail.", open_)
    assert finding.rule == "TR007"
    assert "31%" in finding.message
    assert _told("About 30 percent of requests fail.", open_) == []
    assert _told("About 70% of requests succeed.", open_) == []
    assert _told("About 1 in 3 requests fails.", open_) == []
    assert _told("About 95% of requests succeed.", open_) == [("TR007", Level.WARN)]
    assert _told("About 1 in 50 requests fails.", open_) == [("TR007", Level.WARN)]
    assert _told("The disk is at 5% of its capacity, and requests fail.", open_) == []
    assert _told("About 5% of requests fail.", Context(status=_S.INVESTIGATING)) == []


def test_a_cause_is_not_claimed_while_it_is_unknown() -> None:
    unknown = Context(status=_S.IDENTIFIED, cause=Cause.UNKNOWN)
    for text in (
        "This was caused by a full disk.",
        "Errors due to a full disk.",
        "The root cause is a full disk.",
        "A full disk caused this.",
    ):
        assert _told(text, unknown) == [("TR008", Level.WARN)]
        assert _told(text, replace(unknown, cause=Cause.OURS)) == []
        assert _told(text, Context(status=_S.IDENTIFIED)) == []
    assert _told("We do not know yet if this is due to a full disk.", unknown) == []
    assert _told("We are investigating what it was caused by.", unknown) == []


def test_a_fix_that_the_timeline_does_not_know_is_noted() -> None:
    unknown = Context(status=_S.MONITORING, has_mitigation=False)
    assert _told("We have deployed a fix.", unknown) == [("TR009", Level.INFO)]
    assert _told("We rolled back the release.", unknown) == [("TR009", Level.INFO)]
    assert _told("We have deployed a fix.", replace(unknown, has_mitigation=True)) == []
    assert _told("We have deployed a fix.", replace(unknown, has_mitigation=None)) == []
