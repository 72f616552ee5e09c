"""The other side of a webhook: posts as Meta does, signed, to wherever the test says."""

from __future__ import annotations

import hashlib
import hmac
from dataclasses import dataclass

import httpx

from tests.channels.webhooks import body, change, contact, message
from tests.rest import APP_SECRET, Firm

PATH = "/hooks/whatsapp_cloud"


@dataclass
class Provider:
    """Posts as Meta does: from outside, with a signature and nothing else that we know."""

    client: httpx.AsyncClient

    async def post(
        self, raw: bytes, secret: str = APP_SECRET, path: str = PATH, headers: dict[str, str] | None = None
    ) -> httpx.Response:
        signature = "sha256=" + hmac.new(secret.encode(), raw, hashlib.sha256).hexdigest()
        named = {"X-Hub-Signature-256": signature, "Content-Type": "application/json"} | (headers or {})
        return await self.client.post(path, content=raw, headers=named)


def text_for(account_key: str, wamid: str = "wamid.1", said: str = "Merhaba") -> bytes:
    return body(change(number=account_key, contacts=[contact()], messages=[message(id=wamid, text={"body": said})]))


def account_of(firm: Firm, number: int = 1) -> str:
    return f"{firm.id.hex}-{number}"
