"""Message templates at Meta: listed page by page, submitted, edited, deleted, and their header's sample file. Sources: README.md."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, Final
from urllib.parse import quote

import msgspec
from msgspec import Struct

from invekto.channels.adapter import ChannelError, Credentials, Rejected, Unsupported, VendorDown
from invekto.channels.outgoing import OutboundMedia
from invekto.channels.templates import (
    ParameterFormat,
    ProviderTemplate,
    SubmittedTemplate,
    TemplateDraft,
    TemplateInvalid,
    TemplatePage,
)
from invekto.channels.whatsapp_cloud import errors
from invekto.channels.whatsapp_cloud.payloads import read, storable_value
from invekto.kernel.http import Http, HttpError, HttpResponse, Method
from invekto.kernel.text import storable

_FIELDS: Final = "id,name,language,category,status,components,parameter_format,quality_score,rejected_reason"
_PAGE: Final = 100
_CALL_S: Final = 20.0
_UPLOAD_S: Final = 60.0
SAMPLE_MAX_BYTES: Final = 16 << 20
# The page's subcodes: which part Meta means, and our word for what is wrong with it.
_REFUSALS: Final[Mapping[int, tuple[str | None, str]]] = {
    2388040: (None, "too_long"),
    2388047: (None, "format_refused"),
    2388073: ("FOOTER", "format_refused"),
    2388293: ("BODY", "too_many_variables"),
    2388299: ("BODY", "variable_at_edge"),
    2388019: ("name", "template_limit"),
    2388023: ("name", "name_being_deleted"),
    2388024: ("name", "template_exists"),
}
_PARTS: Final = re.compile(r"\b(header|body|footer|button)", re.IGNORECASE)


class _Quality(Struct):
    score: str | None = None


class _Node(Struct):
    id: str | int
    name: str
    language: str
    status: str
    category: str = "UTILITY"
    components: list[dict[str, Any]] = []  # msgspec copies an empty default
    parameter_format: str | None = None
    quality_score: _Quality | None = None
    rejected_reason: str | None = None


class _Cursors(Struct):
    after: str | None = None


class _Paging(Struct):
    cursors: _Cursors | None = None
    next: str | None = None


class _List(Struct):
    data: list[dict[str, Any]]
    paging: _Paging | None = None


class _Made(Struct):
    id: str | int
    status: str = "PENDING"
    category: str | None = None


class _Refusal(Struct):
    code: int = 0
    error_subcode: int | None = None
    message: str = ""
    error_user_title: str | None = None
    error_user_msg: str | None = None


class _RefusalBody(Struct):
    error: _Refusal


class _TokenInfo(Struct):
    app_id: str | int


class _TokenAnswer(Struct):
    data: _TokenInfo


class _Session(Struct):
    id: str


class _Handle(Struct):
    h: str


class CloudTemplates:
    """The part of the adapter that implements `SyncsTemplates`. Credentials: `access_token`, `waba_id`."""

    _base: str

    async def list_templates(self, http: Http, credentials: Credentials, after: str | None) -> TemplatePage:
        params = {"fields": _FIELDS, "limit": str(_PAGE)} | ({"after": after} if after else {})
        answer = await self._ask(http, credentials, "GET", self._list_url(credentials), params=params)
        page = read(answer.body, _List)
        if page is None:
            raise VendorDown("no list of templates in the answer")
        paging = page.paging or _Paging()
        onward = paging.cursors.after if paging.cursors and paging.next else None
        return TemplatePage(items=tuple(one for node in page.data if (one := _template(node))), after=onward)

    async def create_template(self, http: Http, credentials: Credentials, draft: TemplateDraft) -> SubmittedTemplate:
        body = {"name": draft.name, "language": draft.language, **_content(draft)}
        answer = await self._ask(http, credentials, "POST", self._list_url(credentials), json=body)
        made = read(answer.body, _Made)
        if made is None:
            raise VendorDown("no id of the new template in the answer")
        return SubmittedTemplate(key=str(made.id), status=made.status, category=made.category or draft.category)

    async def edit_template(self, http: Http, credentials: Credentials, key: str, draft: TemplateDraft) -> None:
        await self._ask(http, credentials, "POST", f"{self._base}/{quote(key, safe='')}", json=_content(draft))

    async def delete_template(self, http: Http, credentials: Credentials, name: str, key: str) -> None:
        await self._ask(http, credentials, "DELETE", self._list_url(credentials), params={"name": name, "hsm_id": key})

    async def upload_sample(self, http: Http, credentials: Credentials, file: OutboundMedia) -> str:
        if file.size > SAMPLE_MAX_BYTES:
            raise Unsupported(f"a sample of {file.size} bytes")
        about = {"file_name": file.name or file.kind, "file_length": str(file.size), "file_type": file.mime}
        app_id = await self._app_id(http, credentials)
        begun = await self._ask(http, credentials, "POST", f"{self._base}/{app_id}/uploads", params=about)
        session = read(begun.body, _Session)
        if session is None:
            raise VendorDown("no upload session in the answer")
        content = b"".join([chunk async for chunk in file.open()])
        # The session's id carries its own query; this one edge wants the token as OAuth.
        answer = await self._ask(
            http,
            credentials,
            "POST",
            f"{self._base}/{session.id}",
            content=content,
            headers={"authorization": f"OAuth {credentials['access_token']}", "file_offset": "0"},
            deadline_s=_UPLOAD_S,
        )
        handle = read(answer.body, _Handle)
        if handle is None or not handle.h:
            raise VendorDown("no handle of the sample in the answer")
        return handle.h

    async def _app_id(self, http: Http, credentials: Credentials) -> str:
        """The app that the token was made for: a token may ask about itself."""
        params = {"input_token": credentials["access_token"]}
        answer = await self._ask(http, credentials, "GET", f"{self._base}/debug_token", params=params)
        info = read(answer.body, _TokenAnswer)
        if info is None or not str(info.data.app_id).isdigit():
            raise VendorDown("the token's app is not in the answer")
        return str(info.data.app_id)

    def _list_url(self, credentials: Credentials) -> str:
        return f"{self._base}/{credentials['waba_id']}/message_templates"

    async def _ask(
        self,
        http: Http,
        credentials: Credentials,
        method: Method,
        url: str,
        *,
        headers: Mapping[str, str] | None = None,
        deadline_s: float = _CALL_S,
        **call: Any,
    ) -> HttpResponse:
        """Nothing here reaches a person, so an outcome that is not known is one that may be asked for again."""
        bearer = {"authorization": f"Bearer {credentials['access_token']}"}
        try:
            answer = await http.request(
                method, url, headers={**bearer, **(headers or {})}, deadline_s=deadline_s, **call
            )
        except HttpError as error:
            raise VendorDown(str(error)) from error
        if answer.status >= 300:
            raise _refused(answer)
        return answer


def _content(draft: TemplateDraft) -> dict[str, Any]:
    return {
        "category": draft.category,
        "parameter_format": draft.parameter_format,
        "components": list(draft.components),
    }


def _template(raw: dict[str, Any]) -> ProviderTemplate | None:
    """One that we cannot read is left out: the others are worth having."""
    node = _node(raw)
    if node is None:
        return None
    named: ParameterFormat = "NAMED" if node.parameter_format == "NAMED" else "POSITIONAL"
    reason = node.rejected_reason
    return ProviderTemplate(
        key=str(node.id),
        name=storable(node.name),
        language=storable(node.language),
        category=node.category,
        status=node.status,
        quality=node.quality_score.score if node.quality_score else None,
        rejected_reason=None if reason in (None, "", "NONE") else reason,
        parameter_format=named,
        components=tuple(storable_value(one) for one in node.components),
    )


def _node(raw: dict[str, Any]) -> _Node | None:
    try:
        return msgspec.convert(raw, _Node)
    except msgspec.ValidationError:
        return None


def _refused(answer: HttpResponse) -> ChannelError:
    body = read(answer.body, _RefusalBody)
    if body is None:
        return errors.harmless(errors.of_answer(answer))
    error = body.error
    said = " ".join(part for part in (error.error_user_title, error.error_user_msg) if part) or error.message
    known = _REFUSALS.get(error.error_subcode or 0) or _REFUSALS.get(error.code)
    if known is not None:
        where = known[0] or _part_of(said)
        return TemplateInvalid(said, vendor_code=str(error.error_subcode or error.code), where=where, problem=known[1])
    refused = errors.harmless(errors.of_answer(answer))
    if type(refused) is Rejected:
        # Refused for good, in Meta's own words about the draft.
        vendor_code = str(error.error_subcode or error.code)
        return TemplateInvalid(said, vendor_code=vendor_code, where=_part_of(said))
    return refused


def _part_of(said: str) -> str | None:
    """Which part Meta's sentence is about, if it names one."""
    found = _PARTS.search(said)
    return None if found is None else {"button": "BUTTONS"}.get(found[1].lower(), found[1].upper())
