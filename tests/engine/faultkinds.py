"""The ways in which the failing page fails, by what each leaves behind."""

from __future__ import annotations

from enum import Enum, auto


class Fault(Enum):
    NONE = auto()
    DROP_BEFORE = auto()
    DROP_AFTER = auto()
    E500_BEFORE = auto()
    E500_AFTER = auto()
    E503_AFTER = auto()
    EMPTY_500 = auto()
    SLOW_BEFORE = auto()
    SLOW_AFTER = auto()
    HALF_JSON = auto()
    HALF_ANSWER = auto()
    TRICKLE = auto()
    HTML_BEFORE = auto()
    HTML_AFTER = auto()
    EMPTY_204_AFTER = auto()
    WRONG_SHAPE_AFTER = auto()
    LATE = auto()
    T420 = auto()
    T429 = auto()
    E401 = auto()
    E403 = auto()
    E404 = auto()
    E409 = auto()
    E422 = auto()
    MOVED_301 = auto()
    MOVED_302 = auto()
    MOVED_307 = auto()
    CLOSE_LATER = auto()


APPLIED_FAULTS = frozenset(
    {
        Fault.NONE,
        Fault.DROP_AFTER,
        Fault.E500_AFTER,
        Fault.E503_AFTER,
        Fault.SLOW_AFTER,
        Fault.HALF_JSON,
        Fault.HALF_ANSWER,
        Fault.TRICKLE,
        Fault.HTML_AFTER,
        Fault.EMPTY_204_AFTER,
        Fault.WRONG_SHAPE_AFTER,
        Fault.CLOSE_LATER,
    }
)
AMBIGUOUS_FAULTS = frozenset(
    {
        Fault.DROP_BEFORE,
        Fault.E500_BEFORE,
        Fault.EMPTY_500,
        Fault.SLOW_BEFORE,
        Fault.HTML_BEFORE,
        Fault.LATE,
    }
) | (APPLIED_FAULTS - {Fault.NONE, Fault.CLOSE_LATER})
BUSY_FAULTS = frozenset({Fault.T420, Fault.T429})
MOVED_FAULTS = frozenset({Fault.MOVED_301, Fault.MOVED_302, Fault.MOVED_307})
REFUSING_FAULTS = frozenset({Fault.E403, Fault.E404, Fault.E409, Fault.E422}) | MOVED_FAULTS
HEALING_FAULTS = tuple(fault for fault in Fault if fault not in REFUSING_FAULTS)
