"""WhatsApp Cloud API, directly at Meta: webhooks, sending, files, read receipts. What is known and how sure: README.md."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any, ClassVar, Final
from urllib.parse import urlsplit

from invekto.channels.adapter import (
    ChannelError,
    Credentials,
    FetchedMedia,
    InboundEvent,
    InvalidRecipient,
    MediaGone,
    Outbound,
    RawRequest,
    RawResponse,
    Rejected,
    SendReceipt,
    SignatureInvalid,
    VendorDown,
)
from invekto.channels.outgoing import Capabilities, File, OutboundContent, OutboundMedia, Template
from invekto.channels.whatsapp_cloud import errors, inbound, outgoing
from invekto.channels.whatsapp_cloud.payloads import MediaNode, SendAnswer, UploadAnswer, read
from invekto.channels.whatsapp_cloud.templates import CloudTemplates
from invekto.kernel.crypto import same, verify_hmac_sha256_hex
from invekto.kernel.http import FilePart, Http, HttpError, HttpResponse

# Together they stay below the worker's own deadline for one send.
UPLOAD_S: Final = 28.0
SEND_S: Final = 14.0
DOWNLOAD_S: Final = 120.0
_SIGNATURE: Final = "sha256="
# Meta's file hosts: only they are given the token. Anything else that an answer names is not called.
_FILE_HOSTS: Final = (".fbsbx.com", ".fbcdn.net", ".facebook.com", ".whatsapp.net")
_NO_SUCH_OBJECT: Final = ("100", "33")


class WhatsAppCloud(CloudTemplates):
    """Credentials of an app: `app_secret`, `verify_token`; of a channel: `access_token`, `phone_number_id`, `waba_id`."""

    kind: ClassVar[str] = "whatsapp_cloud"
    provider: ClassVar[str] = "meta"
    capabilities: ClassVar[Capabilities] = outgoing.CAPABILITIES

    def __init__(self, base_url: str, *, send_s: float = SEND_S) -> None:
        """`base_url` with the version, as in `https://graph.facebook.com/v26.0`. `send_s`: the deadline of one send."""
        self._base = base_url.rstrip("/")
        self._send_s = send_s
        self._origin = _origin(self._base)

    # Coming in ------------------------------------------------------------------------------------------------

    def verify(self, request: RawRequest, credentials: Credentials) -> RawResponse | None:
        """GET is the handshake, POST carries HMAC-SHA256 of the raw bytes. An empty secret or token fits nothing."""
        if request.method == "GET":
            token = credentials.get("verify_token", "")
            given = request.query.get("hub.verify_token", "")
            if request.query.get("hub.mode") != "subscribe" or not token or not same(token, given):
                raise SignatureInvalid("the verify token does not fit")
            return RawResponse(status=200, body=request.query.get("hub.challenge", "").encode("utf-8", "replace"))
        given = request.headers.get("x-hub-signature-256", "")
        secret = credentials.get("app_secret", "").encode()
        if not given.startswith(_SIGNATURE) or not verify_hmac_sha256_hex(
            secret, request.body, given.removeprefix(_SIGNATURE)
        ):
            raise SignatureInvalid("the signature does not fit the body")
        return None

    def parse(self, request: RawRequest) -> list[InboundEvent]:
        return inbound.parse(request)

    # Going out ------------------------------------------------------------------------------------------------

    async def send(self, http: Http, credentials: Credentials, message: Outbound) -> SendReceipt:
        outgoing.check(message.content)
        body: dict[str, Any] = {
            "messaging_product": "whatsapp",
            "recipient_type": "individual",
            **_recipient(message),
            "biz_opaque_callback_data": message.callback_data,
        }
        if message.reply_to_provider_id is not None:
            body["context"] = {"message_id": message.reply_to_provider_id}
        media = _file_of(message.content)
        media_id = None if media is None else await self._upload(http, credentials, media)
        body |= outgoing.body_of(message.content, media_id)
        try:
            answer = await self._post(http, credentials, "messages", json=body, deadline_s=self._send_s)
        except HttpError as error:
            raise errors.of_call(error) from error
        accepted = read(answer.body, SendAnswer) if answer.status < 300 else None
        if accepted is None or not accepted.messages or not accepted.messages[0].id:
            raise errors.of_answer(answer)
        return SendReceipt(provider_id=accepted.messages[0].id)

    async def mark_read(self, http: Http, credentials: Credentials, provider_id: str) -> None:
        body = {"messaging_product": "whatsapp", "status": "read", "message_id": provider_id}
        try:
            answer = await self._post(http, credentials, "messages", json=body, deadline_s=self._send_s)
        except HttpError as error:
            raise VendorDown(str(error)) from error
        if answer.status >= 300:
            raise errors.harmless(errors.of_answer(answer))

    async def _upload(self, http: Http, credentials: Credentials, media: OutboundMedia) -> str:
        """The file's id at Meta. Nobody is sent anything by it, so a failure here is never of unknown outcome."""
        await outgoing.check_bytes(media)
        file = FilePart(
            field="file", name=media.name or media.kind, mime=media.mime, size=media.size, chunks=media.open()
        )
        form = {"messaging_product": "whatsapp", "type": media.mime}
        try:
            answer = await self._post(http, credentials, "media", form=form, file=file, deadline_s=UPLOAD_S)
        except HttpError as error:
            raise VendorDown(str(error)) from error
        uploaded = read(answer.body, UploadAnswer) if answer.status < 300 else None
        if uploaded is None or uploaded.id == "":
            raise errors.harmless(errors.of_answer(answer))
        return str(uploaded.id)

    async def _post(self, http: Http, credentials: Credentials, edge: str, **call: Any) -> HttpResponse:
        return await http.request("POST", self._number_url(credentials, edge), headers=_bearer(credentials), **call)

    # Files ----------------------------------------------------------------------------------------------------

    async def fetch_media(
        self,
        http: Http,
        credentials: Credentials,
        media_id: str,
        store: Callable[[FetchedMedia], Awaitable[None]],
    ) -> None:
        """A link lives for minutes. One that is dead is asked for once more: Graph alone knows whether the file is gone."""
        try:
            await self._download(http, credentials, media_id, store)
        except MediaGone as error:
            if error.vendor_code is not None:
                raise
            await self._download(http, credentials, media_id, store)

    async def _download(
        self,
        http: Http,
        credentials: Credentials,
        media_id: str,
        store: Callable[[FetchedMedia], Awaitable[None]],
    ) -> None:
        node = await self._media_node(http, credentials, media_id)
        if not self._gets_token(node.url):
            raise Rejected("the file lies at a host that is not the provider's")
        longest = max(rule.max_bytes for rule in self.capabilities.media.values())
        try:
            async with http.stream(
                "GET", node.url, headers=_bearer(credentials), deadline_s=DOWNLOAD_S, max_bytes=longest
            ) as answer:
                if answer.status != 200:
                    raise _no_file(answer.status)
                length = answer.headers.get("content-length", "")
                size = (
                    int(length) if length.isdecimal() and "content-encoding" not in answer.headers else node.file_size
                )
                mime = node.mime_type or answer.headers.get("content-type") or "application/octet-stream"
                await store(FetchedMedia(mime=mime, size=size, chunks=answer.chunks))
        except HttpError as error:
            raise errors.of_download(error) from error

    async def _media_node(self, http: Http, credentials: Credentials, media_id: str) -> MediaNode:
        if not media_id.isascii() or not media_id.isalnum():
            raise MediaGone("not an id of a file")
        try:
            answer = await http.request(
                "GET", f"{self._base}/{media_id}", headers=_bearer(credentials), deadline_s=self._send_s
            )
        except HttpError as error:
            raise VendorDown(str(error)) from error
        node = read(answer.body, MediaNode) if answer.status < 300 else None
        if node is not None:
            return node
        refused = errors.harmless(errors.of_answer(answer))
        if answer.status == 404 or refused.vendor_code in _NO_SUCH_OBJECT:
            raise MediaGone(refused.detail, vendor_code=refused.vendor_code)
        raise refused

    def _gets_token(self, url: str) -> bool:
        try:
            parts = urlsplit(url)
            if _origin(url) == self._origin:
                return True
            return (
                parts.scheme == "https" and parts.port in (None, 443) and (parts.hostname or "").endswith(_FILE_HOSTS)
            )
        except ValueError:
            return False

    def _number_url(self, credentials: Credentials, edge: str) -> str:
        return f"{self._base}/{credentials['phone_number_id']}/{edge}"


