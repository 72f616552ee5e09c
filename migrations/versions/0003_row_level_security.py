"""Who sees which row: row-level security on every table of a tenant, and the least grants per role."""

from __future__ import annotations

from alembic import op
from helpers import (
    APP,
    CLAIMED_TENANTS,
    DELIVERY,
    INGEST,
    ONE_TENANT,
    RECEIPTS,
    STREAM,
    enable_rls,
    policy,
    tenant_table,
)

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

READ = "select"
ADD = "select, insert"
EDIT = "select, insert, update"
ALL = "select, insert, update, delete"


def upgrade() -> None:
    _tenant()
    _platform_tables()
    _channels()
    _accounts_and_contacts()
    _conversations()
    _events()


def _tenant() -> None:
    own = ONE_TENANT.replace("tenant_id", "id", 1)
    claimed = CLAIMED_TENANTS.replace("tenant_id", "id", 1)
    enable_rls("tenant")
    policy("tenant", APP, EDIT, own)
    for role in (INGEST, DELIVERY, STREAM):
        policy("tenant", role, READ, claimed)
    # Sign-in knows a firm's slug before it may know its tenant: one function answers that one question.
    op.execute("create policy tenant_by_slug on tenant for select to current_user using (true)")
    op.execute(
        """
        create function tenant_id_by_slug(wanted text) returns uuid
        language sql stable security definer set search_path = pg_catalog, public
        as $$ select id from public.tenant where slug = wanted $$
        """
    )
    op.execute("revoke all on function tenant_id_by_slug(text) from public")
    op.execute(f"grant execute on function tenant_id_by_slug(text) to {APP}")
    tenant_table("tenant_counter", app=EDIT, ingest=EDIT)


def _platform_tables() -> None:
    """Tables without a tenant. `tests/architecture` lists them with the reason of each."""
    op.execute("insert into database_epoch default values")
    op.execute(f"grant select on database_epoch to {APP}, {STREAM}")
    op.execute(f"grant update (trimmed_xid) on database_epoch to {STREAM}")
    op.execute(f"grant {ALL} on sign_in_attempt to {APP}")
    op.execute(f"grant insert on receipt to {RECEIPTS}")
    op.execute(f"grant select (id) on receipt to {RECEIPTS}")
    op.execute(f"grant select, update, delete, insert on receipt to {INGEST}")


def _channels() -> None:
    tenant_table(
        "channel",
        app=ALL,
        ingest="select, update",
        delivery="select, update",
        stream=READ,
    )
    tenant_table("channel_pace", app=ALL, delivery=ALL)
    enable_rls("app")
    policy("app", APP, ALL, ONE_TENANT)
    # The platform's own app has no tenant: readable by the sign-in flow of channels, written by the operator.
    op.execute(f"create policy app_platform on app for select to {APP} using (tenant_id is null)")
    for role in (RECEIPTS, INGEST):
        policy("app", role, READ, "true")
    op.execute("create policy app_operator on app to current_user using (true) with check (true)")
    enable_rls("channel_route")
    policy("channel_route", APP, ALL, ONE_TENANT)
    for role in (RECEIPTS, INGEST):
        policy("channel_route", role, READ, "true")
    enable_rls("quarantine")
    policy("quarantine", APP, "select, update", ONE_TENANT)
    policy("quarantine", INGEST, ALL, "true")


def _accounts_and_contacts() -> None:
    tenant_table("user_account", app=EDIT, ingest=READ, stream=READ)
    tenant_table("team", app=ALL, stream=READ)
    tenant_table("team_member", app=ALL, stream=READ)
    tenant_table("session", app=ALL, stream=READ)
    tenant_table("contact", app=EDIT, ingest=EDIT, stream=READ)
    tenant_table("identity", app=EDIT, ingest=EDIT, delivery=READ, stream=READ)
    tenant_table("identity_address", app=ALL, ingest=EDIT, delivery=READ, stream=READ)
    tenant_table("merge_suggestion", app=ALL, ingest=ADD)


def _conversations() -> None:
    tenant_table("conversation", app=EDIT, ingest=EDIT, delivery="select, update", stream=READ)
    tenant_table("message", app=EDIT, ingest=EDIT, delivery="select, update", stream=READ)
    tenant_table("delivery_update", app=READ, ingest=ALL, delivery=ALL)
    op.execute("create policy delivery_update_parked on delivery_update to current_user using (applied_at is null)")
    op.execute(
        """
        create function forget_parked_reports(older_than timestamptz) returns bigint
        language sql security definer set search_path = pg_catalog, public
        as $$ with gone as (delete from public.delivery_update
                             where applied_at is null and received_at < older_than returning 1)
              select count(*) from gone $$
        """
    )
    op.execute("revoke all on function forget_parked_reports(timestamptz) from public")
    op.execute(f"grant execute on function forget_parked_reports(timestamptz) to {INGEST}")
    tenant_table("attachment", app=ALL, ingest=EDIT, delivery="select, update", stream=READ)
    # The fetcher asks whose files are due before it may name those tenants: one function answers that with ids.
    op.execute("create policy attachment_pending on attachment for select to current_user using (state = 'pending')")
    op.execute(
        """
        create function tenants_with_pending_media() returns table (tenant_id uuid)
        language sql stable security definer set search_path = pg_catalog, public
        as $$ select distinct a.tenant_id from
              (select x.tenant_id from public.attachment x where x.state = 'pending' and x.next_attempt_at <= now()
                order by x.next_attempt_at limit 100) a $$
        """
    )
    op.execute("revoke all on function tenants_with_pending_media() from public")
    op.execute(f"grant execute on function tenants_with_pending_media() to {DELIVERY}")
    tenant_table("conversation_read", app=ALL, stream=READ)
    tenant_table("draft", app=ALL)
    tenant_table("tag", app=ALL, stream=READ)
    tenant_table("conversation_tag", app=ALL, stream=READ)
    tenant_table("assignment", app=EDIT, ingest=EDIT, stream=READ)
    tenant_table("answer_interval", app=ADD)
    tenant_table("outbox", app=ADD, delivery=ALL)
    tenant_table("attempt", app=READ, delivery=ALL)
    enable_rls("lane")
    policy("lane", APP, EDIT, ONE_TENANT)
    # Claiming asks for whatever is due next, whoever owns it: lanes hold ids and times only.
    policy("lane", DELIVERY, ALL, "true")


def _events() -> None:
    tenant_table("audit_entry", app=ADD, ingest="insert", delivery="insert")
    enable_rls("event")
    policy("event", APP, "insert", ONE_TENANT)
    policy("event", INGEST, "insert", CLAIMED_TENANTS)
    policy("event", DELIVERY, "insert", CLAIMED_TENANTS)
    # The stream reads all new events once per process and asks afterwards who may see them.
    policy("event", STREAM, "select, delete", "true")


def downgrade() -> None:
    raise NotImplementedError("restore the backup taken before the upgrade")
