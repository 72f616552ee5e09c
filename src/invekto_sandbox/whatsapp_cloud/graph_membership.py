"""A number joins the Cloud API and leaves it: registration, the code by text message, a phone's contacts and history."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from typing import TypeAlias

from starlette.responses import JSONResponse, Response

from invekto_sandbox.whatsapp_cloud.accounts import Number
from invekto_sandbox.whatsapp_cloud.cloud import WhatsAppCloud
from invekto_sandbox.whatsapp_cloud.coexistence import push_phone
from invekto_sandbox.whatsapp_cloud.graph_call import Call, json_body

Handler: TypeAlias = Callable[[Call, Number], Awaitable[Response]]


class Membership:
    def __init__(self, cloud: WhatsAppCloud) -> None:
        self._cloud = cloud
        self._onboarding = cloud.onboarding

    def handlers(self) -> Mapping[tuple[str, str], Handler]:
        return {
            ("POST", "register"): self._register,
            ("POST", "deregister"): self._deregister,
            ("POST", "request_code"): self._request_code,
            ("POST", "verify_code"): self._verify_code,
            ("POST", "smb_app_data"): self._sync,
        }

    async def _register(self, call: Call, number: Number) -> Response:
        self._onboarding.register(number, await json_body(call))
        return JSONResponse({"success": True})

    async def _deregister(self, _call: Call, number: Number) -> Response:
        self._onboarding.deregister(number)
        return JSONResponse({"success": True})

    async def _request_code(self, call: Call, number: Number) -> Response:
        self._onboarding.request_code(number, await json_body(call))
        return JSONResponse({"success": True})

    async def _verify_code(self, call: Call, number: Number) -> Response:
        self._onboarding.verify_code(number, await json_body(call))
        return JSONResponse({"success": True})

    async def _sync(self, call: Call, number: Number) -> Response:
        body = await json_body(call)
        answer = self._onboarding.sync(number, body)
        push_phone(self._cloud, number, body["sync_type"])
        return JSONResponse(answer)
