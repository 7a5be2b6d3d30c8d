"""The form of what updates to customers take from the config: names, the page's zone, how often they come."""

from typing import Annotated, Literal

from oncall_tui.config import values
from oncall_tui.config.form import Doc, Table
from oncall_tui.config.schema.fields import NAME_FORM, Name, length, text
from oncall_tui.domain.duration import DAY, MINUTE

_Interval = Annotated[int | None, length(5 * MINUTE, DAY)]
_INTERVAL_FORM = "a length of time, 5m to 1d"


class RhythmTable(Table, frozen=True, kw_only=True):
    investigating: Annotated[_Interval, Doc("While the cause is looked for.", _INTERVAL_FORM)] = None
    identified: Annotated[_Interval, Doc("While it is repaired.", _INTERVAL_FORM)] = None
    monitoring: Annotated[_Interval, Doc("While the repair is watched.", _INTERVAL_FORM)] = None
    slow: Annotated[_Interval, Doc("What is offered after two hours, and told to customers.", _INTERVAL_FORM)] = None


def _rhythm(severity: int, usual: str) -> Doc:
    return Doc(
        f"How often customers hear of a SEV{severity}; {usual} where absent.",
        f"a table of {', '.join(RhythmTable.__struct_fields__)}",
    )


class UpdatesTable(Table, frozen=True, kw_only=True):
    product: Annotated[Name | None, Doc("What customers call the product, for templates.", NAME_FORM)] = None
    support: Annotated[Name | None, Doc("How customers reach support: an address, a number or a name.", NAME_FORM)] = (
        None
    )
    page_zone: Annotated[
        str,
        text(values.check_zone),
        Doc("The zone in which the page shows times; previews show yours beside it.", "a zone such as Europe/Berlin"),
    ] = "UTC"
    second_person: Annotated[
        tuple[Literal[1, 2, 3, 4], ...],
        Doc("Severities whose updates a second person has to send.", "a list of whole numbers, 1 to 4"),
    ] = ()
    notice: Annotated[
        int | None,
        length(MINUTE, 30 * DAY),
        Doc(
            "Least time between telling of planned work and its start; less needs a reason.",
            "a length of time, 1m to 30d",
        ),
    ] = None
    sev1: Annotated[RhythmTable, _rhythm(1, "15m, 20m, 30m, slow 30m")] = RhythmTable()
    sev2: Annotated[RhythmTable, _rhythm(2, "30m, 30m, 1h, slow 1h")] = RhythmTable()
    sev3: Annotated[RhythmTable, _rhythm(3, "1h, 1h, 2h, slow 4h")] = RhythmTable()
    sev4: Annotated[RhythmTable, _rhythm(4, "1d each")] = RhythmTable()
