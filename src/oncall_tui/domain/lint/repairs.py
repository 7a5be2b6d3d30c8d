"""What a text says was done about it, while nobody wrote down that it was (TR009)."""

from __future__ import annotations

from collections.abc import Iterator

from oncall_tui.domain.incident import IncidentStatus
from oncall_tui.domain.lint.model import Context, Level, Remark, Rule, Tuning
from oncall_tui.domain.lint.pattern import Folded
from oncall_tui.domain.lint.reading import Post, Reading
from oncall_tui.domain.lint.truth import join_names, search
from oncall_tui.domain.probe import ProbeStatus

_REMEDY = (
    r"(?:(?:hot)?fix(?:es)?|repairs?|(?:hot)?patch(?:es)?|work-?arounds?|mitigations?|remed(?:y|iation)|solution"
    r"|correction|roll-?back|restart|replacement|counter-?measures?|switch-?over|fail-?over)"
)
_HOW = r"(?:(?:now|just|also|already|fully|successfully|since|then|all|both|again|manually) )*"
_DONE = (
    r"(?:restarted|rebooted|replaced|reverted|increased|added|doubled|raised|moved|shifted|re-?routed|redirected"
    r"|drained|disabled|enabled|turned|switched|blocked|scaled|failed over|fixed|repaired|mitigated|removed|renewed"
    r"|extended|rebuilt|reinstalled|upgraded|downgraded|reset|cleared|freed|isolated|corrected|deployed|applied"
    r"|implemented|released|rolled|patched|put|brought|taken|installed|limited|swapped|undone)"
)
_WHO = (
    r"(?:we|engineers|technicians|they|(?:our|the) (?:\w+ ){0,2}(?:team|engineers|provider|supplier|carrier|partner))"
)
_REPAIR = Folded(
    rf"\b(?:the|a|an|our|this|that|its) (?:\w+ ){{0,2}}{_REMEDY} (?:[\w,-]+ ){{0,6}}?(?:(?:is|are|was|were|has been"
    rf"|have been) {_HOW}(?:in place|live|done|completed?|deployed|applied|implemented|released|rolled out|shipped"
    r"|installed|finished|active|in effect|made|out\b(?! of)|working)|holds|took effect|has taken effect|went"
    r" (?:live|out))\b"
    rf"|\b{_WHO}(?:['’]ve| have| has)? {_HOW}(?:{_DONE}\b"
    r"(?! (?:to|reports?|part|in(?! place)|that|this as|some time|of)\b)"
    r"|(?:returned|switched|moved|went back) to (?:the|an?|our) (?:\w+ )?(?:version|release|state|backup|standby|spare"
    r"|configuration|settings?|copy|servers?)\b)"
    rf"|\b(?:has|have) been {_HOW}{_DONE}\b(?! (?:to be|by|as)\b)|\b(?:was|were) {_HOW}(?:restarted|rebooted|replaced"
    r"|reverted|rolled back|re-?routed|disabled|repaired|fixed|patched|turned off|switched off|undone)\b"
    rf"|\b(?:{_REMEDY}) (?:implemented|deployed|applied|in place|released|is live)\b",
    needs=(
        "fix|repair|patch|around|mitigat|remed|solution|correct|roll|restart|replace|measure|over|we|engineers"
        "|technicians|they|our |the |been |was |were "
    ),
)
_NOT_DONE = Folded(
    r"\b(?:not|no|will|would|once|until|if|when|as soon as|being|must|should|may|might|plan\w*|try\w*|tried"
    r"|attempt\w*|without|prepar\w+|before)\b|n['’]t\b"
)


def find_repairs(reading: Reading) -> Iterator[tuple[int, int]]:
    """Yields where a text says that something was repaired, changed or put in place."""
    for start, end, _ in search(reading, _REPAIR, _NOT_DONE):
        yield start, end


def _find_unrecorded_repairs(post: Post, context: Context, _tuning: Tuning) -> Iterator[Remark]:
    if context.has_mitigation is not False:
        return
    down = [probe.name for probe in context.probes or () if probe.status is ProbeStatus.DOWN]
    is_doubtful = context.status is IncidentStatus.MONITORING and bool(down)
    level = Level.WARN if is_doubtful else None
    told = list(find_repairs(post.body))
    for start, end in told:
        yield Remark(start, end, "The timeline knows of no fix: note who did what, and when.", level=level)
    if is_doubtful and not told:
        text = (
            f"Monitoring follows a fix, but the timeline knows of none, and {join_names(down)} down: note it, or wait."
        )
        yield Remark(0, 0, text, level=level)


RULES = (Rule("TR009", Level.INFO, "A fix that the timeline does not know", _find_unrecorded_repairs),)
