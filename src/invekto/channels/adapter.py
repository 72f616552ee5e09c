"""READ FIRST: what a channel kind must offer. An adapter translates between a provider's protocol and these types.

It sees no tenant, session, contact or database. What comes in is defined in `incoming` and named here; what goes out is in
`outgoing`. Adding a channel is a folder with an adapter, its tests, and its lines in
`registry`: docs/adding-a-channel.md. Optional abilities are the small protocols at the end.
"""

from __future__ import annotations

from collections.abc import AsyncIterable, Callable, Mapping, Sequence
from datetime import datetime
from typing import Any, ClassVar, Final, Protocol, TypeAlias, runtime_checkable

from invekto.channels.incoming import (
    Address,
    AddressChanged,
    CallEvent,
    ChannelUpdated,
    ContactSynced,
    DeliveryReport,
    HistoryMessage,
    InboundAttachment,
    InboundEvent,
    InboundMessage,
    MessageEdited,
    MessageRevoked,
    Part,
    Payload,
    PreferenceChanged,
    ProviderNotice,
    ReactionRemoved,
    Sender,
    TemplateUpdated,
    UnhandledEvent,
)
from invekto.channels.outgoing import Capabilities, OutboundContent
from invekto.kernel.http import Http

__all__ = [
    "Address",
    "AddressChanged",
    "CallEvent",
    "ChannelUpdated",
    "ContactSynced",
    "DeliveryReport",
    "HistoryMessage",
    "InboundAttachment",
    "InboundEvent",
    "InboundMessage",
    "MessageEdited",
    "MessageRevoked",
    "Part",
    "Payload",
    "PreferenceChanged",
    "ProviderNotice",
    "ReactionRemoved",
    "Sender",
    "TemplateUpdated",
    "UnhandledEvent",
]
"""Of `incoming`, named here so that the boundary has one address. What is defined below needs no list."""


class RawRequest(Part, frozen=True, kw_only=True):
    """A webhook as it came. Header names are lower-case; `body` is untouched: signatures are of these bytes."""

    method: str
    query: Mapping[str, str]
    headers: Mapping[str, str]
    body: bytes
    received_at: datetime


class RawResponse(Part, frozen=True, kw_only=True):
    """An answer that the protocol wants at once (a challenge)."""

    status: int
    body: bytes = b""
    content_type: str = "text/plain"


Credentials: TypeAlias = Mapping[str, str]
"""Opened secrets. Of an app: `app_secret`, `verify_token`; of a channel: what its `connect` stored."""


# What goes out ----------------------------------------------------------------------------------------------------


class Outbound(Part, frozen=True, kw_only=True):
    """One message to one person. `callback_data` is our message id, for providers that echo it in statuses."""

    to: tuple[Address, ...]
    callback_data: str
    content: OutboundContent
    reply_to_provider_id: str | None = None


class SendReceipt(Part, frozen=True, kw_only=True):
    """The provider took it over under `provider_id`."""

    provider_id: str


class ChannelError(Exception):
    """Why a send failed. The class decides what the worker does; `code` is ours and translated, the rest is the provider's.

    `resend_helps`: whether the same message, sent again by a person, may go through.
    """

    code: ClassVar[str] = "provider_error"
    resend_helps: ClassVar[bool] = True

    def __init__(self, detail: str = "", *, vendor_code: str | None = None) -> None:
        super().__init__(detail or self.code)
        self.detail = detail
        self.vendor_code = vendor_code


class Transient(ChannelError):
    """Certainly not accepted; again later. `retry_after_s` when the provider said so.

    `first_wait_s` and `growth`: the wait otherwise, and by what it grows with every failure; None: the worker's own measure.
    """

    code: ClassVar[str] = "provider_unavailable"
    first_wait_s: ClassVar[float | None] = None
    growth: ClassVar[float] = 1

    def __init__(self, detail: str = "", *, vendor_code: str | None = None, retry_after_s: float | None = None) -> None:
        super().__init__(detail, vendor_code=vendor_code)
        self.retry_after_s = retry_after_s


class Throttled(Transient):
    """Too fast: the whole channel pauses."""

    code: ClassVar[str] = "provider_throttled"


class PairThrottled(Transient):
    """This one person gets too much at once: only their lane waits, four times as long each time."""

    code: ClassVar[str] = "recipient_throttled"
    first_wait_s: ClassVar[float | None] = 4
    growth: ClassVar[float] = 4


