"""The wire of the firm's contact fields (docs/api.md, "Contact fields")."""

from __future__ import annotations

from typing import Annotated
from uuid import UUID

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, StringConstraints

from invekto.contacts.field_types import FieldType
from invekto.contacts.fields import EVER_MAX, OPTIONS_MAX
from invekto.kernel.text import storable

Label = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=60), AfterValidator(storable)]


class ContactFieldOptionOut(BaseModel):
    """An archived one is shown where it was chosen and not offered."""

    id: str
    label: str
    archived: bool


class ContactFieldOut(BaseModel):
    """`personal`: masked without `contact.pii.view`, as those of the types phone and email always are."""

    id: UUID
    key: str
    label: str
    type: FieldType
    options: list[ContactFieldOptionOut]
    personal: bool
    archived: bool


class ContactFieldList(BaseModel):
    """In their order, archived ones last: all of them at once."""

    items: list[ContactFieldOut]
    next_cursor: None = None


class _Body(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class ContactFieldOptionBody(_Body):
    """`id` of one that is there; a new one has none."""

    id: Annotated[str, StringConstraints(max_length=40)] | None = None
    label: Label
    archived: bool = False


Options = Annotated[list[ContactFieldOptionBody], Field(max_length=OPTIONS_MAX * 5)]


class ContactFieldBody(_Body):
    """Without a `key` it gets one made of the label. `options` for `select` and `multi_select` only."""

    label: Label
    type: FieldType
    key: Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9_]{0,39}$")] | None = None
    options: Options | None = None
    personal: bool = False


class ContactFieldChangeBody(_Body):
    """What is left out or null stays. Options that are left out are archived."""

    label: Label | None = None
    options: Options | None = None
    personal: bool | None = None
    archived: bool | None = None


class ContactFieldOrderBody(_Body):
    field_ids: Annotated[list[UUID], Field(max_length=EVER_MAX)]
