"""Calls to a real server on loopback that misbehaves. What matters most is `sent`: is a repeat safe?"""

from __future__ import annotations

import asyncio
import json
import socket
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from invekto.kernel.http import (
    FilePart,
    Http,
    HttpConnectFailed,
    HttpInterrupted,
    HttpTimeout,
)
from tests.kernel.fault_server import Call, certificate_for, client, never, ok, serve


async def test_a_call_gives_status_headers_and_body() -> None:
    async with serve(ok) as server:
        http = client(server.url)
        answer = await http.request("POST", f"{server.url}/v1/messages", json={"to": "ışık"}, headers={"X-Key": "k"})
        assert (answer.status, answer.json(), answer.headers["CONTENT-length"]) == (200, {"ok": True}, "11")
        assert json.loads(server.calls[0].body) == {"to": "ışık"}
        assert server.calls[0].header("x-key") == "k"
        assert server.calls[0].header("host") == f"127.0.0.1:{server.port}"
        await http.close()


async def test_params_and_form_are_encoded() -> None:
    async with serve(ok) as server:
        http = client(server.url)
        await http.request("POST", f"{server.url}/x?a=1", params={"b": "ç &"}, form={"To": "+90 5"})
        assert server.calls[0].path == "/x?a=1&b=%C3%A7+%26"
        assert server.calls[0].body == b"To=%2B90+5"
        await http.close()


async def test_a_file_is_streamed_as_a_multipart_form() -> None:
    async def chunks() -> AsyncIterator[bytes]:
        yield b"ab"
        yield b"cd"

    async with serve(ok) as server:
        http = client(server.url)
        part = FilePart("file", 'a"\r\nX-Evil: 1.png', "image/png", 4, chunks())
        await http.request("POST", f"{server.url}/media", form={"messaging_product": "whatsapp"}, file=part)
        body = server.calls[0].body.decode()
        assert 'name="messaging_product"\r\n\r\nwhatsapp\r\n' in body
        assert 'filename="a%22%0D%0AX-Evil: 1.png"\r\nContent-Type: image/png\r\n\r\nabcd\r\n--' in body
        await http.close()


async def test_connections_are_kept_for_the_next_call() -> None:
    async with serve(ok) as server:
        http = client(server.url)
        for _ in range(5):
            await http.request("GET", server.url)
        assert len({call.writer for call in server.calls}) == 1
        await http.close()


# What is certain about a call that failed.


async def test_a_refused_connection_was_not_sent() -> None:
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{unused.getsockname()[1]}"
        http = client(url)
        with pytest.raises(HttpConnectFailed) as failed:
            await http.request("POST", url, json={})
        assert failed.value.sent is False
        await http.close()


async def test_a_name_nobody_knows_was_not_sent() -> None:
    http = client()
    with pytest.raises(HttpConnectFailed) as failed:
        await http.request("POST", "https://no-such-host.invalid/", json={})
    assert failed.value.sent is False
    await http.close()


async def test_a_certificate_of_another_name_was_not_sent(tmp_path: Path) -> None:
    server_tls, client_tls = certificate_for("other.test", tmp_path)
    async with serve(ok, server_tls) as server:
        url = f"https://127.0.0.1:{server.port}"
        http = Http(operator_urls=[url], tls=client_tls)
        with pytest.raises(HttpConnectFailed) as failed:
            await http.request("POST", url, json={})
        assert failed.value.sent is False
        assert server.calls == []
        await http.close()


async def test_a_tls_greeting_without_answer_was_not_sent(tmp_path: Path) -> None:
    _, client_tls = certificate_for("127.0.0.1", tmp_path)
    silent = await asyncio.start_server(lambda _r, _w: asyncio.sleep(60), "127.0.0.1", 0)
    url = f"https://127.0.0.1:{silent.sockets[0].getsockname()[1]}"
    http = Http(operator_urls=[url], tls=client_tls)
    with pytest.raises(HttpTimeout) as failed:
        await http.request("POST", url, json={}, deadline_s=0.3)
    assert failed.value.sent is False
    await http.close()
    silent.close()


async def test_waiting_for_a_free_connection_was_not_sent() -> None:
    async with serve(never) as server:
        http = client(server.url)
        busy = [asyncio.create_task(http.request("GET", server.url, deadline_s=2)) for _ in range(100)]
        await server.arrived(100)
        with pytest.raises(HttpTimeout) as failed:
            await http.request("POST", server.url, json={}, deadline_s=0.2)
        assert failed.value.sent is False
        outcomes = await asyncio.gather(*busy, return_exceptions=True)
        assert all(isinstance(outcome, HttpTimeout) and outcome.sent for outcome in outcomes)
        assert len(server.calls) == 100
        await http.close()


