"""How it sounds: apologies, shouting, selling, and sentences that nobody reads to their end (TN)."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from oncall_tui.domain.incident import Cause, IncidentStatus, Severity
from oncall_tui.domain.lint.model import Context, Fix, Level, Remark, Rule, Tuning
from oncall_tui.domain.lint.pattern import Folded, Pattern, any_word
from oncall_tui.domain.lint.reading import MASK, Post, Reading, Sentence
from oncall_tui.domain.lint.signs import fold, holds_any

_APOLOGY = any_word(
    "apologi[sz]es?|apologies|apology|apologi[sz]ing|(?:we|i) regret|regret (?:any|the|this)|sorry|our regrets"
    "|beg (?:you|your pardon)|forgive us|mea culpa|excuse us"
)
_APOLOGY_SIGNS = ("apolog", "regret", "sorry", "beg you", "forgive us", "mea culpa", "excuse us")
_THANKS = any_word(
    "thanks?|thank you|appreciate|grateful|(?:for )?your (?:patience|understanding|cooperation)|bear(?:ing)? with us"
)
_THANKS_SIGNS = ("thank", "appreciat", "grateful", "your patience", "your understanding", "your cooperation", "with us")
_INCONVENIENCE = any_word(
    "(?:any |the |this |possible |potential )?inconveniences?(?: (?:that )?(?:this|it|the \\w+|these \\w+) (?:may"
    "|might|has|have|could|is|will)(?: have| be)?"
    " ?(?:caused?|causing)?(?: (?:to )?you)?)?"
    "|(?:any|the) (?:trouble|disruption|impact|problems?|difficult(?:y|ies)|issues?) (?:that )?(?:this|it) (?:may|might"
    "|could) have (?:caused|had)",
    needs=" have ca| have ha|inconven",
)
_SHOUT = Pattern(r"(?<![\w-])[A-Z][A-Z'’]+(?:[ ,]{1,2}(?:[A-Z][A-Z'’]+|I|A)){2,40}(?![\w-])")
_SMALL_WORDS = frozenset(
    {
        "DO",
        "NOT",
        "WE",
        "ARE",
        "ON",
        "IT",
        "IS",
        "THE",
        "TO",
        "YOU",
        "ALL",
        "OUR",
        "AND",
        "FOR",
        "CAN",
        "LOG",
        "IN",
        "BE",
        "USE",
    }
)
_CODE_AFTER = Folded(r"[\"'`)]? (?:errors?|status|code|region|response|requests?)\b")
_EXCLAIMED = Pattern(r"!+(?![\w=\[(])")
_EMOTICON = Pattern(
    r"(?<![\w:;/])(?:[:;]-?[)(DP|]|<3|¯\\_\(ツ\)_/¯|\^\^|:['’]\()(?![\w:/])",
    needs=(*(f"{eyes}{mouth}" for eyes in ":;" for mouth in ")(DP|-"), "<3", "¯", "^^", ":'(", ":’("),
)
_SHORTCODE = Pattern(r":(?<![\w:/]:)[a-z_]{3,20}:(?![\w:/])")
_EMOJI = Pattern(
    "[\U0001f1e6-\U0001f1ff\U0001f300-\U0001faff\u2600-\u26ff\u2705\u2728\u274c\u274e\u2757\u2764\u2b50\u2b55]\ufe0f?"
)
_SELLING = any_word(
    "we (?:truly |really |deeply )?value (?:our|your|each|every)|customer satisfaction|your trust (?:is|and)|trust and"
    " satisfaction|unrivall?ed|world[- ]leading|leading platform|robust and (?:scalable|reliable|secure)|(?:try"
    "|upgrade to)"
    " (?:our |the )?(?:new )?(?:pro|premium|enterprise|business)(?: plan)?|take (?:\\w+ ){1,4}very seriously"
    "|(?:the )?best (?:possible )?(?:experience|service|platform)|top[- ]notch|most (?:reliable|secure|advanced)"
    " (?:platform|service|cloud)|unprecedented|rock ?stars?|(?:our |an? )?(?:amazing|fantastic|awesome"
    "|incredible) (?:team"
    "|engineers|customers|community)|blazing(?:ly)? fast|\\d+ ?% off|upgrade now|world[- ]class|best[- ]in[- ]class"
    "|cutting[- ]edge|state[- ]of[- ]the[- ]art|industry[- ]leading"
    "|market[- ]leading|leading provider|award[- ]winning"
    "|seamless(?:ly)?|delight(?:ed|ful|s)?|excit(?:ed|ing)|thrilled|innovative|revolutionary|game[- ]chang\\w+"
    "|unparalleled|unmatched|next[- ]generation"
    "|valued customers?|we pride ourselves|take(?:s)? (?:great )?pride|committed to (?:excellence"
    "|providing (?:you )?(?:with )?(?:the )?(?:best|highest))"
    "|highest (?:quality|standards?|level) of|exceptional|superior (?:service|quality)|mission is to|passionate"
    "|synerg\\w+|journey|empower\\w*",
    needs=(
        " pride|% off|awesome|azing|ceptiona|class|cutting|delight|ding|empower|eneratio|erio|est |excit|fantasti"
        "|game|incredib|industry|ission i|journey|most |nnovativ|notch|passiona|revoluti|rock|seamless|synerg"
        "|the art|the-art|thrilled|to excel|tomer sa|try |unmatche|unparall|unpreced|unrival|upgrade |ust |value"
        "|winning"
    ),
)
_PASSIVE = Folded(
    r"an? (?:issue|problem|error|incident|outage) (?:has been|was) (?:identified|reported|detected|raised)\b"
    r"|an (?:error"
    r"|issue|incident|outage) (?:has )?occurred\b|(?:measures|steps|actions) have been (?:put|taken)\b|(?:it|the \w+"
    r"|this)"
    r" is being (?:investigated|looked (?:into|at)|worked on|dealt with|handled)\b|an investigation (?:has been|was|is"
    r" being) (?:launched|started|opened|conducted)\b|it has come to our (?:attention|notice)|it (?:has|had|was"
    r"|is) (?:been |being )?(?:determined|discovered"
    r"|identified|found|noted|observed|established"
    r"|reported|decided|confirmed|concluded|noticed|brought"
    r" to our attention|understood|believed|known)\b|(?:an?|the) (?:issue|problem|incident|error|fault|anomaly"
    r"|disruption) (?:has|had|was) (?:been )?(?:determined|discovered"
    r"|found|noted|observed|detected|noticed|experienced)\b|(?:errors|issues|problems|delays|mistakes) were (?:made"
    r"|observed|experienced|detected|noticed|seen)\b"
    r"|(?:steps|measures|actions) (?:are|have been|were|will be) (?:being )?taken\b",
)
_VOWELS = Pattern(r"[aeiouy]+")
_SILENT = Pattern(r"[aeiouy][^aeiouy\W]{0,3}[^aeiouyl\W]e\b")
_LETTERS = Pattern(r"[^\W\d_]+(?:['’][^\W\d_]+)*")
#: In fewer words than these a grade says little.
_LEAST_WORDS, _SURE_WORDS = 40, 100


def _apologies(reading: Reading) -> list[Sentence]:
    if not holds_any(fold(reading.prose), _APOLOGY_SIGNS):
        return []
    return [sentence for sentence in reading.sentences if _APOLOGY.search(sentence.text)]


def _find_many_apologies(post: Post, _context: Context, _tuning: Tuning) -> Iterator[Remark]:
    for sentence in _apologies(post.body)[1:]:
        start = sentence.start
        while start and post.body.text[start - 1] in " \t":
            start -= 1
        text = "One apology is enough: keep the first."
        yield Remark(start, sentence.end, text, fix=Fix("take this sentence out", ""))


def _find_inconvenience(post: Post, _context: Context, _tuning: Tuning) -> Iterator[Remark]:
    for match in post.body.seek(_INCONVENIENCE):
        yield Remark(*match.span(), "Say what you are sorry for: 'We are sorry that sign-in failed for 47 minutes'.")


def _find_no_apology(post: Post, context: Context, _tuning: Tuning) -> Iterator[Remark]:
    is_due = (
        context.status is IncidentStatus.RESOLVED
        and context.cause in (Cause.OURS, Cause.SHARED)
        and context.severity is not None
        and context.severity <= Severity.SEV2
        and context.facts.has_apology is not False
    )
    if is_due and post.body.has_text and not _apologies(post.body):
        yield Remark(0, 0, "It was ours and it hit many: say once, at the end, that you are sorry.")


def _find_much_feeling(post: Post, _context: Context, _tuning: Tuning) -> Iterator[Remark]:
    folded = fold(post.body.prose)
    if not holds_any(folded, (*_APOLOGY_SIGNS, *_THANKS_SIGNS)):
        return
    feeling = [
        sentence for sentence in post.body.sentences if _APOLOGY.search(sentence.text) or _THANKS.search(sentence.text)
    ]
    size = sum(sentence.end - sentence.start for sentence in post.body.sentences)
    share = sum(sentence.end - sentence.start for sentence in feeling) / max(size, 1)
    # A short note with a thank-you is polite; a long text of it tells nothing.
    if feeling and share > 1 / 3:
        text = "Apologies and thanks take up a third of the text: say what works, what does not, and until when."
        is_heavy = share > 0.5 and size > 100
        yield Remark(feeling[0].start, feeling[-1].end, text, level=None if is_heavy else Level.INFO)


def _find_shouting(post: Post, _context: Context, _tuning: Tuning) -> Iterator[Remark]:
    for part, reading in post.parts:
        for match in _SHOUT.match_at(reading.prose, reading.capitals):
            words = match.group().replace(",", " ").split()
            long = [word for word in words if len(word) > 3]
            small = sum(word in _SMALL_WORDS for word in words)
            is_shout = len(long) >= 2 or (len(long) == 1 and len(words) >= 4) or small >= 3
            if (
                not is_shout
                or _CODE_AFTER.match(reading.prose, match.end())
                or reading.is_meant(*match.span())
                or MASK in match.group()
            ):
                continue
            shown = match.group()
            calm = shown.capitalize() if _starts_sentence(reading.prose, match.start()) else shown.lower()
            yield Remark(*match.span(), "Capitals read as shouting.", part, Fix("write it in small letters", calm))


def _starts_sentence(prose: str, at: int) -> bool:
    before = prose[:at].rstrip(" \t*_#>-")
    return not before or before[-1] in ".!?\n:"


def _find_excitement(post: Post, _context: Context, _tuning: Tuning) -> Iterator[Remark]:
    for part, reading in post.parts:
        for match in _EXCLAIMED.finditer(reading.prose) if "!" in reading.prose else ():
            is_ended = reading.prose[match.start() - 1 : match.start()] in (".", "?", "…")
            fix = Fix("take it out", "") if is_ended else Fix("make it a full stop", ".")
            yield Remark(*match.span(), "A full stop is enough.", part, fix)
        for match in _EMOTICON.finditer(reading.prose):
            yield Remark(*match.span(), "A sign like this reads as lightness: use a word.", part)
        for match in _SHORTCODE.finditer(reading.prose) if reading.prose.count(":") > 1 else ():
            yield Remark(*match.span(), "A sign like this reads as lightness: use a word.", part)
        for match in _EMOJI.finditer(reading.prose) if not reading.prose.isascii() else ():
            yield Remark(*match.span(), "A sign like this reads as lightness: use a word.", part)


def _find_selling(post: Post, _context: Context, _tuning: Tuning) -> Iterator[Remark]:
    for match in post.body.seek(_SELLING):
        shown = post.body.text[match.start() : match.end()]
        yield Remark(*match.span(), f"'{shown}' sells: this is a message about a fault.")


def _find_long_reading(post: Post, _context: Context, tuning: Tuning) -> Iterator[Remark]:
    limits = tuning.limits
    words = 0
    counted: list[Sentence] = []
    for sentence in post.body.sentences:
        found = _LETTERS.compiled.findall(sentence.text)
        if len(found) < 3 or (_is_foreign(sentence.text)):
            continue
        words += len(found)
        counted.append(sentence)
        if len(found) > limits.long_sentence_words:
            text = f"This sentence has {len(found)} words: make two of it."
            yield Remark(sentence.start, sentence.end, text, level=Level.INFO)
    if words < _LEAST_WORDS:
        return
    grade = grade_of(counted, words)
    if grade > limits.hard_grade:
        level = Level.WARN if grade > limits.very_hard_grade and words >= _SURE_WORDS else Level.INFO
        text = f"This reads like grade {grade:.0f} at school: shorter sentences, shorter words."
        yield Remark(0, 0, text, level=level)


def _is_foreign(text: str) -> bool:
    if text.isascii() or text.replace(MASK, "").isascii():
        return False
    return sum(sign > "\u024f" and sign != MASK and sign.isalpha() for sign in text) > len(text) // 4


def grade_of(sentences: Sequence[Sentence], words: int) -> float:
    """Returns the Flesch-Kincaid grade of some sentences of `words` words (Kincaid et al., 1975)."""
    if not sentences or not words:
        return 0.0
    syllables = _count_syllables("\n".join(sentence.text for sentence in sentences))
    return 0.39 * words / len(sentences) + 11.8 * syllables / words - 15.59


def _count_syllables(text: str) -> int:
    """Groups of vowels, without an e at the end of a word that is not heard; masked links and code have none."""
    low = text.lower()
    return len(_VOWELS.compiled.findall(low)) - len(_SILENT.compiled.findall(low))


def _find_no_actor(post: Post, _context: Context, _tuning: Tuning) -> Iterator[Remark]:
    for sentence in post.body.sentences:
        match = _PASSIVE.match(sentence.text)
        if match and " by " not in sentence.text[match.end() : match.end() + 40]:
            text = "Who did? Begin with 'We', or with what customers saw."
            yield Remark(sentence.start, sentence.start + match.end(), text)


RULES = (
    Rule("TN001", Level.WARN, "More than one apology", _find_many_apologies),
    Rule("TN002", Level.INFO, "An inconvenience", _find_inconvenience),
    Rule("TN003", Level.INFO, "No apology where one is due", _find_no_apology),
    Rule("TN004", Level.WARN, "More feeling than fact", _find_much_feeling),
    Rule("TN005", Level.WARN, "Capitals", _find_shouting),
    Rule("TN006", Level.INFO, "Exclamation marks and emoji", _find_excitement),
    Rule("TN007", Level.INFO, "Words that sell", _find_selling),
    Rule("TN008", Level.WARN, "Hard to read", _find_long_reading),
    Rule("TN009", Level.INFO, "A passive without an actor", _find_no_actor),
)
