"""What is found, by whom, and what of it is shown."""

from __future__ import annotations

from datetime import timedelta
from uuid import UUID

from invekto.channels.adapter import InboundAttachment
from invekto.conversations.events import MessageChanged
from invekto.kernel.tx import SYSTEM
from tests.search.finder import Finder, conversations, looked_for, marked, texts

PHONE = "+905321112233"
OTHER = "+905324445566"


async def test_all_spellings_of_a_turkish_word_find_the_same(finder: Finder) -> None:
    world = finder.world
    for text in ("Işık açık kalmış", "IŞIK tedavisi", "isik.jpg geldi mi", "İzmir'e geliyorum", "kaşık"):
        await world.write(PHONE, text)
    await finder.follow()
    agent = await world.browser("agent1")
    for asked in ("ışık", "IŞIK", "Işik", "isik", "İŞİK", " ışık "):
        page = await looked_for(agent, asked)
        assert texts(page) == ["isik.jpg geldi mi", "IŞIK tedavisi", "Işık açık kalmış"], asked
        assert marked(page) == [["isik"], ["IŞIK"], ["Işık"]], asked
    for asked in ("İzmir", "izmir", "IZMIR", "ızmır"):
        assert texts(await looked_for(agent, asked)) == ["İzmir'e geliyorum"], asked


async def test_words_are_anded_the_last_goes_on_and_quotes_keep_the_order(finder: Finder) -> None:
    world = finder.world
    await world.write(PHONE, "diş beyazlatma fiyatı nedir")
    await world.write(PHONE, "beyazlatma için diş fiyatı")
    await world.write(PHONE, "diş hekimi")
    await finder.follow()
    agent = await world.browser("agent1")
    assert len(texts(await looked_for(agent, "diş fiy"))) == 2
    assert texts(await looked_for(agent, '"diş beyazlatma" fiy')) == ["diş beyazlatma fiyatı nedir"]
    assert texts(await looked_for(agent, "fiy diş hek")) == []
    assert texts(await looked_for(agent, "diş hek")) == ["diş hekimi"]
    assert texts(await looked_for(agent, "hek diş")) == []
    for nothing in ("", "?", "zzz"):
        page = await looked_for(agent, nothing)
        assert (page["items"], page["counts"]) == ([], {"messages": 0, "notes": 0, "contacts": 0})


async def test_file_names_titles_and_places_are_found_and_phones_of_cards_are_not(finder: Finder) -> None:
    world = finder.world
    report = InboundAttachment(kind="document", media_id="b", mime="application/pdf", name="Tomografi Raporu.pdf")
    await world.write(PHONE, "ekte", kind="document", attachments=(report,))
    await world.write(
        PHONE, "Evet", kind="interactive", payload={"kind": "button_reply", "title": "Randevuyu onayla", "id": "x"}
    )
    await world.write(PHONE, None, kind="location", payload={"latitude": 1, "longitude": 2, "name": "Kadıköy İskelesi"})
    await world.write(PHONE, None, kind="contacts", payload=[{"name": "Dr. Leyla", "phones": ["+905550001122"]}])
    await finder.follow()
    boss = await world.browser("supervisor")
    for asked, field in (("tomografi", "file"), ("onayla", "content"), ("kadikoy", "content"), ("leyla", "content")):
        page = await looked_for(boss, asked)
        assert [item["snippet"]["field"] for item in page["items"]] == [field], asked
    assert (await looked_for(boss, "5550001122"))["items"] == []


async def test_marks_are_characters_of_the_text_whatever_comes_before_them(finder: Finder) -> None:
    world = finder.world
    await world.write(PHONE, "👩\u200d👩\u200d👧🇹🇷 İyi günler 😀 fiyatları sorayım")
    await world.write(PHONE, "مرحبا، كم سعر زراعة الأسنان؟ fiyat")
    long = "uzun " * 100 + "aranan söz burada " + "sonra " * 100
    await world.write(PHONE, long)
    page = await finder.find("agent1", "fiyat")
    assert marked(page) == [["fiyat"], ["fiyatları"]]
    assert marked(await finder.find("agent1", "زراعه")) == [["زراعة"]]
    snippet = (await finder.find("agent1", "aranan"))["items"][0]["snippet"]
    assert long[snippet["at"] :].startswith(snippet["text"])
    assert (snippet["whole"], len(snippet["text"]) <= 200) == (len(long), True)


