"""Calendars of others: what they would do, that nothing comes twice, what a new reading changes; bad ones."""

from dataclasses import asdict, replace
from datetime import UTC, datetime, timedelta
from ipaddress import ip_network
from zoneinfo import ZoneInfo

import pytest
import pytest_asyncio

from hub import limits
from hub.actors.peers import open_peers
from hub.agenda import calendar_reader, calendar_sources, importing
from hub.agenda.actions import cancel, delete_event
from hub.agenda.calendar_sources import Reading, as_reading, parse_address, read_file
from hub.agenda.coming import join
from hub.agenda.importing import Outcome
from hub.agenda.models import Attendance, Calendar, Event, JoinDraft, JoinMode, Presence, Standing
from hub.agenda.series import tell_ahead
from hub.errors import InvalidInput
from hub.fediverse.models import Activity
from hub.organisations.actions import list_organisation
from hub.organisations.models import OrganisationDraft
from hub.participants.models import Participant, Person
from hub.publications.models import Publication, Scope
from tests import factories
from tests.evilpeer import EvilPeer, answers
from tests.unit.hub.agenda.conftest import PAUL, event, in_days

PARIS = ZoneInfo("Europe/Paris")
NOW = datetime(2026, 11, 28, 9, tzinfo=UTC)


def entry(*lines: str) -> str:
    return "\r\n".join(["BEGIN:VEVENT", *lines, "END:VEVENT", ""])


def calendar_file(*entries: str, head: str = "") -> bytes:
    start = "BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:-//x//FR\r\nX-WR-CALNAME:Club de marche\r\n"
    return f"{start}{head}{''.join(entries)}END:VCALENDAR\r\n".encode()


def walk(uid: str = "walk", *, days: int = 5, title: str = "Balade", more: tuple[str, ...] = ()) -> str:
    starts = in_days(days, 8)
    return entry(
        f"UID:{uid}",
        f"DTSTART:{starts:%Y%m%dT%H%M%SZ}",
        f"DTEND:{starts + timedelta(hours=3):%Y%m%dT%H%M%SZ}",
        f"SUMMARY:{title}",
        "LOCATION:Lavoir\\, rue Haute",
        *more,
    )


async def read(*entries: str, now: datetime = NOW) -> Reading:
    """As read_file(), without a process of its own."""
    question = calendar_reader.Question(
        now=now,
        timezone="Europe/Paris",
        until=now + timedelta(days=limits.DAYS_AHEAD),
        rounds_until=now + timedelta(days=limits.DAYS_AHEAD),
        most=limits.CALENDAR_EVENTS,
    )
    return as_reading(asdict(calendar_reader.read(calendar_file(*entries), question)))


async def refused(content: bytes) -> str:
    with pytest.raises(InvalidInput) as problem:
        await read_file(content, timezone="Europe/Paris", now=NOW)
    return problem.value.by_field["file"]


@pytest_asyncio.fixture
async def club(village):
    return await list_organisation(OrganisationDraft(name="Club de marche"))


@pytest_asyncio.fixture
async def jean(village):
    member = await factories.member("Jean")
    return Person(name="Jean", member_id=member.id)


async def add(club, jean, *entries: str, url: str = "", scope: Scope = Scope.PUBLIC) -> Calendar:
    reading = await read(*entries, now=datetime.now(UTC))
    calendar = await importing.look_at(club, reading, jean, url=url, scope=scope, category="")
    await importing.agree(calendar)
    return await Calendar.get(id=calendar.id)


PATH = "/club.ics"


@pytest_asyncio.fixture
async def peer(village, database, tmp_path):
    """Where the club has its calendar: a server on the loopback, which our client trusts."""
    async with EvilPeer() as peer:
        config = replace(database, ca_file=peer.ca_file(tmp_path), peer_networks=(ip_network("127.0.0.0/8"),))
        async with open_peers(replace(config, origin="https://bourg.example")):
            yield peer


async def again(calendar: Calendar, peer: EvilPeer, *entries: str) -> dict[str, Outcome]:
    """What a new reading would do; then it is done."""
    peer.on(PATH, answers.body(calendar_file(*entries), kind="text/calendar"))
    would = await importing.compare(calendar, await read(*entries, now=datetime.now(UTC)))
    await importing.read_again(calendar.id)
    return {one.title: one.outcome for one in would}


