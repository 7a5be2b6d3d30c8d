"""What a text tells as of now or of later, though its state says that it is over (TR003)."""

from __future__ import annotations

from collections.abc import Iterator

from oncall_tui.domain.lint.pattern import Folded
from oncall_tui.domain.lint.reading import Reading, Sentence

_WHO = (
    r"(?:we|i|engineers|technicians|engineering|(?:our|the|their|a) (?:\w+ ){0,3}(?:team|teams|engineers|technicians"
    r"|staff|colleagues|provider|supplier|carrier|partner|vendor|specialists))"
)
_HOW = r"(?:(?:now|still|currently|actively|also|just|already|continuing to|busy|hard at work|closely|both) )*"
#: What people do once it is over.
_AFTER_DOING = (
    r"monitoring|watching|keeping|observing|reviewing|conducting|writing|publishing|planning|improving|closing|marking"
    r"|resolving|declaring|considering|changing|seeing|pleased|adding|moving|evaluating|taking|confirming|preparing"
    r"|holding|hoping|experiencing|setting|calling|ending|upgrading|updating|reaching|contacting|crediting|refunding"
    r"|exploring|committing|leaving|going|sorry|posting|removing|operating|running|using|being|having|doing|apologi\w+"
    r"|performing|strengthening|introducing|increasing|reducing|building|creating|pursuing|discussing|making|tracking"
    r"|no longer|not seeing|working normally|sending|receiving|processing|returning|offering|looking forward|investing"
    r"|continuing|working"
)
_DOING = Folded(
    rf"\b{_WHO}(?:['’]re| are| is) {_HOW}(?!(?:{_AFTER_DOING})\b)[a-z]{{3,20}}ing\b(?! (?:into effect|this|it)\b)"
)
_REPAIRING = (
    r"(?:investigat|try|roll|fix|repair|restor|restart|reboot|replac|rebuild|search|debug|troubleshoot|deploy|apply"
    r"|test|re-?rout|mov|copy|switch|revert|work|isolat|recover|drain|diagnos|analy[sz])"
)
_GOING_ON = Folded(
    rf"\b{_WHO}(?:['’]re| are| is) {_HOW}(?!also|working (?!on (?:a|the|it|this)\b)|moving th){_REPAIRING}(?:t|l)?ing\b"
    rf"|\b{_WHO}(?:['’]re| are| is) {_HOW}(?:looking (?:into|for|at)|trying|rolling|on it\b|at work on)"
    r"|(?<!are )(?<!were )(?<!may )(?<!might )(?<!could )\bstill (?:fail\w*|down|offline|unavailable|broken|unable"
    r"|out of order|unreachable|slow|stuck"
    r"|missing|not (?!clear|known|seeing)\w+|(?:isn|aren|can|doesn|don)['’]t|cannot|being (?:seen|fixed|repaired"
    r"|restored"
    r"|worked)|failing|see(?:ing)? (?:errors|failures|problems))"
    r"|\b(?:is|are) still (?:fail\w*|down|offline|unavailable|broken|unable|out of order|unreachable|slow|stuck|missing"
    r"|not (?!clear|known|seeing)\w+|being (?:seen|fixed|repaired|restored|worked)|failing|seeing|affected|degraded)"
    r"|(?:\bnot|n['’]t) (?:(?:been|be|fully|completely|all) )*(?:fixed|resolved|restored|repaired|recovered|solved"
    r"|over|back|working|operational|available|done)(?: \w+){0,3} yet\b"
    r"|(?:\bnot yet|n['’]t yet) (?:(?:been|be|fully|completely|all|back) )*(?:fixed|resolved|restored|repaired"
    r"|recovered|solved|over|back|working|operational|available)\b|\byet to be (?:fixed|resolved|restored|repaired"
    r"|solved)\b"
    r"|\bwe (?:now )?(?:expect|hope|aim|plan|intend|anticipate|estimate) (?:to have |to |that |for )?(?:\w+[ -]){0,4}?"
    r"(?:restored?|fix(?:ed)?|resolved?|back|recover(?:ed|y)?|repair(?:ed)?|resolution)\b"
    r"|\b(?:will|is expected to|are expected to) (?:soon |shortly |then )?be (?:fully )?(?:restored|fixed"
    r"|repaired|back (?:up|online|by|at|in)|working again|available again)\b"
    r"|\b(?:fix|patch|repair|solution|rollback|workaround)s? (?:is|are) (?:now |still |currently )?"
    r"(?:on (?:its|the) way|being (?!monitored)\w+|coming|under ?way|in progress|rolling out)\b"
    r"|\bkeeps? (?:failing|dropping|timing out|crashing)\b|\bremains? (?:unreliable|unstable|broken|slow|intermittent"
    r"|out of order|offline|stuck)\b|\b(?:have|has) not (?:yet )?been able to (?:restore|fix|repair|resolve|find)\b"
    r"|\b(?:investigations?|repairs?|recovery|restoration|work)(?: on [\w ]{2,20})? (?:(?:is|are) (?:still )?(?:ongoing"
    r"|under ?way|in progress)|continues?)\b|\bwill (?:return|resume|recover) (?:at|by|in) (?:about )?\d"
    r"|\bwe(?:['’]re| are) (?:hoping|expecting|aiming|planning) (?:to have |to |that |for )?(?:\w+[ -]){0,4}?"
    r"(?:restore|fix|resolve|repair|recover)(?:d|ed|y)?\b"
    r"|\bbear with us (?:while|as) we (?:fix|work|repair|restore|resolve|investigate|look)\b"
    r"|\b(?:await|waiting for) (?:an? |the |their |its )?(?:answer|reply|response|fix|repair|parts?|patch)\b"
    r"|\b(?:half|most|some|many|all|several|\d+%?|two thirds|a third|a quarter) of (?:the |our |all )?(?:\w+ ){1,2}"
    r"(?:is|are) (?:still )?(?:down|offline|unavailable|failing|unreachable)\b"
)
#: In the present, without a word for now.
_FAILING_NOW = Folded(
    r"(?:^|(?<=[.!?;] ))(?:[\w'’-]+ ){1,7}?(?:(?<!to )(?<!may )(?<!might )(?<!could )(?<!will )fails?"
    r"|(?:cannot|can ?not|can['’]t) (?!be\b)[a-z]+|(?:do|does) not (?:work"
    r"|load|open|respond|answer)|(?:doesn|don)['’]t (?:work|load|open|respond|answer)|(?:see|sees|get|gets|receive"
    r"|receives) (?:an? |the )?(?:\w+ )?(?:errors?|time-?outs?)|(?:is|are) (?:failing|timing out|returning errors"
    r"|not (?:working|loading|reachable)))\b"
    r"|\b(?:we )?(?:will|['’]ll) (?:keep you (?:posted|updated|informed)|update you|share more|provide (?:an"
    r"|another|more|further|additional)? ?(?:update|information|news)s?|post (?:an|another) update|follow up (?:with"
    r"|here))\b|\b(?:more|further) (?:updates?|information|news|details) (?:to follow|will follow|soon|shortly|as)\b"
)
_WATCHED = Folded(
    r"\b(?:are|['’]re|is) (?:now |still |currently |actively |closely )*(?:keeping (?:a (?:close )?|an? )eye|continuing"
    r" to (?:monitor|watch)|monitoring|watching)\b"
)
_AFTERWARDS = Folded(
    r"\b(?:post[ -]?mortems?|review\w*|prevent\w*|avoid\w*|re-?occur\w*|recur\w*|future|follow[- ]?up|improv\w*"
    r"|again in"
    r"|if (?:you|any|anyone|customers|users)|contact|reach out|support|should you|long[- ]?term|permanent\w*|automat\w+"
    r"|detect\w*|safeguards?|refund\w*|credit\w*|backlog|queued?|report|rca|next (?:steps|week|month|days)|ensure"
    r"|separate|different|another|other|unrelated|previously|earlier|going forward|upcoming|resilien\w*|confident"
    r"|was|were|had|between|during|after|already|duplicate|consolidat\w*|incident\W+https?|maintenance)\b"
)
_CAUSE = Folded(r"\b(?:causes?|reasons?|why|underlying|root)\b")
#: Said of what has ended, in whatever words.
_ENDED = Folded(
    r"\b(?:resolved|restored|recovered|fixed|mitigated|remediated|solved|closed?|closing|normal(?:ly)?|operational"
    r"|no longer|ended|over|again|subsided|cleared|stable|stabili[sz]ed|healthy|as expected|concluded|completed?"
    r"|finished|back|successful(?:ly)?|working|available|false (?:alarm|positive)|working|until|lasted|no (?:further"
    r"|impact)|not (?:seen|affected))\b"
)


