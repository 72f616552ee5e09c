"""The firm's contact fields over REST (docs/api.md, "Contact fields"). A contact itself is seen through conversations."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Request, Response

from invekto.accounts.permissions import CONTACT_FIELDS_MANAGE, CONVERSATIONS_VIEW
from invekto.contacts import fields
from invekto.contacts.schemas import (
    ContactFieldBody,
    ContactFieldChangeBody,
    ContactFieldList,
    ContactFieldOptionBody,
    ContactFieldOptionOut,
    ContactFieldOrderBody,
    ContactFieldOut,
)
from invekto.kernel.auth import Principal, requires
from invekto.kernel.requests import in_tx
from invekto.kernel.tx import Tx

router = APIRouter(prefix="/api/v1/contact-fields", tags=["contact fields"])
Looking = Annotated[Principal, requires(CONVERSATIONS_VIEW)]
Managing = Annotated[Principal, requires(CONTACT_FIELDS_MANAGE)]


@router.get("")
async def list_contact_fields(request: Request, principal: Looking) -> ContactFieldList:
    """All of them in their order, archived ones last."""
    return _list(await in_tx(request, principal, fields.list_fields))


@router.post("", status_code=201)
async def create_contact_field(request: Request, principal: Managing, given: ContactFieldBody) -> ContactFieldOut:
    """409 `contact_field_exists`, `contact_field_key_taken`, `contact_fields_limit`."""

    async def use_case(tx: Tx) -> fields.Field:
        made = await fields.define_field(
            tx,
            label=given.label,
            type_=given.type,
            key=given.key,
            options=_options(given.options or []),
            personal=given.personal,
        )
        return await fields.find_field(tx, made)

    return _out(await in_tx(request, principal, use_case))


@router.put("/order")
async def order_contact_fields(request: Request, principal: Managing, given: ContactFieldOrderBody) -> ContactFieldList:
    """Those that are not named stay behind them."""

    async def use_case(tx: Tx) -> list[fields.Field]:
        await fields.order_fields(tx, given.field_ids)
        return await fields.list_fields(tx)

    return _list(await in_tx(request, principal, use_case))


@router.patch("/{field_id}")
async def change_contact_field(
    request: Request, principal: Managing, field_id: UUID, given: ContactFieldChangeBody
) -> ContactFieldOut:
    """Key and type never change. `archived` false brings it back with the values that contacts have."""
    options = None if given.options is None else _options(given.options)
    change = fields.FieldChange(label=given.label, options=options, personal=given.personal, archived=given.archived)

    async def use_case(tx: Tx) -> fields.Field:
        await fields.change_field(tx, field_id, change)
        return await fields.find_field(tx, field_id)

    return _out(await in_tx(request, principal, use_case))


@router.delete("/{field_id}", status_code=204)
async def archive_contact_field(request: Request, principal: Managing, field_id: UUID) -> Response:
    """Archives it: no contact shows it any more, and nothing that they have in it is lost."""
    await in_tx(request, principal, lambda tx: fields.change_field(tx, field_id, fields.FieldChange(archived=True)))
    return Response(status_code=204)


def _options(given: Sequence[ContactFieldOptionBody]) -> list[fields.OptionGiven]:
    return [fields.OptionGiven(one.label, one.id, one.archived) for one in given]


def _list(found: Sequence[fields.Field]) -> ContactFieldList:
    return ContactFieldList(items=[_out(one) for one in found])


def _out(one: fields.Field) -> ContactFieldOut:
    return ContactFieldOut(
        id=one.id,
        key=one.key,
        label=one.label,
        type=one.type,
        options=[ContactFieldOptionOut(id=o.id, label=o.label, archived=o.archived) for o in one.options],
        personal=one.personal,
        archived=one.archived,
    )
