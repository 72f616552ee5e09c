"""Search over messages, contacts and notes: side tables that are filled behind the event log, and the two functions that read them.

`@@` is not leakproof, so under row-level security no index would be used: the functions belong to a role that sees the side
tables whole, take the firm from the transaction's setting, and give ids and times only. Rows that are there before the
upgrade are read by the workers after it, in batches.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from helpers import CLAIMED_TENANTS, INGEST, STREAM, enable_rls, policy
from sqlalchemy.dialects import postgresql

revision = "0015"
down_revision = "0014"
branch_labels = None
depends_on = None

SEARCH = "invekto_search"
_READ_BY_FUNCTIONS = ("search_message", "search_contact", "search_week")


def upgrade() -> None:
    _tables()
    for table in ("search_message", "search_contact", "search_week", "search_backfill"):
        enable_rls(table)
        policy(table, STREAM, "select, insert, update, delete", CLAIMED_TENANTS)
    # Whoever makes things findable reads what is shown of a person; messages and contacts it may read already.
    for table in ("contact_field", "contact_field_value", "contact_note"):
        policy(table, STREAM, "select", CLAIMED_TENANTS)
    for table in _READ_BY_FUNCTIONS:
        op.execute(f"grant select on {table} to {SEARCH}")
        op.execute(f"create policy {table}_{SEARCH} on {table} for select to {SEARCH} using (true)")
    op.execute("insert into search_progress default values")
    op.execute(f"grant select, update on search_progress to {STREAM}")
    # Its functions are made by this migration and by nobody else.
    op.execute(f"grant create on schema public to {SEARCH}")
    _messages()
    _contacts()
    op.execute(f"revoke create on schema public from {SEARCH}")
    _whose_turn()
    _lag()


def _tables() -> None:
    op.create_table(
        "search_message",
        sa.Column("tenant_id", sa.Uuid(), nullable=False),
        sa.Column("message_id", sa.Uuid(), nullable=False),
        sa.Column("conversation_id", sa.Uuid(), nullable=False),
        sa.Column("channel_id", sa.Uuid(), nullable=False),
        sa.Column("type", sa.Text(), nullable=False),
        sa.Column("direction", sa.Text(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("words", postgresql.TSVECTOR(), nullable=False),
        sa.ForeignKeyConstraint(
            ["tenant_id", "message_id"],
            ["message.tenant_id", "message.id"],
            name=op.f("search_message_message_id_fkey"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("tenant_id", "message_id", name=op.f("search_message_pkey")),
    )
    op.create_table(
        "search_contact",
        sa.Column("tenant_id", sa.Uuid(), nullable=False),
        sa.Column("contact_id", sa.Uuid(), nullable=False),
        sa.Column("version", sa.BigInteger(), nullable=False),
        sa.Column("words", postgresql.TSVECTOR(), nullable=False),
        sa.ForeignKeyConstraint(
            ["tenant_id", "contact_id"],
            ["contact.tenant_id", "contact.id"],
            name=op.f("search_contact_contact_id_fkey"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("tenant_id", "contact_id", name=op.f("search_contact_pkey")),
    )
    for table in ("search_message", "search_contact"):
        op.create_index(
            f"{table}_words_idx",
            table,
            ["words"],
            postgresql_using="gin",
            postgresql_with={"gin_pending_list_limit": 256},
        )
    op.create_table(
        "search_week",
        sa.Column("tenant_id", sa.Uuid(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("week", sa.BigInteger(), nullable=False),
        sa.Column("documents", sa.BigInteger(), nullable=False),
        sa.CheckConstraint("kind in ('m', 'n')", name=op.f("search_week_kind_check")),
        sa.ForeignKeyConstraint(
            ["tenant_id"], ["tenant.id"], name=op.f("search_week_tenant_id_fkey"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("tenant_id", "kind", "week", name=op.f("search_week_pkey")),
    )
    op.create_table(
        "search_backfill",
        sa.Column("tenant_id", sa.Uuid(), nullable=False),
        sa.Column("pass_no", sa.BigInteger(), nullable=False),
        sa.Column("message_after", sa.Uuid()),
        sa.Column("contact_after", sa.Uuid()),
        sa.Column("done_at", sa.DateTime(timezone=True)),
        sa.ForeignKeyConstraint(
            ["tenant_id"], ["tenant.id"], name=op.f("search_backfill_tenant_id_fkey"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("tenant_id", name=op.f("search_backfill_pkey")),
    )
    op.create_table(
        "search_progress",
        sa.Column("only", sa.Boolean(), server_default=sa.text("true"), nullable=False),
        sa.Column("epoch", sa.BigInteger(), server_default="0", nullable=False),
        sa.Column("xid", sa.BigInteger(), server_default="0", nullable=False),
        sa.Column("seq", sa.BigInteger(), server_default="0", nullable=False),
        sa.Column("pass_no", sa.BigInteger(), server_default="0", nullable=False),
        sa.PrimaryKeyConstraint("only", name=op.f("search_progress_pkey")),
    )


def _messages() -> None:
    # Week by week, newest first: the first week alone, then as many as will probably fill the page. `asked.room` bounds the
    # rows that are looked at; what was beyond it is told as `cut`. The tenant's comparison must not reach the primary key: its
    # index would be read whole for the firm.
    op.execute(
        """
        create function search_messages(
          a_kind text, a_match text, a_phrase text, a_whole text, a_words bigint, a_channel uuid, a_type text,
          a_direction text, a_since timestamptz, a_until timestamptz, a_before_at timestamptz, a_before_id uuid,
          a_wanted bigint, a_room bigint
        ) returns table (message_id uuid, conversation_id uuid, created_at timestamptz, whole boolean, looked_at bigint, state text)
        language plpgsql stable security definer
        set search_path = pg_catalog, public set enable_seqscan = off set jit = off
        as $$
        #variable_conflict use_column
        declare
          v_tenant constant uuid := nullif(current_setting('app.tenant_id', true), '')::uuid;
          v_firm constant text := right(replace(v_tenant::text, '-', ''), 6);
          v_oldest constant bigint := greatest(0, floor(extract(epoch from a_since) / 604800));
          v_at_once constant bigint := greatest(1, least(64, 256 / a_words));
          v_week bigint := greatest(0, floor(extract(epoch from least(a_before_at, a_until)) / 604800));
          v_documents bigint := 1;
          v_here bigint;
          v_room bigint := a_room;
          v_left bigint := a_wanted;
          v_ceiling bigint;
          v_found bigint;
          v_weeks bigint[];
          v_low bigint;
          v_match tsquery; v_phrases tsquery[]; v_wholes_of tsquery[];
          v_messages uuid[]; v_conversations uuid[]; v_times timestamptz[]; v_wholes boolean[];
          v_last_at timestamptz := a_before_at;
          v_last_id uuid := a_before_id;
        begin
          if v_tenant is null then
            return;
          end if;
          loop
            select array_agg(w.week order by w.week desc), sum(w.documents) into v_weeks, v_here
              from (select x.week, x.documents, sum(x.documents) over (order by x.week desc) as until_it,
                           row_number() over (order by x.week desc) as place
                      from (select s.week, s.documents from public.search_week s
                             where s.tenant_id = v_tenant and s.kind = a_kind and s.week between v_oldest and v_week
                             order by s.week desc limit v_at_once) x) w
             where w.place = 1 or w.until_it <= v_documents;
            if v_weeks is null then
              return query select v_last_id, null::uuid, v_last_at, null::boolean, a_room - v_room, 'all';
              return;
            end if;
            v_low := v_weeks[array_length(v_weeks, 1)];
            select string_agg('(' || replace(a_match, '~', v_firm || to_hex(w) || a_kind) || ')', ' | ')::tsquery
              into v_match from unnest(v_weeks) w;
            -- By the row's own week: one query for all of them would be gone through whole for each row.
            select array_agg(replace(a_phrase, '~', v_firm || to_hex(w) || a_kind)::tsquery order by w),
                   array_agg(replace(a_whole, '~', v_firm || to_hex(w) || a_kind)::tsquery order by w)
              into v_phrases, v_wholes_of from generate_series(v_low, v_weeks[1]) w;
            v_ceiling := case when array_length(v_weeks, 1) > 1 then least(v_room, 4000) else v_room end;
            with hit as materialized (
              select s.message_id, s.conversation_id, s.created_at, s.words,
                     (a_phrase is null
                      or s.words @@ v_phrases[1 + floor(extract(epoch from s.created_at) / 604800)::bigint - v_low])
                     and (a_channel is null or s.channel_id = a_channel) and (a_type is null or s.type = a_type)
                     and (a_direction is null or s.direction = a_direction)
                     and s.created_at >= a_since and s.created_at < a_until
                     and (s.created_at, s.message_id) < (a_before_at, a_before_id) as fits
                from public.search_message s
               where s.words @@ v_match and coalesce(s.tenant_id = v_tenant, false)
               limit v_ceiling + 1
            ), page as (
              select h.message_id, h.conversation_id, h.created_at,
                     h.words @@ v_wholes_of[1 + floor(extract(epoch from h.created_at) / 604800)::bigint - v_low] as whole
                from (select * from hit where fits order by created_at desc, message_id desc limit v_left) h
            )
            select (select count(*) from hit), array_agg(p.message_id), array_agg(p.conversation_id),
                   array_agg(p.created_at), array_agg(p.whole)
              into v_found, v_messages, v_conversations, v_times, v_wholes
              from page p;
            v_room := v_room - v_found;
            if v_found > v_ceiling and array_length(v_weeks, 1) > 1 and v_room > 0 then
              -- More than was thought, and so perhaps not the newest: the newest week alone.
              v_documents := 1;
              continue;
            end if;
            if v_messages is not null then
              return query select u.*, null::bigint, null::text
                from unnest(v_messages, v_conversations, v_times, v_wholes) u;
              v_left := v_left - array_length(v_messages, 1);
              v_last_id := v_messages[array_length(v_messages, 1)];
              v_last_at := v_times[array_length(v_times, 1)];
            end if;
            if v_left <= 0 or v_room <= 0 then
              return query select v_last_id, null::uuid, v_last_at, null::boolean, a_room - v_room,
                case when v_room <= 0 then 'cut' else 'full' end;
              return;
            end if;
            v_week := v_low - 1;
            v_documents := least(v_here * 8, v_here * 1500 / greatest(v_found, 1));
          end loop;
        end
        $$
        """
    )
    signature = (
        "search_messages(text, text, text, text, bigint, uuid, text, text, timestamptz, timestamptz, timestamptz, uuid,"
        " bigint, bigint)"
    )
    _hand_over(signature)


def _contacts() -> None:
    op.execute(
        """
        create function search_contacts(a_match text, a_whole text, a_wanted bigint)
        returns table (contact_id uuid, whole boolean)
        language plpgsql stable security definer
        set search_path = pg_catalog, public set enable_seqscan = off set jit = off
        as $$
        #variable_conflict use_column
        declare
          v_tenant constant uuid := nullif(current_setting('app.tenant_id', true), '')::uuid;
          v_mark constant text := right(replace(v_tenant::text, '-', ''), 6) || '@';
          v_match constant tsquery := replace(a_match, '~', v_mark)::tsquery;
          v_whole constant tsquery := replace(a_whole, '~', v_mark)::tsquery;
        begin
          return query select s.contact_id, s.words @@ v_whole from public.search_contact s
            where s.words @@ v_match and coalesce(s.tenant_id = v_tenant, false) limit a_wanted;
        end
        $$
        """
    )
    _hand_over("search_contacts(text, text, bigint)")


def _hand_over(signature: str) -> None:
    op.execute(f"revoke all on function {signature} from public")
    op.execute(f"grant execute on function {signature} to invekto_app")
    op.execute(f"alter function {signature} owner to {SEARCH}")


def _whose_turn() -> None:
    """Ids only: a firm that has rows which were there before the search, or before its last pass."""
    op.execute("create policy search_backfill_turn on search_backfill for select to current_user using (true)")
    op.execute(
        """
        create function tenant_to_read_for_search() returns uuid
        language sql stable security definer set search_path = pg_catalog, public
        as $$ select t.id from public.tenant t
               where not exists (select from public.search_backfill b, public.search_progress p
                                  where b.tenant_id = t.id and b.pass_no = p.pass_no and b.done_at is not null)
               order by t.id limit 1 $$
        """
    )
    op.execute("revoke all on function tenant_to_read_for_search() from public")
    op.execute(f"grant execute on function tenant_to_read_for_search() to {STREAM}")


def _lag() -> None:
    """For how long the oldest event that search has not followed yet has been there."""
    op.execute(
        """
        create function search_lag_s() returns float8
        language sql stable security definer set search_path = pg_catalog, public
        as $$ select coalesce(extract(epoch from now() - (
                -- Subselects, not a join: the place must be known before the index is entered.
                select e.created_at from public.event e
                 where (e.xid, e.seq) > ((select p.xid::text::xid8 from public.search_progress p),
                                         (select p.seq from public.search_progress p))
                 order by e.xid, e.seq limit 1)), 0)::float8 $$
        """
    )
    op.execute("revoke all on function search_lag_s() from public")
    op.execute(f"grant execute on function search_lag_s() to {INGEST}")


def downgrade() -> None:
    raise NotImplementedError("restore the backup taken before the upgrade")