class VendorDown(Transient):
    """The provider does not work at the moment, or could not be reached."""


class MediaRefused(VendorDown):
    """The provider could not take the file in. A few times more may help; as a late report it is final."""

    code: ClassVar[str] = "media_refused"


class Rejected(ChannelError):
    """Refused for good: asking again with the same content cannot help."""

    code: ClassVar[str] = "provider_rejected"
    resend_helps: ClassVar[bool] = False


class InvalidRecipient(Rejected):
    """Not there now: people take their number to the provider later, or accept its terms, or update its app."""

    code: ClassVar[str] = "recipient_unreachable"
    resend_helps: ClassVar[bool] = True


class WindowClosed(Rejected):
    """Once the person has written again, the same message can go out."""

    code: ClassVar[str] = "window_closed"
    resend_helps: ClassVar[bool] = True


class TemplateRefused(Rejected):
    code: ClassVar[str] = "template_refused"


class TemplatePaused(TemplateRefused):
    """The provider has paused the template for its quality: for hours, so nobody behind it waits for that."""

    code: ClassVar[str] = "template_paused"
    resend_helps: ClassVar[bool] = True


class MarketingLimited(Rejected):
    """The provider lets this person have no more advertising for now: not before a day has passed."""

    code: ClassVar[str] = "marketing_limited"


class MarketingStopped(Rejected):
    """The person wants no advertising from this firm."""

    code: ClassVar[str] = "marketing_stopped"


class Unsupported(Rejected):
    code: ClassVar[str] = "unsupported_content"


class AccountRefused(Rejected):
    """The firm's account may not send (locked, unpaid, not registered, no right): nothing is wrong with the message."""

    code: ClassVar[str] = "account_refused"
    resend_helps: ClassVar[bool] = True


class ChannelStopped(ChannelError):
    """The provider sees spam: everything on this channel stops until a person lets it go on."""

    code: ClassVar[str] = "channel_stopped"


class CredentialsRefused(ChannelError):
    """The channel must be connected again; its owner is told."""

    code: ClassVar[str] = "channel_reconnect_needed"


class OutcomeUnknown(ChannelError):
    """Asked, and no answer came: it may have been accepted. Settled by a status, never sent again by itself."""

    code: ClassVar[str] = "outcome_unknown"


def resend_helps(code: str) -> bool:
    """What the class behind a stored error code says; a code of another version says yes."""
    return code not in _USELESS


def _family(kind: type[ChannelError]) -> list[type[ChannelError]]:
    return [kind, *(one for below in kind.__subclasses__() for one in _family(below))]


_USELESS: Final = frozenset(kind.code for kind in _family(ChannelError) if not kind.resend_helps)


# The adapter ------------------------------------------------------------------------------------------------------


class ChannelAdapter(Protocol):
    """`(kind, provider)` is the registry's key: one kind may have several providers."""

    kind: ClassVar[str]
    provider: ClassVar[str]
    capabilities: ClassVar[Capabilities]

    def verify(self, request: RawRequest, credentials: Credentials) -> RawResponse | None:
        """Raises SignatureInvalid, answers at once (a challenge), or returns None: the body is genuine."""
        ...

    def parse(self, request: RawRequest) -> Sequence[InboundEvent]:
        """Bytes in, events out. Pure; never fails: what it cannot read is an UnhandledEvent."""
        ...

    async def send(self, http: Http, credentials: Credentials, message: Outbound) -> SendReceipt:
        """Exactly one message at the provider. Raises ChannelError."""
        ...


class SignatureInvalid(Exception):
    """The request was not signed by who it says: answered 403, nothing is stored."""


class FetchedMedia(Part, frozen=True, kw_only=True):
    """An inbound file being read. `size` is None when the provider does not say."""

    mime: str
    size: int | None
    chunks: AsyncIterable[bytes]


class MediaGone(ChannelError):
    """The provider does not hold the file any more."""

    code: ClassVar[str] = "media_gone"


@runtime_checkable
class FetchesMedia(Protocol):
    async def fetch_media(
        self,
        http: Http,
        credentials: Credentials,
        media_id: str,
        store: Callable[[FetchedMedia], Any],
    ) -> None:
        """Opens the file and awaits `store(fetched)` while the connection is open. Raises ChannelError."""
        ...


@runtime_checkable
class MarksRead(Protocol):
    async def mark_read(self, http: Http, credentials: Credentials, provider_id: str) -> None:
        """Tells the contact that everything up to this message was read. Raises ChannelError."""
        ...
