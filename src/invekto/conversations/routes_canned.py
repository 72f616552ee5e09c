"""Canned replies over REST (docs/api.md, "Canned replies"): here, because their files are attachments."""

from __future__ import annotations

from typing import Annotated, Any, Final
from uuid import UUID

from fastapi import APIRouter, Query, Request, Response
from pydantic import BaseModel

from invekto.accounts.permissions import CANNED_REPLIES_MANAGE, CONVERSATIONS_REPLY
from invekto.conversations.canned_files import copy_files, files_of, keep_files
from invekto.conversations.queries import Viewer
from invekto.conversations.representations import upload
from invekto.conversations.schemas import Upload
from invekto.conversations.suggested_values import surroundings
from invekto.kernel.auth import Principal, requires
from invekto.kernel.pages import LIMIT_DEFAULT, Cursor, Limit, Page, decode_cursor, encode_cursor
from invekto.kernel.requests import in_tx
from invekto.kernel.tx import Tx
from invekto.templates import canned
from invekto.templates.queries import Row, find_canned, list_canned
from invekto.templates.representations import canned_out
from invekto.templates.schemas import CannedFileOut, CannedReplyBody, CannedReplyOut, RenderBody

router = APIRouter(prefix="/api/v1/canned-replies", tags=["canned replies"])
Reading = Annotated[Principal, requires(CONVERSATIONS_REPLY)]
Managing = Annotated[Principal, requires(CANNED_REPLIES_MANAGE)]

_LISTING: Final = "canned_replies"
_FIRST: Final = ("", UUID(int=0))


class RenderedReply(BaseModel):
    """`attachments` are my own uploads, to be sent like any other."""

    text: str
    missing: list[str]
    attachments: list[Upload]


@router.get("")
async def list_canned_replies(
    request: Request,
    principal: Reading,
    q: Annotated[str | None, Query(max_length=200)] = None,
    cursor: Cursor = None,
    limit: Limit = LIMIT_DEFAULT,
) -> Page[CannedReplyOut]:
    """By folder and title. `q` looks into shortcut, title, folder and texts; İ, I, ı and i are one letter."""
    after = decode_cursor(cursor, _LISTING, str, UUID) if cursor else _FIRST

    async def use_case(tx: Tx) -> tuple[list[Any], dict[UUID, list[Row]]]:
        rows = await list_canned(tx, after, limit + 1, q)
        return rows, await files_of(tx, [row["id"] for row in rows])

    rows, files = await in_tx(request, principal, use_case)
    page = rows[:limit]
    more = len(rows) > limit
    return Page(
        items=[canned_out(row, [_file(one) for one in files[row["id"]]]) for row in page],
        next_cursor=encode_cursor(_LISTING, page[-1]["sort_key"], page[-1]["id"]) if more else None,
    )


@router.post("", status_code=201)
async def create_canned_reply(request: Request, principal: Managing, given: CannedReplyBody) -> CannedReplyOut:
    """409 `shortcut_taken`."""

    async def use_case(tx: Tx) -> CannedReplyOut:
        canned_id = await canned.create_canned(tx, _reply(given))
        await keep_files(tx, canned_id, given.attachment_ids)
        return await _answer(tx, canned_id)

    return await in_tx(request, principal, use_case)


@router.put("/{canned_reply_id}")
async def change_canned_reply(
    request: Request, principal: Managing, canned_reply_id: UUID, given: CannedReplyBody
) -> CannedReplyOut:
    """The whole of it. 409 `shortcut_taken`."""

    async def use_case(tx: Tx) -> CannedReplyOut:
        await canned.change_canned(tx, canned_reply_id, _reply(given))
        await keep_files(tx, canned_reply_id, given.attachment_ids)
        return await _answer(tx, canned_reply_id)

    return await in_tx(request, principal, use_case)


@router.delete("/{canned_reply_id}", status_code=204)
async def delete_canned_reply(request: Request, principal: Managing, canned_reply_id: UUID) -> Response:
    async def use_case(tx: Tx) -> None:
        await canned.delete_canned(tx, canned_reply_id)

    await in_tx(request, principal, use_case)
    return Response(status_code=204)


@router.post("/{canned_reply_id}/render")
async def render_canned_reply(
    request: Request, principal: Reading, canned_reply_id: UUID, given: RenderBody
) -> RenderedReply:
    """The text for this conversation, in the contact's language, and copies of the files. Counts the use."""
    viewer = Viewer.of(principal)

    async def use_case(tx: Tx) -> RenderedReply:
        await find_canned(tx, canned_reply_id)
        around = await surroundings(tx, viewer, given.conversation_id)
        filled = await canned.use_canned(tx, canned_reply_id, given.language or around.language, around.values)
        files = [upload(row) for row in await copy_files(tx, canned_reply_id)]
        return RenderedReply(text=filled.text, missing=filled.missing, attachments=files)

    return await in_tx(request, principal, use_case)


async def _answer(tx: Tx, canned_id: UUID) -> CannedReplyOut:
    files = (await files_of(tx, [canned_id]))[canned_id]
    return canned_out(await find_canned(tx, canned_id), [_file(one) for one in files])


def _file(row: Row) -> CannedFileOut:
    file = upload(row)
    return CannedFileOut(**file, thumbnail_url=f"{file['url']}?size=thumb" if row["thumbnail"] else None)


def _reply(given: CannedReplyBody) -> canned.Reply:
    return canned.Reply(
        shortcut=given.shortcut, title=given.title, folder=given.folder, texts=dict(given.texts.items())
    )
