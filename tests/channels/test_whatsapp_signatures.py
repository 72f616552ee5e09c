"""A webhook counts when its sender knows the app's secret, and never otherwise."""

from __future__ import annotations

import hashlib
import hmac
import json
from collections.abc import Mapping

import pytest

from invekto.channels.adapter import SignatureInvalid
from tests.channels.webhooks import ADAPTER, body, change, contact, message, request

SECRET, TOKEN = "0f1e2d3c4b5a69788796a5b4c3d2e1f0", "a token of our own"
CREDENTIALS = {"app_secret": SECRET, "verify_token": TOKEN}
BODY = body(change(contacts=[contact()], messages=[message(text={"body": "çay / kahve"})]))


def sign(raw: bytes, secret: str = SECRET, method: str = "sha256") -> str:
    return f"{method}=" + hmac.new(secret.encode(), raw, method).hexdigest()


def verify(raw: bytes, credentials: Mapping[str, str] = CREDENTIALS, **headers: str) -> None:
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    assert ADAPTER.verify(request(raw, headers=named), credentials) is None


def test_the_apps_signature_of_the_raw_bytes_is_genuine() -> None:
    verify(BODY, x_hub_signature_256=sign(BODY))
    verify(b"", x_hub_signature_256=sign(b""))
    verify(b"\xff\x00 not even JSON", x_hub_signature_256=sign(b"\xff\x00 not even JSON"))


@pytest.mark.attack("A23")
@pytest.mark.parametrize(
    "headers",
    [
        pytest.param({}, id="no signature"),
        pytest.param({"x_hub_signature_256": ""}, id="an empty one"),
        pytest.param({"x_hub_signature_256": sign(BODY, "another app's secret")}, id="another app's"),
        pytest.param({"x_hub_signature_256": sign(BODY + b" ")}, id="of other bytes"),
        pytest.param(
            {"x_hub_signature_256": sign(json.dumps(json.loads(BODY)).encode())}, id="of the same, re-encoded"
        ),
        pytest.param({"x_hub_signature": sign(BODY, method="sha1")}, id="SHA-1 in its own header"),
        pytest.param({"x_hub_signature_256": sign(BODY, method="sha1")}, id="SHA-1 in the newer header"),
        pytest.param({"x_hub_signature_256": sign(BODY).removeprefix("sha256=")}, id="without its prefix"),
        pytest.param({"x_hub_signature_256": sign(BODY)[:-1]}, id="cut"),
        pytest.param({"x_hub_signature_256": sign(BODY) + "0"}, id="longer"),
        pytest.param({"x_hub_signature_256": "sha256=" + "é\udc80" * 32}, id="no hex"),
        pytest.param({"x_hub_signature_256": "sha256=" + hashlib.sha256(BODY).hexdigest()}, id="a plain hash"),
    ],
)
def test_everything_else_is_refused(headers: dict[str, str]) -> None:
    with pytest.raises(SignatureInvalid):
        verify(BODY, CREDENTIALS, **headers)


@pytest.mark.attack("A23")
@pytest.mark.parametrize("credentials", [{"app_secret": "", "verify_token": ""}, {}])
def test_an_empty_secret_signs_nothing(credentials: dict[str, str]) -> None:
    with pytest.raises(SignatureInvalid):
        verify(BODY, credentials, x_hub_signature_256=sign(BODY, ""))
    with pytest.raises(SignatureInvalid):
        ADAPTER.verify(request(b"", "GET", {"hub.mode": "subscribe", "hub.verify_token": ""}), credentials)


def test_the_handshake_gives_the_challenge_back_as_it_is() -> None:
    query = {"hub.mode": "subscribe", "hub.verify_token": TOKEN, "hub.challenge": "1158201444"}
    answer = ADAPTER.verify(request(b"", "GET", query), CREDENTIALS)
    assert answer is not None
    assert (answer.status, answer.body, answer.content_type) == (200, b"1158201444", "text/plain")


@pytest.mark.parametrize(
    "query",
    [
        {},
        {"hub.mode": "subscribe", "hub.challenge": "1"},
        {"hub.mode": "subscribe", "hub.verify_token": "guessed", "hub.challenge": "1"},
        {"hub.mode": "unsubscribe", "hub.verify_token": TOKEN, "hub.challenge": "1"},
        {"hub.verify_token": TOKEN, "hub.challenge": "1"},
    ],
)
def test_a_handshake_without_our_token_is_refused(query: dict[str, str]) -> None:
    with pytest.raises(SignatureInvalid):
        ADAPTER.verify(request(b"", "GET", query), CREDENTIALS)