_DONE = Folded(
    r"\b(?:(?:fix\w*|patch\w*|change|repair\w*|workaround|mitigation) (?:has|is|was)|applied|deployed|implemented"
    r"|replaced"
    r"|reverted|restarted|rolled|repair\w*|removed|added|in place|moved|switched|disabled|patched|monitor\w*|holds)\b"
)
#: In longer texts than this the present is mostly of what comes after.
_MOST_SENTENCES = 4


def find_unfinished(reading: Reading) -> Iterator[tuple[int, int, bool]]:
    """Yields what goes on, with whether it is certain: nothing else in the text tells of an end then."""
    found = list(_list_unfinished(reading))
    taken = {sentence.start for sentence, _, _, is_sure in found if is_sure}
    is_over = any(_ENDED.search(each.text) for each in reading.sentences if each.start not in taken)
    for _, start, end, is_sure in found:
        if not is_over or (is_sure and len(reading.sentences) <= _MOST_SENTENCES):
            yield start, end, is_sure and not is_over


def tells_end(reading: Reading) -> bool:
    """Tells whether a text says of anything that it has ended or was done."""
    return _ENDED.search(reading.prose) is not None or _DONE.search(reading.prose) is not None


def _list_unfinished(reading: Reading) -> Iterator[tuple[Sentence, int, int, bool]]:
    for sentence in reading.sentences:
        if _AFTERWARDS.search(sentence.text):
            continue
        for pattern in (_GOING_ON, _FAILING_NOW, _DOING, _WATCHED):
            match = pattern.search(sentence.text)
            if match is not None:
                is_sure = pattern is _GOING_ON and not _CAUSE.search(sentence.text)
                yield sentence, sentence.start + match.start(), sentence.start + match.end(), is_sure
                break
