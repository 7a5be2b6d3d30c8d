"""Notes of writers to each other, names of templates and filler that a text was begun with (PH005)."""

from __future__ import annotations

import re
from collections.abc import Iterator

from oncall_tui.domain.lint.model import Level
from oncall_tui.domain.lint.pattern import Folded, Pattern
from oncall_tui.domain.lint.reading import Reading
from oncall_tui.domain.lint.signs import fold

#: What is said to the next writer.
INSTRUCTION = Pattern(
    r"<!--(?s:.){0,500}?(?:-->|\Z)|(?i:\b(?:do not|don['’]t) (?:tell|show|mention (?:this|it) to|share (?:this"
    r"|it) with)"
    r" (?:this to |it to |any |the |our )?(?:customers|clients|users|public|press)\b)"
    r"|(?<=[.!?] )[Ii]nternal(?:ly| note)?: |(?i:\bcopy (?:and|&) paste (?:the following|this|the text|from|below)\b)"
    r"|(?:^|(?<=[.!?] ))(?:NB|Note|PS) (?:for|to) [A-Z][a-z]+: |(?<!\w)cc:? @[a-z][\w-]*"
    r"|(?i:\b(?:remove|delete|take out) (?:this |all |these )?(?:line|text|section|block|note|part)"
    r"(?: (?:before|prior to|when) \w{1,20})?)|(?i:\b(?:remove|delete) (?:before|prior to) (?:updat|post|publish|send"
    r"|sav"
    r"|submitt|releas|going)\w*)"
    r"|(?i:(?:^|(?<=[\[(*:>.\n-])|(?<=[\[(*:>.-] ))do not (?:include|post|publish|send|share)\b"
    r"(?: (?:this|the following|in|to|with|external\w*|publicly|yet)\b)?)"
    r"|(?i:\bdo not (?:include|publish|post) this\b)|\binternal[ -]only(?=[\]).!:]|$)"
    r"|(?i:(?:^|(?<=[\[(*:>\n-])|(?<=[\[(*:>-] ))internal(?: use)?(?: only)?(?=[\])*:.!\n]|$| (?:only|note|comment)\b))"
    r"|(?i:\bnote to self\b)|^[ \t]*//[ \t]?[Ii]nternal\b|^[ \t*_]*(?:DRAFT|Draft)(?=[ \t*_]*(?:[:\]–-]|$))"
    r"|(?<!\w)@[a-z][\w-]{1,30},? (?:please|pls|can you)\b|\b[Nn]ot for (?:customers|the public|publication):"
    r"|(?i:\bplease (?:review|check|approve|confirm|edit) (?:this )?before (?:you )?(?:post|publish|send)\w*)"
    r"|\b(?:INTERNAL(?: USE)? ONLY|[Ii]nternal use only|[Ff]or internal (?:use|eyes)"
    r"|NOT FOR (?:PUBLIC|CUSTOMERS)"
    r"|DRAFT ONLY|REMOVE BEFORE|DO NOT (?:POST|PUBLISH|SEND|SHARE|INCLUDE))\b",
    re.MULTILINE,
    needs=(
        *(
            "<!--",
            "o not",
            "on't",
            "on’t",
            "opy and paste",
            "opy & paste",
            "OPY ",
            "NB ",
            "Note ",
            "PS ",
            "cc @",
            "cc: @",
        ),
        *("emove", "REMOVE", "elete", "DELETE", "ake out", "o not", "O NOT", "o Not", "nternal", "INTERNAL", "DRAFT"),
        *(
            "NOT FOR",
            "ot for customers:",
            "ot for the public:",
            "ot for publication:",
            "ote to self",
            "NOTE TO",
            "Draft",
        ),
        *(f"lease {word}" for word in ("review", "check", "approve", "confirm", "edit")),
        "@",
    ),
)
#: The name of a template above the text that it made, and orders to insert something.
_TEMPLATE = Folded(
    r"^[ \t*_#>]*(?:template|snippet|macro|canned response|boilerplate|vorlage|text block)(?: name| id| key)?"
    r"[ \t]*[:=#][^\n]{0,60}|(?<![\w./-])(?:inv|idn|upd|mon|res|mnt|pm|out)\.(?:first|scope|ours|upstream|same|long"
    r"|any|client"
    r"|notice|over|public)(?![\w/-]|\.\w)|\binsert (?:\w+ ){1,4}here\b"
    r"|\((?:delete|remove|drop|cut) this[^()\n]{0,60}\)",
    re.MULTILINE,
    needs=(
        *(
            "template",
            "snippet",
            "macro",
            "canned resp",
            "boilerplate",
            "vorlage",
            "text block",
            "insert ",
            "(delete this",
        ),
        *("inv.", "idn.", "upd.", "mon.", "res.", "mnt.", "pm.", "out.", "(remove this", "(drop this", "(cut this"),
    ),
)
#: What may be meant for readers too.
_NOTE = Folded(
    r"(?i:\b(?:not for (?:the )?(?:public|external|publication|release|distribution)(?: use)?\b|(?:strictly|company)"
    r" confidential\b|nda only\b|(?:under|until the) embargo\b|off the record\b|(?:fyi )?team only\b"
    r"|(?:placeholder|dummy|filler|sample|example) (?:text|copy|paragraph|sentence)\b|blah(?:[ ,]+blah)+|asdf\w*"
    r"|foo ?bar\b|needs? (?:\w+ )?(?:approval|sign-?off|review) before (?:posting|publishing|sending|it goes)"
    r"|to ?do before (?:posting|publishing|sending)|copied from (?:the )?(?:last|previous|old)"
    r"|copy from (?:the )?(?:last|previous|old)))"
    r"|(?i:\((?:fill (?:this |me )?in|to be filled(?: in)?|add (?:this|number|name|link)\b[^()\n]{0,30}|placeholder"
    r"|not public|internal(?: (?:use|note|only|info)[^()\n]{0,40})?|private|wip)\))"
    r"|^[ \t*_#>([-]*(?:(?i:confidential|wip|work in progress|work-in-progress|(?:for )?(?:the )?reviewers?|note to"
    r" (?:\w+ ){0,2}\w+|speaker notes?|editor['’]?s? note|edit this(?: \w+)?|change this(?: \w+)?|fill (?:this )?in"
    r"|internal))(?=[ \t*_\])-]*(?::|$))|(?<![\w.])@(?:here|channel|everyone|all)\b|-- ?[Ii]nternal ?--",
    re.MULTILINE,
    needs=(
        *(
            "not for ",
            "confidential",
            "nda only",
            "embargo",
            "off the record",
            "team only",
            " text",
            " copy",
            " paragraph",
        ),
        *("sentence", "blah", "asdf", "foo bar", "foobar", "before posting", "before publishing", "before sending"),
        *(
            "before it goes",
            "copied from",
            "copy from",
            "(placeholder",
            "(fill ",
            "(to be filled",
            "(add ",
            "not public",
            "(internal",
            "(private",
            "wip",
        ),
        *(
            "work in progress",
            "work-in-progress",
            "reviewer",
            "note to ",
            "speaker note",
            "editor",
            "edit this",
            "change this",
        ),
        *("fill ", "internal", "@here", "@channel", "@everyone", "@all"),
    ),
)


def find_drafting(reading: Reading) -> Iterator[tuple[int, int, Level]]:
    """Yields what stayed from writing, with how certain it is."""
    folded = fold(reading.prose)
    for match in _TEMPLATE.compiled.finditer(folded) if _TEMPLATE.may_match(folded) else ():
        yield *match.span(), Level.BLOCK
    for match in _NOTE.compiled.finditer(folded) if _NOTE.may_match(folded) else ():
        if match.group().strip():
            yield *match.span(), Level.WARN