# ------------------------------------------------------------------ what stands in a calendar


async def test_a_date_is_read_with_its_hours_its_place_and_its_words():
    got = await read(
        entry(
            "UID:a1",
            "DTSTART;TZID=Europe/Paris:20261206T140000",
            "DTEND;TZID=Europe/Paris:20261206T163000",
            "SUMMARY:Fête de l’été\\, au lavoir",
            "DESCRIPTION:<p>Venez !</p>Apportez <b>un plat</b><br>et\\n une chaise",
            "LOCATION:Salle des fêtes\\, 1 place Neuve",
            "URL:https://club.example/fete",
        )
    )
    [one] = got.entries
    assert (got.name, one.title, one.uid) == ("Club de marche", "Fête de l’été, au lavoir", "a1")
    assert one.starts_at == datetime(2026, 12, 6, 14, tzinfo=PARIS)
    assert one.ends_at == datetime(2026, 12, 6, 16, 30, tzinfo=PARIS)
    assert one.text.splitlines()[0] == "Venez !"
    assert "<" not in one.text
    facts = importing.facts_of(one)
    assert (facts["place"], facts["address"]) == ("Salle des fêtes", "1 place Neuve")
    assert facts["text"].endswith("https://club.example/fete")


@pytest.mark.parametrize(
    ("lines", "starts", "ends"),
    [
        (
            ("DTSTART;VALUE=DATE:20261224", "DTEND;VALUE=DATE:20261226"),
            "2026-12-24 00:00",
            "2026-12-26 00:00",
        ),
        (("DTSTART;VALUE=DATE:20261224",), "2026-12-24 00:00", "2026-12-25 00:00"),
        (("DTSTART:20261224T180000",), "2026-12-24 18:00", "2026-12-24 19:00"),  # floats: the village's hour
        (("DTSTART:20261224T170000Z", "DURATION:PT90M"), "2026-12-24 18:00", "2026-12-24 19:30"),
        (("DTSTART;TZID=Romance Standard Time:20261224T180000",), "2026-12-24 18:00", "2026-12-24 19:00"),
        (("DTSTART;TZID=Asia/Tokyo:20261225T020000",), "2026-12-24 18:00", "2026-12-24 19:00"),
    ],
)
async def test_days_hours_and_time_zones_are_understood(lines, starts, ends):
    [one] = (await read(entry("UID:a", "SUMMARY:Noël", *lines))).entries
    shown = [f"{moment.astimezone(PARIS):%Y-%m-%d %H:%M}" for moment in (one.starts_at, one.ends_at)]
    assert shown == [starts, ends]
    assert one.all_day == ("VALUE=DATE" in lines[0])


async def test_what_comes_again_is_one_date_for_each_round_with_its_exceptions():
    got = await read(
        entry(
            "UID:choir",
            "DTSTART;TZID=Europe/Paris:20260903T203000",
            "DURATION:PT2H",
            "RRULE:FREQ=WEEKLY;UNTIL=20261231T225959Z",
            "EXDATE;TZID=Europe/Paris:20261217T203000",
            "SUMMARY:Chorale",
        ),
        entry(
            "UID:choir",
            "RECURRENCE-ID;TZID=Europe/Paris:20261210T203000",
            "DTSTART;TZID=Europe/Paris:20261211T190000",
            "SUMMARY:Chorale à l’église",
        ),
        entry(
            "UID:choir",
            "RECURRENCE-ID;TZID=Europe/Paris:20261224T203000",
            "DTSTART;TZID=Europe/Paris:20261224T203000",
            "STATUS:CANCELLED",
            "SUMMARY:Chorale",
        ),
    )
    shown = [
        (f"{one.starts_at.astimezone(PARIS):%m-%d %H:%M}", one.title, one.cancelled) for one in got.entries
    ]
    assert shown == [
        ("12-03 20:30", "Chorale", False),
        ("12-11 19:00", "Chorale à l’église", False),
        ("12-24 20:30", "Chorale", True),
        ("12-31 20:30", "Chorale", False),
    ]
    assert len({one.uid for one in got.entries}) == 4


