"""Calls to a real server on loopback that misbehaves. What matters most is `sent`: is a repeat safe?"""

from __future__ import annotations

import asyncio
import gzip
import ipaddress
import json
import socket
import zlib
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from invekto.kernel.addresses import Address, resolve_public
from invekto.kernel.http import (
    FilePart,
    Http,
    HttpConnectFailed,
    HttpError,
    HttpInterrupted,
    HttpRefusedAddress,
    HttpTimeout,
    HttpTooLarge,
    HttpTooManyRedirects,
)
from tests.kernel.fault_server import Call, certificate_for, serve

MB = 1 << 20


def client(*operator_urls: str) -> Http:
    return Http(operator_urls=operator_urls)


async def ok(call: Call) -> None:
    await call.answer(200, b'{"ok":true}')


async def never(_call: Call) -> None:
    await asyncio.sleep(60)


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


# Size.


async def test_an_announced_length_over_the_cap_is_not_read() -> None:
    async def huge(call: Call) -> None:
        await call.send(b"HTTP/1.1 200 OK\r\nContent-Length: 99999999999999999999\r\n\r\n")

    async with serve(huge) as server:
        http = client(server.url)
        with pytest.raises(HttpTooLarge):
            await http.request("GET", server.url, max_bytes=MB)
        await http.close()


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
    [(gzip.compress(b"x" * 1_000)[:-12], "gzip"), (b"not packed at all", "gzip"), (b"x", "br"), (b"", "gzip")],
)
async def test_a_badly_packed_answer_is_named(body: bytes, encoding: str) -> None:
    async def answer(call: Call) -> None:
        await call.answer(200, body, Content_Encoding=encoding)

    async with serve(answer) as server:
        http = client(server.url)
        with pytest.raises(HttpInterrupted):
            await http.request("GET", server.url)
        await http.close()


# Addresses.


@pytest.mark.parametrize(
    "url",
    [
        "", "x", "//h/", "http://", "file:///etc/passwd", "gopher://h/", "ftp://h/", "https://user:p@h/", "https://h:99999/",
        "https://h/\r\nX: y", "http://example.com/",
    ],
)  # fmt: skip
async def test_what_is_no_https_address_is_refused(url: str) -> None:
    http = client()
    with pytest.raises(HttpRefusedAddress) as refused:
        await http.request("GET", url)
    assert refused.value.sent is False
    await http.close()


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost", "[::1]", "[::ffff:127.0.0.1]", "2130706433", "0x7f.1", "0"])
async def test_a_private_address_is_refused_and_nothing_arrives(host: str, tmp_path: Path) -> None:
    server_tls, client_tls = certificate_for("127.0.0.1", tmp_path)
    async with serve(ok, server_tls) as server:
        http = Http(tls=client_tls)
        with pytest.raises(HttpRefusedAddress) as refused:
            await http.request("GET", f"https://{host}:{server.port}/")
        assert refused.value.sent is False
        assert server.calls == []
        await http.close()


async def test_only_the_exact_origin_of_the_operator_may_be_private(tmp_path: Path) -> None:
    async with serve(ok) as server, serve(ok) as neighbour:
        http = client(f"{server.url}/v26.0")
        assert (await http.request("GET", f"{server.url}/anything")).status == 200
        for url in (neighbour.url, f"https://127.0.0.1:{server.port}", f"http://localhost:{server.port}"):
            with pytest.raises(HttpRefusedAddress):
                await http.request("GET", url)
        assert neighbour.calls == []
        await http.close()


async def test_an_address_typed_by_a_tenant_has_no_exemption() -> None:
    async with serve(ok) as server:
        http = client(server.url)
        with pytest.raises(HttpRefusedAddress):
            await http.request("GET", server.url, from_tenant=True)
        assert server.calls == []
        await http.close()


async def test_a_name_that_resolves_otherwise_the_second_time_reaches_only_what_was_checked(tmp_path: Path) -> None:
    """The name is asked once per connection, and the connection goes to that very address."""
    server_tls, client_tls = certificate_for("rebind.test", tmp_path)
    asked: list[str] = []

    async def checked(host: str, port: int) -> list[Address]:
        asked.append(host)
        return [ipaddress.IPv4Address("127.0.0.1")] if len(asked) == 1 else await resolve_public("127.0.0.1", port)

    async with serve(ok, server_tls) as server:
        http = Http(tls=client_tls, resolve=checked)
        assert (await http.request("GET", f"https://rebind.test:{server.port}/")).status == 200
        assert server.calls[0].header("host") == f"rebind.test:{server.port}"
        assert asked == ["rebind.test"]
        await http.close()


