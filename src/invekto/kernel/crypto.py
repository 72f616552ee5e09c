"""Seals secrets for storage, checks signatures and makes session tokens. Knows no provider's scheme: see channels.

Everything derives from `INVEKTO_SECRET_KEY`, one key per purpose (HKDF-SHA256), so that a sealed access token cannot
be opened as something else. Losing that key loses every sealed secret; it is part of the backup.
"""

from __future__ import annotations

import hashlib
import hmac
import os
import secrets
from collections.abc import Sequence
from typing import Final
from uuid import UUID

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

_FORMAT: Final = b"\x01"
_KEY_ID_LENGTH: Final = 4
_NONCE_LENGTH: Final = 12
_HEADER_LENGTH: Final = len(_FORMAT) + _KEY_ID_LENGTH
_SECRET_MIN_LENGTH: Final = 32
_SALT: Final = b"invekto.keyring.v1"


class SecretUnreadable(Exception):
    """A sealed value that none of our keys opens for this tenant and purpose: changed, moved, or from another install.

    The thing it belonged to must be connected again; trying once more cannot help.
    """


class KeyRing:
    """The install's secret and those before it. The first one seals, all of them open."""

    def __init__(self, secret_key: bytes, previous: Sequence[bytes] = ()) -> None:
        """ValueError for a secret of fewer than 32 bytes."""
        self._masters: dict[bytes, bytes] = {}
        for secret in (secret_key, *previous):
            if len(secret) < _SECRET_MIN_LENGTH:
                raise ValueError(f"a secret key needs at least {_SECRET_MIN_LENGTH} bytes")
            self._masters.setdefault(_derive(secret, "key-id", _KEY_ID_LENGTH), secret)
        self._current = next(iter(self._masters))
        self._ciphers: dict[tuple[bytes, str], AESGCM] = {}

    @property
    def key_id(self) -> str:
        """Names the key that seals now; a sealed value carries it, so rotation finds what is old."""
        return self._current.hex()

    @property
    def key_ids(self) -> tuple[str, ...]:
        """Every key that opens something here; the one that seals comes first."""
        return tuple(key_id.hex() for key_id in self._masters)

    def seal(self, plain: bytes, *, tenant_id: UUID | None, purpose: str) -> bytes:
        """Encrypts for one tenant (None = the platform) and one purpose such as `channel.credentials`."""
        nonce = os.urandom(_NONCE_LENGTH)
        header = _FORMAT + self._current
        sealed = self._cipher(self._current, purpose).encrypt(nonce, plain, _bound_to(header, tenant_id, purpose))
        return header + nonce + sealed

    def open(self, sealed: bytes, *, tenant_id: UUID | None, purpose: str) -> bytes:
        """The plain value. SecretUnreadable when it is not ours, changed, or of another tenant or purpose."""
        header, nonce = sealed[:_HEADER_LENGTH], sealed[_HEADER_LENGTH : _HEADER_LENGTH + _NONCE_LENGTH]
        key_id = header[len(_FORMAT) :]
        if header[: len(_FORMAT)] != _FORMAT or len(nonce) != _NONCE_LENGTH or key_id not in self._masters:
            raise SecretUnreadable("sealed with a key this install does not hold")
        try:
            return self._cipher(key_id, purpose).decrypt(
                nonce, sealed[_HEADER_LENGTH + _NONCE_LENGTH :], _bound_to(header, tenant_id, purpose)
            )
        except InvalidTag:
            raise SecretUnreadable("sealed for another tenant or purpose, or changed") from None

    def needs_resealing(self, sealed: bytes) -> bool:
        """Whether a key before the present one sealed it."""
        return sealed[len(_FORMAT) : _HEADER_LENGTH] != self._current

    def mac(self, message: bytes, *, purpose: str) -> bytes:
        """32 bytes that only this install can make for this message and purpose."""
        return hmac.digest(_derive(self._masters[self._current], f"mac:{purpose}", 32), message, "sha256")

    def _cipher(self, key_id: bytes, purpose: str) -> AESGCM:
        cipher = self._ciphers.get((key_id, purpose))
        if cipher is None:
            cipher = AESGCM(_derive(self._masters[key_id], f"seal:{purpose}", 32))
            self._ciphers[key_id, purpose] = cipher
        return cipher


def _derive(master: bytes, info: str, length: int) -> bytes:
    return HKDF(algorithm=SHA256(), length=length, salt=_SALT, info=info.encode()).derive(master)


def _bound_to(header: bytes, tenant_id: UUID | None, purpose: str) -> bytes:
    owner = b"platform" if tenant_id is None else tenant_id.bytes
    return b"\x00".join((header, owner, purpose.encode()))


def hmac_sha256_hex(key: bytes, message: bytes) -> str:
    return hmac.digest(key, message, "sha256").hex()


def verify_hmac_sha256_hex(key: bytes, message: bytes, given: str) -> bool:
    """Whether `given` (hex, any case) signs `message`. An empty key signs nothing: everybody knows it."""
    return bool(key) and same(hmac_sha256_hex(key, message), given.strip().lower())


def same(expected: str, given: str) -> bool:
    """Compares in constant time; never raises, whatever `given` holds."""
    return hmac.compare_digest(expected.encode(), given.encode("utf-8", "surrogatepass"))


def new_token() -> str:
    """256 random bits in 43 URL-safe characters: a session, a verify token, a secret address."""
    return secrets.token_urlsafe(32)


def token_hash(token: str) -> bytes:
    """What is stored instead of a token. A token has 256 random bits, so a plain SHA-256 needs no salt."""
    return hashlib.sha256(token.encode("utf-8", "surrogatepass")).digest()
