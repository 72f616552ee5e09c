"""Plays the dialog in which a business gives its number to an app (Embedded Signup), in a window of the product's page.

It posts the events that Meta's posts to its opener and goes to the given address with a code. Control calls for tests of it."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Final
from urllib.parse import urlencode, urlsplit

from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, Response
from starlette.routing import BaseRoute, Route

from invekto_sandbox.control import Refused, body_of, guarded
from invekto_sandbox.whatsapp_cloud.accounts import KIND
from invekto_sandbox.whatsapp_cloud.cloud import WhatsAppCloud
from invekto_sandbox.whatsapp_cloud.onboarding import MODES, SCOPES

_PAGE: Final = Path(__file__).with_name("signup")
_HEADERS: Final = {
    "Content-Security-Policy": "default-src 'self'; object-src 'none'; base-uri 'none'; frame-ancestors 'none'",
    "Cache-Control": "no-store",
}
_EVENTS: Final = {"coexistence": "FINISH_WHATSAPP_BUSINESS_APP_ONBOARDING"}


class Signup:
    def __init__(self, cloud: WhatsAppCloud) -> None:
        self._cloud = cloud

    def routes(self) -> list[BaseRoute]:
        return [
            Route("/signup", self._page),
            Route("/signup/dialog.js", self._script),
            Route("/signup/dialog.css", self._style),
            Route("/signup/numbers", guarded(self._numbers)),
            Route("/signup/confirm", guarded(self._confirm), methods=["POST"]),
            Route(f"/_control/{KIND}/tokens", guarded(self._change_token), methods=["PUT"]),
            Route(f"/_control/{KIND}/numbers/{{number}}/membership", guarded(self._membership)),
            Route(f"/_control/{KIND}/accounts/{{waba}}/subscription", guarded(self._unsubscribe), methods=["DELETE"]),
        ]

    async def _page(self, request: Request) -> Response:
        query = request.query_params
        wrong = self._wrong(query.get("client_id", ""), query.get("config_id", ""), query.get("redirect_uri", ""))
        if wrong is not None:
            return HTMLResponse(f"<!doctype html><meta charset=utf-8><title>Sandbox</title><p>{wrong}</p>", 400)
        return HTMLResponse((_PAGE / "dialog.html").read_text(), headers=_HEADERS)

    def _wrong(self, client_id: str, config_id: str, redirect_uri: str) -> str | None:
        """Meta's dialog says such things to whoever opened it; words of ours."""
        if client_id != self._cloud.accounts.app_id:
            return "Invalid App ID: the provided app ID does not look like a valid app ID."
        if not config_id:
            return "config_id is required."
        return None if _is_address(redirect_uri) else "Given URL is not allowed by the application configuration."

    async def _script(self, _request: Request) -> Response:
        return Response((_PAGE / "dialog.js").read_text(), media_type="text/javascript", headers=_HEADERS)

    async def _style(self, _request: Request) -> Response:
        return Response((_PAGE / "dialog.css").read_text(), media_type="text/css", headers=_HEADERS)

    async def _numbers(self, _request: Request) -> Response:
        """What the dialog offers: every number that there is, without a secret."""
        numbers = self._cloud.accounts.numbers.values()
        return JSONResponse(
            {
                "items": [
                    {"phone_number_id": one.phone_number_id, "phone": one.display_phone_number, "name": one.name}
                    for one in numbers
                ]
            }
        )

    async def _confirm(self, request: Request) -> Response:
        """`number` null: a new one of the business `name`. The event to post, its ids, and the address to go to."""
        body = await body_of(request)
        redirect_uri, mode = str(body.get("redirect_uri", "")), str(body.get("mode", ""))
        if not _is_address(redirect_uri) or mode not in (*MODES, "only_waba"):
            raise Refused("signup_invalid", "mode and redirect_uri are needed")
        accounts = self._cloud.accounts
        chosen = body.get("number")
        number = (
            accounts.add([str(body.get("name") or "Yeni işletme")], "")[0]
            if chosen is None
            else accounts.numbers.get(str(chosen))
        )
        if number is None:
            raise Refused("number_unknown", f"no business number {chosen}", 404)
        data = {"waba_id": number.waba_id}
        if mode != "only_waba":
            data["phone_number_id"] = number.phone_number_id
            self._cloud.onboarding.onboard(number, mode)
        query = {"code": self._cloud.onboarding.new_code(number.waba_id, redirect_uri)}
        if body.get("state"):
            query["state"] = str(body["state"])
        event = "FINISH_ONLY_WABA" if mode == "only_waba" else _EVENTS.get(mode, "FINISH")
        return JSONResponse({"event": event, "data": data, "next": f"{redirect_uri}?{urlencode(query)}"})

    # for tests

    async def _change_token(self, request: Request) -> Response:
        """`{"token"? or "number"?, "state": "good|revoked", "expires_in_s"?: n|null, "scopes"?: [..]}`; the first number's by default."""
        body = await body_of(request)
        accounts = self._cloud.accounts
        number = accounts.numbers.get(str(body["number"])) if body.get("number") else accounts.first
        if number is None:
            raise Refused("number_unknown", "no such business number", 404)
        token = str(body.get("token") or number.access_token)
        issued = self._cloud.onboarding.token(token)
        expires_in_s = body.get("expires_in_s")
        self._cloud.onboarding.set_token(
            token,
            number.waba_id if issued is None else issued.waba_id,
            scopes=tuple(body.get("scopes") or SCOPES),
            expires_at=None if expires_in_s is None else time.time() + float(expires_in_s),
            revoked=body.get("state") == "revoked",
        )
        return JSONResponse({"token": token})

    async def _membership(self, request: Request) -> Response:
        number = self._cloud.accounts.numbers.get(request.path_params["number"])
        if number is None:
            raise Refused("number_unknown", "no such business number", 404)
        onboarding = self._cloud.onboarding
        return JSONResponse(
            {
                "registered": onboarding.registered(number),
                "mode": onboarding.mode(number),
                "sms_code": onboarding.sms_code(number),
                "syncs": onboarding.syncs(number),
            }
        )

    async def _unsubscribe(self, request: Request) -> Response:
        self._cloud.subscriptions.unsubscribe(request.path_params["waba"])
        return JSONResponse({"subscribed": False})


def _is_address(url: str) -> bool:
    parts = urlsplit(url)
    return parts.scheme in ("http", "https") and bool(parts.hostname) and not parts.query
