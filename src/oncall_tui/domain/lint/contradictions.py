"""Sentences of one text that cannot both be true: all is well, and yet it fails (TR006)."""

from __future__ import annotations

from collections.abc import Iterator

from oncall_tui.domain.lint.pattern import Folded
from oncall_tui.domain.lint.reading import Reading, Sentence
from oncall_tui.domain.lint.signs import fold

#: A text of more sentences tells what happened one after the other.
_MOST_SENTENCES = 6
#: So near the begin of a sentence a time tells when it was written.
_BEGIN = 25
#: Said of everything, so that nothing is left which may still fail.
_ALL_CALM = Folded(
    r"\ball (?:our )?(?:systems|services|components) (?:(?:are|remain) )?(?:now |fully |all |currently )*(?:operational"
    r"|(?:working|running|functioning|operating) (?:normally|as expected|as usual)|up(?: and running)?(?=[.!]|$)|green"
    r"|healthy|back to normal|recovered|restored)\b"
    r"|\beverything (?:is|['’]s) (?:now |fully |all )*(?:working|operational|fine|ok|okay|normal|back to normal|running"
    r"|up)\b"
    r"|\bno (?:customers|users|one|services|systems) (?:is|are|was|were) (?:currently |now )?(?:affected|impacted)\b"
    r"|\bthere is (?:currently |now )?no (?:outage|incident|customer impact|impact to customers)\b"
    r"|\b(?:the|this) (?:issue|incident|outage|problem) (?:is|has been) (?:now |fully |completely )*(?:resolved|fixed"
    r"|over)(?=[.!]|$| and)",
    needs="all |everything|no customers|no users|no one|no services|no systems|there is |the |this ",
)
_ALL_FAILS = Folded(
    r"\bwe (?:are|continue to|['’]re) (?:still |currently |actively |continuing to )*(?:investigat(?:e|ing)"
    r"|looking into)"
    r" (?!why|how|what|the (?:root |underlying )?cause|(?:root|other|further|additional|whether))"
    r"|\b(?:users|customers|everyone|nobody|all users|all customers)(?: in [\w-]+)?"
    r" (?:(?:are|is) (?:still "
    r"|currently )*(?:unable"
    r" to|not able to)|cannot|can['’]t|can not)\b"
    r"|\b(?:is|are|remains?) (?:still |currently )*(?:down|unavailable|failing|unreachable|offline)(?=[.!,]|$| for| in)"
    r"|\b(?:has|have) been (?:down|unavailable|failing|unreachable|offline) since\b"
    r"|\b(?:all|most|many) (?:users|customers|requests|calls|logins)(?: in [\w-]+)? (?:get|see|receive|fail|end in)\b",
    needs=(
        "all c|all logi|all reque|all user|can not|can't|cannot|can’t|down|failing|many |most |navailabl|not able"
        "|offline|ooking i|stigate |stigating |unable t|unreacha"
    ),
)
#: What takes something out of it, tells of another time, or of what comes afterwards.
_UNSURE = Folded(
    r"\b(?:some|most|but|however|except|apart|other(?:wise)?|only|once|when|until|till|if|while|although|though|unless"
    r"|whether|may|might|was|were|had|previously|earlier|should|will|would|root|cause|review|future|prevent\w*|separate"
    r"|remaining|also|verify\w*|confirm\w*|expect\w*|ensure|sure|not|report\w*|update|again|during|before|after)\b"
    r"|n['’]t\b"
)
_BACK = Folded(
    r"(?<!\w)(?:the |our )?(?P<what>[a-z][\w-]{2,30}(?: [a-z][\w-]{2,30})?) (?:is|are|has been|have been) (?:now "
    r"|fully |back |all )*"
    r"(?:restored|operational|recovered|up|back|resolved|working|available|online)(?: again| normally)?(?=[.!,;]|$)",
    needs="restored|operational|recovered|up|back|resolved|working|available|online",
)
_STILL = Folded(
    r"(?<!\w)(?:the |our )?(?P<what>[a-z][\w-]{2,30}(?: [a-z][\w-]{2,30})?) (?:is|are|remains?) (?:still |currently )*"
    r"(?:down|failing|unavailable|broken|offline|unreachable|degraded)\b",
    needs="down|failing|unavailable|broken|offline|unreachable|degraded",
)


def find_contradictions(reading: Reading) -> Iterator[tuple[int, int, str]]:
    """Yields what fails after a sentence that said all was well: start, end, and the words that it contradicts.

    The other way round a text tells how things got better, and so does one whose lines begin with times.
    """
    if not 2 <= len(reading.sentences) <= _MOST_SENTENCES or _is_history(reading):
        return
    calm = _find_sure(reading, _ALL_CALM)
    if calm is not None:
        for match in reading.seek(_ALL_FAILS):
            sentence = reading.sentence_at(match.start())
            if sentence is not None and sentence.start > calm.start and not _UNSURE.search(sentence.text):
                yield match.start(), match.end(), calm.text
                return
    backs = [match.span("what") for match in reading.seek(_BACK)]
    for start, end in backs:
        sentence, what = reading.sentence_at(start), fold(reading.prose[start:end])
        if sentence is None or _UNSURE.search(sentence.text):
            continue
        for match in reading.seek(_STILL):
            other = reading.sentence_at(match.start())
            is_other = other is not None and other.start > sentence.start and not _UNSURE.search(other.text)
            if is_other and match["what"] == what:
                yield *match.span(), sentence.text
                return


def _is_history(reading: Reading) -> bool:
    found = [(clock, reading.sentence_at(clock.start)) for clock in reading.clocks[:2]]
    return any(sentence is not None and clock.start < sentence.start + _BEGIN for clock, sentence in found)


def _find_sure(reading: Reading, pattern: Folded) -> Sentence | None:
    for match in reading.seek(pattern):
        sentence = reading.sentence_at(match.start())
        if sentence is None:
            continue
        start, end = match.start() - sentence.start, match.end() - sentence.start
        if not _UNSURE.search(sentence.text[:start]) and not _UNSURE.search(sentence.text[end:]):
            return sentence
    return None
