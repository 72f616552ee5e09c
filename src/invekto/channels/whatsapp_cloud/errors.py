"""Meta's error codes in our classes: what the worker does about each. Source: README.md of this folder."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from invekto.channels.adapter import (
    AccountRefused,
    ChannelError,
    ChannelStopped,
    CredentialsRefused,
    InvalidRecipient,
    MarketingLimited,
    MarketingStopped,
    MediaRefused,
    OutcomeUnknown,
    PairThrottled,
    Rejected,
    TemplatePaused,
    TemplateRefused,
    Throttled,
    Transient,
    Unsupported,
    VendorDown,
    WindowClosed,
)
from invekto.channels.whatsapp_cloud.payloads import Error, ErrorAnswer, read
from invekto.kernel.http import HttpError, HttpResponse, HttpTooLarge

_CLASSES: Final[Mapping[type[ChannelError], frozenset[int]]] = {
    # The token is gone or was never good.
    CredentialsRefused: frozenset({0, 190, 104}),
    # Meta sees spam: the number, or its campaign, is the trouble and not the message.
    ChannelStopped: frozenset({131048, 131064}),
    # The whole number is too fast, so the channel pauses.
    Throttled: frozenset({4, 80007, 130429}),
    # This one person gets too many at once: only their lane waits.
    PairThrottled: frozenset({131056}),
    TemplatePaused: frozenset({132015}),
    MediaRefused: frozenset({131053}),
    VendorDown: frozenset({1, 2, 131000, 131016, 131057, 132069, 133004, 133016}),
    WindowClosed: frozenset({131047}),
    InvalidRecipient: frozenset({130472, 130497, 131021, 131026, 131030, 131062}),
    MarketingLimited: frozenset({131049}),
    MarketingStopped: frozenset({131050}),
    TemplateRefused: frozenset({132000, 132001, 132005, 132007, 132008, 132012, 132016, 132018, 132068}),
    Unsupported: frozenset({131051, 131052, 131063}),
    # The account or the token's rights: somebody must put it right at Meta, the message may stay as it is.
    AccountRefused: frozenset({3, 10, *range(200, 300), 368, 131005, 131031, 131037, 131042, 131045, 133010}),
    # The call itself is wrong.
    Rejected: frozenset({33, 100, 131008, 131009, 135000, 137000}),
}
_BY_CODE: Final = {code: kind for kind, codes in _CLASSES.items() for code in codes}


def class_of(code: int, *, transient: bool = False) -> type[ChannelError]:
    """The class of a code; one we do not know is refused for good, unless Meta itself calls it `transient`."""
    return _BY_CODE.get(code) or (VendorDown if transient else Rejected)


def of_error(error: Error, *, failed_there: bool = False, retry_after_s: float | None = None) -> ChannelError:
    """`failed_there`: the answer's status says that the fault is Meta's."""
    kind = class_of(error.code, transient=failed_there or bool(error.is_transient))
    vendor_code = str(error.code)
    if issubclass(kind, Transient):
        return kind(error.detail, vendor_code=vendor_code, retry_after_s=retry_after_s)
    return kind(error.detail, vendor_code=vendor_code)


def of_answer(answer: HttpResponse) -> ChannelError:
    """Why an answer is not a success. With Meta's error body nothing was accepted; without it only some statuses say so."""
    retry_after_s = _seconds(answer.headers.get("retry-after", ""))
    body = read(answer.body, ErrorAnswer)
    if body is not None:
        return of_error(body.error, failed_there=answer.status >= 500, retry_after_s=retry_after_s)
    detail = f"HTTP {answer.status} without an error body"
    match answer.status:
        case 429:
            return Throttled(detail, retry_after_s=retry_after_s)
        case 401:
            return CredentialsRefused(detail)
        case 503:
            return VendorDown(detail, retry_after_s=retry_after_s)
        case status if 300 <= status < 500 and status != 408:
            return Rejected(detail)
        case _:
            # A gateway gave up, or a success that we cannot read: Meta may have the message.
            return OutcomeUnknown(detail)


def of_call(error: HttpError) -> ChannelError:
    """What a broken call to send a message means."""
    return OutcomeUnknown(str(error)) if error.sent else VendorDown(str(error))


def harmless(error: ChannelError) -> ChannelError:
    """The same for a call that sends nothing to a person: asking again can do no harm."""
    return VendorDown(error.detail, vendor_code=error.vendor_code) if isinstance(error, OutcomeUnknown) else error


def of_download(error: HttpError) -> ChannelError:
    return Unsupported(str(error)) if isinstance(error, HttpTooLarge) else VendorDown(str(error))


def _seconds(text: str) -> float | None:
    """Retry-After in seconds, at most an hour; its date form is not used by Meta."""
    return min(float(text), 3600.0) if text.isascii() and text.isdigit() and len(text) < 10 else None
