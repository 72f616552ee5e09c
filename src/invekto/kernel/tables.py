"""What every table shares: the declarative base, tenant keys and column spellings. Knows no product word.

A tenant table has `tenant_id` first in its primary key and in every foreign key, because foreign-key checks
ignore row-level security and because Citus shards by it. `tests/architecture` keeps this.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any, ClassVar
from uuid import UUID

from sqlalchemy import (
    BigInteger,
    DateTime,
    ForeignKeyConstraint,
    MetaData,
    Table,
    Text,
    Uuid,
)
from sqlalchemy.dialects.postgresql import JSONB, TIMESTAMP
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column


def _last_column(constraint: ForeignKeyConstraint, _table: Table) -> str:
    """Foreign keys are named by the column that is not the tenant."""
    return list(constraint.column_keys)[-1]


NAMING: dict[str, Any] = {
    "last_column": _last_column,
    "ix": "%(table_name)s_%(column_0_N_name)s_idx",
    "uq": "%(table_name)s_%(column_0_N_name)s_key",
    "ck": "%(table_name)s_%(constraint_name)s_check",
    "fk": "%(table_name)s_%(last_column)s_fkey",
    "pk": "%(table_name)s_pkey",
}


class Base(DeclarativeBase):
    """Declarative base. Times are timestamptz, strings are text, dicts are jsonb."""

    metadata = MetaData(naming_convention=NAMING)
    type_annotation_map: ClassVar[dict[Any, Any]] = {
        datetime: DateTime(timezone=True),
        str: Text(),
        int: BigInteger(),
        UUID: Uuid(as_uuid=True),
        dict[str, Any]: JSONB(),
    }


class TenantRow(Base):
    """A row that belongs to one tenant: `tenant_id` leads its key and its row-level security policy."""

    __abstract__ = True

    tenant_id: Mapped[UUID] = mapped_column(primary_key=True, sort_order=-100)


def tenant_fk(column: str, table: str, *, ondelete: str | None = None, name: str | None = None) -> ForeignKeyConstraint:
    """A composite foreign key `(tenant_id, column) -> table(tenant_id, id)`.

    `ondelete="SET NULL"` names the column, so that the tenant is never set to null.
    """
    if ondelete == "SET NULL":
        ondelete = f"SET NULL ({column})"
    return ForeignKeyConstraint(
        ["tenant_id", column],
        [f"{table}.tenant_id", f"{table}.id"],
        ondelete=ondelete,
        name=name,
    )


__all__ = ["JSONB", "TIMESTAMP", "Base", "TenantRow", "tenant_fk"]
