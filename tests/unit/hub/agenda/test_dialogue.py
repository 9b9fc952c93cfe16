""" "Je viens", in the words of people on the open network: asked in private, and only a yes commits."""

import json
from datetime import UTC, datetime

import pytest
import pytest_asyncio

from hub.agenda import coming
from hub.agenda.actions import cancel, change_event, delete_event, draft_of
from hub.agenda.coming import count_as_coming, join, leave
from hub.agenda.models import Attendance, JoinDraft, JoinMode, Presence
from hub.app import use_slices
from hub.errors import Conflict
from hub.fediverse.models import Activity, Delivery
from hub.publications.models import Publication
from tests.others import activity, create, note, sent, somebody
from tests.unit.hub.agenda.conftest import PAUL, event, in_days
from tests.unit.hub.agenda.test_inbox import VILLAGE, a_join, fresh, hear, private_words


@pytest.fixture(autouse=True)
def slices(village):
    use_slices()


@pytest_asyncio.fixture
async def ana(village):
    return await somebody("ana")


async def answer(ana, workshop, words="<p>Je viens !</p>", **facts):
    reply = note(ana, words, inReplyTo=workshop.publication.uri, **facts)
    await hear(create(ana, reply))
    return reply


async def asked(ana, workshop, **facts):
    await answer(ana, workshop, **facts)
    return await Attendance.filter(event_id=workshop.id).order_by("-id").first()


def says(ana, words, *, to):
    mention = '<span class="h-card"><a href="https://bourg.example/@saint-martin">@saint-martin</a></span>'
    return note(ana, f"<p>{mention} {words}</p>", inReplyTo=to, to=[VILLAGE], cc=None)


async def reply(ana, words, *, to):
    said = says(ana, words, to=to)
    await hear(create(ana, said))
    return said


async def last_words(ana):
    return (await private_words(ana))[-1]["content"]


async def test_who_answers_that_they_come_is_asked_in_private_and_holds_no_place_yet(ana):
    workshop = await event()
    made = await asked(ana, workshop)
    assert made.presence is Presence.ASKED
    (question,) = await private_words(ana)
    assert (question["id"], question["cc"]) == (made.question_uri, [])
    assert "OUI ou NON" in question["content"]
    assert "Salle des fêtes" in question["content"]
    stored = await Activity.get(uri=f"{made.question_uri}/create")
    assert not stored.public
    assert {row.inbox for row in await Delivery.filter(activity_id=stored.id)} == {ana.inbox}
    assert (await fresh(workshop)).coming == 0
    assert await Publication.filter(author=ana).count() == 1  # their answer stands on the page


async def test_the_question_is_in_their_language(ana):
    await answer(ana, await event(), contentMap={"en": "<p>I’ll be there!</p>"})
    assert "YES or NO" in await last_words(ana)


@pytest.mark.parametrize("words", ["Bravo !", "Est-ce que je viens avec mon vélo ?", "Je ne viens pas"])
async def test_any_other_answer_asks_nobody(ana, words):
    await answer(ana, await event(), f"<p>{words}</p>")
    assert await Attendance.all().count() == 0
    assert await private_words(ana) == []


async def test_an_edit_may_make_it_plain(ana):
    workshop = await event()
    said = await answer(ana, workshop, "<p>Euh</p>")
    edited = said | {"content": "<p>Je viens</p>", "updated": "2026-11-25T10:00:00Z"}
    await hear(activity("Update", ana, edited))
    assert (await Attendance.get()).presence is Presence.ASKED


async def test_the_team_may_have_somebody_asked_who_said_it_less_plainly(ana):
    workshop = await event()
    said = await answer(ana, workshop, "<p>Avec mon vieux vélo, tiens.</p>")
    kept = await Publication.get(uri=said["id"]).select_related("author")
    first, again = [await count_as_coming(workshop, kept) for _ in range(2)]
    assert first.id == again.id
    assert len(await private_words(ana)) == 1


@pytest.mark.parametrize("words", ["OUI", "Oui, je viens", "yes"])
async def test_oui_takes_a_place_once(ana, words):
    workshop = await event()
    made = await asked(ana, workshop)
    yes = create(ana, says(ana, words, to=made.question_uri))
    await hear(yes, yes)
    await reply(ana, "oui", to=made.question_uri)
    assert (await fresh(made)).presence is Presence.COMING
    assert (await fresh(workshop)).coming == 1
    assert len([one for one in await private_words(ana) if "C’est noté" in one["content"]]) == 1
    assert await Publication.filter(author=ana).count() == 1


async def test_who_finds_no_place_is_told_so_and_again_when_there_is_one(ana):
    workshop = await event(capacity=1)
    paul = await join(workshop, JoinDraft(), PAUL)
    made = await asked(ana, workshop)
    await reply(ana, "oui", to=made.question_uri)
    assert (await fresh(made)).presence is Presence.WAITING
    assert "liste d’attente" in await last_words(ana)
    await leave(paul)
    assert (await fresh(made)).presence is Presence.COMING
    assert "Une place s’est libérée" in await last_words(ana)
    assert await sent("Accept") == []


