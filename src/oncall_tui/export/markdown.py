"""Markdown (commonmark.org) in which text from outside stays text."""

from __future__ import annotations

import re

from oncall_tui.domain.postmortem import DOCUMENT_LIMIT
from oncall_tui.domain.sanitize import clean_block, clean_line

_SIGNS = re.compile(r"([\\`*_\[\]{}|~#!>])")
_BEGINNING = re.compile(r"^(\d{1,9})?([-+=.)])")
_BREAK = "  \n"


def escape_line(text: str, limit: int = 500) -> str:
    """Returns one line of text that no Markdown reader takes for anything else."""
    line = clean_line(text, limit).strip().replace("&", "&amp;").replace("<", "&lt;")
    return _BEGINNING.sub(r"\1\\\2", _SIGNS.sub(r"\\\1", line))


def quote(text: str) -> str:
    """Returns a text word for word as a quotation, line by line."""
    paragraphs = re.split(r"\n\s*\n", clean_block(text).strip())
    quoted = [
        _BREAK.join(f"> {escape_line(line, DOCUMENT_LIMIT)}" for line in paragraph.splitlines() if line.strip())
        for paragraph in paragraphs
    ]
    return "\n>\n".join(quoted)


def make_inert(text: str) -> str:
    """Returns a document as it is published: what a person wrote in Markdown, without control signs and raw HTML."""
    return clean_block(text, DOCUMENT_LIMIT).replace("<", "&lt;").strip() + "\n"
