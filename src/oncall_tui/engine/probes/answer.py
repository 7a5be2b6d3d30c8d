"""What an http target answers, taken apart within bounds as it comes.

The parser is llhttp, by which Node.js reads the world's servers; it bounds nothing itself, so all bounds are here. What
browsers and curl put up with (bare line feeds, folded headers, odd versions) is no reason to call a target down.
"""

from __future__ import annotations

import zlib
from collections.abc import Callable
from dataclasses import dataclass

from httptools import HttpParserError, HttpParserInvalidStatusError, HttpParserUpgrade, HttpResponseParser

from oncall_tui.domain.sanitize import clean_line
from oncall_tui.engine.probes.charset import read_text
from oncall_tui.engine.probes.faults import TargetError

HEADER_CAP = 64 * 1024
INTERIM_LIMIT = 16
PIECE_LIMIT = 10_000
"""Chunks of one byte cost more than what they carry: so many are enough."""
MEMBER_LIMIT = 1_000
"""Members of gzip that hold nothing cost more than what they carry, too."""
_PHRASE_LIMIT = 80
_BAD_HEADER = "answer has a header line that is not HTTP"
_BAD_PACKING = "body is not the gzip or deflate that its header says"
_NOT_HTTP = "answer is not HTTP"


@dataclass(slots=True)
class Answer:
    """What came back; `body` is unpacked and may be cut, `headers` are as they came, with names in small letters."""

    status: int
    status_text: str
    location: str
    encoding: str
    headers: list[tuple[bytes, bytes]]
    body: bytearray
    is_cut: bool = False
    expires_in_ms: int | None = None

    def read_text(self) -> str:
        """Returns the body as text, by the charset that it came with."""
        return read_text(self.body, dict(self.headers).get(b"content-type", b"").decode("latin-1"))


class AnswerReader:
    """Takes one answer to a request apart: `answer` is there once its head is, and `is_done` at its end or a bound.

    `cap` is for the body, in bytes, both as it came and unpacked. `hide` takes known secrets out of the phrase.
    """

    def __init__(self, method: str, cap: int, hide: Callable[[str], str]) -> None:
        self.answer: Answer | None = None
        self.is_done = False
        self.received = 0
        self._has_body = method != "HEAD"
        self._cap = cap
        self._hide = hide
        self._phrase = bytearray()
        self._headers: list[tuple[bytes, bytes]] = []
        self._status: int | None = None
        self._is_framed = False
        self._interims = 0
        self._pieces: list[bytes] = []
        self._pieces_seen = 0
        self._unpacker: _Unpacker | None = None
        self._parser = HttpResponseParser(self)
        self._parser.set_dangerous_leniencies(
            lenient_headers=True,
            lenient_chunked_length=True,
            lenient_version=True,
            lenient_optional_cr_before_lf=True,
            lenient_data_after_close=True,
        )

    def feed(self, chunk: bytes) -> None:
        """Takes what came next. Raises TargetError for what is no answer."""
        if not self.received and not b"HTTP/".startswith(chunk[:5]):
            raise TargetError(_NOT_HTTP)
        self.received += len(chunk)
        try:
            self._parser.feed_data(chunk)
        except HttpParserUpgrade as error:
            raise TargetError("answer switches to a protocol that nobody asked for") from error
        except HttpParserError as error:
            # What follows a whole answer is nobody's answer.
            if not self.is_done:
                raise TargetError(self._explain(error)) from error
        if self.answer is None:
            self._take_head()
        if self.answer is not None:
            self._take_body(self.answer)

    def end(self) -> None:
        """Takes in that nothing more comes. Raises TargetError when something is missing."""
        if self.answer is None and (self._interims or not self.received):
            raise TargetError("connection closed before an answer")
        if self.answer is None or self._is_framed:
            raise TargetError("connection closed in the middle of the answer")
        self.is_done = True

    def on_status(self, part: bytes) -> None:
        self._phrase += part

    def on_header(self, name: bytes, value: bytes) -> None:
        if self._status is None:
            self._headers.append((name.lower(), value.strip()))

    def on_headers_complete(self) -> None:
        if self._status is not None:
            return
        status = self._parser.get_status_code()
        if 100 <= status < 200:
            self._interims += 1
            self._headers.clear()
            self._phrase.clear()
            return
        self._status = status
        self.is_done = not self._has_body

    def on_body(self, piece: bytes) -> None:
        if not self.is_done:
            self._pieces.append(piece)

    def on_message_complete(self) -> None:
        self.is_done = self._status is not None

    def _explain(self, error: HttpParserError) -> str:
        """Returns the parser's words, which are fixed ones, beside ours."""
        is_past_first_line = self._parser.get_status_code() and not isinstance(error, HttpParserInvalidStatusError)
        where = _BAD_HEADER if self._status is None and is_past_first_line else _NOT_HTTP
        return f"{where}: {str(error).lower()}"

    def _take_head(self) -> None:
        if self._interims >= INTERIM_LIMIT:
            raise TargetError("interim answers (1xx) without an end")
        if self._status is None:
            if self.received > HEADER_CAP:
                raise TargetError(f"header larger than {HEADER_CAP // 1024} KiB")
            return
        if self._status < 100:
            raise TargetError(_NOT_HTTP)
        headers = dict(self._headers)
        if any(b"\0" in value for _, value in self._headers):
            raise TargetError(_BAD_HEADER)
        coding = headers.get(b"transfer-encoding")
        if coding is not None and coding.lower() != b"chunked":
            raise TargetError("answer has a transfer encoding that nobody asked for")
        self._is_framed = coding is not None or b"content-length" in headers
        phrase = clean_line(self._hide(self._phrase.decode("latin-1")), _PHRASE_LIMIT).strip()
        self.answer = Answer(
            status=self._status,
            status_text=f"{self._status} {phrase}".rstrip(),
            location=headers.get(b"location", b"").decode("latin-1"),
            encoding=headers.get(b"content-encoding", b"").decode("latin-1").lower(),
            headers=self._headers,
            body=bytearray(),
        )
        self._unpacker = _Unpacker(self.answer.encoding)

    def _take_body(self, answer: Answer) -> None:
        assert self._unpacker is not None
        for piece in self._pieces:
            answer.body += self._unpacker.feed(piece, self._cap - len(answer.body))
        self._pieces_seen += len(self._pieces)
        self._pieces.clear()
        if len(answer.body) >= self._cap or self.received >= self._cap + HEADER_CAP or self._pieces_seen >= PIECE_LIMIT:
            answer.is_cut = self.is_done = True


