"""One text, read once for all rules: what is code, what is a link, where sentences and words lie, what names are meant.

Every mask keeps the length: a position in one view is the same position in the text.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import cached_property
from typing import TypeVar, cast
from unicodedata import category

from msgspec import Struct

from oncall_tui.domain.lint.dates import DateWord, find_dates
from oncall_tui.domain.lint.model import Part
from oncall_tui.domain.lint.moments import Clock, find_clocks
from oncall_tui.domain.lint.pattern import Folded, Pattern
from oncall_tui.domain.lint.signs import fold

_T = TypeVar("_T")
MASK = "\N{LATIN LETTER DENTAL CLICK}"
"""Stands for each character of what is no prose: a letter, so that a masked word is still a word."""
NOTHING = "\N{WORD JOINER}"
"""Stands for each character of a tag of HTML, which readers do not see."""
_CODE = Pattern(r"```(?s:.){0,5000}?```|(?<!`)`[^`\n]{1,500}`(?!`)")
_MARKDOWN_LINK = Pattern(
    r"!?\[(?P<label>[^\[\]\n]{0,500})\](?:\((?P<url>[^()\s]{1,2000}(?:\([^()\s]{0,200}\)[^()\s]{0,500})?)"
    r"(?: \"[^\"\n]{0,200}\")?\)|\[[^\[\]\n]{0,200}\])"
)
_URL = Pattern(
    r"(?<![\w@])(?:[a-zA-Z][a-zA-Z0-9+.-]{1,20}://|www\.)[^\s<>\"'`|\\^{}\[\]]{1,2000}",
    needs="://|www.",
)
_TAG = Pattern(
    r"</?(?:a|abbr|b|blockquote|br|code|div|em|h[1-6]|hr|i|img|li|ol|p|pre|small|span|strong|sub|sup|table|tbody|td|th"
    r"|thead|tr|u|ul|var)(?:\s[^<>]{0,500})?/?>|</time>|<time\s[^<>]{1,500}>",
)
_BREAKING_TAG = Pattern(r"</?(?:br|div|h[1-6]|hr|li|ol|p|table|td|th|tr|ul)\b")
_SUSPECT = Pattern(r"[\[\]{}<>$%_＿`*]|\s[\s,.;:'’]|[,.;:]{2}|(?i:TBD|TODO|FIXME|XXX|xx:xx|INSERT|lorem)")
#: In so short a text looking for signs takes as long as the pattern.
_SHORT_TEXT = 60
_BEYOND = 40
_TRAILING = ".,;:!?)]*_"
_WORD = Pattern(r"\w+(?:['’.-]\w+)*")
_PLAIN_WORD = Pattern(r"[^\W\d_]+|%|\d+")
_NUMBER = Pattern(r"\d+")
_CAPITALS = Pattern(r"[A-Z][A-Z0-9'’]")
_SENTENCE_END = Pattern(r"[.!?][\"')\]”’*_]{0,4}(?=\s)|[。！？]|\n")
_ENGLISH = Folded(
    r"(?i:\b(?:the|we|is|are|and|of|to|with|has|have|this|been|was|were|our|for|by|from|not|on|at|it|be|may|will|can"
    r"|cannot|you|your|some|all|there|again|works?|fails?|failed|errors?|everything|down|slow|customers?|users?"
    r"|back)\b)"
)
_SHORT = frozenset(
    {"e.g", "i.e", "eg", "ie", "approx", "ca", "vs", "no", "nos", "inc", "ltd", "co", "corp", "dr", "mr", "mrs", "ms",
     "st", "a.m", "p.m", "u.s", "u.k", "jan", "feb", "mar", "apr", "jun", "jul", "aug", "sep", "sept", "oct", "nov",
     "dec", "resp", "cf", "al", "fig", "incl", "excl", "min", "max", "est"}
)  # fmt: skip

#: Short forms that may also stand at the end of a sentence, before a capital.
_ALSO_LAST = frozenset({"a.m", "p.m", "min", "max", "est", "no", "inc", "ltd", "u.s", "u.k"})


class Link(Struct, frozen=True):
    """A link as it stands in the text; `start` and `end` are those of the address, without its label."""

    start: int
    end: int
    url: str
    label: str | None = None


class Span(Struct, frozen=True):
    start: int
    end: int


class Sentence(Struct, frozen=True):
    """One sentence or line, without blanks at its ends; `text` is prose, so code and links in it are masked."""

    start: int
    end: int
    text: str


class Reading:
    """A text and the views of it that rules ask for; each view is made when it is first asked for."""

    def __init__(self, text: str, names: Iterable[str] = ()) -> None:
        self.text = text
        # Sentences take a name without the signs at its end.
        known = {each for name in names for each in (name, name.strip().rstrip(",;:. ")) if each.strip()}
        self._names = tuple(sorted(known, key=len, reverse=True))
        self._seen: dict[object, object] = {}

    def once(self, find: Callable[[Reading], list[_T]]) -> list[_T]:
        """Returns what a search finds in this text; rules that share a search run it once."""
        if find not in self._seen:
            self._seen[find] = find(self)
        return cast("list[_T]", self._seen[find])

    @cached_property
    def masked(self) -> str:
        """The text with those meant names masked that would look like a gap or a leftover."""
        text = self.text
        for name in self._names:
            if _SUSPECT.search(name):
                text = text.replace(name, MASK * len(name))
        return text

    @cached_property
    def meant(self) -> Sequence[Span]:
        """Where names stand that are meant, in the order of the text; names of one or two letters are passed over."""
        spans: list[Span] = []
        for name in self._names:
            at = self.text.find(name) if len(name) > 2 else -1
            while at >= 0:
                spans.append(Span(at, at + len(name)))
                at = self.text.find(name, at + len(name))
        return sorted(spans, key=lambda span: span.start)

    def is_meant(self, start: int, end: int) -> bool:
        """Tells whether a span lies within a meant name."""
        return any(span.start <= start and end <= span.end for span in self.meant)

    @cached_property
    def code(self) -> Sequence[Span]:
        return [Span(*match.span()) for match in _CODE.finditer(self.masked)]

    @cached_property
    def links(self) -> Sequence[Link]:
        """Addresses in the order of the text, those of Markdown links and bare ones."""
        text = self.without_code
        links = [
            Link(*match.span("url"), match["url"], match["label"])
            for match in _MARKDOWN_LINK.finditer(text)
            if match["url"]
        ]
        rest = _MARKDOWN_LINK.sub(_hide_all, text)
        for match in _URL.finditer(rest):
            url = _trim_url(match.group())
            links.append(Link(match.start(), match.start() + len(url), self.text[match.start() :][: len(url)]))
        return sorted(links, key=lambda link: link.start)

    @cached_property
    def without_code(self) -> str:
        return _CODE.sub(_hide_all, self.masked)

    @cached_property
    def prose(self) -> str:
        """The text as sentences are read: code and addresses masked, labels of links kept, tags of HTML as nothing."""
        text = _MARKDOWN_LINK.sub(_hide_address, self.without_code)
        if _URL.may_match(text):
            text = _URL.sub(lambda match: _hide(match.group(), _trim_url(match.group())), text)
        return _TAG.sub(_hide_tag, text) if "<" in text else text

    @cached_property
    def sentences(self) -> Sequence[Sentence]:
        prose, found, start = self.prose, list[Sentence](), 0
        for match in _SENTENCE_END.finditer(prose):
            if match.group() != "\n" and not _ends_sentence(prose, match.start(), match.end()):
                continue
            found += _cut_sentence(prose, start, match.end())
            start = match.end()
        found += _cut_sentence(prose, start, len(prose))
        return found

    @cached_property
    def _starts(self) -> list[int]:
        return [sentence.start for sentence in self.sentences]

    def seek(self, pattern: Pattern) -> Iterator[re.Match[str]]:
        """Yields what a pattern matches in the prose, where each match lies within one sentence.

        Only the sentences that hold one of its `needs` are read, which are few.
        """
        text = pattern.prepare(self.prose)
        if len(text) < _SHORT_TEXT or not pattern.needs:
            yield from pattern.compiled.finditer(text) if pattern.may_match(text) else ()
            return
        for index in self._list_holding(text, pattern.needs):
            sentence = self.sentences[index]
            # What may not follow a match is looked for beyond the end of its sentence.
            for match in pattern.compiled.finditer(text, sentence.start, min(len(text), sentence.end + _BEYOND)):
                if match.start() >= sentence.end:
                    break
                yield match

    def _list_holding(self, text: str, needs: Sequence[str]) -> list[int]:
        """Returns the numbers of the sentences in which one of some strings begins, in their order."""
        starts, sentences, found = self._starts, self.sentences, set[int]()
        for need in needs:
            at = text.find(need)
            while at >= 0:
                index = max(0, bisect_right(starts, at) - 1)
                found.add(index)
                at = text.find(need, max(at + 1, sentences[index].end))
        return sorted(found)

    def sentence_at(self, position: int) -> Sentence | None:
        """Returns the sentence that a position lies in, None between sentences."""
        index = bisect_right(self._starts, position) - 1
        if index < 0 or position > self.sentences[index].end:
            return None
        return self.sentences[index]

    @cached_property
    def words(self) -> Sequence[Span]:
        """Where words stand in the prose, numbers too."""
        return [Span(*match.span()) for match in _WORD.finditer(self.prose) if MASK not in match.group()]

    @cached_property
    def pairs(self) -> frozenset[str]:
        """Words that follow each other, in small letters and with a blank between them, whatever stood there."""
        words = _PLAIN_WORD.compiled.findall(fold(self.prose))
        return frozenset(map("{} {}".format, words, words[1:]))

    @cached_property
    def tokens(self) -> frozenset[str]:
        """The words of the prose in small letters, numbers too."""
        return frozenset(_WORD.compiled.findall(fold(self.prose)))

    @cached_property
    def capitals(self) -> Sequence[int]:
        """Where a capital stands before another, or before a digit or an apostrophe, in the text or in a view of it."""
        return [match.start() for match in _CAPITALS.finditer(self.text)]

    @cached_property
    def digits(self) -> Sequence[int]:
        """Where runs of digits begin in the text, in code and addresses too."""
        return [match.start() for match in _NUMBER.finditer(self.text)]

    @cached_property
    def numbers(self) -> Sequence[int]:
        """Where runs of digits begin."""
        return [match.start() for match in _NUMBER.finditer(self.prose)]

    @cached_property
    def clocks(self) -> Sequence[Clock]:
        """Times of day in the order of the text, each with its zone and date where the text gives them."""
        return find_clocks(
            self.prose, [(sentence.start, sentence.end) for sentence in self.sentences], self.dates, self.numbers
        )

    @cached_property
    def dates(self) -> Sequence[DateWord]:
        return find_dates(self.prose)

    @cached_property
    def is_english(self) -> bool:
        """Whether the text has English words: what it lacks cannot be told of another language."""
        return _ENGLISH.search(self.prose) is not None

    @cached_property
    def has_text(self) -> bool:
        return any(not _is_blank(sign) for sign in self.text)

    @cached_property
    def has_words(self) -> bool:
        """Whether there is a letter, a figure or a picture: full stops and brackets alone say nothing."""
        return any((sign.isalnum() or category(sign) == "So") and not _is_blank(sign) for sign in self.text)


def _is_blank(sign: str) -> bool:
    """Tells whether a sign shows nothing: blanks, what only steers a terminal, and letters without a shape."""
    return sign.isspace() or sign in "\u2800\u3164\u115f\u1160\uffa0" or category(sign)[0] == "C"


class Post:
    """A title and a body as the rules get them, with where they stand."""

    def __init__(self, title: Reading, body: Reading) -> None:
        self.title = title
        self.body = body

    @property
    def parts(self) -> tuple[tuple[Part, Reading], tuple[Part, Reading]]:
        return ((Part.TITLE, self.title), (Part.BODY, self.body))


def hide_spans(text: str, spans: Iterable[tuple[int, int]]) -> str:
    """Returns a text with some spans masked; they may lie in any order and over each other."""
    pieces, reached = list[str](), 0
    for start, end in sorted(spans):
        if end > reached:
            start = max(start, reached)
            pieces += [text[reached:start], MASK * (end - start)]
            reached = end
    return "".join([*pieces, text[reached:]])


def _hide_all(match: re.Match[str]) -> str:
    return MASK * len(match.group())


def _hide_address(match: re.Match[str]) -> str:
    """Brackets and address of a Markdown link are nothing to readers, who see the label alone."""
    low, high = (position - match.start() for position in match.span("label"))
    whole = match.group()
    return NOTHING * low + whole[low:high] + NOTHING * (len(whole) - high)


def _hide_tag(match: re.Match[str]) -> str:
    whole = match.group()
    return "\n" + NOTHING * (len(whole) - 1) if _BREAKING_TAG.match(whole) else NOTHING * len(whole)


def _hide(text: str, hidden: str) -> str:
    return MASK * len(hidden) + text[len(hidden) :]


def _trim_url(url: str) -> str:
    """An address at the end of a sentence does not hold the signs after it, unless a bracket was opened in it."""
    end = len(url)
    while end and url[end - 1] in _TRAILING and not (url[end - 1] == ")" and "(" in url[:end]):
        end -= 1
    return url[:end]


def _ends_sentence(prose: str, at: int, end: int) -> bool:
    following = prose[end : end + 12].lstrip(" \t")
    if following[:1].islower():
        return False
    if prose[at] != ".":
        return True
    begin = at
    while begin > 0 and at - begin < 8 and (prose[begin - 1].isalpha() or prose[begin - 1] == "."):
        begin -= 1
    word = prose[begin:at].lower()
    return word not in _SHORT or word in _ALSO_LAST


def _cut_sentence(prose: str, start: int, end: int) -> list[Sentence]:
    blanks = " \t\r\n\v\f" + NOTHING
    while start < end and prose[start] in blanks:
        start += 1
    while end > start and prose[end - 1] in blanks:
        end -= 1
    return [Sentence(start, end, prose[start:end])] if end > start else []
