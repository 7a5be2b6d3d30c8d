"""A text that calls an incident resolved and tells that it goes on."""

from __future__ import annotations

import pytest
from tests.domain.lint.remarks import find, level_of

from oncall_tui.domain.incident import IncidentStatus
from oncall_tui.domain.lint.model import Context, Level

OVER = Context(status=IncidentStatus.RESOLVED)


@pytest.mark.parametrize(
    "text",
    [
        "Sign-in still isn't working for customers in Europe.",
        "We are rolling out a fix.",
        "We're rolling back the release.",
        "It is not fixed yet.",
        "Half of the servers are still offline.",
        "We expect to have sign-in restored by 16:00 UTC.",
        "Sign-in has not recovered yet.",
        "Errors are still being seen in Europe.",
        "We are trying a restart now.",
        "A fix is on its way.",
        "Please bear with us while we fix this.",
        "Our database team is replacing the disk.",
        "Exports are not yet restored.",
        "Uploads are still slow for customers in Japan.",
        "We hope to have mail back by noon UTC.",
        "A patch is being deployed to all regions.",
        "Our supplier is repairing the cable, and mail is late.",
        "A third of the mailboxes are still unavailable.",
        "The search index has yet to be repaired.",
        "Exports will be restored by 17:00 UTC.",
        "Sign-in keeps failing in Chile.",
        "Exports remain unreliable.",
        "We have not been able to restore mail.",
        "Work on the repair continues.",
        "Mail will return at 16:00 UTC.",
        "We're hoping to restore it by noon UTC.",
    ],
)
def test_what_goes_on_is_not_resolved(text: str) -> None:
    assert level_of("TR003", text, OVER) is Level.BLOCK
    assert level_of("TR003", f"{text} Imports are operational.", OVER) is Level.WARN


@pytest.mark.parametrize(
    "text",
    [
        "Our engineers are actively looking for the cause of failed sign-ins.",
        "We've applied a fix and are keeping an eye on things.",
        "Sign-in fails for customers in Europe.",
        "Customers in Europe see an error when they sign in.",
        "We will update you as soon as we know more.",
        "More updates to follow.",
        "A fix has been applied. We are monitoring it.",
        "Pages do not load for customers in Chile.",
        "We will keep you posted.",
        "We are finding out why exports fail.",
        "We have escalated to our provider and await an answer.",
    ],
)
def test_what_may_go_on_is_told(text: str) -> None:
    assert level_of("TR003", text, OVER) is not None


@pytest.mark.parametrize(
    "text",
    [
        "From 14:05 to 14:52 UTC sign-ins failed. They work again, and we are adding a check for it.",
        "Uploads have recovered. We are reviewing how this could happen.",
        "Exports are restored. We are still looking for the root cause and publish a review by 27 November.",
        "This is over. We will keep watching through the evening.",
        "Mail flows again. We are now crediting the accounts that paid for it.",
        "Sign-in failed until 14:52 UTC. If it still fails for you, please write to us.",
        "The outage has ended; thank you for your patience while we worked on it.",
        "Searches are back to normal. We're moving to larger disks next week.",
        "Between 13:00 and 13:20 UTC pages did not load. That should be fixed for good in version 8.",
        "This incident has been resolved. Users still not seeing new mail should sign in once more.",
    ],
)
def test_what_follows_the_end_passes(text: str) -> None:
    assert [finding for finding in find("TR003", text, OVER) if finding.level is Level.BLOCK] == []


def test_an_end_beside_it_is_no_excuse_in_few_words() -> None:
    assert level_of("TR003", "Search is fixed. Sign-in is still down.", OVER) is Level.WARN
    assert find("TR003", "We are rolling out a fix.", Context(status=IncidentStatus.IDENTIFIED)) == []
