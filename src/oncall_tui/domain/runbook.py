"""Finds the steps in any Markdown runbook, so that an existing file can be ticked as it is.

Per section the first rule that yields steps applies: task items, numbered items, bullets under a heading that speaks of
doing something, a section of commands. A file without steps gives its headings to read.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator

from msgspec import Struct, field

from oncall_tui.domain.sanitize import clean_block, clean_line

TEXT_LIMIT = 200_000
#: A longer line is cut, so that no search over one takes long.
LINE_LIMIT = 2_000
STEP_LIMIT = 500
_TITLE_LIMIT = 300
_FENCE = re.compile(r" {0,12}(`{3,}|~{3,})")
_HEADING = re.compile(r" {0,3}(#{1,6})(?=[ \t]|$)")
_CLOSING = re.compile(r"(?:^|[ \t])#+$")
_UNDERLINE = re.compile(r" {0,3}(=+|-{2,})[ \t]*")
_ITEM = re.compile(r"([ \t]*)([-*+]|\d{1,9}[.)])[ \t]+(.*)")
_TASK = re.compile(r"\[[ xX]\][ \t]+(.*)")
_COMMENT = re.compile(r"<!--.*?-->")
_ID = re.compile(r"<!--[ \t]*oc:[^>]{0,500}?\bid=([\w.-]{1,60})")
_ROLE = re.compile(r"<!--[ \t]*oc:[^>]{0,500}?\brole=([\w-]{1,20})")
_DOING = re.compile(r"\b(diagnos\w+|mitigat\w+|resolution|resolve|steps?|checks?|procedure|verify|verification)\b")
_CONTEXT = re.compile(r"(meaning|impact|symptoms?|overview|background|links?|references?)\b")


class Step(Struct, frozen=True):
    """One thing to do. `anchor` names it over edits elsewhere in the file; `body` is what belongs to it, as written."""

    anchor: str
    title: str
    body: str = ""
    section: str = ""
    role: str = ""


class Context(Struct, frozen=True):
    """A section that is read, not done."""

    title: str
    text: str


class Runbook(Struct, frozen=True):
    """A parsed file; `is_cut` tells that it was longer than we read."""

    title: str = ""
    context: tuple[Context, ...] = ()
    steps: tuple[Step, ...] = ()
    is_cut: bool = False


class _Line(Struct):
    text: str
    is_code: bool


class _Section(Struct):
    """The lines under one heading; `path` holds (level, words) of the headings above it and of its own."""

    path: tuple[tuple[int, str], ...] = ()
    lines: list[_Line] = field(default_factory=list)

    @property
    def level(self) -> int:
        return self.path[-1][0] if self.path else 0

    @property
    def heading(self) -> str:
        return self.path[-1][1] if self.path else ""


def parse(text: str) -> Runbook:
    """Returns the steps and the context of a runbook; any text gives a runbook, hostile text an inert one."""
    is_cut = len(text) > TEXT_LIMIT
    sections = _split_sections(_skip_front_matter(_list_lines(text)))
    title = next((section.heading for section in sections if section.level == 1), "")
    context: list[Context] = []
    found: list[tuple[_Section, str, str]] = []
    for section in sections:
        if not section.lines:
            continue
        steps = [] if _is_context(section) else _find_steps(section, title)
        found += [(section, head, body) for head, body in steps]
        if not steps and (words := _show(section.lines)):
            context.append(Context(section.heading, words))
    if not found:
        found = _read_sections(sections)
    steps_cut = found[:STEP_LIMIT]
    return Runbook(title, tuple(context), tuple(_name_steps(steps_cut)), is_cut or len(found) > STEP_LIMIT)


def _list_lines(text: str) -> list[str]:
    return [line[:LINE_LIMIT] for line in clean_block(text, TEXT_LIMIT).split("\n")]


def _skip_front_matter(lines: list[str]) -> list[str]:
    if lines and lines[0].strip() in ("---", "+++"):
        fence = lines[0].strip()
        for number, line in enumerate(lines[1:200], 1):
            if line.strip() == fence:
                return lines[number + 1 :]
    return lines


def _split_sections(lines: list[str]) -> list[_Section]:
    sections = [_Section()]
    fence = ""
    is_comment = False
    for text in lines:
        if is_comment:
            is_comment = "-->" not in text
            continue
        mark = _FENCE.match(text)
        if fence:
            sections[-1].lines.append(_Line(text, is_code=True))
            if mark and mark[1].startswith(fence) and not text.strip(" \t").strip(fence[0]):
                fence = ""
            continue
        if mark:
            fence = mark[1]
            sections[-1].lines.append(_Line(text, is_code=True))
            continue
        if "<!--" in text and "-->" not in text[text.rindex("<!--") :]:
            is_comment = True
            text = text[: text.rindex("<!--")]
        heading = _HEADING.match(text)
        if heading:
            words = _CLOSING.sub("", text[heading.end() :].strip())
            sections.append(_open(sections[-1], len(heading[1]), words))
        elif (under := _UNDERLINE.fullmatch(text)) and _is_underlined(sections[-1].lines):
            words = sections[-1].lines.pop().text
            sections.append(_open(sections[-1], 1 if under[1][0] == "=" else 2, words))
        else:
            sections[-1].lines.append(_Line(text, is_code=False))
    return sections


def _is_underlined(lines: list[_Line]) -> bool:
    """A heading by underline is one line of words that follows an empty line."""
    if not lines or lines[-1].is_code or not lines[-1].text.strip() or _ITEM.fullmatch(lines[-1].text):
        return False
    return len(lines) == 1 or not lines[-2].text.strip()


def _open(before: _Section, level: int, words: str) -> _Section:
    parents = tuple(heading for heading in before.path if heading[0] < level)
    return _Section((*parents, (level, _plain(words))))


def _plain(text: str) -> str:
    """Words without comments, marks and the targets of links."""
    text = re.sub(r"\[([^\[\]]{1,300})\]\([^()\s]{0,2000}\)", r"\1", _COMMENT.sub("", text))
    return clean_line(re.sub(r"\*\*|__|`", "", text).strip(), _TITLE_LIMIT)


def _names(section: _Section) -> list[str]:
    """The headings that say what a section is for; the title of the file says it for none of its parts."""
    return [words.lower() for level, words in section.path if level > 1 or len(section.path) == 1]


def _is_context(section: _Section) -> bool:
    return any(_CONTEXT.match(name) for name in _names(section))


def _find_steps(section: _Section, title: str) -> list[tuple[str, str]]:
    lines = section.lines
    items = [
        (number, match)
        for number, line in enumerate(lines)
        if not line.is_code and (match := _ITEM.fullmatch(line.text))
    ]
    tasks = [number for number, match in items if _TASK.fullmatch(match[3])]
    if tasks:
        return _cut(lines, tasks)
    numbered = [(number, len(match[1].expandtabs(4))) for number, match in items if match[2][0].isdigit()]
    if numbered:
        return _cut(lines, _outermost(numbered))
    if any(_DOING.search(name) for name in _names(section)):
        bullets = [(number, len(match[1].expandtabs(4))) for number, match in items]
        if bullets:
            return _cut(lines, _outermost(bullets))
    if any(line.is_code for line in lines):
        return [(section.heading or title or "Run the commands", _show(lines))]
    return []


def _outermost(items: list[tuple[int, int]]) -> list[int]:
    """An item two or more columns further in than the first belongs to the one before it."""
    margin = min(column for _, column in items)
    return [number for number, column in items if column < margin + 2]


def _cut(lines: list[_Line], starts: list[int]) -> list[tuple[str, str]]:
    """Everything up to the next step belongs to a step; what precedes the first one leads it in."""
    steps: list[tuple[str, str]] = []
    lead = _show(lines[: starts[0]])
    for start, end in zip(starts, [*starts[1:], len(lines)], strict=True):
        item = _ITEM.fullmatch(lines[start].text)
        head = item[3] if item else lines[start].text
        task = _TASK.fullmatch(head)
        body = _show(lines[start + 1 : end])
        steps.append((task[1] if task else head, f"{lead}\n\n{body}".strip() if lead else body))
        lead = ""
    return steps


def _read_sections(sections: list[_Section]) -> list[tuple[_Section, str, str]]:
    chapters = [section for section in sections if section.level == 2] or [s for s in sections if s.level]
    if chapters:
        return [(section, f"read: {section.heading or 'this section'}", "") for section in chapters]
    words = next((section for section in sections if _show(section.lines)), None)
    return [(words, "read this runbook", "")] if words else []


def _show(lines: list[_Line]) -> str:
    texts = [line.text.rstrip() if line.is_code else _COMMENT.sub("", line.text).rstrip() for line in lines]
    while texts and not texts[0]:
        texts.pop(0)
    while texts and not texts[-1]:
        texts.pop()
    margin = min((len(text) - len(text.lstrip(" ")) for text in texts if text), default=0)
    return re.sub(r"\n{3,}", "\n\n", "\n".join(text[margin:] for text in texts))


def _name_steps(found: list[tuple[_Section, str, str]]) -> Iterator[Step]:
    """An anchor is the author's id, else a hash of the headings above and the first 60 signs; twins are numbered."""
    taken: dict[str, int] = {}
    for section, head, body in found:
        role = _ROLE.search(head)
        own = _ID.search(head)
        title = _plain(head) or "(no words)"
        path = "/".join(words for _, words in section.path)
        anchor = own[1] if own else hashlib.sha256(f"{path}\n{title[:60]}".encode()).hexdigest()[:16]
        taken[anchor] = taken.get(anchor, 0) + 1
        if taken[anchor] > 1:
            anchor = f"{anchor}~{taken[anchor]}"
        yield Step(anchor, title, body, section.heading, role[1] if role else "")
