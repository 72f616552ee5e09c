"""How a call to the outside can fail, and whether it may have had an effect. Import these from kernel.http."""

from __future__ import annotations


class HttpError(Exception):
    """A call that gave no usable answer. `sent`: bytes of it left, so the other side may have acted on it."""

    def __init__(self, reason: str, *, sent: bool) -> None:
        super().__init__(reason)
        self.sent = sent


class HttpTimeout(HttpError):
    """The deadline passed: waiting for a free connection (not sent) or for the answer (sent)."""


class HttpConnectFailed(HttpError):
    """No connection: the name, the port, the certificate, or nobody answered in time. Not sent."""


class HttpInterrupted(HttpError):
    """The connection broke after it was made, or the other side spoke something other than HTTP."""


class HttpRefusedAddress(HttpError):
    """An address we do not call: private, not https, with a login in it, or no address at all."""


class HttpTooLarge(HttpError):
    """The answer passed its cap, as sent or as unpacked; the rest was not read."""


class HttpTooManyRedirects(HttpError):
    """One redirect more than the caller allowed."""
