"""Turns passwords into hashes and compares them, away from the event loop. Does not decide who is refused: see sign_in."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Final, TypeVar

from argon2 import PasswordHasher, Type
from argon2.exceptions import VerifyMismatchError

from invekto.kernel.errors import FieldError, Invalid, Unavailable

T = TypeVar("T")

LENGTH_MIN: Final = 8
LENGTH_MAX: Final = 512
_THREADS: Final = 2
_WAITING_MAX: Final = 64

# OWASP's least recommended setting of argon2id: 19 MiB, two passes, one lane. Two at a time bound the memory.
_hasher: Final = PasswordHasher(time_cost=2, memory_cost=19 * 1024, parallelism=1, type=Type.ID)
_threads: Final = ThreadPoolExecutor(_THREADS, thread_name_prefix="password")
_waiting = 0

# A hash of nobody's password, so that an unknown user costs as long as a known one.
NOBODY: Final = _hasher.hash("nobody's password")


def check_password(password: str) -> None:
    """Invalid for a password that nobody should have."""
    if len(password) < LENGTH_MIN:
        raise Invalid(fields=[FieldError("password", "too_short")])
    if len(password) > LENGTH_MAX:
        raise Invalid(fields=[FieldError("password", "too_long")])


async def hash_password(password: str) -> str:
    """The hash to store. Takes about 20 ms, so call it before rows are locked. Invalid, Unavailable."""
    check_password(password)
    return await _in_thread(_hasher.hash, password.encode("utf-8", "surrogatepass"))


async def password_fits(password_hash: str, password: str) -> bool:
    """Whether it is the password. Unavailable when too many are being compared already."""
    return await _in_thread(_fits, password_hash, password)


def is_outdated(password_hash: str) -> bool:
    """Whether the hash was made with weaker settings than today's."""
    return _hasher.check_needs_rehash(password_hash)


def _fits(password_hash: str, password: str) -> bool:
    try:
        return _hasher.verify(password_hash, password.encode("utf-8", "surrogatepass"))
    except VerifyMismatchError:
        return False


async def _in_thread(work: Callable[..., T], *args: object) -> T:
    global _waiting
    if _waiting >= _WAITING_MAX:
        raise Unavailable(retry_after_s=2)
    _waiting += 1
    try:
        return await asyncio.get_running_loop().run_in_executor(_threads, work, *args)
    finally:
        _waiting -= 1
