"""What counts as an answer, fed whole and byte by byte."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from oncall_tui.domain.sanitize import is_clean
from oncall_tui.engine.probes.answer import Answer, AnswerReader
from oncall_tui.engine.probes.faults import TargetError

OK = b"HTTP/1.1 200 OK\r\n"
CAP = 1_000


def read(payload: bytes, step: int = 65_536, method: str = "GET") -> Answer:
    reader = AnswerReader(method, CAP, str)
    for at in range(0, len(payload), step):
        if not reader.is_done:
            reader.feed(payload[at : at + step])
    if not reader.is_done:
        reader.end()
    assert reader.answer is not None
    return reader.answer


GOOD = {
    "length": (OK + b"Content-Length: 2\r\n\r\nok", b"ok"),
    "chunks": (OK + b"Transfer-Encoding: chunked\r\n\r\n1;x=y\r\no\r\n1\r\nk\r\n0\r\nX-Late: y\r\n\r\n", b"ok"),
    "until the end": (b"HTTP/1.0 200 OK\r\n\r\nok", b"ok"),
    "interim": (b"HTTP/1.1 103 Early\r\nX-Early: y\r\n\r\n" + OK + b"Content-Length: 2\r\n\r\nok", b"ok"),
    "no body": (b"HTTP/1.1 204 None\r\nContent-Length: 9\r\n\r\n", b""),
    "bare line feeds": (b"HTTP/1.1 200 OK\nContent-Length: 2\n\nok", b"ok"),
    "folded header": (OK + b"X-Long: a\r\n b\r\nContent-Length: 2\r\n\r\nok", b"ok"),
    "odd version": (b"HTTP/1.9 200 OK\r\nContent-Length: 2\r\n\r\nok", b"ok"),
    "no phrase": (b"HTTP/1.1 200\r\nContent-Length: 2\r\n\r\nok", b"ok"),
    "chunks and a length": (OK + b"Content-Length: 9\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nok\r\n0\r\n\r\n", b"ok"),
    "a second answer": (OK + b"Content-Length: 2\r\n\r\nok" + OK + b"Content-Length: 3\r\n\r\nbad", b"ok"),
    "rubbish after a close": (OK + b"Connection: close\r\nContent-Length: 2\r\n\r\nok\0\0\0", b"ok"),
    "rubbish after it": (OK + b"Content-Length: 2\r\n\r\nok\0\0\0", b"ok"),
}
BAD = {
    "RTSP": (b"RTSP/1.0 200 OK\r\n\r\n", "answer is not HTTP"),
    "status 0": (b"HTTP/1.1 000 OK\r\n\r\n", "answer is not HTTP"),
    "status of four": (b"HTTP/1.1 2000 OK\r\n\r\n", "answer is not HTTP: invalid response status"),
    "blank lines first": (b"\r\n\r\n" + OK + b"\r\n", "answer is not HTTP"),
    "two lengths": (
        OK + b"Content-Length: 2\r\nContent-Length: 3\r\n\r\nok",
        "answer has a header line that is not HTTP: duplicate content-length",
    ),
    "length below zero": (OK + b"Content-Length: -1\r\n\r\n", "answer has a header line that is not HTTP: invalid"),
    "length without end": (OK + b"Content-Length: " + b"9" * 30 + b"\r\n\r\n", "answer has a header line that is not"),
    "space in a name": (OK + b"X y: 1\r\n\r\n", "answer has a header line that is not HTTP: invalid header token"),
    "NUL": (OK + b"X: a\0b\r\n\r\n", "answer has a header line that is not HTTP"),
    "NUL said twice": (OK + b"X: a\0b\r\nX: c\r\n\r\n", "answer has a header line that is not HTTP"),
    "chunk of no size": (OK + b"Transfer-Encoding: chunked\r\n\r\nzz\r\n", "answer is not HTTP: invalid character in"),
    "chunk without end": (OK + b"Transfer-Encoding: chunked\r\n\r\n" + b"f" * 20, "answer is not HTTP: chunk size"),
    "packed in transfer": (OK + b"Transfer-Encoding: gzip\r\n\r\nok", "answer has a transfer encoding that nobody"),
    "switch": (
        b"HTTP/1.1 101 Go\r\nUpgrade: x\r\nConnection: upgrade\r\n\r\n",
        "answer switches to a protocol that nobody asked for",
    ),
    "cut in its head": (OK + b"Content-Le", "connection closed in the middle of the answer"),
    "cut in its body": (OK + b"Content-Length: 9\r\n\r\nok", "connection closed in the middle of the answer"),
    "cut in its chunks": (OK + b"Transfer-Encoding: chunked\r\n\r\n1\r\nx", "connection closed in the middle of"),
    "nothing": (b"", "connection closed before an answer"),
    "interim alone": (b"HTTP/1.1 103 Early\r\n\r\n", "connection closed before an answer"),
}


@pytest.mark.parametrize("step", [1, 7, 65_536])
@pytest.mark.parametrize("name", GOOD)
def test_what_browsers_take_is_an_answer(name: str, step: int) -> None:
    payload, body = GOOD[name]
    answer = read(payload, step)
    assert bytes(answer.body) == body
    assert answer.status in (200, 204)
    assert not {b"x-late", b"x-early"} & dict(answer.headers).keys()


@pytest.mark.parametrize("step", [1, 7, 65_536])
@pytest.mark.parametrize("name", BAD)
def test_what_is_no_answer_is_told_in_words(name: str, step: int) -> None:
    payload, words = BAD[name]
    with pytest.raises(TargetError) as caught:
        read(payload, step)
    assert str(caught.value).startswith(words)


def test_a_head_is_whole_without_the_body_that_it_announces() -> None:
    assert read(OK + b"Content-Length: 9\r\n\r\n", method="HEAD").body == b""


def test_a_body_is_read_to_the_cap() -> None:
    answer = read(OK + b"\r\n" + b"x" * 5_000, 100)
    assert (len(answer.body), answer.is_cut) == (CAP, True)


def test_folded_headers_and_blanks_are_told_as_one_value() -> None:
    assert dict(read(GOOD["folded header"][0]).headers)[b"x-long"] == b"a b"
    assert dict(read(OK + b"Server:   nginx \t\r\nContent-Length: 0\r\n\r\n").headers)[b"server"] == b"nginx"


@given(st.binary(max_size=300), st.sampled_from([b"", OK, OK + b"X: ", OK + b"Transfer-Encoding: chunked\r\n\r\n"]))
def test_no_bytes_do_anything_but_answer_or_be_refused(rubbish: bytes, start: bytes) -> None:
    for step in (1, 65_536):
        told = ""
        try:
            told = read(start + rubbish, step).status_text
        except TargetError as error:
            told = str(error)
        assert told
        assert is_clean(told)
