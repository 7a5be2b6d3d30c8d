"""What is called well while a probe sees otherwise: all of it, the part of the probe, or something else."""

from __future__ import annotations

import time

import pytest
from msgspec.structs import replace
from tests.domain.lint.remarks import find, level_of, words_of

from oncall_tui.domain.incident import ComponentStatus, IncidentStatus
from oncall_tui.domain.lint.model import Context, Level, ProbeFact
from oncall_tui.domain.probe import ProbeStatus

RED = Context(
    status=IncidentStatus.MONITORING, probes=(ProbeFact("sign-in-eu", ProbeStatus.DOWN, "Sign-in"),), red_probes=("x",)
)
SLOW = replace(RED, probes=(ProbeFact("sign-in-eu", ProbeStatus.SLOW, "Sign-in"),), red_probes=())
NEXT = " We watch it. Next update by 15:20 UTC."


@pytest.mark.parametrize(
    "text",
    [
        "Sign-in is fully working for everyone again.",
        "Sign-in performs normally.",
        "Sign-ins succeed again.",
        "Logins now succeed for everyone.",
        "Signing in works without errors.",
        "The sign-in service answers as usual.",
        "Sign-in is no longer down.",
        "We now consider sign-in fixed.",
        "You can use sign-in again.",
        "Customers can log in without problems.",
        "Everybody can work as usual.",
        "Service is back.",
        "Service has resumed.",
        "All components recovered.",
        "Our platform has returned to normal.",
        "Recovery has been completed.",
        "The outage is gone.",
        "Errors have stopped.",
        "Failures no longer occur.",
        "No failures have been reported since 14:05 UTC.",
        "All clear since 14:05 UTC.",
        "We see complete recovery.",
        "The servers were restarted, and everything is working as it should.",
        "Things look fine everywhere.",
        "Sign-in is alive again.",
        "Sign-in has come back.",
        "Sign-ins are succeeding as usual.",
        "There are no more failed sign-ins.",
        "Customers have full access again.",
        "Nothing is broken any more.",
        "The sign-in problem is behind us.",
        "Login is available to everyone.",
        "Error rates are normal in all regions.",
        "We replaced the switch; all our sites are reachable.",
    ],
)
def test_calm_of_all_or_of_what_is_red_blocks(text: str) -> None:
    assert level_of("TR001", text + NEXT, RED) is Level.BLOCK
    assert find("TR001", text + NEXT, replace(RED, probes=())) == []
    assert find("TR001", text + NEXT, replace(RED, probes=None)) == []


@pytest.mark.parametrize(
    "text",
    [
        "Uploads above 100 MB fail. Smaller files are fine.",
        "Europe has recovered. In Asia sign-in fails.",
        "Search is restored. Checkout keeps failing.",
        "Two of three halls have recovered; the hall in Oslo has no power.",
        "Your photos are fine.",
        "Support by phone is available.",
        "Our team is up and running through the night.",
        "Half of the mailboxes are back.",
        "Sign-in will be restored once the disk is copied.",
        "Sign-in is not working normally.",
        "We are waiting until sign-in has recovered.",
        "Engineers are working closely with the carrier.",
        "If sign-in works again for you, please tell us.",
        "Sign-in was back to normal for ten minutes.",
        "We have resolved the naming of files.",
        "The web shop works again, sign-in does not.",
    ],
)
def test_news_of_a_part_passes(text: str) -> None:
    assert find("TR001", text + NEXT, RED) == []


@pytest.mark.parametrize(
    "text",
    [
        "Search is restored.",
        "Checkout works again.",
        "Sign-in is back to normal in Europe.",
        "Customers in Japan can sign in again.",
        "Sign-in works again. Exports still fail.",
        "All services are back to normal. Uploads are slow.",
        "You can download invoices again.",
    ],
)
def test_calm_that_may_be_true_of_a_part_is_told(text: str) -> None:
    assert level_of("TR001", text + NEXT, RED) is Level.WARN


def test_a_probe_without_a_component_is_known_by_its_name() -> None:
    known = replace(RED, probes=(ProbeFact("checkout", ProbeStatus.DOWN),))
    assert level_of("TR001", "Checkout works again.", known) is Level.BLOCK
    assert level_of("TR001", "Checkout by invoice works again.", known) is Level.WARN


def test_the_words_of_a_claim_are_shown() -> None:
    text = "We have moved traffic to Oslo, and the sign-in service is back to normal since 14:05 UTC."
    assert words_of("TR001", text, RED) == ["and the sign-in service is back to normal"]


@pytest.mark.parametrize(
    "text",
    ["All systems are operational.", "Sign-in is fully operational and as fast as ever.", "Everything is fine.",
     "Sign-in has recovered.", "The incident is over.", "Sign-in runs smoothly again.", "We are back to full speed."],
)  # fmt: skip
def test_operational_while_slow_is_told(text: str) -> None:
    assert level_of("TR001", text + NEXT, SLOW) is Level.WARN


@pytest.mark.parametrize(
    "text",
    ["Sign-in works again, with a delay of some seconds.", "Everything is operational. Pages are slower than usual.",
     "Sign-in works again.", "Customers can sign in again.", "Exports are fully operational."],
)  # fmt: skip
def test_what_is_true_of_something_slow_passes(text: str) -> None:
    assert find("TR001", text + NEXT, SLOW) == []


@pytest.mark.parametrize(("status", "level"), [(ProbeStatus.DOWN, Level.BLOCK), (ProbeStatus.SLOW, Level.WARN)])
def test_a_component_set_to_operational_is_held_to_its_probe(status: ProbeStatus, level: Level) -> None:
    known = replace(
        RED, probes=(ProbeFact("x", status, "Sign-in"),), components={"Sign-in": ComponentStatus.OPERATIONAL}
    )
    assert level_of("TR001", "We are watching it.", known) is level
    degraded = replace(known, components={"Sign-in": ComponentStatus.DEGRADED_PERFORMANCE})
    assert level_of("TR001", "We are watching it.", degraded) is None


def test_a_long_sentence_of_claims_is_read_in_time() -> None:
    began = time.process_time()
    assert find("TR001", "you can now and " * 1_500, RED) is not None
    assert time.process_time() - began < 2
