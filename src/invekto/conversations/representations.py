"""Turns rows into the wire's shapes for one kind of viewer. The only place that masks what a viewer may not read.

REST and the stream call the same functions, so a frame equals the answer of a request.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final, TypeAlias
from uuid import UUID

import asyncpg
import msgspec
from starlette.responses import Response

from invekto.accounts.masking import mask_name, mask_phone
from invekto.channels.adapter import resend_helps
from invekto.conversations.schemas import (
    Attachment,
    Author,
    ContactNote,
    Conversation,
    ConversationDetail,
    DeliveryError,
    Message,
    Named,
    Quoted,
    Revision,
    SharedConversation,
    Tag,
    Upload,
)

Row: TypeAlias = asyncpg.Record

encode = msgspec.json.Encoder().encode
_tags = msgspec.json.Decoder(list[dict[str, Any]]).decode
_files = msgspec.json.Decoder(list[dict[str, Any]]).decode
_anything = msgspec.json.Decoder().decode


def json_answer(content: object, status: int = 200) -> Response:
    """An answer in the stream's own encoding: FastAPI's would check and copy every row again."""
    return Response(encode(content), status, media_type="application/json")


def media_url(attachment_id: UUID | str) -> str:
    return f"/api/v1/media/{attachment_id}"


def shared_conversation(row: Row, *, sees_pii: bool) -> SharedConversation:
    """All but `unread` and `read_seq`, which are each viewer's own."""
    name, phone = row["contact_name"], row["contact_phone"]
    if not sees_pii:
        name, phone = mask_name(name), phone and mask_phone(phone)
    closes_at = row["window_closes_at"]
    return {
        "id": row["id"],
        "number": row["number"],
        "status": row["status"],
        "preview": "" if row["preview_hidden"] else row["preview"],
        "preview_type": "system" if row["preview_hidden"] else row["preview_type"],
        "preview_direction": row["preview_direction"],
        "preview_status": row["preview_status"],
        "last_seq": row["last_seq"],
        "last_message_at": row["last_message_at"],
        "waiting_since": row["waiting_since"],
        "snoozed_until": row["snoozed_until"],
        "resolved_at": row["resolved_at"],
        "created_at": row["created_at"],
        "version": row["version"],
        "contact": {"id": row["contact_id"], "name": name, "phone": phone},
        "channel": {"id": row["channel_id"], "kind": row["channel_kind"], "name": row["channel_name"]},
        "assignee": _named(row["assignee_id"], row["assignee_name"]),
        "team": _named(row["team_id"], row["team_name"]),
        "tags": _tag_list(row["tags"]),
        "window": None if closes_at is None else {"opened_by": row["window_opened_by"], "closes_at": closes_at},
    }


def unread_count(row: Row, read_inbound_no: int | None) -> int:
    """Inbound messages since the viewer's mark; without one, since a human last answered (docs/decisions/0004)."""
    since: int = row["answered_inbound_no"] if read_inbound_no is None else read_inbound_no
    return max(0, int(row["inbound_count"]) - since)


def conversation(row: Row, *, sees_pii: bool) -> Conversation:
    """A row of `queries` that carries the viewer's read mark."""
    return {
        **shared_conversation(row, sees_pii=sees_pii),
        "unread": unread_count(row, row["read_inbound_no"]),
        "read_seq": row["read_seq"] or 0,
    }


def conversation_detail(row: Row, *, sees_pii: bool) -> ConversationDetail:
    return {
        **conversation(row, sees_pii=sees_pii),
        "draft": None
        if row["draft_kind"] is None
        else {"kind": row["draft_kind"], "text": row["draft_text"], "updated_at": row["draft_updated_at"]},
        "previous_conversation_id": row["earlier_id"],
    }


