"""Why the page did not do what was asked, by what that means for a delivery.

RemoteError
└── PageError
    ├── NotAppliedError     certainly not applied: ask again later
    │   ├── TokenRefusedError   the page takes no request with this token: all of them wait
    │   └── ChangedMeanwhileError   somebody wrote there first: look again
    ├── RefusedByPageError  certainly not applied: a person has to decide
    └── AmbiguousError      perhaps applied: look before asking again
"""

from __future__ import annotations

from typing import TypeVar

from oncall_tui.domain.errors import RemoteError
from oncall_tui.domain.outbox import Outcome, Ruling

Found = TypeVar("Found")


class PageError(RemoteError):
    """The root: a sentence without secrets. `wait_ms` is set when the page finds that we ask too often."""

    def __init__(self, reason: str, wait_ms: int | None = None) -> None:
        super().__init__(reason)
        self.wait_ms = wait_ms

    def __reduce__(self) -> tuple[type[PageError], tuple[str, int | None]]:
        return type(self), (str(self), self.wait_ms)


class NotAppliedError(PageError):
    """No byte left, or the page had no time for us: it may be asked again."""


class TokenRefusedError(NotAppliedError):
    """The page does not know the token; what is asked for may be right, and goes with another one."""


class ChangedMeanwhileError(NotAppliedError):
    """Somebody wrote on the page between our look at it and our write, which was not begun."""


class RefusedByPageError(PageError):
    """The page said no in a way that asking again does not change."""


class AmbiguousError(PageError):
    """The page may or may not have done it."""


_KIND: dict[Outcome, type[PageError]] = {
    Outcome.NOT_APPLIED: NotAppliedError,
    Outcome.REFUSED: RefusedByPageError,
    Outcome.AMBIGUOUS: AmbiguousError,
}


def make_error(ruling: Ruling) -> PageError:
    """Returns the error that stands for a ruling other than `accepted`."""
    return _KIND[ruling.outcome](ruling.reason, ruling.wait_ms)


def require(found: Found | None, what: str) -> Found:
    """Returns what was read out of an answer. Raises AmbiguousError where it was None: the answer is no `what`."""
    if found is None:
        raise AmbiguousError(f"the page answered with something that is not {what}: check api_url in config")
    return found


def require_list(value: object) -> list[object]:
    """Returns what is a list. Raises AmbiguousError for anything else."""
    return require(value if isinstance(value, list) else None, "a list")