async def test_notes_are_found_apart_and_counted(finder: Finder) -> None:
    world = finder.world
    conversation = await world.write(PHONE, "implant istiyorum", name="İmplant Hanım")
    agent = await world.browser("agent1")
    await agent.say(conversation, "implant için indirim yapmayın", kind="note")
    page = await finder.find("agent1", "implant")
    assert page["counts"] == {"messages": 1, "notes": 1, "contacts": 1}
    assert [item["kind"] for item in page["items"]] == ["contact", "note", "message"]
    assert texts(await finder.find("agent1", "implant", in_="notes")) == ["implant için indirim yapmayın"]
    assert texts(await finder.find("agent1", "implant", in_="messages")) == ["implant istiyorum"]
    contacts = await finder.find("agent1", "implant", in_="contacts")
    assert texts(contacts) == ["İmplant Hanım"]
    assert contacts["items"][0]["name_ranges"] == [{"start": 0, "end": 7}]
    assert contacts["items"][0]["conversation"]["id"] == str(conversation)


async def test_filters_narrow(finder: Finder) -> None:
    world = finder.world
    firm = world.firm
    begun = world.clock.now()
    here = await world.write(PHONE, "kampanya var mı")
    there = await world.write(OTHER, "kampanya sürüyor mu", channel=firm.other_channel)
    world.clock.advance(timedelta(days=20))
    await world.write(PHONE, "orada mısınız")
    boss = await world.browser("supervisor")
    await boss.say(here, "kampanya bitti")
    await boss.post(f"/conversations/{there}/resolve")
    await finder.follow()
    boss = await world.browser("supervisor")

    async def found(**filters: object) -> list[str]:
        return texts(await looked_for(boss, "kampanya", **filters))

    assert len(await found()) == 3
    assert await found(channel_id=str(firm.other_channel)) == ["kampanya sürüyor mu"]
    assert await found(team_id=str(firm.team_b)) == ["kampanya sürüyor mu"]
    assert await found(direction="outbound") == ["kampanya bitti"]
    assert await found(status="resolved") == ["kampanya sürüyor mu"]
    assert len(await found(assignee_id=str(firm.users["supervisor"]))) == 2
    later = (begun + timedelta(days=1)).isoformat()
    assert await found(from_=later) == ["kampanya bitti"]
    assert len(await found(to_=later)) == 2
    assert await found(type="image") == []
    status, error = await boss.refused("GET", "/search?q=a&from=dun")
    assert (status, error["fields"][0]["path"]) == (422, "from")


async def test_pages_go_on_where_the_last_one_ended(finder: Finder) -> None:
    world = finder.world
    for number in range(9):
        world.clock.advance(timedelta(days=5))
        await world.write(PHONE, f"sıra numarası {number}" if number % 2 else f"sıram {number}")
    await finder.follow()
    agent = await world.browser("agent1")
    for sort, wanted in (("newest", list("876543210")), ("relevance", list("753186420"))):
        seen: list[str] = []
        cursor: str | None = None
        while True:
            page = await looked_for(agent, "sıra", sort=sort, limit=4, **({"cursor": cursor} if cursor else {}))
            seen += [text[-1] for text in texts(page)]
            assert (page["counts"] is None) == (cursor is not None)
            if (cursor := page["next_cursor"]) is None:
                break
        assert seen == wanted, sort
    status, error = await agent.refused("GET", "/search?q=a&cursor=abc")
    assert (status, error["code"]) == (422, "cursor_invalid")


