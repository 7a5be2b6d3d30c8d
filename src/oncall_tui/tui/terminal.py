"""The terminal as it was found: saved before anything is drawn, put back whatever happened since."""

from __future__ import annotations

import os
import sys
import termios
from typing import NamedTuple, cast

#: Everything that a full-screen program may have switched on. The keyboard protocol is popped before the alternate
#: screen is left, since terminals keep one stack for each screen.
RESET = (
    b"\x1b[?2026l\x1b[?2048l\x1b[?1000l\x1b[?1002l\x1b[?1003l\x1b[?1005l\x1b[?1006l\x1b[?1015l\x1b[?1016l"
    b"\x1b[?1004l\x1b[?2004l\x1b[<u\x1b[?1049l\x1b[?7h\x1b[0m\x1b[?25h"
)

NO_SCREEN = (
    "The dashboard needs a terminal that can show a full screen (stdin and stdout a terminal, TERM set and not dumb): "
    "run it in one, or use `oncall-tui status`."
)
_PLAIN = (None, "", "dumb")


class SavedTerminal(NamedTuple):
    """The settings of the terminal on stdin, and its name."""

    name: str
    attributes: list[int | list[bytes | int]]

    def restore_settings(self) -> None:
        """Puts line settings back; a terminal that is gone needs none."""
        try:
            termios.tcsetattr(0, termios.TCSANOW, self.attributes)
        except (termios.error, OSError):
            return

    def free_flow_keys(self) -> None:
        """Lets ctrl+s and ctrl+q, pressed before the first frame, through as keys; from the background it changes none.

        The rest of the settings stay as they are until there is a screen: were we killed now, a shell would suffer.
        """
        attributes = [*self.attributes]
        attributes[0] = cast("int", attributes[0]) & ~termios.IXON
        try:
            if os.tcgetpgrp(0) == os.getpgrp():
                termios.tcsetattr(0, termios.TCSANOW, attributes)
        except (termios.error, OSError):
            return

    def reset(self) -> None:
        """Ends every mode and puts the settings back, without ever waiting for a terminal that does not read.

        A description of its own makes the write non-blocking here without making it so for other processes.
        """
        try:
            fd = os.open(self.name, os.O_WRONLY | os.O_NONBLOCK | os.O_NOCTTY)
        except OSError:
            return
        try:
            termios.tcflush(fd, termios.TCOFLUSH)
            os.write(fd, RESET)
        except (termios.error, OSError):
            pass
        finally:
            os.close(fd)
        self.restore_settings()


def can_show_screen() -> bool:
    """Tells whether stdin and stdout are a terminal that knows more than plain lines."""
    return bool(sys.stdin and sys.stdout) and os.isatty(0) and os.isatty(1) and os.environ.get("TERM") not in _PLAIN


def save_terminal() -> SavedTerminal:
    """Returns the terminal on stdin as it is now. Raises OSError or termios.error where there is none."""
    return SavedTerminal(os.ttyname(0), termios.tcgetattr(0))
