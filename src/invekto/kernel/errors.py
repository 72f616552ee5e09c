"""The errors a caller gets to see, each a decision: stable code, explicit status, translated sentence.

Anything else that is raised is a defect and becomes `internal` at the edge (see asgi).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import ClassVar

from invekto.kernel.i18n import sentence

Param = str | int | float | bool | None


@dataclass(frozen=True, slots=True)
class FieldError:
    """One refused field: `path` as the client wrote it (`tag_ids.3`), `code` for the client's own sentence."""

    path: str
    code: str


class InvektoError(Exception):
    """Base of every error on the wire. `code` is stable and names the sentence in `locale/`."""

    http_status: ClassVar[int] = 500

    def __init__(
        self,
        code: str,
        *,
        params: Mapping[str, Param] | None = None,
        fields: Sequence[FieldError] = (),
    ) -> None:
        super().__init__(code)
        self.code = code
        self.params: dict[str, Param] = dict(params or {})
        self.fields = tuple(fields)


class NotFound(InvektoError):
    """Does not exist, or must look so: a hidden row is never told from a missing one."""

    http_status = 404

    def __init__(self, code: str = "not_found", *, params: Mapping[str, Param] | None = None) -> None:
        super().__init__(code, params=params)


class Unauthenticated(InvektoError):
    http_status = 401

    def __init__(self, code: str = "session_required") -> None:
        super().__init__(code)


class Forbidden(InvektoError):
    """Known to the caller, not allowed to them: a missing permission, a foreign origin."""

    http_status = 403

    def __init__(self, code: str = "forbidden", *, params: Mapping[str, Param] | None = None) -> None:
        super().__init__(code, params=params)


class Conflict(InvektoError):
    """Well formed, but the present state does not admit it. `code` says which state."""

    http_status = 409


class Invalid(InvektoError):
    """Malformed; `fields` says what. Asking again unchanged cannot help."""

    http_status = 422

    def __init__(
        self,
        code: str = "invalid",
        *,
        params: Mapping[str, Param] | None = None,
        fields: Sequence[FieldError] = (),
    ) -> None:
        super().__init__(code, params=params, fields=fields)


class TooLarge(InvektoError):
    http_status = 413

    def __init__(self, code: str = "too_large", *, max_bytes: int) -> None:
        super().__init__(code, params={"max_bytes": max_bytes})
        self.max_bytes = max_bytes


class MethodNotAllowed(InvektoError):
    http_status = 405

    def __init__(self, code: str = "method_not_allowed") -> None:
        super().__init__(code)


class _AskLater(InvektoError):
    """Carries `Retry-After`, in whole seconds, at least one."""

    def __init__(self, code: str, retry_after_s: float, params: Mapping[str, Param] | None = None) -> None:
        self.retry_after_s = max(1, -int(-retry_after_s // 1))
        super().__init__(code, params={**(params or {}), "retry_after_s": self.retry_after_s})


class Throttled(_AskLater):
    http_status = 429

    def __init__(self, code: str, *, retry_after_s: float) -> None:
        super().__init__(code, retry_after_s)


class Unavailable(_AskLater):
    """We cannot do it now; asking again later can help."""

    http_status = 503

    def __init__(self, code: str = "unavailable", *, retry_after_s: float = 1) -> None:
        super().__init__(code, retry_after_s)


class Internal(InvektoError):
    """What a caller sees of a defect: no cause, only the request id that leads us to the log."""

    def __init__(self, code: str = "internal") -> None:
        super().__init__(code)


def error_body(error: InvektoError, request_id: str, locale: str) -> dict[str, object]:
    """The wire shape of docs/api.md, "Errors"."""
    return {
        "error": {
            "code": error.code,
            "message": sentence(error.code, locale, error.params),
            "params": error.params,
            "fields": [{"path": field.path, "code": field.code} for field in error.fields],
            "request_id": request_id,
        }
    }


def error_headers(error: InvektoError) -> dict[str, str]:
    """Headers that belong to an error: `Retry-After` for those who may ask again."""
    if isinstance(error, _AskLater):
        return {"retry-after": str(error.retry_after_s)}
    return {}
