"""Fields of a firm's own on its contacts, and notes about them."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from helpers import lock_timeout, tenant_table
from sqlalchemy.dialects.postgresql import JSONB

revision = "0014"
down_revision = "0013"
branch_labels = None
depends_on = None

TIME = sa.DateTime(timezone=True)


def upgrade() -> None:
    lock_timeout()
    _field()
    _value()
    _note()


def _field() -> None:
    op.create_table(
        "contact_field",
        sa.Column("tenant_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("label", sa.Text(), nullable=False),
        sa.Column("type", sa.Text(), nullable=False),
        sa.Column("options", JSONB(), nullable=False),
        sa.Column("position", sa.BigInteger(), nullable=False),
        sa.Column("personal", sa.Boolean(), nullable=False),
        sa.Column("created_at", TIME, nullable=False),
        sa.Column("changed_at", TIME, nullable=False),
        sa.Column("archived_at", TIME, nullable=True),
        sa.CheckConstraint(
            "type in ('text', 'number', 'date', 'select', 'multi_select', 'boolean', 'phone', 'email', 'url')",
            name=op.f("contact_field_type_check"),
        ),
        sa.PrimaryKeyConstraint("tenant_id", "id", name=op.f("contact_field_pkey")),
        sa.ForeignKeyConstraint(
            ["tenant_id"], ["tenant.id"], name=op.f("contact_field_tenant_id_fkey"), ondelete="CASCADE"
        ),
        sa.UniqueConstraint("tenant_id", "key", name=op.f("contact_field_tenant_id_key_key")),
    )
    # Never deleted: its key must not come to mean something else.
    tenant_table("contact_field", app="select, insert, update")


def _value() -> None:
    op.create_table(
        "contact_field_value",
        sa.Column("tenant_id", sa.Uuid(), nullable=False),
        sa.Column("contact_id", sa.Uuid(), nullable=False),
        sa.Column("field_id", sa.Uuid(), nullable=False),
        sa.Column("value", JSONB(), nullable=False),
        sa.Column("changed_at", TIME, nullable=False),
        sa.PrimaryKeyConstraint("tenant_id", "contact_id", "field_id", name=op.f("contact_field_value_pkey")),
        sa.ForeignKeyConstraint(
            ["tenant_id", "contact_id"],
            ["contact.tenant_id", "contact.id"],
            name=op.f("contact_field_value_contact_id_fkey"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["tenant_id", "field_id"],
            ["contact_field.tenant_id", "contact_field.id"],
            name=op.f("contact_field_value_field_id_fkey"),
        ),
    )
    op.create_index("contact_field_value_field_id_idx", "contact_field_value", ["tenant_id", "field_id", "contact_id"])
    tenant_table("contact_field_value", app="select, insert, update, delete")


def _note() -> None:
    op.create_table(
        "contact_note",
        sa.Column("tenant_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("contact_id", sa.Uuid(), nullable=False),
        sa.Column("author_id", sa.Uuid(), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("created_at", TIME, nullable=False),
        sa.Column("edited_at", TIME, nullable=True),
        sa.PrimaryKeyConstraint("tenant_id", "id", name=op.f("contact_note_pkey")),
        sa.ForeignKeyConstraint(
            ["tenant_id", "contact_id"],
            ["contact.tenant_id", "contact.id"],
            name=op.f("contact_note_contact_id_fkey"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["tenant_id", "author_id"],
            ["user_account.tenant_id", "user_account.id"],
            name=op.f("contact_note_author_id_fkey"),
        ),
    )
    op.create_index(
        "contact_note_list_idx",
        "contact_note",
        ["tenant_id", "contact_id", sa.text("created_at desc"), sa.text("id desc")],
    )
    tenant_table("contact_note", app="select, insert, update, delete")


def downgrade() -> None:
    raise NotImplementedError("restore the backup taken before the upgrade")
