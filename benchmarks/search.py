"""Search over everything one firm has said: a year of messages with the words that people use, asked as people ask.

The rows are put in by COPY, with vectors made by the product's own function; who answers is the real web process.
"""

from __future__ import annotations

import asyncio
import random
import time
from collections.abc import Iterator, Sequence
from datetime import timedelta
from itertools import accumulate, product
from typing import Final
from urllib.parse import urlencode
from uuid import UUID

import asyncpg

from benchmarks.desk import Bench
from benchmarks.figures import Budget, Figure, percentile
from benchmarks.machine import spending
from benchmarks.plan import Plan, say
from benchmarks.seeding import grow
from invekto.entry.postgres import SUPERUSER
from invekto.kernel.clock import SystemClock
from invekto.search.vectors import Piece, contact_vector, mark_of, message_vector, pieces_of_contact, week_of

SEARCH: Final = Budget("search over N messages, slowest named query, p95", "ms", "lower", 100, 40)
ALL: Final = Budget("search over N messages, all queries, p95", "ms", "lower", 100, 40)
MESSAGES_PER_CONVERSATION: Final = 50
_YEAR: Final = timedelta(days=365)
_AT_ONCE: Final = 50_000
_SEED: Final = 5

# The commonest words, then stems with the endings that Turkish gives them: 5,657 words, used as Zipf has it.
_WORDS: Final = {
    "common": "merhaba iyi günler teşekkürler ederim bir ve bu için var mı ne kadar fiyat randevu tamam evet hayır yarın bugün"
    " saat olur acaba lütfen bilgi almak istiyorum size ben biz siz çok daha şu o da de ile gibi ama en",
    "stems": "randevu fiyat diş klinik doktor tedavi ağrı muayene kaplama implant ortodonti tel dolgu kanal beyazlatma"
    " temizlik otel oda rezervasyon transfer uçak bilet tur gezi kahvaltı havuz deniz plaj çocuk bebek aile gece hafta ay yıl"
    " ödeme kart nakit fatura iade kargo sipariş ürün beden renk stok indirim kampanya adres şube mağaza çalışma"
    " sigorta rapor sonuç tahlil röntgen film ilaç reçete alerji hamile tansiyon şeker kalp göz kulak burun boğaz cilt"
    " saç ekim estetik dolum botoks yüz kaş dudak çene omuz sırt bel boyun diz ayak parmak tırnak masaj terapi seans"
    " ışık ısı şehir ilçe köy yol araba otobüs taksi durak köprü iskele vapur tren metro havalimanı",
    "endings": " lar ler ları leri ım im um üm ımız imiz ınız iniz da de dan den ya ye yı yi nın nin la le sı si lık lik cı ci"
    " sız siz lı li mış miş dı di acak ecek ıyor iyor mak mek malı meli sa se ken ki çe ca",
    "names": "Ayşe Fatma Zeynep Elif Emine Mehmet Mustafa Ahmet Ali Hüseyin Işıl Çağrı Gökçe Şule Ümit Özlem",
    "surnames": "Yılmaz Kaya Demir Şahin Çelik Yıldız Öztürk Aydın Özdemir Arslan Doğan Kılıç Çetin Kara Koç Kurt",
}
# The first of the endings is none.
_COMMON, _STEMS, _ENDINGS, _NAMES, _SURNAMES = (text.split(" ") for text in _WORDS.values())


def searches(bench: Bench, plan: Plan) -> Iterator[Figure]:
    """Each named query many times, as a supervisor who sees everything and as an agent who sees a tenth."""
    for size in plan.search_sizes:
        began = time.monotonic()
        words = fill(bench, size)
        say(f"{size:,} messages put in within {time.monotonic() - began:.0f} s")
        plan.calm_down(f"search over {size:,}")
        took: dict[str, list[float]] = {}
        with spending(bench.trees) as spent:
            for user in ("supervisor", "agent"):
                caller = bench.caller(user, 0)
                for name, asked in queries(words):
                    for one in asked[:2]:
                        caller.get(f"/api/v1/search?{urlencode(one)}")
                    times = [caller.get(f"/api/v1/search?{urlencode(one)}")[0] for one in asked]
                    took[f"{user}: {name}"] = times
                caller.close()
        plan.judge(f"search over {size:,}", spent)
        for name, times in took.items():
            say(f"{name:<34} p50 {percentile(times, 50):6.1f}  p95 {percentile(times, 95):6.1f} ms")
        asked_in_all = sum(len(times) for times in took.values()) + 2 * len(took)
        say(f"{spent.total_s * 1000 / asked_in_all:.1f} ms CPU each, web and PostgreSQL together")
        everything = [one for times in took.values() for one in times]
        slowest = max(percentile(times, 95) for times in took.values())
        say(f"all: p50 {percentile(everything, 50):.1f}  p95 {percentile(everything, 95):.1f} ms")
        for budget, value in ((ALL, percentile(everything, 95)), (SEARCH, slowest)):
            name = budget.name.replace("N", f"{size:,}")
            yield Budget(name, budget.unit, budget.better, budget.must, budget.aim).of(value)