async def test_a_header_that_cannot_be_written_was_not_sent() -> None:
    async with serve(ok) as server:
        http = client(server.url)
        with pytest.raises(HttpInterrupted) as failed:
            await http.request("POST", server.url, json={}, headers={"x-name": "a\r\nX-Evil: 1"})
        assert failed.value.sent is False
        assert server.calls == []
        await http.close()


async def test_an_answer_that_does_not_come_leaves_the_outcome_unknown() -> None:
    async with serve(never) as server:
        http = client(server.url)
        began = asyncio.get_running_loop().time()
        with pytest.raises(HttpTimeout) as failed:
            await http.request("POST", server.url, json={}, deadline_s=0.3)
        assert failed.value.sent is True
        assert asyncio.get_running_loop().time() - began < 1
        assert len(server.calls) == 1
        await http.close()


@pytest.mark.attack("A22")
async def test_the_deadline_covers_the_whole_answer_not_each_byte() -> None:
    async def drip(call: Call) -> None:
        await call.send(b"HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n")
        for _ in range(1_000):
            await call.send(b"x")
            await asyncio.sleep(0.05)

    async with serve(drip) as server:
        http = client(server.url)
        with pytest.raises(HttpTimeout) as failed:
            await http.request("GET", server.url, deadline_s=0.4)
        assert failed.value.sent is True
        await http.close()


@pytest.mark.attack("A22")
async def test_headers_that_drip_are_cut_by_the_deadline() -> None:
    async def drip(call: Call) -> None:
        await call.send(b"HTTP/1.1 200 OK\r\n")
        while True:
            await call.send(b"X: y\r\n")
            await asyncio.sleep(0.05)

    async with serve(drip) as server:
        http = client(server.url)
        with pytest.raises(HttpTimeout):
            await http.request("GET", server.url, deadline_s=0.4)
        await http.close()


@pytest.mark.parametrize("when", ["before", "headers", "body"])
async def test_a_connection_reset_after_the_request_leaves_the_outcome_unknown(when: str) -> None:
    async def reset(call: Call) -> None:
        if when != "before":
            await call.send(b"HTTP/1.1 200 OK\r\nContent-Len")
        if when == "body":
            await call.send(b"gth: 100\r\n\r\nhalf")
        await asyncio.sleep(0.05)
        call.reset()

    async with serve(reset) as server:
        http = client(server.url)
        with pytest.raises(HttpInterrupted) as failed:
            await http.request("POST", server.url, json={})
        assert failed.value.sent is True
        await http.close()


@pytest.mark.parametrize(
    "raw", [b"", b"220 mail.example ESMTP\r\n", b"HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhalf"]
)
async def test_an_orderly_but_useless_end_leaves_the_outcome_unknown(raw: bytes) -> None:
    async def half(call: Call) -> None:
        await call.send(raw)
        call.writer.close()

    async with serve(half) as server:
        http = client(server.url)
        with pytest.raises(HttpInterrupted) as failed:
            await http.request("POST", server.url, json={})
        assert failed.value.sent is True
        await http.close()


async def test_a_kept_connection_that_the_server_has_closed_is_not_used_again() -> None:
    async def once(call: Call) -> None:
        await call.answer(200, b"x")
        call.writer.close()

    async with serve(once) as server:
        http = client(server.url)
        for _ in range(3):
            assert (await http.request("POST", server.url, json={})).status == 200
            await asyncio.sleep(0.05)
        await http.close()


async def test_the_clients_connection_is_usable_after_a_failure() -> None:
    answers = iter([never, ok])

    async def first_never(call: Call) -> None:
        await next(answers)(call)

    async with serve(first_never) as server:
        http = client(server.url)
        with pytest.raises(HttpTimeout):
            await http.request("GET", server.url, deadline_s=0.2)
        assert (await http.request("GET", server.url)).status == 200
        await http.close()


async def test_a_timeout_of_the_callers_own_is_not_taken_for_the_deadline() -> None:
    async with serve(ok) as server:
        http = client(server.url)
        with pytest.raises(TimeoutError):
            async with http.stream("GET", server.url):
                raise TimeoutError("the disk")
        await http.close()


async def test_the_deadline_also_ends_a_slow_reader() -> None:
    async with serve(ok) as server:
        http = client(server.url)
        with pytest.raises(HttpTimeout):
            async with http.stream("GET", server.url, deadline_s=0.2):
                await asyncio.sleep(5)
        await http.close()
