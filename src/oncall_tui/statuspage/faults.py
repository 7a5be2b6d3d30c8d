"""How this room says no: an error that knows its HTTP status and its JSON."""

from __future__ import annotations

from oncall_tui.domain.errors import RefusedError


class RequestRefusedError(RefusedError):
    """A request that the page does not carry out.

    `http_status` is the answer's code; `faults` holds one sentence for each thing wrong, and becomes the list under
    `error` as the original sends it, while a single reason travels as `message`.
    """

    def __init__(self, http_status: int, *faults: str, retry_after_s: int | None = None) -> None:
        super().__init__("page-request", "; ".join(faults))
        self.http_status = http_status
        self.faults = faults
        self.retry_after_s = retry_after_s

    def __reduce__(self) -> tuple[type[RequestRefusedError], tuple[int | str, ...]]:  # type: ignore[override]
        return type(self), (self.http_status, *self.faults)


def refuse_unknown(what: str) -> RequestRefusedError:
    """Returns the 404 for a record that is not there."""
    return RequestRefusedError(404, f"{what} not found")