async def test_an_hour_of_the_clock_stays_when_clocks_change():
    got = await read(
        entry(
            "UID:a", "DTSTART;TZID=Europe/Paris:20270321T100000", "RRULE:FREQ=WEEKLY;COUNT=3", "SUMMARY:Messe"
        )
    )
    assert [one.starts_at.astimezone(PARIS).hour for one in got.entries] == [10, 10, 10]


@pytest.mark.parametrize(
    ("lines", "reason"),
    [
        (("DTSTART:20261206T140000Z",), "no-title"),
        (("SUMMARY:a",), "no-day"),
        (("SUMMARY:a", "DTSTART:demain"), "no-day"),
        (("SUMMARY:a", "DTSTART:20261206T140000Z", "DTEND:20261206T130000Z"), "ends-before"),
        (("SUMMARY:a", "DTSTART:20261206T140000Z", "DTEND:20290101T130000Z"), "too-long"),
        (("SUMMARY:a", "DTSTART:20261206T140000Z", "CLASS:PRIVATE"), "private"),
        (("SUMMARY:a", "DTSTART:20261206T140000Z", "RRULE:FREQ=SECONDLY"), "too-often"),
        (("SUMMARY:a", "DTSTART:20261206T140000Z", "RRULE:FREQ=NEVER"), "broken"),
        (("SUMMARY:a", "DTSTART:00010101T140000Z", "RRULE:FREQ=DAILY"), "endless"),
    ],
)
async def test_a_date_that_cannot_be_taken_over_is_named_and_the_others_are_read(lines, reason):
    got = await read(entry("UID:bad", *lines), entry("UID:b", "DTSTART:20261207T140000Z", "SUMMARY:Bon"))
    assert [one.title for one in got.entries] == ["Bon"]
    assert [why for _, why in got.left_out] == [reason]
    assert reason in calendar_sources.REASONS


async def test_only_so_many_dates_are_taken_the_soonest_first():
    many = [
        entry(f"UID:{number}", f"DTSTART:{NOW + timedelta(days=number):%Y%m%d}T100000Z", "SUMMARY:a")
        for number in range(limits.CALENDAR_EVENTS + 20, 0, -1)
    ]
    got = await read(*many)
    assert (len(got.entries), got.further) == (limits.CALENDAR_EVENTS, 20)
    assert got.entries[0].starts_at < got.entries[-1].starts_at


async def test_what_was_is_not_read():
    assert (await read(entry("UID:a", "DTSTART:20200101T100000Z", "SUMMARY:Passé"))).entries == []