class _Unpacker:
    """Takes gzip and deflate apart piece by piece; other encodings, which were not asked for, stay as they are."""

    def __init__(self, encoding: str) -> None:
        # 32 + 15: the zlib or the gzip frame, found out by itself.
        self._stream = zlib.decompressobj(47) if encoding in ("gzip", "x-gzip", "deflate") else None
        self._is_gzip = encoding != "deflate"
        self._members = 1
        self._is_first = True

    def feed(self, chunk: bytes, room: int) -> bytes:
        """Returns at most `room` bytes, so that a small packet cannot become a large one."""
        if self._stream is None or room <= 0:
            return chunk[: max(room, 0)]
        found = bytearray()
        while chunk and len(found) < room:
            if self._stream.eof and not self._begin_member(chunk):
                break
            try:
                found += self._stream.decompress(chunk, room - len(found))
            except zlib.error as error:
                if not self._is_first:
                    raise TargetError(_BAD_PACKING) from error
                found += self._inflate_bare(chunk, room)
            self._is_first = False
            chunk = self._stream.unused_data
        return bytes(found)

    def _begin_member(self, chunk: bytes) -> bool:
        """Makes ready for the next member (RFC 1952, 2.2) if there may be one; what else follows is ignored."""
        self._is_gzip = self._is_gzip and chunk.startswith(b"\x1f")
        if not self._is_gzip:
            return False
        if self._members >= MEMBER_LIMIT:
            raise TargetError(f"body is packed in more than {MEMBER_LIMIT} members")
        self._members += 1
        self._stream = zlib.decompressobj(31)
        return True

    def _inflate_bare(self, chunk: bytes, room: int) -> bytes:
        """Some servers send deflate without its zlib frame."""
        self._stream = zlib.decompressobj(-15)
        try:
            return self._stream.decompress(chunk, room)
        except zlib.error as error:
            raise TargetError(_BAD_PACKING) from error
