"""Messages as rows: both directions, with their status. Sends nothing."""

from __future__ import annotations

import json
import time
from collections.abc import Sequence
from typing import Any

from invekto_sandbox.store import Row, Store
from invekto_sandbox.whatsapp_cloud.payloads import Json

_TEXTS = {"image": "caption", "video": "caption", "document": "caption", "text": "body", "button": "text"}


def shown_text(type_: str, content: Any) -> str:
    """The words of a message, for previews."""
    if not isinstance(content, dict):
        return ""
    if type_ in _TEXTS:
        return str(content.get(_TEXTS[type_]) or content.get("filename") or "")
    if type_ == "interactive":
        body = content.get("body") or {}
        reply = content.get("button_reply") or content.get("list_reply") or {}
        return str(reply.get("title") or body.get("text") or "")
    if type_ == "template":
        return str((content.get("shown") or {}).get("body") or content.get("name") or "")
    if type_ == "reaction":
        return str(content.get("emoji") or "")
    if type_ == "location":
        return str(content.get("name") or content.get("address") or "")
    return ""


class Threads:
    def __init__(self, store: Store) -> None:
        self._store = store

    def add(
        self,
        *,
        wamid: str,
        number_id: str,
        customer_id: int,
        direction: str,
        type_: str,
        content: Any,
        status: str,
        request: Json | None = None,
        context_wamid: str | None = None,
        media_id: str | None = None,
        callback_data: str | None = None,
        at: float | None = None,
        fate: int | None = None,
        fate_details: str | None = None,
    ) -> int:
        """Gives the message's seq. `fate` is the error a business message will fail with. Raises
        sqlite3.IntegrityError when the id is taken."""
        return self._store.run(
            "insert into wa_message (wamid, number_id, customer_id, direction, type, content, request, context_wamid,"
            " media_id, at, status, callback_data, fate, fate_details)"
            " values (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
            wamid,
            number_id,
            customer_id,
            direction,
            type_,
            json.dumps(content),
            None if request is None else json.dumps(request),
            context_wamid,
            media_id,
            time.time() if at is None else at,
            status,
            callback_data,
            fate,
            fate_details,
        )

    def find(self, wamid: str) -> Row | None:
        return self._store.one("select * from wa_message where wamid = ?", wamid)

    def page(self, number_id: str, customer_id: int, *, before: int | None, limit: int) -> list[Row]:
        """Ascending by seq; the newest page when `before` is None."""
        rows = self._store.all(
            "select * from wa_message where number_id = ? and customer_id = ? and seq < ? order by seq desc limit ?",
            number_id,
            customer_id,
            before if before is not None else 2**62,
            limit,
        )
        return rows[::-1]

    def by_seq(self, number_id: str, customer_id: int, seqs: Sequence[int]) -> list[Row]:
        found = []
        for seq in seqs:
            row = self._store.one(
                "select * from wa_message where seq = ? and number_id = ? and customer_id = ?",
                seq,
                number_id,
                customer_id,
            )
            if row is not None:
                found.append(row)
        return found

    def sent(self, *, number_id: str | None, after: int, limit: int, customer_id: int | None) -> list[Row]:
        """What the business sent, oldest first."""
        return self._store.all(
            "select * from wa_message where direction = 'business' and seq > ? and (? is null or number_id = ?)"
            " and (? is null or customer_id = ?) order by seq limit ?",
            after,
            number_id,
            number_id,
            customer_id,
            customer_id,
            limit,
        )

    def delivered_to_business(self, wamid: str) -> Row | None:
        """The webhook with a customer's message was answered 200. Gives the row when that was news."""
        changed = self._store.run(
            "update wa_message set status = 'delivered' where wamid = ? and direction = 'customer' and status = 'sent'",
            wamid,
        )
        return self.find(wamid) if changed else None

    def read_by_business(self, row: Row) -> list[int]:
        """The customer's messages up to `row` are read. Gives their seqs."""
        rows = self._store.all(
            "select seq from wa_message where number_id = ? and customer_id = ? and direction = 'customer'"
            " and seq <= ? and status in ('sent', 'delivered')",
            row["number_id"],
            row["customer_id"],
            row["seq"],
        )
        for one in rows:
            self._store.run("update wa_message set status = 'read' where seq = ?", one["seq"])
        return [one["seq"] for one in rows]

    def react(self, wamid: str, side: str, emoji: str) -> Row | None:
        """Puts or takes (empty) a reaction on a message. `side` is customer or business."""
        column = {"customer": "reaction_customer", "business": "reaction_business"}[side]
        self._store.run(f"update wa_message set {column} = ? where wamid = ?", emoji or None, wamid)  # noqa: S608
        return self.find(wamid)

    def shown(self, row: Row, media: Row | None) -> Json:
        """A message as the phone page and the control API give it."""
        errors = json.loads(row["errors"]) if row["errors"] else None
        return {
            "id": row["wamid"],
            "seq": row["seq"],
            "direction": row["direction"],
            "type": row["type"],
            "content": json.loads(row["content"]),
            "context": row["context_wamid"],
            "at": row["at"],
            "status": row["status"],
            "errors": errors,
            "callback_data": row["callback_data"],
            "referral": _referral(row),
            "reaction": {"customer": row["reaction_customer"], "business": row["reaction_business"]},
            "media": None
            if media is None
            else {
                "id": media["id"],
                "mime": media["mime"],
                "size": media["size"],
                "filename": media["filename"],
                "voice": bool(media["voice"]),
            },
        }


def _referral(row: Row) -> Json | None:
    """The advertisement that a customer's message came by."""
    if row["direction"] != "customer" or not row["request"]:
        return None
    found: Json | None = json.loads(row["request"]).get("referral")
    return found