async def test_non_declines_and_later_takes_back(ana):
    workshop = await event()
    first = await asked(ana, workshop)
    await reply(ana, "Non, désolée", to=first.question_uri)
    assert (await fresh(first)).presence is Presence.LEFT
    second = await asked(ana, workshop)
    assert second.id != first.id
    yes = await reply(ana, "oui", to=second.question_uri)
    await reply(ana, "Je ne peux plus", to=yes["id"])
    assert (await fresh(second)).presence is Presence.LEFT
    assert (await fresh(workshop)).coming == 0
    assert "vous ne venez pas" in await last_words(ana)


async def test_what_is_not_clear_changes_nothing_and_is_asked_again_once(ana):
    made = await asked(ana, await event())
    for words in ("peut-être", "à quelle heure ?"):
        await reply(ana, words, to=made.question_uri)
    assert (await fresh(made)).presence is Presence.ASKED
    again = (await private_words(ana))[1:]
    assert len(again) == 1
    assert "seulement OUI ou NON" in again[0]["content"]
    await reply(ana, "oui", to=again[0]["id"])
    assert (await fresh(made)).presence is Presence.COMING


async def test_a_second_je_viens_asks_nobody_twice(ana):
    workshop = await event()
    for _ in range(3):
        await answer(ana, workshop)
    assert await Attendance.all().count() == len(await private_words(ana)) == 1


async def test_nobody_else_can_say_yes_for_them_and_a_yes_on_the_page_commits_nothing(ana):
    workshop = await event()
    made = await asked(ana, workshop)
    eve = await somebody("eve")
    await reply(eve, "oui", to=made.question_uri)
    await answer(ana, workshop, "<p>Oui !</p>")
    assert (await fresh(made)).presence is Presence.ASKED


async def test_a_join_from_there_is_a_yes_too(ana):
    workshop = await event()
    made = await asked(ana, workshop)
    await hear(a_join(ana, workshop))
    assert (await fresh(made)).presence is Presence.COMING
    assert (await fresh(workshop)).coming == 1


async def test_of_one_server_no_crowds_are_asked(ana, monkeypatch):
    monkeypatch.setattr(coming, "EACH_ELSEWHERE", 2)
    workshop = await event()
    await hear(a_join(await somebody("bea"), workshop))
    for writer in (ana, await somebody("cid")):
        await answer(writer, workshop)
    assert await Attendance.all().count() == 2
    assert len(await private_words()) == 1
    said = await Publication.get(author__name="cid").select_related("author")
    assert (await count_as_coming(workshop, said, by_team=True)).presence is Presence.ASKED


async def test_whom_the_team_took_off_is_not_asked_again_unless_by_the_team(ana):
    workshop = await event()
    made = await asked(ana, workshop)
    await reply(ana, "oui", to=made.question_uri)
    await leave(await fresh(made), by_team=True)
    await answer(ana, workshop)
    assert (await Attendance.get()).presence is Presence.DECLINED
    said = await Publication.filter(author=ana).order_by("-id").select_related("author").first()
    assert (await count_as_coming(workshop, said, by_team=True)).presence is Presence.ASKED


async def test_who_comes_too_late_is_told_kindly(ana):
    workshop = await event()
    made = await asked(ana, workshop)
    await cancel(workshop, "Il pleut.")
    assert "Il pleut." in await last_words(ana)
    await reply(ana, "oui", to=made.question_uri)
    assert (await fresh(made)).presence is Presence.DECLINED
    assert "n’a plus lieu" in await last_words(ana)


async def test_who_said_yes_is_told_of_changes_and_of_the_end_in_private(ana):
    workshop = await event()
    made = await asked(ana, workshop)
    await reply(ana, "oui", to=made.question_uri)
    draft = await draft_of(workshop)
    await change_event(workshop, draft.__class__(**{**vars(draft), "place": "Sous le tilleul"}))
    assert "Sous le tilleul" in await last_words(ana)
    await delete_event(workshop)
    assert "n’a pas lieu" in await last_words(ana)
    await reply(ana, "non", to=made.question_uri)


async def test_nobody_is_asked_about_what_takes_no_names_or_is_over(ana):
    for facts in ({"join_mode": JoinMode.NONE}, {"starts_at": in_days(-2, 9), "ends_at": in_days(-2, 10)}):
        await answer(ana, await event(**facts))
    assert await Attendance.all().count() == 0
    with pytest.raises(Conflict):
        await count_as_coming(
            await event(join_mode=JoinMode.NONE), await Publication.filter(author=ana).first()
        )


async def test_of_who_is_silenced_nobody_is_asked_before_somebody_read_it(ana):
    await type(ana).filter(id=ana.id).update(silenced_at=datetime.now(UTC))
    await answer(ana, await event())
    assert await Attendance.all().count() == 0


async def test_no_name_of_theirs_is_ever_public(ana):
    made = await asked(ana, await event())
    await reply(ana, "oui", to=made.question_uri)
    for one in await Activity.filter(public=True):
        assert ana.uri not in json.loads(one.body)["to"] + json.loads(one.body)["cc"]
