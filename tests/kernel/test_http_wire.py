"""Our own HTTP/1.1: what a real server may do between a request and the end of its answer, and what it costs."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

import pytest

from invekto.kernel.http import FilePart, HttpInterrupted
from tests.kernel.fault_server import Call, client, ok, serve

MB = 1 << 20


async def _pieces(count: int, size: int) -> AsyncIterator[bytes]:
    for _ in range(count):
        yield b"x" * size


@pytest.mark.parametrize(
    "raw",
    [
        b"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok",
        b"HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1\r\no\r\n1;x=y\r\nk\r\n0\r\nTrailer: t\r\n\r\n",
    ],
    ids=["continue", "early hints", "chunked"],
)
async def test_an_answer_is_read_in_each_way_of_writing_it_and_the_connection_is_kept(raw: bytes) -> None:
    async def answer(call: Call) -> None:
        for byte in raw:
            await call.send(bytes([byte]))

    async with serve(answer) as server:
        http = client(server.url)
        for _ in range(2):
            got = await http.request("GET", server.url)
            assert (got.status, got.body, got.headers.get("link")) == (200, b"ok", None)
        assert len({call.writer for call in server.calls}) == 1
        await http.close()


async def test_an_answer_of_no_announced_length_ends_with_the_connection() -> None:
    async def answer(call: Call) -> None:
        await call.send(b"HTTP/1.1 200 OK\r\n\r\nall of it")
        call.writer.close()

    async with serve(answer) as server:
        http = client(server.url)
        assert (await http.request("GET", server.url)).body == b"all of it"
        await http.close()


@pytest.mark.parametrize(
    "raw",
    [
        b"HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 2\r\n\r\nok",
        b"HTTP/1.0 200 OK\r\nContent-Length: 2\r\n\r\nok",
        b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nokHTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\nforged",
    ],
    ids=["close", "http 1.0", "a second answer nobody asked for"],
)
async def test_a_connection_that_should_not_serve_again_is_not_kept(raw: bytes) -> None:
    async with serve(lambda call: call.send(raw)) as server:
        http = client(server.url)
        for _ in range(2):
            assert (await http.request("GET", server.url)).body == b"ok"
        assert len({call.writer for call in server.calls}) == 2
        await http.close()


async def test_a_large_upload_waits_for_a_slow_reader_and_arrives_whole() -> None:
    received = 0

    async def slowly(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        nonlocal received
        head = await reader.readuntil(b"\r\n\r\n")
        length = int(next(line.split(b":")[1] for line in head.split(b"\r\n") if line.startswith(b"content-length")))
        while received < length:
            received += len(await reader.read(64 << 10))
            await asyncio.sleep(0)
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n")

    server = await asyncio.start_server(slowly, "127.0.0.1", 0)
    url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
    http = client(url)
    part = FilePart("file", "a.bin", "application/pdf", 20 * MB, _pieces(320, 64 << 10))
    assert (await http.request("POST", url, form={}, file=part)).status == 200
    assert received > 20 * MB
    await http.close()
    server.close()


async def test_an_answer_in_the_middle_of_an_upload_is_the_answer() -> None:
    async def refuse(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(b"HTTP/1.1 413 Too Large\r\nContent-Length: 0\r\n\r\n")
        await writer.drain()
        await asyncio.sleep(5)

    server = await asyncio.start_server(refuse, "127.0.0.1", 0)
    url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
    http = client(url)
    part = FilePart("file", "a.bin", "application/pdf", 64 * MB, _pieces(1024, 64 << 10))
    assert (await http.request("POST", url, form={}, file=part, deadline_s=3)).status == 413
    await http.close()
    server.close()


@pytest.mark.parametrize("size", [3, 5])
async def test_a_file_that_is_not_as_long_as_announced_is_not_sent_as_a_whole(size: int) -> None:
    async with serve(ok) as server:
        http = client(server.url)
        part = FilePart("file", "a.bin", "application/pdf", 4, _pieces(1, size))
        with pytest.raises(HttpInterrupted):
            await http.request("POST", server.url, form={}, file=part, deadline_s=2)
        assert server.calls == []
        assert (await http.request("GET", server.url)).status == 200
        await http.close()


async def test_a_head_without_end_is_cut() -> None:
    async def endless(call: Call) -> None:
        await call.send(b"HTTP/1.1 200 OK\r\n")
        while True:
            await call.send(b"X-Pad: " + b"x" * 1000 + b"\r\n")

    async with serve(endless) as server:
        http = client(server.url)
        with pytest.raises(HttpInterrupted) as failed:
            await http.request("POST", server.url, json={}, deadline_s=5)
        assert failed.value.sent
        await http.close()


async def test_a_slow_consumer_does_not_make_the_answer_pile_up() -> None:
    sent = 0

    async def fast(call: Call) -> None:
        nonlocal sent
        await call.send(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n" % (64 * MB))
        for _ in range(1024):
            await call.send(b"x" * (64 << 10))
            sent += 64 << 10

    async with serve(fast) as server:
        http = client(server.url)
        async with http.stream("GET", server.url, max_bytes=64 * MB) as answer:
            await anext(answer.chunks)
            await asyncio.sleep(0.3)
            assert sent < 32 * MB, "the kernel's buffers and half a megabyte of ours, never the whole answer"
            rest = sum([len(chunk) async for chunk in answer.chunks])
            assert rest > 63 * MB
        await http.close()