def message(row: Row, *, sees_pii: bool) -> Message:
    """A row of `queries_thread`. Text is the talk itself and stays; a contact card's phones are masked.

    Of a revoked message that the firm hides nothing is left but that it was there.
    """
    shown: bool = row["shown"]
    payload = None if row["payload"] is None or not shown else _anything(row["payload"])
    if not sees_pii and row["type"] == "contacts":
        payload = _masked_cards(payload)
    return {
        "id": row["id"],
        "conversation_id": row["conversation_id"],
        "seq": row["seq"],
        "direction": row["direction"],
        "type": row["type"],
        "text": row["text"] if shown else None,
        "status": row["status"],
        "error": _error(row),
        "author": _author(row["author_kind"], row["author_id"], row["author_name"]),
        "attachments": _attachments(row["attachments"]) if shown else [],
        "payload": payload,
        "reply_to": _quoted(row),
        "client_id": row["client_id"],
        "provider_at": row["provider_at"],
        "created_at": row["created_at"],
        "sent_at": row["sent_at"],
        "delivered_at": row["delivered_at"],
        "read_at": row["read_at"],
        "dismissed": row["dismissed_at"] is not None,
        "version": row["version"],
        "context": None if row["context"] is None or not shown else _anything(row["context"]),
        "edited_at": row["edited_at"],
        "revoked_at": row["revoked_at"],
    }


def revision(row: Row) -> Revision:
    payload = None if row["payload"] is None else _anything(row["payload"])
    return {"text": row["text"], "payload": payload, "written_at": row["written_at"]}


def attachment(file: Row | Mapping[str, Any]) -> Attachment:
    """A file as its message shows it: of the thread's JSON, or a row of `visible_attachment`."""
    thumbnail = f"{media_url(file['id'])}?size=thumb" if file["thumbnail"] else None
    return {
        "id": file["id"] if isinstance(file["id"], UUID) else UUID(file["id"]),
        "kind": file["kind"],
        "mime": file["mime"],
        "size": file["size"],
        "name": file["name"],
        "url": media_url(file["id"]),
        "state": file["state"],
        "voice": file["voice"],
        "width": file["width"],
        "height": file["height"],
        "duration_s": file["duration_s"],
        "waveform": file["waveform"],
        "thumbnail_url": thumbnail,
        "poster": thumbnail if file["kind"] == "video" else None,
    }


def upload(row: Row) -> Upload:
    return {
        "id": row["id"],
        "kind": row["kind"],
        "mime": row["mime"],
        "size": row["size"],
        "name": row["name"],
        "url": media_url(row["id"]),
    }


def contact_note(row: Row) -> ContactNote:
    """A row of `contacts.notes`. What people write stays as it is, as in a thread."""
    return {
        "id": row["id"],
        "text": row["text"],
        "author": {"id": row["author_id"], "name": row["author_name"]},
        "created_at": row["created_at"],
        "edited_at": row["edited_at"],
    }


def _named(id_: UUID | None, name: str | None) -> Named | None:
    return None if id_ is None or name is None else {"id": id_, "name": name}


def _author(kind: Any, id_: UUID | None, name: str | None) -> Author:
    return {"kind": kind, "id": id_, "name": name}


def _tag_list(json: str | None) -> list[Tag]:
    return [] if json is None else [Tag(id=UUID(t["id"]), name=t["name"], color=t["color"]) for t in _tags(json)]


def _attachments(json: str | None) -> list[Attachment]:
    if json is None:
        return []
    return [attachment(f) for f in _files(json)]


def _error(row: Row) -> DeliveryError | None:
    if row["error_code"] is None:
        return None
    return {
        "code": row["error_code"],
        "resend": resend_helps(row["error_code"]),
        "vendor_code": row["error_vendor_code"],
        "message": row["error_detail"] or "",
    }


def _quoted(row: Row) -> Quoted | None:
    if row["quoted_id"] is None:
        return None
    return {
        "id": row["quoted_id"],
        "seq": row["quoted_seq"],
        "type": row["quoted_type"],
        "text": row["quoted_text"],
        "author": _author(row["quoted_author_kind"], row["quoted_author_id"], row["quoted_author_name"]),
    }


def _masked_cards(cards: Any) -> Any:
    if not isinstance(cards, Sequence) or isinstance(cards, str):
        return cards
    return [_masked_card(card) for card in cards]


def _masked_card(card: Any) -> Any:
    if not isinstance(card, Mapping):
        return card
    masked = {name: value for name, value in card.items() if name != "emails"}
    if isinstance(card.get("name"), str):
        masked["name"] = mask_name(card["name"])
    if isinstance(card.get("phones"), Sequence):
        masked["phones"] = [mask_phone(phone) if isinstance(phone, str) else phone for phone in card["phones"]]
    return masked


__all__: Final = [
    "Row",
    "attachment",
    "contact_note",
    "conversation",
    "conversation_detail",
    "encode",
    "json_answer",
    "media_url",
    "message",
    "revision",
    "shared_conversation",
    "unread_count",
    "upload",
]
