"""What an operator is told without seeing a row: which keys seal the secrets, and the numbers that alarms are made of."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from helpers import APP, INGEST, lock_timeout

revision = "0016"
down_revision = "0015"
branch_labels = None
depends_on = None


def upgrade() -> None:
    lock_timeout()
    _circuits()
    _sealing_keys()
    _channel_numbers()


def _circuits() -> None:
    op.add_column("channel_pace", sa.Column("failures", sa.BigInteger(), server_default="0", nullable=False))
    op.add_column("channel_pace", sa.Column("failing_since", sa.DateTime(timezone=True), nullable=True))


def _sealing_keys() -> None:
    """The first bytes of a sealed value name its key (kernel/crypto). The owner sees apps and connected channels by the
    policies app_operator and channel_probed."""
    op.execute(
        """
        create function sealing_keys() returns table (key_id text, sealed bigint)
        language sql stable security definer set search_path = pg_catalog, public
        as $$
          select encode(substring(s.value from 2 for 4), 'hex'), count(*)
            from (select secret as value from public.app
                  union all select credentials from public.channel where credentials <> '') s
           group by 1
        $$
        """
    )
    op.execute("revoke all on function sealing_keys() from public")
    op.execute(f"grant execute on function sealing_keys() to {APP}")


def _channel_numbers() -> None:
    """Connected channels by how long ago they last brought something: a handful of numbers, however many channels."""
    op.execute(
        """
        create function channel_numbers() returns table
          (within_hour bigint, within_day bigint, within_week bigint, older bigint, never bigint,
           reconnect_needed bigint, paused bigint, last_inbound_s float8, database_bytes bigint)
        language sql stable security definer set search_path = pg_catalog, public
        as $$
          select count(*) filter (where c.last_inbound_at >= now() - interval '1 hour'),
                 count(*) filter (where c.last_inbound_at < now() - interval '1 hour'
                                    and c.last_inbound_at >= now() - interval '1 day'),
                 count(*) filter (where c.last_inbound_at < now() - interval '1 day'
                                    and c.last_inbound_at >= now() - interval '7 days'),
                 count(*) filter (where c.last_inbound_at < now() - interval '7 days'),
                 count(*) filter (where c.last_inbound_at is null),
                 count(*) filter (where c.status = 'reconnect_needed'),
                 count(*) filter (where c.status = 'paused'),
                 extract(epoch from now() - max(c.last_inbound_at))::float8,
                 -- The roles of the hot paths may not connect, and so not measure either.
                 case when has_database_privilege(current_database(), 'connect')
                      then pg_database_size(current_database()) end
            from public.channel c where c.credentials <> ''
        $$
        """
    )
    op.execute("revoke all on function channel_numbers() from public")
    op.execute(f"grant execute on function channel_numbers() to {INGEST}")


def downgrade() -> None:
    raise NotImplementedError("restore the backup taken before the upgrade")
