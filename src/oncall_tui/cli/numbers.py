"""The numbers by which people name things: `12`, `#12`, `M3`."""

from __future__ import annotations

from oncall_tui.domain.errors import UsageError
from oncall_tui.domain.sanitize import clean_line


def read_number(text: str, sign: str, listing: str) -> int:
    """Returns the number in a text, with the sign or without; `listing` is the command that shows them.

    Raises UsageError.
    """
    digits = text[len(sign) :] if text[: len(sign)].upper() == sign else text
    if not (digits.isascii() and digits.isdigit() and len(digits) <= 18):
        name = f"{sign}12" if sign == "#" else f"{sign}3"
        raise UsageError(f"{clean_line(text, 60)} is no number such as {name}: `oncall-tui {listing}` shows them.")
    return int(digits)
