"""Which addresses a call may reach, at first and after a redirect."""

from __future__ import annotations

import ipaddress
from pathlib import Path

import pytest

from invekto.kernel.addresses import Address, resolve_public
from invekto.kernel.http import (
    Http,
    HttpError,
    HttpInterrupted,
    HttpRefusedAddress,
    HttpTooManyRedirects,
)
from tests.kernel.fault_server import Call, certificate_for, client, ok, serve


@pytest.mark.attack("A19")
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


@pytest.mark.attack("A19")
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


@pytest.mark.attack("A19")
async def test_an_address_typed_by_a_tenant_has_no_exemption() -> None:
    async with serve(ok) as server:
        http = client(server.url)
        with pytest.raises(HttpRefusedAddress):
            await http.request("GET", server.url, from_tenant=True)
        assert server.calls == []
        await http.close()


@pytest.mark.attack("A20")
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


async def test_a_redirect_is_an_answer_unless_following_is_asked_for() -> None:
    async def away(call: Call) -> None:
        await call.answer(302, Location="http://127.0.0.1:1/secret")

    async with serve(away) as server:
        http = client(server.url)
        assert (await http.request("POST", server.url, json={})).status == 302
        await http.close()


@pytest.mark.attack("A21")
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


@pytest.mark.attack("A21")
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


@pytest.mark.attack("A21")
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
