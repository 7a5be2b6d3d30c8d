"""What readers of a page see of a text: status pages render a little Markdown and HTML."""

from __future__ import annotations

import re
from collections.abc import Iterator
from enum import StrEnum
from html import unescape

from msgspec import Struct

from oncall_tui.domain.sanitize import clean_block, clean_line

_BREAK = re.compile(r"(?i)[ \t]*<br ?/?>[ \t]*\n?")
_BLOCK_END = re.compile(
    r"(?i)\n?</(?:p|div|ul|ol|h[1-6]|blockquote)>\n?|\n?<(?:p|div|ul|ol|h[1-6]|blockquote)(?: [^<>]*)?>\n?"
)
_ITEM = re.compile(r"(?i)[ \t]*<li(?: [^<>]*)?>[ \t]*")
_ITEM_END = re.compile(r"(?i)[ \t]*</li>[ \t]*\n?")
_ANCHOR = re.compile(
    r"(?is)<a\s[^<>]{0,500}?href=[\"']?(?P<url>https?://[^\s\"'<>]+)[\"']?[^<>]*>(?P<label>.{0,500}?)</a>"
)
_STRONG = re.compile(r"(?i)</?(?:b|strong)>")
_EMPHASIS = re.compile(r"(?i)</?(?:i|em)>")
_CODE = re.compile(r"(?i)</?code>")
_TAG = re.compile(r"</?[A-Za-z][^<>]{0,500}>")
_BULLET = re.compile(r"^\s{0,3}[-*+•][ \t]+")
_NUMBER = re.compile(r"^\s{0,3}(\d{1,3})[.)][ \t]+")
_HEADING = re.compile(r"^ {0,3}#{1,6}[ \t]+(.*?)[ \t]*#*$")
_QUOTE = re.compile(r"^ {0,3}> ?")
_INLINE = re.compile(
    r"`(?P<code>[^`\n]+)`|!?\[(?P<label>[^\[\]\n]+)\]\((?P<url>[^()\s]+)(?: \"[^\"\n]*\")?\)"
    r"|(?P<mark>\*\*|__)(?=\S)(?P<strong>.{1,1000}?)(?<=\S)(?P=mark)"
    r"|(?<![\w*_])(?P<sign>[*_])(?=[^\s*_])(?P<emphasis>[^*_\n]*[^\s*_])(?P=sign)(?![\w*_])"
)


class Style(StrEnum):
    PLAIN = "plain"
    STRONG = "strong"
    EMPHASIS = "emphasis"
    CODE = "code"
    LINK = "link"


class Run(Struct, frozen=True):
    """A stretch of a line in one style; `url` is where a link leads."""

    text: str
    style: Style = Style.PLAIN
    url: str = ""


Line = tuple[Run, ...]


def render_page_text(text: str) -> tuple[Line, ...]:
    """Returns the lines that readers of a page see; an empty one stands between paragraphs.

    Knows what providers use in updates: emphasis, code, links, lists, headings, breaks. Other tags are dropped, as
    pages do.
    """
    lines: list[Line] = []
    for block in re.split(r"\n[ \t]*\n+", _read_html(clean_block(text)).strip("\n")):
        shown = list(_render_block(block))
        if shown:
            lines += [(), *shown] if lines else shown
    return tuple(lines)


def write_plain(lines: tuple[Line, ...]) -> str:
    """Returns rendered lines as plain text, each link with its address where the label is another."""
    return "\n".join("".join(_write_run(run) for run in line) for line in lines)


def _write_run(run: Run) -> str:
    return f"{run.text} ({run.url})" if run.url and run.url != run.text else run.text


def _read_html(text: str) -> str:
    """Returns HTML as the Markdown that reads the same; entities become their signs."""
    text = _BREAK.sub("  \n", text)
    text = _ITEM.sub("\n- ", text)
    text = _ITEM_END.sub("\n", text)
    text = _BLOCK_END.sub("\n\n", text)
    text = _ANCHOR.sub(lambda match: f"[{_TAG.sub('', match['label'])}]({match['url']})", text)
    for pattern, mark in ((_STRONG, "**"), (_EMPHASIS, "*"), (_CODE, "`")):
        text = pattern.sub(mark, text)
    return clean_block(unescape(_TAG.sub("", text)))


def _render_block(block: str) -> Iterator[Line]:
    """Yields the lines of one paragraph or list: a single line break is a space, as in Markdown, two blanks keep it."""
    flowing = ""
    for line in block.split("\n"):
        opening = _find_opening(line)
        if opening is not None and flowing.strip():
            yield _render_line(flowing.strip())
            flowing = ""
        if opening is not None:
            rest = opening[1]
            heading = _HEADING.match(line)
            if heading:
                yield (Run(clean_line(heading[1]), Style.STRONG),)
                continue
            flowing = f"{opening[0]}{rest.strip()}"
        else:
            flowing += (" " if flowing else "") + line.strip()
        if line.endswith("  ") and flowing.strip():
            yield _render_line(flowing.strip())
            flowing = ""
    if flowing.strip():
        yield _render_line(flowing.strip())


def _find_opening(line: str) -> tuple[str, str] | None:
    """Returns the sign and the rest of a line that begins something of its own, None for one that goes on."""
    if match := _BULLET.match(line):
        return "• ", line[match.end() :]
    if match := _NUMBER.match(line):
        return f"{match[1]}. ", line[match.end() :]
    if match := _QUOTE.match(line):
        return "│ ", line[match.end() :]
    return ("", line) if _HEADING.match(line) else None


def _render_line(text: str) -> Line:
    runs: list[Run] = []
    at = 0
    for match in _INLINE.finditer(text):
        if match.start() > at:
            runs.append(Run(text[at : match.start()]))
        runs.append(_read_run(match))
        at = match.end()
    return (*runs, Run(text[at:])) if at < len(text) else tuple(runs)


def _read_run(match: re.Match[str]) -> Run:
    if match["code"]:
        return Run(match["code"], Style.CODE)
    if match["label"]:
        return Run(match["label"], Style.LINK, match["url"])
    if match["strong"]:
        return Run(match["strong"], Style.STRONG)
    return Run(match["emphasis"], Style.EMPHASIS)
