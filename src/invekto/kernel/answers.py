"""Turns errors into answers: ours as they are, a framework's into ours, so that a client reads one shape only."""

from __future__ import annotations

from typing import Any, Final

import asyncpg
import msgspec
from fastapi import FastAPI
from fastapi.exceptions import RequestValidationError
from sqlalchemy.exc import DBAPIError
from sqlalchemy.exc import TimeoutError as PoolTimeoutError
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from invekto.kernel.errors import (
    FieldError,
    Forbidden,
    Internal,
    Invalid,
    InvektoError,
    MethodNotAllowed,
    NotFound,
    Unauthenticated,
    Unavailable,
    error_body,
    error_headers,
)
from invekto.kernel.i18n import negotiate

_AWAY: Final = (
    ConnectionError,
    PoolTimeoutError,
    asyncpg.PostgresConnectionError,
    asyncpg.InternalClientError,
    # No connection, no place on the disk, no memory.
    asyncpg.InsufficientResourcesError,
    asyncpg.OperatorInterventionError,
)
_FIELDS_MAX: Final = 20
_PATH_MAX: Final = 100

# pydantic's names of what is wrong with a field -> ours, which the client has sentences for (docs/api.md, "Errors").
_FIELD_CODES: Final = {
    "missing": "required",
    "extra_forbidden": "unknown_field",
    "json_invalid": "json_invalid",
    "string_too_long": "too_long",
    "bytes_too_long": "too_long",
    "too_long": "too_long",
    "string_too_short": "too_short",
    "bytes_too_short": "too_short",
    "too_short": "too_short",
    "enum": "not_a_choice",
    "literal_error": "not_a_choice",
    "union_tag_invalid": "not_a_choice",
    "union_tag_not_found": "required",
    "greater_than": "out_of_range",
    "greater_than_equal": "out_of_range",
    "less_than": "out_of_range",
    "less_than_equal": "out_of_range",
    "string_pattern_mismatch": "wrong_format",
}


def error_answer(
    error: InvektoError, request_id: str, accept_language: str | None
) -> tuple[int, list[tuple[bytes, bytes]], bytes]:
    """Status, headers and body of an error, in the language asked for."""
    locale = negotiate(accept_language)
    body = msgspec.json.encode(error_body(error, request_id, locale))
    headers = {
        "content-type": "application/json",
        "content-length": str(len(body)),
        "content-language": locale,
        **error_headers(error),
    }
    return error.http_status, [(name.encode(), value.encode()) for name, value in headers.items()], body


def decided(error: Exception) -> InvektoError:
    """What a caller is told about any error: ours as it is, a router's own refusal as ours, 503 while the database is away,
    else a defect."""
    if isinstance(error, InvektoError):
        return error
    if isinstance(error, HTTPException):
        return _ours_for(error.status_code)
    return Unavailable(retry_after_s=2) if database_is_away(error) else Internal()


def database_is_away(error: BaseException | None) -> bool:
    """Whether an error says that PostgreSQL is down, starting, stopping, full of connections, or has dropped ours."""
    if isinstance(error, DBAPIError):
        return error.connection_invalidated or database_is_away(error.orig)
    if isinstance(error, asyncpg.InterfaceError):
        # asyncpg has no class of its own for a connection that was lost before the statement.
        return "closed" in str(error)
    if isinstance(error, asyncpg.QueryCanceledError):
        return False
    return isinstance(error, _AWAY) or (error is not None and database_is_away(error.__cause__))


def answer_errors(app: FastAPI) -> None:
    """Makes the application answer every error in our shape. What nobody decided about goes on to the edge (asgi)."""

    async def ours(request: Request, error: Exception) -> Response:
        assert isinstance(error, InvektoError)
        return _response(request, error)

    async def malformed(request: Request, error: Exception) -> Response:
        assert isinstance(error, RequestValidationError)
        return _response(request, Invalid(fields=_fields(error)))

    async def of_the_framework(request: Request, error: Exception) -> Response:
        assert isinstance(error, HTTPException)
        response = _response(request, _ours_for(error.status_code))
        if error.status_code == 405 and error.headers:
            response.headers["allow"] = error.headers.get("Allow", "")
        return response

    async def others(request: Request, error: Exception) -> Response:
        return _response(request, decided(error))

    app.add_exception_handler(InvektoError, ours)
    app.add_exception_handler(RequestValidationError, malformed)
    app.add_exception_handler(HTTPException, of_the_framework)
    # The framework raises it again behind this answer, so the edge still logs and counts it.
    app.add_exception_handler(Exception, others)


def _response(request: Request, error: InvektoError) -> Response:
    status, headers, body = error_answer(error, request.state.request_id, request.headers.get("accept-language"))
    response = Response(body, status)
    response.raw_headers = headers
    return response


def _fields(error: RequestValidationError) -> list[FieldError]:
    return [_field(part) for part in error.errors()[:_FIELDS_MAX]]


def _field(part: dict[str, Any]) -> FieldError:
    kind: str = part["type"]
    # "body", "query" or "header" stands first and is not part of what the client wrote.
    path = "" if kind == "json_invalid" else ".".join(str(step) for step in part["loc"][1:])
    code = _FIELD_CODES.get(kind)
    if code is None:
        code = "wrong_type" if kind.endswith("_type") else "wrong_format"
    return FieldError(path[:_PATH_MAX], code)


def _ours_for(status: int) -> InvektoError:
    """The error of ours for a status that the framework itself chose: an unknown path, a body it could not read."""
    match status:
        case 401:
            return Unauthenticated()
        case 403:
            return Forbidden()
        case 404:
            return NotFound()
        case 405:
            return MethodNotAllowed()
        case 503:
            return Unavailable()
        case _:
            return Invalid() if status < 500 else Internal()
