"""Finds the line of every key of a TOML text, which the standard parser does not tell.

Reads only text that tomllib has accepted, so it follows the grammar and judges nothing.
"""

from __future__ import annotations

import re
import tomllib
from bisect import bisect_left

from oncall_tui.config.form import Path

_BLANK = re.compile(r"(?:[ \t\n]|#[^\n]*)*")
_SPACE = re.compile(r"[ \t]*")
_BARE_KEY = re.compile(r"[A-Za-z0-9_-]+")
_BASIC = re.compile(r'"(?:[^"\\\n]|\\.)*"')
_LITERAL = re.compile(r"'[^'\n]*'")
# A quote may stand right before the closing three, so up to five end the text.
_LONG_BASIC = re.compile(r'"""(?:[^"\\]|\\.|"{1,2}(?!"))*"{3,5}', re.DOTALL)
_LONG_LITERAL = re.compile(r"'''(?:[^']|'{1,2}(?!'))*'{3,5}", re.DOTALL)
_SCALAR = re.compile(r"[^,\]}#\n]*")


class LineIndex:
    """The line, counted from 1, at which each key path of a text is first written."""

    def __init__(self, text: str) -> None:
        """Indexes `text`. Raises RecursionError on nesting that is too deep, as tomllib does."""
        self._text = text.replace("\r\n", "\n")
        self._breaks = [at for at, sign in enumerate(self._text) if sign == "\n"]
        self._at = 0
        self._lines: dict[Path, int] = {}
        self._lengths: dict[Path, int] = {}
        self._read_file()

    def find(self, path: Path) -> int:
        """Returns the line of `path`, or of the nearest thing around it that is written; 1 for the file."""
        for length in range(len(path), 0, -1):
            line = self._lines.get(path[:length])
            if line is not None:
                return line
        return 1

    def _read_file(self) -> None:
        table: Path = ()
        while self._skip(_BLANK) < len(self._text):
            if self._text.startswith("[[", self._at):
                self._at += 2
                table = self._open_element(self._read_key())
                self._at += 2
            elif self._text[self._at] == "[":
                self._at += 1
                table = self._enter((), self._read_key())
                self._at += 1
            else:
                self._read_pair(table)

    def _open_element(self, key: tuple[str, ...]) -> Path:
        array = (*self._enter((), key[:-1]), key[-1])
        index = self._lengths.get(array, 0)
        self._lengths[array] = index + 1
        self._mark(array)
        self._mark((*array, index))
        return (*array, index)

    def _enter(self, table: Path, key: tuple[str, ...]) -> Path:
        """Walks down from a table; a name that is an array of tables means its latest element."""
        for part in key:
            table = (*table, part)
            self._mark(table)
            if table in self._lengths:
                table = (*table, self._lengths[table] - 1)
        return table

    def _read_pair(self, table: Path) -> None:
        path = self._enter(table, self._read_key())
        self._skip(_SPACE)
        self._at += 1
        self._skip(_SPACE)
        self._read_value(path)

    def _read_key(self) -> tuple[str, ...]:
        parts: list[str] = []
        while True:
            self._skip(_SPACE)
            sign = self._text[self._at]
            start = self._at
            if sign == '"':
                self._skip(_BASIC)
                parts.append(str(tomllib.loads(f"key = {self._text[start : self._at]}")["key"]))
            elif sign == "'":
                self._skip(_LITERAL)
                parts.append(self._text[start + 1 : self._at - 1])
            else:
                self._skip(_BARE_KEY)
                parts.append(self._text[start : self._at])
            self._skip(_SPACE)
            if self._text[self._at] != ".":
                return tuple(parts)
            self._at += 1

    def _read_value(self, path: Path) -> None:
        if self._text[self._at] == "[":
            self._read_array(path)
        elif self._text[self._at] == "{":
            self._read_inline_table(path)
        elif self._text.startswith('"""', self._at):
            self._skip(_LONG_BASIC)
        elif self._text.startswith("'''", self._at):
            self._skip(_LONG_LITERAL)
        elif self._text[self._at] == '"':
            self._skip(_BASIC)
        elif self._text[self._at] == "'":
            self._skip(_LITERAL)
        else:
            self._skip(_SCALAR)

    def _read_array(self, path: Path) -> None:
        self._at += 1
        index = 0
        while self._text[self._skip(_BLANK)] != "]":
            if self._text[self._at] == ",":
                self._at += 1
                index += 1
                continue
            self._mark((*path, index))
            self._read_value((*path, index))
        self._at += 1

    def _read_inline_table(self, path: Path) -> None:
        self._at += 1
        while self._text[self._skip(_BLANK)] != "}":
            if self._text[self._at] == ",":
                self._at += 1
                continue
            self._read_pair(path)
        self._at += 1

    def _mark(self, path: Path) -> None:
        self._lines.setdefault(path, bisect_left(self._breaks, self._at) + 1)

    def _skip(self, pattern: re.Pattern[str]) -> int:
        match = pattern.match(self._text, self._at)
        if match is not None:
            self._at = match.end()
        return self._at
