"""Gives out the small numbers that people read: one counter per firm and kind of row."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from uuid import UUID

from invekto.kernel.tenancy import Connection

# In key order, so that two batches never wait for each other's counters.
_TAKE = """
insert into tenant_counter (tenant_id, name, value)
select * from unnest($1::uuid[], $2::text[], $3::bigint[]) order by 1, 2
on conflict (tenant_id, name) do update set value = tenant_counter.value + excluded.value
returning tenant_id, value
"""


async def take_numbers(connection: Connection, name: str, tenants: Iterable[UUID]) -> dict[UUID, list[int]]:
    """New numbers of the counter `name`, as many per tenant as it is named, in ascending order."""
    wanted = Counter(tenants)
    if not wanted:
        return {}
    ordered = sorted(wanted.items())
    rows = await connection.fetch(
        _TAKE, [tenant for tenant, _ in ordered], [name] * len(ordered), [count for _, count in ordered]
    )
    return {
        row["tenant_id"]: list(range(row["value"] - wanted[row["tenant_id"]] + 1, row["value"] + 1)) for row in rows
    }