async def test_the_second_address_is_tried_when_the_first_is_dead(tmp_path: Path) -> None:
    server_tls, client_tls = certificate_for("two.test", tmp_path)

    async def two(_host: str, _port: int) -> list[Address]:
        return [ipaddress.IPv4Address("127.0.0.2"), ipaddress.IPv4Address("127.0.0.1")]

    async with serve(ok, server_tls) as server:
        http = Http(tls=client_tls, resolve=two)
        assert (await http.request("GET", f"https://two.test:{server.port}/")).status == 200
        await http.close()


# Redirects.


async def test_a_redirect_is_an_answer_unless_following_is_asked_for() -> None:
    async def away(call: Call) -> None:
        await call.answer(302, Location="http://127.0.0.1:1/secret")

    async with serve(away) as server:
        http = client(server.url)
        assert (await http.request("POST", server.url, json={})).status == 302
        await http.close()


@pytest.mark.parametrize(
    "location",
    ["http://127.0.0.1:{port}/", "https://127.0.0.1:{port}/", "https://[::1]/", "http://169.254.169.254/latest/meta-data/", "file:///etc/passwd", "gopher://127.0.0.1/", "https://a:b@example.com/", "https://\x7f/"],
)  # fmt: skip
async def test_each_hop_of_a_redirect_is_checked(location: str) -> None:
    async with serve(ok) as inside:

        async def away(call: Call) -> None:
            await call.answer(302, Location=location.format(port=inside.port))

        async with serve(away) as server:
            http = client(server.url)
            with pytest.raises(HttpError) as refused:
                await http.request("GET", server.url, redirects=3)
            assert isinstance(refused.value, HttpRefusedAddress | HttpInterrupted)
            assert refused.value.sent is True
            assert inside.calls == []
            await http.close()


async def test_a_redirect_to_another_origin_takes_no_key_along() -> None:
    async with serve(ok) as other:

        async def away(call: Call) -> None:
            await call.answer(302, Location=f"{other.url}/file")

        async with serve(away) as server:
            http = client(server.url, other.url)
            headers = {"Authorization": "Bearer t", "D360-API-KEY": "k", "Accept": "image/png"}
            answer = await http.request("GET", f"{server.url}/a", redirects=1, headers=headers)
            assert answer.status == 200
            assert [other.calls[0].header(n) for n in ("authorization", "d360-api-key", "accept")] == [
                None,
                None,
                "image/png",
            ]
            await http.close()


async def test_a_redirect_within_an_origin_keeps_its_key_and_may_be_relative() -> None:
    async def hop(call: Call) -> None:
        if call.path == "/a":
            await call.answer(307, Location="b?x=1")
        else:
            await call.answer(200, (call.header("authorization") or "").encode())

    async with serve(hop) as server:
        http = client(server.url)
        answer = await http.request("GET", f"{server.url}/a", redirects=1, headers={"Authorization": "Bearer t"})
        assert answer.body == b"Bearer t"
        assert server.calls[-1].path == "/b?x=1"
        await http.close()


async def test_a_redirect_loop_ends() -> None:
    async def again(call: Call) -> None:
        await call.answer(302, Location="/again")

    async with serve(again) as server:
        http = client(server.url)
        with pytest.raises(HttpTooManyRedirects):
            await http.request("GET", server.url, redirects=3)
        assert len(server.calls) == 4
        await http.close()


async def test_only_a_get_follows_redirects() -> None:
    http = client()
    with pytest.raises(ValueError, match="GET"):
        await http.request("POST", "https://example.com", redirects=1)
    await http.close()


async def test_json_nested_without_end_is_an_error_of_the_answer() -> None:
    async def deep(call: Call) -> None:
        await call.answer(200, b"[" * 200_000)

    async with serve(deep) as server:
        http = client(server.url)
        answer = await http.request("GET", server.url)
        with pytest.raises(ValueError, match=r"deep|Expecting"):
            answer.json()
        await http.close()
