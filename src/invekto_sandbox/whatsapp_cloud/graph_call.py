"""One request to the Graph API as its handlers see it, and the body forms that Meta takes."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

from starlette.requests import Request

from invekto_sandbox.whatsapp_cloud.errors import GraphError
from invekto_sandbox.whatsapp_cloud.payloads import Json

MAX_JSON = 1_000_000


@dataclass(slots=True)
class Call:
    """One request as the handlers see it. `about` and `note` are for the event log."""

    request: Request
    segments: list[str]
    token: str
    waba_id: str = ""
    account: str = ""
    about: str = ""
    label: str = ""
    note: str | None = None
    raw: bytes = b""

    @property
    def method(self) -> str:
        return self.request.method

    def param(self, name: str) -> str | None:
        return self.request.query_params.get(name)


def token_of(request: Request) -> str:
    scheme, _, token = request.headers.get("authorization", "").partition(" ")
    if scheme.lower() in ("bearer", "oauth") and token:
        return token.strip()
    return request.query_params.get("access_token", "")


async def json_body(call: Call) -> Json:
    """A JSON body, or a form whose values are JSON where they look like it. An empty body is {}."""
    request = call.request
    kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if kind in ("application/x-www-form-urlencoded", "multipart/form-data"):
        form = await request.form(max_part_size=MAX_JSON)
        body = {key: _loose(value) for key, value in form.items() if isinstance(value, str)}
        call.raw = json.dumps(body, ensure_ascii=False).encode()
        return body
    call.raw = await request.body()
    if not call.raw.strip():
        return {}
    try:
        parsed: Any = json.loads(call.raw)
    except ValueError:
        raise GraphError(100, "The request body is not valid JSON.") from None
    if not isinstance(parsed, dict):
        raise GraphError(100, "The request body must be a JSON object.")
    return parsed


def _loose(value: str) -> Any:
    if value[:1] in ("{", "["):
        try:
            return json.loads(value)
        except ValueError:
            return value
    return value