def _bearer(credentials: Credentials) -> dict[str, str]:
    return {"authorization": f"Bearer {credentials['access_token']}"}


def _origin(url: str) -> tuple[str, str | None, int]:
    """ValueError for a port that is none."""
    parts = urlsplit(url)
    return parts.scheme, parts.hostname, parts.port or (443 if parts.scheme == "https" else 80)


def _recipient(message: Outbound) -> dict[str, str]:
    """By number where there is one: it is accepted for every kind of message, a business-scoped id is not."""
    by_scheme = {address.scheme: address.value for address in reversed(message.to)}
    if "phone" in by_scheme:
        return {"to": by_scheme["phone"].removeprefix("+")}
    scoped = by_scheme.get("bsuid") or by_scheme.get("parent_bsuid")
    if scoped is None:
        raise InvalidRecipient("no address that WhatsApp knows")
    return {"recipient": scoped}


def _file_of(content: OutboundContent) -> OutboundMedia | None:
    match content:
        case File(media=media):
            return media
        case Template(header=header):
            return header
        case _:
            return None


def _no_file(status: int) -> ChannelError:
    """The host that serves files speaks no Graph: bare statuses, and 404 for what is gone."""
    detail = f"HTTP {status} for the file"
    match status:
        case 404 | 410:
            return MediaGone(detail)
        case 401 | 408 | 429:
            # Graph itself has just taken the token for the file's address: only Graph can say that it is no good.
            return VendorDown(detail)
        case _ if 300 <= status < 500:
            return Rejected(detail)
        case _:
            return VendorDown(detail)
