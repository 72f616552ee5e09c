"""Makes a firm large by copying, in set-based SQL, the rows that the product itself has written for one conversation."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from benchmarks.desk import Bench
    from benchmarks.firms import Firm

# What differs from the copied row; `g` is a row of `grown`, `t` the original. Everything else is taken over.
_DIFFERENCES = {
    "contact": {
        "id": "g.contact_id",
        "number": "g.contact_number",
        "name": "'Customer ' || g.n",
        "search_key": "'customer ' || g.n",
        "sort_key": "'customer ' || g.n",
        "phone": "'+9055' || lpad(g.n::text, 8, '0')",
    },
    "identity": {"id": "g.identity_id", "contact_id": "g.contact_id"},
    "identity_address": {"identity_id": "g.identity_id", "value": "t.scheme || g.n"},
    "conversation": {
        "id": "g.conversation_id",
        "number": "g.conversation_number",
        "identity_id": "g.identity_id",
        "contact_id": "g.contact_id",
        # A tenth is the agent's, three tenths somebody else's, the others wait in the queue.
        "assignee_id": "case when g.n % 10 = 0 then $3::uuid when g.n % 10 < 4 then $4::uuid end",
        "last_message_at": "now() - g.n * interval '37 seconds'",
        "created_at": "now() - g.n * interval '37 seconds'",
        "last_seq": "1",
        "inbound_count": "1",
        "answered_inbound_no": "0",
        "preview_seq": "1",
        "status": "'open'",
        "previous_id": "null",
    },
    "message": {
        "id": "g.message_id",
        "conversation_id": "g.conversation_id",
        "seq": "1",
        "inbound_no": "1",
        "provider_id": "'grown-' || g.n",
        "created_at": "now() - g.n * interval '37 seconds'",
        "author_id": "g.contact_id",
        "reply_to_id": "null",
        "resend_of_id": "null",
    },
}
_ORIGINAL = {
    "contact": "t.id = o.contact_id",
    "identity": "t.id = o.identity_id",
    "identity_address": "t.identity_id = o.identity_id",
    "conversation": "t.id = o.id",
    "message": "t.conversation_id = o.id and t.seq = (select min(m.seq) from message m"
    " where m.tenant_id = o.tenant_id and m.conversation_id = o.id and m.direction = 'inbound')",
}


def grow(bench: Bench, firm: int, conversations: int) -> None:
    """Adds conversations until the firm has `conversations` open ones, then lets the planner know."""
    tenant = bench.firms[firm].tenant_id
    there = bench.value("select count(*) from conversation where tenant_id = $1 and status = 'open'", tenant)
    if there >= conversations:
        return
    agent, supervisor = (
        bench.value("select id from user_account where tenant_id = $1 and username = $2", tenant, user)
        for user in ("agent", "supervisor")
    )
    bench.rows("drop table if exists grown")
    bench.rows(
        "create unlogged table grown (n int primary key, contact_id uuid, identity_id uuid, conversation_id uuid,"
        " message_id uuid, contact_number bigint, conversation_number bigint)"
    )
    bench.rows(
        "insert into grown select n, uuidv7(), uuidv7(), uuidv7(), uuidv7(),"
        " (select coalesce(max(number), 0) from contact where tenant_id = $1) + n,"
        " (select coalesce(max(number), 0) from conversation where tenant_id = $1) + n"
        " from generate_series($2::int + 1, $3::int) n",
        tenant,
        there,
        conversations,
    )
    for table, differences in _DIFFERENCES.items():
        columns = [
            row["column_name"]
            for row in bench.rows(
                "select column_name from information_schema.columns where table_schema = 'public' and table_name = $1"
                " and is_generated = 'NEVER' order by ordinal_position",
                table,
            )
        ]
        taken = ", ".join(differences.get(column, f"t.{column}") for column in columns)
        uses = " and $3::uuid is not null and $4::uuid is not null"
        bench.rows(
            f"insert into {table} ({', '.join(columns)}) select {taken}"
            f" from (select * from conversation where tenant_id = $1 and number = $2) o"
            f" join {table} t on t.tenant_id = o.tenant_id and {_ORIGINAL[table]}, grown g where true{uses}",
            tenant,
            1,
            agent,
            supervisor,
        )
    for counter, table in (("contact", "contact"), ("conversation", "conversation")):
        bench.rows(
            f"update tenant_counter set value = (select max(number) from {table} where tenant_id = $1)"
            " where tenant_id = $1 and name = $2",
            tenant,
            counter,
        )
    bench.rows("drop table grown")
    bench.rows("vacuum analyze contact, identity, identity_address, conversation, message")


def make_users(bench: Bench, firm: Firm, count: int) -> list[str]:
    """Supervisors with the password of the one who is there."""
    names = [f"screen{number}" for number in range(1, count + 1)]
    bench.rows(
        "insert into user_account (tenant_id, id, username, username_key, name, role, password_hash, created_at)"
        " select u.tenant_id, uuidv7(), wanted, wanted, wanted, u.role, u.password_hash, now()"
        " from user_account u, unnest($2::text[]) wanted where u.tenant_id = $1 and u.username = 'supervisor'"
        " on conflict do nothing",
        firm.tenant_id,
        names,
    )
    return names