async def test_nobody_finds_what_they_may_not_see(finder: Finder) -> None:
    world = finder.world
    await world.make_firm("demo2")
    taken = await world.write(PHONE, "gizli mesele", name="Gizli Kişi")
    await world.write(OTHER, "gizli başka mesele", channel=world.firm.other_channel)
    await world.write(PHONE, "gizli öteki firma", firm="demo2", name="Gizli Öteki")
    agent = await world.browser("agent1")
    await agent.post(f"/conversations/{taken}/take")
    seen = {user: texts(await finder.find(user, "gizli")) for user in ("agent1", "agent2", "agent3", "supervisor")}
    assert seen == {
        "agent1": ["Gizli Kişi", "gizli mesele"],
        "agent2": [],
        "agent3": ["gizli başka mesele"],
        "supervisor": ["Gizli Kişi", "gizli başka mesele", "gizli mesele"],
    }
    assert (await finder.find("agent2", "gizli"))["counts"] == {"messages": 0, "notes": 0, "contacts": 0}
    other = await finder.find("supervisor", "gizli", firm="demo2")
    assert texts(other) == ["Gizli Öteki", "gizli öteki firma"]
    assert not conversations(other) & {taken}


async def test_a_number_finds_its_contact_by_any_piece_for_who_may_see_numbers(finder: Finder) -> None:
    world = finder.world
    conversation = await world.write(PHONE, "merhaba", name="Ayşe Yılmaz")
    await world.write(OTHER, "merhaba")  # called by the number
    for typed in ("0532 111 22 33", "+90 532 111", "1112233", "111 22", "2233"):
        page = await finder.find("supervisor", typed, in_="contacts")
        assert texts(page) == ["Ayşe Yılmaz"], typed
        assert conversations(page) == {conversation}
        (mark,) = page["items"][0]["phone_ranges"]
        assert page["items"][0]["contact"]["phone"][mark["start"] : mark["end"]] in PHONE
    assert texts(await finder.find("supervisor", "ayşe 2233", in_="contacts")) == ["Ayşe Yılmaz"]
    # Without the right a whole number is what one knows already; a part of it would be a way to learn the rest.
    for typed in ("1112233", "532 111", "2233", "ayşe 2233", "5324"):
        assert (await finder.find("agent1", typed, in_="contacts"))["items"] == [], typed
    whole = await finder.find("agent1", "0532 111 22 33", in_="contacts")
    assert [(item["contact"]["name"], item["contact"]["phone"], item["phone_ranges"]) for item in whole["items"]] == [
        ("Ayşe Yılmaz", "+90 532 *** ** 33", [])
    ]


async def test_an_edit_replaces_what_is_found_and_a_hidden_revocation_takes_it_away(finder: Finder) -> None:
    world = finder.world
    conversation = await world.write(PHONE, "eski söz")
    await finder.follow()
    message = (await (await world.browser("agent1")).get(f"/conversations/{conversation}/messages"))["items"][0]["id"]
    async with world.db.tx(world.firm.id, SYSTEM) as tx:
        await tx.execute(
            "update message set text = 'yeni söz', edited_at = $2, version = version + 1 where id = $1",
            UUID(message),
            tx.now,
        )
        tx.emit(MessageChanged(conversation_id=conversation, message_id=UUID(message)))
    # Before the log is followed the old word leads to nothing that is not there any more.
    agent = await world.browser("agent1")
    assert (await looked_for(agent, "eski"))["items"] == []
    assert texts(await finder.find("agent1", "yeni")) == ["yeni söz"]
    assert texts(await finder.find("agent1", "eski")) == []
    async with world.db.tx(world.firm.id, SYSTEM) as tx:
        await tx.execute("update message set revoked_at = $2 where id = $1", UUID(message), tx.now)
    assert texts(await looked_for(agent, "yeni")) == ["yeni söz"]
    boss = await world.browser("supervisor")
    await boss.patch("/settings", {"revoked_messages": "hide"})
    hidden = await looked_for(agent, "yeni")
    assert (hidden["items"], hidden["counts"]["messages"]) == ([], 0)