def queries(words: Sequence[str]) -> Iterator[tuple[str, list[dict[str, str]]]]:
    """Named kinds of questions, twenty of each with other words every time."""
    chance = random.Random(_SEED)  # the same questions in each run
    common, some, rare = words[:12], words[100:400], words[4000:8000]

    def asked(*texts: str, **filters: str) -> list[dict[str, str]]:
        return [{"q": text, **filters} for text in texts]

    def many(*lists: Sequence[str]) -> list[str]:
        return [" ".join(chance.choice(one) for one in lists) for _ in range(20)]

    today = SystemClock().now()
    month = {"from": (today - timedelta(days=200)).isoformat(), "to": (today - timedelta(days=170)).isoformat()}
    yield "a rare word", asked(*many(rare))
    yield "a common word", asked(*many(common))
    yield "a word in between", asked(*many(some))
    yield "two words", asked(*many(some, some))
    yield "two common words", asked(*many(common, common))
    yield "three words", asked(*many(common, some, some))
    for length in (1, 2, 3, 4):
        yield f"{length} letters of a word", asked(*(word[:length] for word in many(some)))
    yield "a phrase", asked(*(f'"{phrase}"' for phrase in many(common, some)))
    yield "a phrase of common words", asked(*(f'"{phrase}"' for phrase in many(common, common)))
    yield "a piece of a number", asked(*(f"0{chance.randrange(550_000_0, 551_000_0)}" for _ in range(20)))
    yield "a name", asked(*many(_NAMES, _SURNAMES))
    yield "a word of a month half a year ago", asked(*many(common), **month)
    yield "by relevance", asked(*many(some), sort="relevance")
    yield "notes only", asked(*many(some), **{"in": "notes"})
    yield "nothing there", asked(*(f"yoktur{number}" for number in range(20)))


# Filling ----------------------------------------------------------------------------------------------------------


def fill(bench: Bench, messages: int) -> list[str]:
    """Brings the first firm to `messages` messages of the last year; the words by how often they are used."""
    grow(bench, 0, messages // MESSAGES_PER_CONVERSATION)
    words = list(dict.fromkeys([*_COMMON, *(stem + ending for ending, stem in product(_ENDINGS, _STEMS))]))
    asyncio.run(_fill(bench.postgres.url(SUPERUSER), bench.firms[0].tenant_id, messages, words))
    return words


async def _fill(url: str, tenant_id: UUID, messages: int, words: Sequence[str]) -> None:
    connection = await asyncpg.connect(url)
    try:
        # As when a backup is loaded: no checks of what is known to be whole, indexes at the end.
        await connection.execute("set session_replication_role = replica")
        await connection.execute("set maintenance_work_mem = '256MB'")
        await connection.execute("drop index search_message_words_idx")
        await _name_people(connection, tenant_id)
        talks = await connection.fetch("select id, channel_id from conversation where tenant_id = $1", tenant_id)
        there = await connection.fetchval("select count(*) from search_message where tenant_id = $1", tenant_id)
        chance = random.Random(_SEED)  # as above
        weights = list(accumulate(1 / place**1.05 for place in range(1, len(words) + 1)))
        now = SystemClock().now()
        for start in range(there, messages, _AT_ONCE):
            rows = []
            for number in range(start, min(start + _AT_ONCE, messages)):
                talk = talks[number % len(talks)]
                at = now - _YEAR * (number / messages)
                text = " ".join(chance.choices(words, cum_weights=weights, k=chance.randint(3, 16)))
                vector = message_vector(mark_of(tenant_id, "text", at), [Piece("text", text)])
                rows.append((number, talk["id"], talk["channel_id"], at, text, vector, week_of(at)))
            await _put(connection, tenant_id, rows)
        await connection.execute(
            "create index search_message_words_idx on search_message using gin (words) with (gin_pending_list_limit = 256)"
        )
        await connection.execute("vacuum analyze search_message, search_contact, search_week, message, conversation")
    finally:
        await connection.close()


async def _put(
    connection: asyncpg.Connection[asyncpg.Record], tenant_id: UUID, rows: Sequence[tuple[object, ...]]
) -> None:
    async with connection.transaction():
        await connection.execute(
            "create temp table said (number int, talk uuid, channel uuid, at timestamptz, text text, words text, week int,"
            " id uuid default uuidv7()) on commit drop"
        )
        columns = ["number", "talk", "channel", "at", "text", "words", "week"]
        await connection.copy_records_to_table("said", records=rows, columns=columns)
        await connection.execute(
            "insert into message (tenant_id, id, conversation_id, channel_id, seq, direction, type, text, author_kind,"
            " created_at) select $1, id, talk, channel, number + 1000, 'inbound', 'text', text, 'contact', at from said",
            tenant_id,
        )
        await connection.execute(
            "insert into search_message (tenant_id, message_id, conversation_id, channel_id, type, direction, created_at,"
            " words) select $1, id, talk, channel, 'text', 'inbound', at, words::tsvector from said",
            tenant_id,
        )
        await connection.execute(
            "insert into search_week as w (tenant_id, kind, week, documents) select $1, 'm', week, count(*) from said"
            " group by week on conflict (tenant_id, kind, week) do update set documents = w.documents + excluded.documents",
            tenant_id,
        )


async def _name_people(connection: asyncpg.Connection[asyncpg.Record], tenant_id: UUID) -> None:
    chance = random.Random(_SEED)  # as above
    people = await connection.fetch(
        "select id, phone, version from contact where tenant_id = $1 order by id", tenant_id
    )
    names = [f"{chance.choice(_NAMES)} {chance.choice(_SURNAMES)}" for _ in people]
    await connection.execute(
        "update contact k set name = x.name from unnest($2::uuid[], $3::text[]) as x (id, name)"
        " where k.tenant_id = $1 and k.id = x.id",
        *(tenant_id, [row["id"] for row in people], names),
    )
    await connection.execute(
        "insert into search_contact (tenant_id, contact_id, version, words)"
        " select $1, i, v, w::tsvector from unnest($2::uuid[], $3::bigint[], $4::text[]) as x (i, v, w)"
        " on conflict (tenant_id, contact_id) do update set words = excluded.words",
        *(tenant_id, [row["id"] for row in people], [row["version"] for row in people]),
        [
            contact_vector(tenant_id, pieces_of_contact(name, (), [row["phone"] or ""], None, None))
            for row, name in zip(people, names, strict=True)
        ],
    )
