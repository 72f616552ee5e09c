"""What migrations share: row-level security, grants, and a lock timeout so that no migration stops the desk."""

from __future__ import annotations

from alembic import op

APP = "invekto_app"
RECEIPTS = "invekto_receipts"
INGEST = "invekto_ingest"
DELIVERY = "invekto_delivery"
STREAM = "invekto_stream"

# One row of the plan, not one call per row: an uncorrelated subselect becomes an InitPlan.
ONE_TENANT = "tenant_id = (select nullif(current_setting('app.tenant_id', true), '')::uuid)"
CLAIMED_TENANTS = (
    "tenant_id = any ((select string_to_array(nullif(current_setting('app.tenants', true), ''), ',')::uuid[])::uuid[])"
)


def lock_timeout(seconds: float = 4) -> None:
    """Give up instead of queueing behind a long transaction: everything after us would wait too."""
    op.execute(f"set local lock_timeout = '{int(seconds * 1000)}ms'")


def enable_rls(table: str) -> None:
    """Force row-level security; add policies with `policy`. Without any, nobody sees a row."""
    op.execute(f'alter table "{table}" enable row level security')
    op.execute(f'alter table "{table}" force row level security')


def policy(
    table: str,
    role: str,
    grants: str,
    using: str,
    check: str | None = None,
    *,
    suffix: str = "",
) -> None:
    """Admit `role` to the rows where `using` holds and grant it `grants` ("select, insert")."""
    op.execute(f'grant {grants} on "{table}" to {role}')
    op.execute(
        f'create policy {table}_{role}{suffix} on "{table}" to {role} using ({using}) with check ({check or using})'
    )


def tenant_table(table: str, *, app: str, ingest: str = "", delivery: str = "", stream: str = "") -> None:
    """A table of one tenant's rows: what each role may do with them."""
    enable_rls(table)
    policy(table, APP, app, ONE_TENANT)
    for role, grants in ((INGEST, ingest), (DELIVERY, delivery), (STREAM, stream)):
        if grants:
            policy(table, role, grants, CLAIMED_TENANTS)
