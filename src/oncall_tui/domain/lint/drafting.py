"""Notes of writers to each other, names of templates and filler that a text was begun with (PH005)."""

from __future__ import annotations

import re
from collections.abc import Iterator

from oncall_tui.domain.lint.model import Level
from oncall_tui.domain.lint.pattern import Pattern
from oncall_tui.domain.lint.reading import Reading

#: The name of a template above the text that it made, and orders to insert something.
_TEMPLATE = Pattern(
    r"^[ \t*_#>]*(?i:template|snippet|macro|canned response|boilerplate|vorlage|text block)(?i: name| id"
    r"| key)?[ \t]*[:=#]"
    r"[^\n]{0,60}|(?<![\w./-])(?:inv|idn|upd|mon|res|mnt|pm|out)\.(?:first|scope|ours|upstream|same|long|any|client"
    r"|notice|over|public)(?![\w/-]|\.\w)|(?i:\binsert (?:\w+ ){1,4}here\b)"
    r"|(?i:\((?:delete|remove|drop|cut) this[^()\n]{0,60}\))",
    re.MULTILINE,
    needs=(
        *("emplate", "EMPLATE", "nippet", "acro", "anned", "oilerplate", "orlage", "ext block", "nsert ", "NSERT "),
        *("inv.", "idn.", "upd.", "mon.", "res.", "mnt.", "pm.", "out.", "this"),
    ),
)
#: What may be meant for readers too.
_NOTE = Pattern(
    r"(?i:\b(?:not for (?:the )?(?:public|external|publication|release|distribution)(?: use)?\b|(?:strictly|company)"
    r" confidential\b|nda only\b|(?:under|until the) embargo\b|off the record\b|(?:fyi )?team only\b"
    r"|(?:placeholder|dummy|filler|sample|example) (?:text|copy|paragraph|sentence)\b|blah(?:[ ,]+blah)+|asdf\w*"
    r"|foo ?bar\b|needs? (?:\w+ )?(?:approval|sign-?off|review) before (?:posting|publishing|sending|it goes)"
    r"|to ?do before (?:posting|publishing|sending)|copied from (?:the )?(?:last|previous|old)"
    r"|copy from (?:the )?(?:last|previous|old)))"
    r"|(?i:\((?:placeholder|not public|internal(?: (?:use|note|only|info)[^()\n]{0,40})?|private|wip)\))"
    r"|^[ \t*_#>([-]*(?:(?i:confidential|wip|work in progress|work-in-progress|(?:for )?(?:the )?reviewers?|note to"
    r" (?:\w+ ){0,2}\w+|speaker notes?|editor['’]?s? note|edit this(?: \w+)?|change this(?: \w+)?|fill (?:this )?in"
    r"|internal))(?=[ \t*_\])-]*(?::|$))|(?<![\w.])@(?:here|channel|everyone|all)\b|-- ?[Ii]nternal ?--",
    re.MULTILINE,
)


def find_drafting(reading: Reading) -> Iterator[tuple[int, int, Level]]:
    """Yields what stayed from writing, with how certain it is."""
    for match in _TEMPLATE.finditer(reading.prose):
        yield *match.span(), Level.BLOCK
    for match in _NOTE.finditer(reading.prose):
        if match.group().strip():
            yield *match.span(), Level.WARN
