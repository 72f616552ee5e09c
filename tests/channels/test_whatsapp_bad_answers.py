"""Answers that are none: what is certain about a message when Meta, or something in between, answers badly."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest

from invekto.channels.adapter import (
    ChannelError,
    CredentialsRefused,
    MediaGone,
    OutcomeUnknown,
    Rejected,
    Throttled,
    VendorDown,
)
from invekto.channels.whatsapp_cloud.adapter import WhatsAppCloud
from invekto.kernel.http import Http
from tests.channels.sends import CREDENTIALS, PNG, Reader, file, text, with_file
from tests.kernel.fault_server import Answer, Call, serve


@asynccontextmanager
async def badly(answer: Answer) -> AsyncIterator[tuple[WhatsAppCloud, Http, list[Call]]]:
    async with serve(answer) as server:
        http = Http(operator_urls=[server.url])
        yield WhatsAppCloud(server.url), http, server.calls
        await http.close()


def saying(status: int, body: bytes, **headers: str) -> Answer:
    async def answer(call: Call) -> None:
        await call.answer(status, body, **headers)

    return answer


async def _half(call: Call) -> None:
    await call.send(b"HTTP/1.1 200 OK\r\nContent-Length: 500\r\n\r\n{")
    call.writer.close()


async def _reset(call: Call) -> None:
    call.reset()


@pytest.mark.attack("A25")
@pytest.mark.parametrize(
    ("answer", "error"),
    [
        pytest.param(saying(200, b"<html>ok</html>"), OutcomeUnknown, id="a page instead of JSON"),
        pytest.param(saying(200, b'{"messages": []}'), OutcomeUnknown, id="no id"),
        pytest.param(saying(200, b'{"messages": [{"id": 7}]}'), OutcomeUnknown, id="an id of the wrong type"),
        pytest.param(saying(200, b"[" * 100_000), OutcomeUnknown, id="nested without end"),
        pytest.param(saying(200, b" " * (3 << 20)), OutcomeUnknown, id="far too long"),
        pytest.param(saying(500, b""), OutcomeUnknown, id="500 without a word"),
        pytest.param(saying(502, b"<html>bad gateway</html>"), OutcomeUnknown, id="502 page"),
        pytest.param(saying(504, b""), OutcomeUnknown, id="504"),
        pytest.param(saying(408, b""), OutcomeUnknown, id="408"),
        pytest.param(_half, OutcomeUnknown, id="half an answer"),
        pytest.param(_reset, OutcomeUnknown, id="reset after the request"),
        pytest.param(saying(503, b"", Retry_After="3"), VendorDown, id="503"),
        pytest.param(saying(429, b"slow down"), Throttled, id="429 page"),
        pytest.param(saying(401, b""), CredentialsRefused, id="401"),
        pytest.param(saying(404, b"<html>"), Rejected, id="404 page"),
        pytest.param(saying(302, b"", Location="https://elsewhere.example/"), Rejected, id="a redirect"),
    ],
)
async def test_an_answer_that_is_none_never_looks_like_success_or_certain_failure(
    answer: Answer, error: type[ChannelError]
) -> None:
    async with badly(answer) as (adapter, http, calls):
        with pytest.raises(error) as raised:
            await adapter.send(http, CREDENTIALS, text())
        assert type(raised.value) is error
        assert len(calls) == 1


async def test_nobody_listening_is_certain_and_may_be_asked_again() -> None:
    async with badly(saying(200, b"")) as (_, http, _calls):
        pass
    http = Http(operator_urls=["http://127.0.0.1:9"])
    with pytest.raises(VendorDown):
        await WhatsAppCloud("http://127.0.0.1:9").send(http, CREDENTIALS, text())
    await http.close()


@pytest.mark.parametrize("answer", [_reset, saying(502, b""), saying(200, b"{}")])
async def test_a_failed_upload_is_never_of_unknown_outcome(answer: Answer) -> None:
    """Nobody was sent anything yet."""
    async with badly(answer) as (adapter, http, calls):
        with pytest.raises(VendorDown):
            await adapter.send(http, CREDENTIALS, with_file(file("image", PNG, "image/png")))
        assert [call.path for call in calls] == ["/42/media"]


@pytest.mark.attack("A19")
@pytest.mark.parametrize(
    "url",
    [
        "https://lookaside.fbsbx.com.evil.example/x",
        "https://evil.example/lookaside.fbsbx.com",
        "https://fbsbx.com.evil.example/",
        "http://lookaside.fbsbx.com/x",
        "https://lookaside.fbsbx.com:8443/x",
        "https://lookaside.fbsbx.com@evil.example/x",
        "http://127.0.0.1:1/x",
        "//[bad",
        "",
    ],
)
async def test_the_token_goes_to_no_foreign_host(url: str) -> None:
    async with badly(saying(200, b'{"url": "%s", "mime_type": "image/png"}' % url.encode())) as (adapter, http, calls):
        with pytest.raises(Rejected):
            await adapter.fetch_media(http, CREDENTIALS, "77", Reader().store)
        assert len(calls) == 1


@pytest.mark.parametrize(
    ("status", "error"),
    [
        (404, MediaGone),
        (410, MediaGone),
        (401, VendorDown),
        (403, Rejected),
        (500, VendorDown),
        (429, VendorDown),
    ],
)
async def test_what_the_file_host_says_decides_whether_to_ask_again(status: int, error: type[ChannelError]) -> None:
    async def answer(call: Call) -> None:
        if call.path == "/77":
            port = call.writer.get_extra_info("sockname")[1]
            await call.answer(200, b'{"url": "http://127.0.0.1:%d/file", "mime_type": "image/png"}' % port)
        else:
            await call.answer(status)

    async with badly(answer) as (adapter, http, calls):
        with pytest.raises(error):
            await adapter.fetch_media(http, CREDENTIALS, "77", Reader().store)
        # A dead link is asked for once more: two rounds of two calls.
        rounds = 2 if error is MediaGone else 1
        assert [call.header("authorization") for call in calls] == ["Bearer EAAsecret"] * 2 * rounds


async def test_a_link_that_has_died_is_asked_for_once_more() -> None:
    """A link lives for five minutes; the file for days."""
    links = 0

    async def answer(call: Call) -> None:
        nonlocal links
        if call.path == "/77":
            links += 1
            port = call.writer.get_extra_info("sockname")[1]
            await call.answer(200, b'{"url": "http://127.0.0.1:%d/file%d", "mime_type": "image/png"}' % (port, links))
        elif call.path == "/file1":
            await call.answer(404)
        else:
            await call.answer(200, PNG)

    async with badly(answer) as (adapter, http, _calls):
        reader = Reader()
        await adapter.fetch_media(http, CREDENTIALS, "77", reader.store)
        assert (links, reader.content) == (2, PNG)


async def test_a_file_that_breaks_off_is_asked_for_again() -> None:
    async def answer(call: Call) -> None:
        if call.path == "/77":
            port = call.writer.get_extra_info("sockname")[1]
            await call.answer(200, b'{"url": "http://127.0.0.1:%d/file"}' % port)
        else:
            await call.send(b"HTTP/1.1 200 OK\r\nContent-Length: 500\r\nContent-Type: image/png\r\n\r\nhalf")
            await asyncio.sleep(0.05)
            call.reset()

    async with badly(answer) as (adapter, http, _calls):
        with pytest.raises(VendorDown):
            await adapter.fetch_media(http, CREDENTIALS, "77", Reader().store)
