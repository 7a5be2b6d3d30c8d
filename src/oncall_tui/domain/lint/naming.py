"""Names of other products, and of ours written in another way (PH007)."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator
from functools import lru_cache

from oncall_tui.domain.lint.model import Context, Fix, Part, Remark, Tuning
from oncall_tui.domain.lint.pattern import Pattern
from oncall_tui.domain.lint.reading import Post, Reading
from oncall_tui.domain.lint.signs import fold

_CAMEL = Pattern(r"(?<![\w@/.-])[A-Z][a-z]{2,}(?:[A-Z][a-z]+|[a-z]*)(?![\w@/-]|\.\w)")
_HUMP = Pattern(r"[a-z][A-Z]")


def find_foreign_names(post: Post, _context: Context, tuning: Tuning) -> Iterator[Remark]:
    """Yields names that are not ours, and names of ours that are not written as config writes them."""
    words = tuning.words
    for part, reading in post.parts:
        yield from _find_two_spellings(reading, part, words.products)
        lowered = reading.prose.lower()
        for name in words.foreign_names:
            if name.lower() not in lowered:
                continue
            for start, end in _list_names(reading, re.escape(name)):
                yield Remark(
                    start, end, f"'{reading.text[start:end]}' is not ours: did it stay from another text?", part
                )
        for name in words.products:
            yield from _find_spellings(reading, part, name)


def _find_two_spellings(reading: Reading, part: Part, products: Collection[str]) -> Iterator[Remark]:
    """Yields the plainer of two spellings of one name in a text, such as Datahub beside DataHub."""
    known = {name.replace(" ", "").replace("-", "").lower() for name in products}
    spelled: dict[str, list[re.Match[str]]] = {}
    if not _HUMP.search(reading.prose):
        return
    for match in _CAMEL.finditer(reading.prose):
        if match.group().lower() not in known and not reading.is_meant(*match.span()):
            spelled.setdefault(match.group().lower(), []).append(match)
    for matches in spelled.values():
        best = max((match.group() for match in matches), key=lambda shown: sum(map(str.isupper, shown)))
        for match in matches:
            if match.group() != best:
                text = f"'{match.group()}' is written {best} elsewhere in this text."
                yield Remark(*match.span(), text, part, Fix(f"write {best}", best))


def _find_spellings(reading: Reading, part: Part, name: str) -> Iterator[Remark]:
    pieces, loose = _split_name(name)
    folded = fold(reading.prose)
    if not all(piece in folded for piece in pieces):
        return
    for start, end in _list_names(reading, loose):
        shown = reading.text[start:end]
        if shown != name and not reading.is_meant(start, end):
            yield Remark(start, end, f"'{shown}' is written {name}.", part, Fix(f"write {name}", name))


@lru_cache(maxsize=500)
def _split_name(name: str) -> tuple[tuple[str, ...], str]:
    """Returns the pieces of a name in small letters, and a pattern for all ways to write them one behind the other."""
    pieces = re.findall(r"[A-Z]+(?![a-z])|[A-Z]?[^\WA-Z_]+|[^\w\s]", name) or [name]
    return tuple(fold(piece) for piece in pieces), r"[ -]?".join(re.escape(piece) for piece in pieces)


def _list_names(reading: Reading, pattern: str) -> Iterator[tuple[int, int]]:
    """Yields where a name stands in the prose, but not within an address such as `acme.com`."""
    for match in re.finditer(rf"(?<![\w@/.-])(?:{pattern})(?![\w@/-]|\.\w)", reading.prose, re.IGNORECASE):
        yield match.span()