async def test_a_contact_is_found_by_a_new_name(finder: Finder) -> None:
    world = finder.world
    conversation = await world.write(PHONE, "merhaba", name="Ayse")
    agent = await world.browser("agent1")
    contact = (await agent.get(f"/conversations/{conversation}"))["contact"]["id"]
    await finder.follow()
    await agent.patch(f"/contacts/{contact}", {"name": "Zeynep Çağrı"})
    assert texts(await finder.find("agent1", "cagr", in_="contacts")) == ["Zeynep Çağrı"]
    assert (await finder.find("agent1", "ayse", in_="contacts"))["items"] == []


async def test_notes_and_fields_of_a_person_find_them_for_who_sees_them(finder: Finder) -> None:
    world = finder.world
    conversation = await world.write(PHONE, "merhaba", name="Ayşe Yılmaz")
    boss = await world.browser("supervisor")
    contact = (await boss.get(f"/conversations/{conversation}"))["contact"]["id"]
    mail = await boss.post("/contact-fields", {"label": "E-posta", "type": "email", "personal": True})
    city = await boss.post("/contact-fields", {"label": "Şehir", "type": "select", "options": [{"label": "Eskişehir"}]})
    option = city["options"][0]["id"]
    await boss.patch(f"/contacts/{contact}", {"fields": {mail["key"]: "ayse.y@klinik.com", city["key"]: option}})
    await boss.post(f"/contacts/{contact}/notes", {"text": "lateks alerjisi var"})
    for asked, field, mark in (
        ("klinik.com", "field", "klinik"),
        ("eskisehir", "field", "Eskişehir"),
        ('"LATEKS alerjisi"', "note", "lateks alerjisi"),
        ("ayşe lateks", "note", "lateks"),
    ):
        page = await finder.find("supervisor", asked, in_="contacts")
        (item,) = page["items"]
        where = item["snippet"]["ranges"][0]
        assert item["snippet"]["field"] == field
        assert item["snippet"]["text"][where["start"] : where["end"]] == mark
    assert texts(await finder.find("agent1", "eskişehir", in_="contacts")) == ["Ayşe Yılmaz"]
    assert (await finder.find("agent1", "klinik", in_="contacts"))["items"] == []
    # From now on it is personal: not found by who may not see it, before anything is read again.
    await boss.patch(f"/contact-fields/{city['id']}", {"personal": True})
    agent = await world.browser("agent1")
    assert (await looked_for(agent, "eskişehir", in_="contacts"))["items"] == []
    assert (await finder.find("agent1", "eskişehir", in_="contacts"))["counts"]["contacts"] == 0
    assert texts(await finder.find("supervisor", "eskişehir", in_="contacts")) == ["Ayşe Yılmaz"]


async def test_the_box_is_told_of_people_and_of_a_conversations_number(finder: Finder) -> None:
    world = finder.world
    conversation = await world.write(PHONE, "merhaba", name="Ayşe Yılmaz")
    await finder.follow()
    boss = await world.browser("supervisor")
    number = (await boss.get(f"/conversations/{conversation}"))["number"]
    by_name = await boss.get("/search/suggest", q="ays yıl")
    assert (by_name["contacts"], by_name["conversations"]) == ([], [])
    by_name = await boss.get("/search/suggest", q="ayşe yıl")
    assert [one["contact"]["name"] for one in by_name["contacts"]] == ["Ayşe Yılmaz"]
    by_number = await boss.get("/search/suggest", q=f"#{number}")
    assert [one["conversation"]["id"] for one in by_number["conversations"]] == [str(conversation)]
    stranger = await world.browser("agent3")
    assert await stranger.get("/search/suggest", q=f"#{number}") == {"contacts": [], "conversations": []}


async def test_signs_of_the_query_language_mean_nothing(finder: Finder) -> None:
    await finder.world.write(PHONE, "ama bu can")
    await finder.follow()
    agent = await finder.world.browser("agent1")
    for asked in ("'", "\\", "<->", "(", "~", "%_", "&|!"):
        assert (await looked_for(agent, asked))["items"] == [], asked
    for asked in ("a:*", "!ama", "ama & bu", "'~ama'", "ama'bu\\can", "ama*"):
        assert texts(await looked_for(agent, asked)) == ["ama bu can"], asked
