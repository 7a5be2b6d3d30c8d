"""Bytes of a body as text: by their mark, else by the charset of the header, else as UTF-8."""

from __future__ import annotations

import codecs
import re

_MARKS = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)
_CHARSET = re.compile(r"""(?:^|[;\s])charset\s*=\s*["']?([\w.:-]{1,40})""", re.ASCII | re.IGNORECASE)
# Some of Python's own codecs take seconds for a hostile body, or are no charsets.
_KNOWN = re.compile(
    r"utf-(8|16|32)(-[bl]e)?|ascii|iso8859-\d+|cp\d+|koi8-[rtu]|mac-\w+|tis-620|"
    r"gb2312|gbk|gb18030|big5|big5hkscs|euc_jp|euc_kr|shift_jis|iso2022_jp|johab"
)
_AS_READ = {"iso8859-1": "cp1252", "ascii": "cp1252"}
"""What browsers take names for, whose servers mean the Windows one (WHATWG Encoding, 4.2)."""


def read_text(body: bytes | bytearray, content_type: str) -> str:
    """Returns a body as text without its mark; what cannot be read is replaced."""
    for mark, charset in _MARKS:
        if body.startswith(mark):
            return body[len(mark) :].decode(charset, "replace")
    return body.decode(find_charset(content_type), "replace")


def find_charset(content_type: str) -> str:
    """Returns the name of the codec that a Content-Type asks for, UTF-8 for none and for one that is not known."""
    named = _CHARSET.search(content_type)
    try:
        found = codecs.lookup(named[1]).name if named else "utf-8"
    except LookupError:
        return "utf-8"
    return _AS_READ.get(found, found) if _KNOWN.fullmatch(found) else "utf-8"
