"""The Graph API's door: any number of leading version segments, Bearer tokens per account, Meta's error bodies, faults."""

from __future__ import annotations

import asyncio
import re
import time
from collections.abc import Awaitable, Callable

from starlette.datastructures import UploadFile
from starlette.requests import ClientDisconnect, Request
from starlette.responses import FileResponse, JSONResponse, PlainTextResponse, Response

from invekto_sandbox.whatsapp_cloud import nodes
from invekto_sandbox.whatsapp_cloud.accounts import KIND, Number
from invekto_sandbox.whatsapp_cloud.cloud import WhatsAppCloud
from invekto_sandbox.whatsapp_cloud.errors import GraphError, no_such_object
from invekto_sandbox.whatsapp_cloud.graph_call import MAX_JSON, Call, json_body, token_of
from invekto_sandbox.whatsapp_cloud.graph_membership import Membership
from invekto_sandbox.whatsapp_cloud.graph_templates import TemplateEdges
from invekto_sandbox.whatsapp_cloud.payloads import Json

_VERSIONS = re.compile(r"^(?:/*v\d+(?:\.\d+)?(?=/|$))+")


class _Withheld(Exception):
    """The answer was kept back until the client left or the time was over."""


class Graph:
    def __init__(self, cloud: WhatsAppCloud) -> None:
        self._cloud = cloud
        self._core = cloud.core
        self._membership = Membership(cloud)
        self._templates = TemplateEdges(cloud)

    async def handle(self, request: Request) -> Response:
        began = time.perf_counter()
        path = _VERSIONS.sub("", request.url.path).strip("/")
        call = Call(request, path.split("/"), token_of(request))
        call.label = f"{call.method} /{'/'.join(call.segments[1:]) or call.segments[0]}"
        call.account = self._account(call)
        slow_s = self._core.faults.slow_s(call.account)
        if slow_s:
            await asyncio.sleep(slow_s)
        response: Response
        try:
            if self._core.faults.outage_s(call.account):
                raise GraphError(2, http=503)
            response = await self._route(call)
        except GraphError as error:
            headers = {} if error.retry_after_s is None else {"Retry-After": str(error.retry_after_s)}
            response = JSONResponse(error.body(), error.http, headers)
            call.note = call.note or error.details or error.title
        except ClientDisconnect:
            response = Response(status_code=400)
            call.note = "client left"
        except _Withheld:
            response = PlainTextResponse("upstream request timeout", 504)
        self._core.log.add(
            "call",
            provider=KIND,
            account=call.account,
            label=call.label,
            about=call.about,
            status=None if call.note == "withheld" else response.status_code,
            ms=(time.perf_counter() - began) * 1000,
            note=call.note,
            request=call.raw,
            answer=bytes(getattr(response, "body", b"")),
            url=str(request.url),
            request_headers=request.headers,
            answer_headers=response.headers,
        )
        return response

    def _account(self, call: Call) -> str:
        """The number whose faults apply: the one in the path, else the first one that the token may use."""
        numbers = self._cloud.accounts.numbers
        if call.segments[0] in numbers:
            return call.segments[0]
        waba_id = self._cloud.accounts.waba_of_token(call.token)
        return next((one.phone_number_id for one in self._cloud.accounts.of_waba(waba_id or "")), "")

    async def _route(self, call: Call) -> Response:
        head, *rest = call.segments
        if (head, rest) == ("oauth", ["access_token"]):
            return JSONResponse(nodes.oauth_token(self._cloud, call.request.query_params))
        if head == "debug_token":
            return JSONResponse(nodes.debug_token(self._cloud, call.token, call.param("input_token") or ""))
        if (head, rest) == ("whatsapp_business", ["attachments"]):
            return self._download(call)
        if head == self._cloud.accounts.app_id and rest == ["subscriptions"]:
            return JSONResponse(await self._app_subscriptions(call))
        self._authenticate(call)
        number = self._cloud.accounts.numbers.get(head)
        if number is not None and number.waba_id == call.waba_id:
            return await self._number(call, number, rest)
        if head == call.waba_id:
            return JSONResponse(await self._waba(call, rest))
        if head == self._cloud.accounts.app_id and rest == ["uploads"] and call.method == "POST":
            return JSONResponse(self._templates.begin_upload(call))
        if head.startswith("upload:"):
            return JSONResponse(await self._templates.upload(call, head))
        if head.isdigit() and not rest and (found := await self._templates.of_template(call, head)) is not None:
            return JSONResponse(found)
        if head.isdigit() and not rest:
            return JSONResponse(self._media(call, head))
        raise no_such_object(head, call.method)

    def _authenticate(self, call: Call) -> None:
        if not call.token:
            raise GraphError(104)
        waba_id = self._cloud.accounts.waba_of_token(call.token)
        if waba_id is None:
            raise self._cloud.accounts.token_problem(call.token) or GraphError(190)
        call.waba_id = waba_id

    # a number

    async def _number(self, call: Call, number: Number, rest: list[str]) -> Response:
        handlers: dict[tuple[str, str], Callable[[Call, Number], Awaitable[Response]]] = {
            ("POST", "messages"): self._messages,
            ("POST", "marketing_messages"): self._messages,
            ("POST", "media"): self._upload,
            ("GET", ""): self._number_node,
            ("POST", ""): self._change_number,
            ("GET", "whatsapp_business_profile"): self._profile,
            **self._membership.handlers(),
        }
        handler = handlers.get((call.method, "/".join(rest)))
        if handler is None:
            raise no_such_object(number.phone_number_id, call.method)
        return await handler(call, number)

    async def _messages(self, call: Call, number: Number) -> Response:
        body = await json_body(call)
        type_ = "read" if "status" in body else str(body.get("type", "text"))
        call.label = f"POST /messages {type_}"
        sends = type_ != "read"
        faults = self._core.faults
        try:
            throttle = faults.throttle(number.phone_number_id) if sends else None
            if throttle is not None:
                error = GraphError(throttle.code, http=429)
                error.retry_after_s = throttle.retry_after_s
                raise error
            refuse = faults.refuse(number.phone_number_id) if sends else None
            if refuse is not None:
                raise GraphError(refuse.code, http=refuse.http)
            self._cloud.onboarding.require_registered(number)
            accepted = self._cloud.sending.post(number, body)
        except GraphError as error:
            if sends:
                await self._witness(number, body, type_, code=error.code)
            raise
        call.about = accepted.about
        hold_s = faults.withhold_s(number.phone_number_id) if sends else 0.0
        if sends:
            await self._witness(number, body, type_, wamid=accepted.wamid, withheld=hold_s > 0)
        if hold_s:
            call.note = "withheld"
            await self._hold(call.request, hold_s)
        return JSONResponse(accepted.answer)

    async def _witness(
        self,
        number: Number,
        body: Json,
        type_: str,
        *,
        wamid: str | None = None,
        code: int | None = None,
        withheld: bool = False,
    ) -> None:
        if self._core.ledger.on:
            await self._core.ledger.append(
                "send",
                provider=KIND,
                number=number.phone_number_id,
                to=body.get("to") or body.get("recipient"),
                type=type_,
                callback_data=body.get("biz_opaque_callback_data"),
                wamid=wamid,
                accepted=wamid is not None,
                code=code,
                withheld=withheld,
            )

    async def _hold(self, request: Request, hold_s: float) -> None:
        try:
            async with asyncio.timeout(hold_s):
                while (await request.receive())["type"] != "http.disconnect":
                    pass
        except TimeoutError:
            pass  # the client waited longer than we hold: it gets a gateway's answer
        raise _Withheld

    async def _upload(self, call: Call, number: Number) -> Response:
        call.label = "POST /media"
        form = await call.request.form(max_part_size=MAX_JSON)
        try:
            if form.get("messaging_product") != "whatsapp":
                raise GraphError.missing("messaging_product")
            file = form.get("file")
            if not isinstance(file, UploadFile):
                raise GraphError.missing("file")
            content = await file.read()
            mime = file.content_type or "application/octet-stream"
            call.about = f"{file.filename} · {len(content)} B"
            self._cloud.media.check_upload(mime, len(content))
            row = self._cloud.media.put(
                content,
                mime,
                waba_id=number.waba_id,
                number_id=number.phone_number_id,
                filename=file.filename,
            )
        finally:
            await form.close()
        return JSONResponse({"id": row["id"]})

    async def _number_node(self, call: Call, number: Number) -> Response:
        call.about = number.name
        return JSONResponse(nodes.number(self._cloud, number, call.param("fields")))

    async def _change_number(self, call: Call, number: Number) -> Response:
        wish = (await json_body(call)).get("webhook_configuration")
        if not isinstance(wish, dict):
            raise GraphError.missing("webhook_configuration")
        await self._cloud.subscriptions.subscribe(
            number.phone_number_id, wish.get("override_callback_uri") or None, wish.get("verify_token")
        )
        return JSONResponse({"success": True})

    async def _profile(self, call: Call, number: Number) -> Response:
        call.about = number.name
        return JSONResponse({"data": [{"messaging_product": "whatsapp", "about": number.name}]})

    # an account

    async def _waba(self, call: Call, rest: list[str]) -> Json:
        call.about = call.waba_id
        edge = "/".join(rest)
        if call.method == "GET" and edge == "":
            return nodes.waba(self._cloud, call.waba_id, call.param("fields"))
        if call.method == "GET" and edge == "phone_numbers":
            return nodes.phone_numbers(self._cloud, call.waba_id, call.param("fields"))
        if edge == "message_templates":
            return await self._templates.of_account(call)
        if edge != "subscribed_apps":
            raise no_such_object(call.waba_id, call.method)
        if call.method == "GET":
            return self._cloud.subscriptions.listing(call.waba_id)
        if call.method == "DELETE":
            self._cloud.subscriptions.unsubscribe(call.waba_id)
            return {"success": True}
        body = await json_body(call)
        url = body.get("override_callback_uri") or call.param("override_callback_uri")
        token = body.get("verify_token") or call.param("verify_token")
        await self._cloud.subscriptions.subscribe(call.waba_id, url, token)
        return {"success": True}

    async def _app_subscriptions(self, call: Call) -> Json:
        if not self._cloud.accounts.is_app_token(call.token):
            raise GraphError(190)
        if call.method != "POST":
            raise no_such_object(call.segments[0], call.method)
        body: Json = dict(call.request.query_params) | await json_body(call)
        if not body.get("callback_url"):
            raise GraphError.missing("callback_url")
        await self._cloud.subscriptions.subscribe_app(str(body["callback_url"]), str(body.get("verify_token", "")))
        return {"success": True}

    # a file

    def _media(self, call: Call, media_id: str) -> Json:
        row = self._cloud.media.find(media_id)
        if row is None or row["waba_id"] != call.waba_id:
            raise no_such_object(media_id, call.method)
        call.label, call.about = f"{call.method} /media", media_id
        if call.method == "DELETE":
            self._cloud.media.delete(media_id)
            return {"success": True}
        asked = call.param("phone_number_id")
        if asked is not None and asked != row["number_id"]:  # a customer's file was uploaded on no number
            error = GraphError(100)
            error.title = "Param phone_number_id is not a valid whatsapp business phone number id ID"
            raise error
        return self._cloud.media.node(row)

    def _download(self, call: Call) -> Response:
        """The host that serves files speaks no Graph: bare statuses, and 404 once the address is too old."""
        media_id = call.param("mid") or ""
        call.label, call.about = "GET /attachments", media_id
        waba_id = self._cloud.accounts.waba_of_token(call.token)
        if waba_id is None:
            return Response(status_code=401)
        row = self._cloud.media.find(media_id)
        if row is None or row["waba_id"] != waba_id:
            return Response(status_code=404)
        if not self._cloud.media.url_holds(media_id, call.param("ext") or "", call.param("hash") or ""):
            return Response(status_code=404)
        if self._core.faults.loses_file(call.account):
            call.note = "the address is too old"
            return Response(status_code=404)
        return FileResponse(self._cloud.media.path(media_id), media_type=row["mime"])
