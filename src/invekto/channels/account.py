"""What a kind may offer about an account: connecting it, and finding out hop by hop why it does not work.

Beside `adapter`: an `Accounts` sees no tenant, session or database either. It is found by (kind, provider) in `registry`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, ClassVar, Literal, Protocol, TypeAlias

import msgspec

from invekto.channels.adapter import ChannelError, Credentials, Part, Rejected
from invekto.kernel.http import Http

State: TypeAlias = Literal["ok", "warning", "failed"]
Params: TypeAlias = Mapping[str, str | int | float | bool | None]


class Account(Part, frozen=True, kw_only=True):
    """An account as its provider knows it. `address` is a phone number as people write it, `name` the verified one."""

    account_key: str
    parent_account_key: str | None = None
    address: str | None = None
    name: str | None = None
    quality: str | None = None
    messaging_limit: str | None = None


class Hop(Part, frozen=True, kw_only=True):
    """One step between the provider and us. The sentences of `check.CODE` and `check.CODE.do` take `params`."""

    hop: str
    state: State
    code: str
    params: Params = msgspec.field(default_factory=dict)


class Told(Part, frozen=True, kw_only=True):
    """What the hops at the provider said of an account that is stored with its channel."""

    hops: tuple[Hop, ...]
    quality: str | None = None
    messaging_limit: str | None = None
    name_status: str | None = None
    number_status: str | None = None
    token_expires_at: datetime | None = None


class Parent(Part, frozen=True, kw_only=True):
    """The account above a number, and the number's credentials with it."""

    key: str
    credentials: Credentials


class TestWebhook(Part, frozen=True, kw_only=True):
    """A webhook of our own that is signed like the provider's and says nothing: ingest reads it and stores no message."""

    headers: Mapping[str, str]
    body: bytes


class AccountNotFound(Rejected):
    """The token does not reach this account, or there is none."""

    code: ClassVar[str] = "provider_account_not_found"


class PermissionMissing(Rejected):
    """The token lacks a right that is needed."""

    code: ClassVar[str] = "provider_permission_missing"


class AppSecretRefused(Rejected):
    """The secret that we hold is not that of the token's app."""

    code: ClassVar[str] = "app_secret_refused"


class SignupCodeRefused(Rejected):
    """The sign-up dialog's code is used, too old, or of another address."""

    code: ClassVar[str] = "signup_code_refused"


class NumberMissing(Rejected):
    """The account has no number, or several of which none was named."""

    code: ClassVar[str] = "number_missing"


class PinRefused(Rejected):
    """The number has another two-step verification pin."""

    code: ClassVar[str] = "pin_refused"


class PinLocked(Rejected):
    """Too many wrong pins, or too quickly."""

    code: ClassVar[str] = "pin_locked"


class NumberUnverified(Rejected):
    """The number has to be verified again at the provider."""

    code: ClassVar[str] = "number_unverified"


class RegistrationLimited(Rejected):
    """Registered and deregistered too often lately."""

    code: ClassVar[str] = "registration_limited"


class Accounts(Protocol):
    kind: ClassVar[str]
    provider: ClassVar[str]
    hops: ClassVar[tuple[str, ...]]

    def wrong_fields(self, credentials: Mapping[str, str]) -> Sequence[tuple[str, str]]:
        """Fields of pasted credentials that cannot be right, with a code of docs/api.md each. Asks nobody."""
        ...

    async def connect(self, http: Http, credentials: Credentials, app: Credentials) -> Account:
        """Asks for the account, checks that `app` is the token's, has its webhooks sent to it. Repeatable. ChannelError."""
        ...

    async def exchange(
        self, http: Http, app: Credentials, *, app_id: str, code: str, redirect_uri: str, given: Mapping[str, str]
    ) -> Credentials:
        """The credentials of an account that the sign-up dialog has just given us. ChannelError."""
        ...

    async def register(self, http: Http, credentials: Credentials, pin: str) -> None:
        """Makes a number that is at the provider usable. ChannelError."""
        ...

    async def sync_phone(self, http: Http, credentials: Credentials) -> None:
        """Asks for the contacts and the history of a number that stays on its phone. ChannelError."""
        ...

    async def parent_of(self, http: Http, credentials: Credentials) -> Parent | None:
        """The account above, by which some webhooks name it: of a channel that was stored without. None when the
        token reaches none that has this account. ChannelError."""
        ...

    async def check(self, hop: str, http: Http, credentials: Credentials, app: Credentials, hook_url: str) -> Told:
        """One of `hops`, asked now. Raises nothing of the provider's: that is what it tells."""
        ...

    def test_webhook(self, app: Credentials, nonce: str) -> TestWebhook: ...

    def handshake(self, app: Credentials, challenge: str) -> dict[str, str]:
        """The query by which the provider asks a webhook address for `challenge`."""
        ...


def failure(hop: str, error: ChannelError, **params: Any) -> Hop:
    """A hop that a provider's refusal has broken."""
    return Hop(hop=hop, state="failed", code=error.code, params={"detail": error.detail, **params})


__all__ = [
    "Account",
    "AccountNotFound",
    "Accounts",
    "AppSecretRefused",
    "Hop",
    "NumberMissing",
    "NumberUnverified",
    "Params",
    "Parent",
    "PermissionMissing",
    "PinLocked",
    "PinRefused",
    "RegistrationLimited",
    "SignupCodeRefused",
    "State",
    "TestWebhook",
    "Told",
    "failure",
]
