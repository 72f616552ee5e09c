from __future__ import annotations

import hashlib
import hmac

import pytest
from hypothesis import given
from hypothesis import strategies as st

from invekto.kernel import crypto
from invekto.kernel.crypto import KeyRing, SecretUnreadable
from invekto.kernel.ids import uuid7

OLD = b"old-secret-" + b"x" * 32
NEW = b"new-secret-" + b"y" * 32
TENANT = uuid7()
ring = KeyRing(NEW, [OLD])


@given(st.binary(max_size=5_000))
def test_what_is_sealed_opens_again(plain: bytes) -> None:
    sealed = ring.seal(plain, tenant_id=TENANT, purpose="channel.credentials")
    assert ring.open(sealed, tenant_id=TENANT, purpose="channel.credentials") == plain


def test_two_seals_of_one_value_differ() -> None:
    first, second = (ring.seal(b"token", tenant_id=TENANT, purpose="p") for _ in range(2))
    assert first != second
    assert b"token" not in first


@pytest.mark.attack("A39")
def test_a_seal_opens_for_its_tenant_and_purpose_only() -> None:
    sealed = ring.seal(b"token", tenant_id=TENANT, purpose="channel.credentials")
    for tenant, purpose in ((uuid7(), "channel.credentials"), (None, "channel.credentials"), (TENANT, "app.secret")):
        with pytest.raises(SecretUnreadable):
            ring.open(sealed, tenant_id=tenant, purpose=purpose)


@given(st.data())
def test_any_changed_byte_is_noticed(data: st.DataObject) -> None:
    sealed = bytearray(ring.seal(b"a secret of some length", tenant_id=TENANT, purpose="p"))
    at = data.draw(st.integers(0, len(sealed) - 1))
    sealed[at] ^= data.draw(st.integers(1, 255))
    with pytest.raises(SecretUnreadable):
        ring.open(bytes(sealed), tenant_id=TENANT, purpose="p")


@given(st.binary(max_size=64))
def test_junk_is_unreadable_and_nothing_else(junk: bytes) -> None:
    with pytest.raises(SecretUnreadable):
        ring.open(junk, tenant_id=TENANT, purpose="p")


@pytest.mark.attack("A39")
def test_a_rotated_key_still_opens_old_seals_and_names_them() -> None:
    sealed = KeyRing(OLD).seal(b"token", tenant_id=TENANT, purpose="p")
    assert ring.open(sealed, tenant_id=TENANT, purpose="p") == b"token"
    assert ring.needs_resealing(sealed)
    assert not ring.needs_resealing(ring.seal(b"token", tenant_id=TENANT, purpose="p"))
    with pytest.raises(SecretUnreadable):
        KeyRing(NEW).open(sealed, tenant_id=TENANT, purpose="p")


def test_a_short_secret_key_is_refused() -> None:
    with pytest.raises(ValueError, match="32"):
        KeyRing(b"short")


def test_a_mac_belongs_to_its_purpose() -> None:
    assert ring.mac(b"m", purpose="a") == ring.mac(b"m", purpose="a")
    assert ring.mac(b"m", purpose="a") != ring.mac(b"m", purpose="b")


def test_a_signature_is_checked_over_the_exact_bytes() -> None:
    signature = hmac.new(b"key", b'{"a":1}', hashlib.sha256).hexdigest()
    assert crypto.verify_hmac_sha256_hex(b"key", b'{"a":1}', signature.upper())
    assert not crypto.verify_hmac_sha256_hex(b"key", b'{"a": 1}', signature)
    assert not crypto.verify_hmac_sha256_hex(b"other", b'{"a":1}', signature)
    assert not crypto.verify_hmac_sha256_hex(b"key", b'{"a":1}', "\ud800é")


def test_an_empty_key_verifies_nothing() -> None:
    signature = hmac.new(b"", b"body", hashlib.sha256).hexdigest()
    assert not crypto.verify_hmac_sha256_hex(b"", b"body", signature)


def test_tokens_differ_and_only_their_hash_is_kept() -> None:
    assert len({crypto.new_token() for _ in range(1_000)}) == 1_000
    assert len(crypto.new_token()) == 43
    assert crypto.token_hash("t") == hashlib.sha256(b"t").digest()