async def test_what_is_no_calendar_or_too_much_is_refused_with_words():
    assert await refused(b"") == calendar_sources.NO_FILE
    assert await refused(b"<!doctype html><title>Connexion</title>") == calendar_sources.NOT_A_CALENDAR
    assert await refused(b"\x00" * 1000) == calendar_sources.NOT_A_CALENDAR
    assert await refused(b"BEGIN:VCALENDAR\n" * (limits.CALENDAR_BYTES // 16 + 1)) == calendar_sources.TOO_BIG
    many = b"BEGIN:VCALENDAR\n" + b"BEGIN:VEVENT\nEND:VEVENT\n" * (calendar_reader.BLOCKS + 1)
    assert await refused(many) == calendar_sources.TOO_MANY
    assert limits.CALENDAR_BYTES == calendar_reader.BYTES


@pytest.mark.parametrize(
    ("typed", "address"),
    [
        ("webcal://club.example/a.ics", "https://club.example/a.ics"),
        ("https://club.example/a.ics?x=1#top", "https://club.example/a.ics?x=1"),
        ("http://club.example/a.ics", "https://club.example/a.ics"),
        ("club.example/a.ics", "https://club.example/a.ics"),
        ("WEBCAL://club.example/a.ics", "https://club.example/a.ics"),
    ],
)
def test_addresses_are_understood_as_people_have_them(typed, address):
    assert parse_address(typed) == address


@pytest.mark.parametrize(
    "typed", ["file:///etc/passwd", "ftp://a.example/b", "a b", "https://", "https://u:p@a.example/"]
)
def test_what_is_no_address_is_refused(typed):
    with pytest.raises(ValueError, match="address of a calendar"):
        parse_address(typed)


# ------------------------------------------------------------------ what becomes of it here


async def test_nothing_happens_before_somebody_agrees_and_then_once(club, jean):
    reading = await read(walk(), walk("other", days=30, title="Loto"), now=datetime.now(UTC))
    calendar = await importing.look_at(club, reading, jean, url="", scope=Scope.PUBLIC, category="")
    assert not await Event.exists()
    assert [one.outcome for one in await importing.compare(calendar, reading)] == [Outcome.ADDED] * 2
    for _ in range(2):
        await importing.agree(calendar)
    made = await Event.all().order_by("starts_at").select_related("publication__author")
    assert [one.publication.title for one in made] == ["Balade", "Loto"]
    assert (made[0].place, made[0].address, made[0].join_mode) == ("Lavoir", "rue Haute", JoinMode.NONE)
    assert made[0].publication.author.name == club.handle
    assert made[0].organisation_id == club.id


async def test_others_are_told_of_what_is_near_at_once_and_of_the_rest_in_time(club, jean):
    await add(club, jean, walk(), walk("far", days=40, title="Loto"))
    near, far = await Event.all().order_by("starts_at").select_related("publication")

    async def told(one: Event) -> int:
        return await Activity.filter(object_uri=one.publication.uri, type="Create").count()

    assert (await told(near), await told(far)) == (1, 0)
    await tell_ahead(datetime.now(UTC) + timedelta(days=30))
    assert (await told(near), await told(far)) == (1, 1)


async def test_what_is_for_the_village_stays_in_it(club, jean):
    await add(club, jean, walk(), scope=Scope.VILLAGE)
    assert not await Activity.filter(type="Create").exists()


async def test_the_same_file_twice_adds_nothing(club, jean):
    await add(club, jean, walk())
    reading = await read(walk(), now=datetime.now(UTC))
    second = await importing.look_at(club, reading, jean, url="", scope=Scope.PUBLIC, category="")
    assert [one.outcome for one in await importing.compare(second, reading)] == [Outcome.SAME]
    await importing.agree(second)
    assert await Event.all().count() == 1


async def test_what_stands_in_the_agenda_by_another_way_is_left_alone(club, jean):
    typed = await event(title="Balade", starts_at=in_days(5, 8), ends_at=in_days(5, 11))
    ours = await event(title="Autre chose")
    uri = (await Publication.get(id=ours.publication_id)).uri
    reading = await read(walk(title="BALADE"), walk(uri, days=9, title="Autre"), now=datetime.now(UTC))
    calendar = await importing.look_at(club, reading, jean, url="", scope=Scope.PUBLIC, category="")
    assert {one.outcome for one in await importing.compare(calendar, reading)} == {Outcome.HERE}
    await importing.agree(calendar)
    assert {one.id for one in await Event.all()} == {typed.id, ours.id}


async def test_a_new_reading_changes_moves_calls_off_and_takes_down(club, jean, peer):
    titles = {"a": "Balade", "b": "Loto", "c": "Bal", "d": "Quiz", "e": "Jeux"}
    before = [walk(uid, title=title) for uid, title in titles.items()]
    calendar = await add(club, jean, *before, url=str(peer.uri(PATH)))
    quiz = await Event.get(publication__title="Quiz")
    await Event.filter(id=quiz.id).update(join_mode=JoinMode.FREE)
    await join(quiz, JoinDraft(), PAUL)
    would = await again(
        calendar,
        peer,
        walk("a"),
        walk("b", title="Grand loto", days=6),
        walk("c", title="Bal", more=("STATUS:CANCELLED",)),
        walk("f", title="Nouveau"),
    )
    assert would == {
        "Balade": Outcome.SAME,
        "Grand loto": Outcome.CHANGED,
        "Bal": Outcome.CANCELLED,
        "Nouveau": Outcome.ADDED,
        "Quiz": Outcome.GONE,
        "Jeux": Outcome.GONE,
    }
    shown = await Event.filter(publication__deleted_at=None).select_related("publication")
    assert {one.publication.title: one.standing for one in shown} == {
        "Balade": Standing.PLANNED,
        "Grand loto": Standing.PLANNED,
        "Bal": Standing.CANCELLED,
        "Nouveau": Standing.PLANNED,
        "Quiz": Standing.CANCELLED,  # somebody wants to come: they are told why
    }
    moved = next(one for one in shown if one.publication.title == "Grand loto")
    assert moved.starts_at == in_days(6, 8)
    assert (await Attendance.get(event_id=quiz.id)).presence is Presence.COMING
    calendar = await Calendar.get(id=calendar.id)
    assert calendar.problem == ""


async def test_what_was_called_off_or_taken_down_here_does_not_come_back(club, jean, peer):
    calendar = await add(club, jean, walk("a"), walk("b", title="Loto"), url=str(peer.uri(PATH)))
    await cancel(await Event.get(uid="a"), "Il pleut.")
    await delete_event(await Event.get(uid="b"))
    would = await again(calendar, peer, walk("a", days=8), walk("b", title="Loto"))
    assert set(would.values()) == {Outcome.SAME}
    assert await Event.filter(publication__deleted_at=None, standing=Standing.PLANNED).count() == 0


async def test_an_empty_calendar_is_an_accident_and_takes_nothing_away(club, jean, peer):
    calendar = await add(club, jean, walk(), url=str(peer.uri(PATH)))
    await again(calendar, peer)
    assert await Event.filter(publication__deleted_at=None).count() == 1
    assert (await Calendar.get(id=calendar.id)).problem == importing.EMPTY


async def test_an_address_that_fails_is_noted_and_nothing_is_lost(club, jean, peer):
    calendar = await add(club, jean, walk(), url=str(peer.uri(PATH)))
    for answer, words in (
        (answers.status(404), calendar_sources.NOTHING_THERE),
        (answers.status(403), calendar_sources.NOT_OPEN),
        (answers.status(503), calendar_sources.NO_ANSWER),
        (answers.redirect("https://10.0.0.1/a.ics"), calendar_sources.NOT_ALLOWED),
        (answers.endless(kind="text/calendar"), calendar_sources.TOO_BIG),
        (answers.body(b"<html>", kind="text/html"), calendar_sources.NOT_A_CALENDAR),
    ):
        peer.on(PATH, answer)
        await importing.read_again(calendar.id)
        assert (await Calendar.get(id=calendar.id)).problem == words
    assert await Event.filter(publication__deleted_at=None).count() == 1
    assert await again(calendar, peer, walk()) == {"Balade": Outcome.SAME}
    assert (await Calendar.get(id=calendar.id)).problem == ""


async def test_stopped_it_is_read_no_more_and_its_dates_stay_or_go(club, jean):
    stays = await add(club, jean, walk("a"), url="https://club.example/a.ics")
    goes = await add(club, jean, walk("b", title="Loto"), url="https://club.example/b.ics")
    await importing.stop(stays)
    await importing.stop(goes, remove=True)
    shown = await Event.filter(publication__deleted_at=None).select_related("publication")
    assert [one.publication.title for one in shown] == ["Balade"]
    await importing.read_again(stays.id)  # fetches nothing: there is no network in here
    assert (await Calendar.get(id=stays.id)).problem == ""


async def test_an_address_is_read_once_and_five_are_enough(club, jean):
    for number in range(limits.CALENDARS_PER_ORGANISATION):
        await add(
            club, jean, walk(str(number), title=f"N {number}"), url=f"https://club.example/{number}.ics"
        )
    for url, message in (
        ("https://club.example/1.ics", importing.KNOWN_ADDRESS),
        ("https://club.example/9.ics", importing.TOO_MANY_CALENDARS),
    ):
        with pytest.raises(InvalidInput) as problem:
            await importing.look_at(club, Reading(), jean, url=url, scope=Scope.PUBLIC, category="")
        assert problem.value.by_field == {"url": message}


async def test_what_nobody_agreed_to_is_forgotten(club, jean):
    calendar = await importing.look_at(club, Reading(), jean, url="", scope=Scope.PUBLIC, category="")
    await importing.read_all()
    assert await Calendar.exists(id=calendar.id)
    await Calendar.filter(id=calendar.id).update(made_at=datetime.now(UTC) - timedelta(days=2))
    await importing.read_all()
    assert not await Calendar.exists(id=calendar.id)


async def test_whole_days_are_those_of_the_village_whatever_the_calendar_says_of_hours():
    day = entry("UID:a", "DTSTART;VALUE=DATE:20261206", "DTEND;VALUE=DATE:20261207", "SUMMARY:Foire")
    hour = entry("UID:b", "DTSTART:20261206T140000", "SUMMARY:Bal")
    got = await read("X-WR-TIMEZONE:UTC\r\n", day, hour)
    [fair, ball] = got.entries
    assert fair.starts_at == datetime(2026, 12, 6, tzinfo=PARIS)
    assert fair.ends_at == datetime(2026, 12, 7, tzinfo=PARIS)
    assert fair.timezone == "Europe/Paris"
    assert ball.starts_at == datetime(2026, 12, 6, 14, tzinfo=UTC)


@pytest.mark.parametrize("moved_to", ["20261120T203000", "20290101T203000"])
async def test_a_round_that_was_moved_out_of_sight_is_not_planned_any_more(moved_to):
    got = await read(
        entry(
            "UID:choir",
            "DTSTART;TZID=Europe/Paris:20261112T203000",
            "RRULE:FREQ=WEEKLY;UNTIL=20261211T225959Z",
            "SUMMARY:Chorale",
        ),
        entry(
            "UID:choir",
            "RECURRENCE-ID;TZID=Europe/Paris:20261203T203000",
            f"DTSTART;TZID=Europe/Paris:{moved_to}",
            f"DTEND;TZID=Europe/Paris:{moved_to}",
            "SUMMARY:Chorale",
        ),
    )
    assert [f"{one.starts_at:%m-%d}" for one in got.entries] == ["12-10"]


@pytest.mark.parametrize(
    ("line", "outcomes"),
    [
        ("RRULE:FREQ=NEVER", {"Loto": Outcome.SAME}),
        ("RRULE:FREQ=SECONDLY", {"Loto": Outcome.SAME}),
        ("BEGIN:VEVENT", {"Loto": Outcome.SAME}),
        ("CLASS:PRIVATE", {"Loto": Outcome.SAME, "Balade": Outcome.GONE}),
    ],
)
async def test_what_cannot_be_understood_today_is_not_gone(club, jean, peer, line, outcomes):
    calendar = await add(club, jean, walk(), walk("b", title="Loto"), url=str(peer.uri(PATH)))
    assert await again(calendar, peer, walk(more=(line,)), walk("b", title="Loto")) == outcomes
    kept = Event.filter(uid="walk", publication__deleted_at=None, standing=Standing.PLANNED)
    assert await kept.exists() is ("Balade" not in outcomes)


async def test_rounds_of_a_rule_that_cannot_be_understood_today_stay(club, jean, peer):
    weekly = walk(more=("RRULE:FREQ=WEEKLY;COUNT=3",))
    calendar = await add(club, jean, weekly, walk("b", title="Loto"), url=str(peer.uri(PATH)))
    assert await Event.filter(uid__startswith="walk/").count() == 3
    await again(calendar, peer, walk(more=("RRULE:FREQ=NEVER",)), walk("b", title="Loto"))
    assert await Event.filter(uid__startswith="walk/", publication__deleted_at=None).count() == 3


async def test_no_more_calendars_are_agreed_to_than_may_be_read(club, jean):
    looked_at = []
    for number in range(limits.CALENDARS_PER_ORGANISATION + 1):
        url, reading = f"https://club.example/{number}.ics", Reading()
        looked_at.append(
            await importing.look_at(club, reading, jean, url=url, scope=Scope.PUBLIC, category="")
        )
    for calendar in looked_at[:-1]:
        await importing.agree(calendar)
    with pytest.raises(InvalidInput) as problem:
        await importing.agree(looked_at[-1])
    assert problem.value.by_field == {"url": importing.TOO_MANY_CALENDARS}
    assert (await Calendar.get(id=looked_at[-1].id)).read_at is None


async def test_of_who_only_looked_no_contact_is_copied_and_nothing_is_left(club):
    member = await factories.member("Lucie", mail="lucie@example.fr")
    lucie = Person(name="Lucie", member_id=member.id)
    calendar = await importing.look_at(club, Reading(), lucie, url="", scope=Scope.PUBLIC, category="")
    owner = await Participant.get()
    assert (owner.member_id, owner.mail, owner.phone) == (member.id, None, None)
    await Calendar.filter(id=calendar.id).update(made_at=datetime.now(UTC) - timedelta(days=2))
    await importing.read_all()
    assert not await Participant.exists()
