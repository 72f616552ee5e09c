"""The OpenAPI document: what FastAPI derives from the routes, with our errors and our session in it."""

from __future__ import annotations

from collections.abc import Set as AbstractSet
from typing import Any, Final

from fastapi import FastAPI
from typing_extensions import TypedDict

from invekto.accounts.sessions import COOKIE

Param = str | int | float | bool | None


class ErrorField(TypedDict):
    path: str
    code: str


class ErrorDetail(TypedDict):
    code: str
    message: str
    params: dict[str, Param]
    fields: list[ErrorField]
    request_id: str


class ErrorAnswer(TypedDict):
    error: ErrorDetail


# Takes the place of FastAPI's own 422, which never leaves this server.
ERRORS: Final[dict[int | str, dict[str, Any]]] = {
    "4XX": {"model": ErrorAnswer, "description": "See docs/api.md, Errors"}
}


def describe(app: FastAPI, public: AbstractSet[tuple[str, str]]) -> None:
    """Says in the document what `requires` does: a cookie, on every path that is not public."""
    plain = app.openapi

    def described() -> dict[str, Any]:
        if app.openapi_schema is not None:
            return app.openapi_schema
        document = plain()
        document.setdefault("components", {})["securitySchemes"] = {
            "session": {"type": "apiKey", "in": "cookie", "name": COOKIE}
        }
        for path, operations in document["paths"].items():
            for method, operation in operations.items():
                if (method.upper(), path) not in public:
                    operation["security"] = [{"session": []}]
        return document

    app.openapi = described  # type: ignore[method-assign]  # FastAPI's own way to extend the document
