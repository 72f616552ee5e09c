"""How much of an answer is read, and how it is unpacked."""

from __future__ import annotations

import gzip
import json
import zlib

import pytest

from invekto.kernel.http import (
    Http,
    HttpInterrupted,
    HttpTooLarge,
)
from tests.kernel.fault_server import Call, client, serve

MB = 1 << 20


@pytest.mark.attack("A22")
async def test_an_announced_length_over_the_cap_is_not_read() -> None:
    async def huge(call: Call) -> None:
        await call.send(b"HTTP/1.1 200 OK\r\nContent-Length: 99999999999999999999\r\n\r\n")

    async with serve(huge) as server:
        http = client(server.url)
        with pytest.raises(HttpTooLarge):
            await http.request("GET", server.url, max_bytes=MB)
        await http.close()


@pytest.mark.attack("A22")
async def test_an_endless_answer_is_cut_at_the_cap() -> None:
    async def endless(call: Call) -> None:
        await call.send(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n")
        while True:
            await call.send(b"10000\r\n" + bytes(65_536) + b"\r\n")

    async with serve(endless) as server:
        http = client(server.url)
        received: list[bytes] = []
        with pytest.raises(HttpTooLarge):
            await _read_into(received, http, server.url, MB)
        assert sum(map(len, received)) <= MB
        await http.close()


async def _read_into(received: list[bytes], http: Http, url: str, max_bytes: int) -> None:
    async with http.stream("GET", url, max_bytes=max_bytes) as answer:
        async for chunk in answer.chunks:
            received.append(chunk)  # noqa: PERF401 -- what came before the error counts


def _bomb(size: int) -> bytes:
    packer = zlib.compressobj(9, wbits=31)
    packed = b"".join(packer.compress(bytes(MB)) for _ in range(size // MB))
    return packed + packer.flush()


@pytest.mark.attack("A22")
async def test_a_gzip_bomb_is_cut_before_it_is_in_memory() -> None:
    bomb = _bomb(512 * MB)
    assert len(bomb) < MB

    async def answer(call: Call) -> None:
        await call.answer(200, bomb, Content_Encoding="gzip")

    async with serve(answer) as server:
        http = client(server.url)
        received: list[bytes] = []
        with pytest.raises(HttpTooLarge):
            await _read_into(received, http, server.url, 2 * MB)
        assert sum(map(len, received)) <= 2 * MB
        assert max(map(len, received)) <= 64 << 10
        await http.close()


async def test_a_packed_answer_is_unpacked_whole() -> None:
    content = json.dumps([{"n": n} for n in range(50_000)]).encode()

    async def answer(call: Call) -> None:
        assert call.header("accept-encoding") == "gzip"
        await call.answer(200, gzip.compress(content), Content_Encoding="gzip")

    async with serve(answer) as server:
        http = client(server.url)
        assert (await http.request("GET", server.url)).body == content
        await http.close()


@pytest.mark.parametrize(
    ("body", "encoding"),
    [(gzip.compress(b"x" * 1_000, mtime=0)[:-12], "gzip"), (b"not packed at all", "gzip"), (b"x", "br"), (b"", "gzip")],
)
async def test_a_badly_packed_answer_is_named(body: bytes, encoding: str) -> None:
    async def answer(call: Call) -> None:
        await call.answer(200, body, Content_Encoding=encoding)

    async with serve(answer) as server:
        http = client(server.url)
        with pytest.raises(HttpInterrupted):
            await http.request("GET", server.url)
        await http.close()


@pytest.mark.attack("A25")
async def test_json_nested_without_end_is_an_error_of_the_answer() -> None:
    async def deep(call: Call) -> None:
        await call.answer(200, b"[" * 200_000)

    async with serve(deep) as server:
        http = client(server.url)
        answer = await http.request("GET", server.url)
        with pytest.raises(ValueError, match=r"deep|Expecting"):
            answer.json()
        await http.close()
