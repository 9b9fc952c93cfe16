"""The page of a need or an offer, as each kind of person and each server sees it."""

from datetime import UTC, datetime

import pytest
import pytest_asyncio

from hub.actors.models import Actor
from hub.exchange import actions, pledges
from hub.exchange.models import Mode, Pledge, Proposal, SlotDraft, State, Voice, Wish
from hub.members.models import Role
from hub.participants.models import Person
from hub.publications.models import Kind, Publication, Scope
from hub.web.page_cache import forget_pages
from tests import factories
from tests.unit.hub.exchange.conftest import PAUL, hands, in_days, need
from tests.unit.hub.village.visitors import page, statements, words
from tests.unit.hub.village.visitors import visitors as visitors

MASTODON = 'application/ld+json; profile="https://www.w3.org/ns/activitystreams", text/html;q=0.1'
LUCIE = Person(name="Lucie Martel", mail="lucie@example.fr")


@pytest.fixture(autouse=True)
def _forget():
    forget_pages()


@pytest_asyncio.fixture
async def visitor(visitors):
    return await visitors.browser()


@pytest_asyncio.fixture
async def member(visitors):
    return await visitors.browser(await factories.member("Paul"))


@pytest_asyncio.fixture
async def agent(visitors):
    return await visitors.browser(await factories.member("Marie", role=Role.AGENT))


def path(proposal):
    return f"/{proposal.publication.code}"


async def answer(proposal, html="<p>Je peux samedi.</p>", name="lucie"):
    """What somebody wrote below it on the open network, as it is stored."""
    uri = f"https://social.example/users/{name}"
    facts = {"host": "social.example", "name": name, "handle": f"{name}@social.example", "kind": "Person"}
    actor = await Actor.get_or_none(uri=uri) or await Actor.create(uri=uri, inbox=f"{uri}/inbox", **facts)
    number = await Publication.all().count()
    return await Publication.create(
        uri=f"{uri}/{number}",
        url=f"{uri}/{number}",
        author=actor,
        kind=Kind.ANSWER,
        type="Note",
        scope=Scope.PUBLIC,
        html=html,
        published_at=datetime.now(UTC),
        in_reply_to=proposal.publication.uri,
        root_id=proposal.publication_id,
    )


async def from_elsewhere(**facts):
    """A need of another village, as it is stored here."""
    uri = "https://vaubelle.example/a/vaubelle"
    village = await Actor.create(
        uri=uri,
        host="vaubelle.example",
        name="vaubelle",
        handle="vaubelle@vaubelle.example",
        kind="Organization",
        display_name="Vaubelle",
        inbox=f"{uri}/inbox",
    )
    publication = await Publication.create(
        uri="https://vaubelle.example/o/1",
        url="https://vaubelle.example/bcdfgh",
        code="hgfdcb",
        author=village,
        kind=Kind.NEED,
        type="Note",
        scope=facts.pop("scope", Scope.PUBLIC),
        title="Ramasser les châtaignes",
        html="<p>Deux paniers chacun.</p>",
        published_at=datetime.now(UTC),
    )
    usual = {"state": State.OPEN, "wanted": 4, "unit": "personnes", "expires_at": in_days(20)}
    return await Proposal.create(publication=publication, **(usual | facts))


async def test_the_page_says_what_when_where_who_and_how_many(visitor):
    wood = await need()
    await pledges.accept(await pledges.pledge(wood, hands(2), PAUL))
    shown = await visitor.get(path(wood))
    said = words(shown)
    for expected in ("Besoin", "En cours", "Rentrer le bois", "Hameau des Combes", "Rosa", "2 sur 5"):
        assert expected in said, expected
    assert ["on" in (arch.get("class") or []) for arch in page(shown).select(".slots i")] == [
        *(True, True),
        *(False, False, False),
    ]


async def test_the_exact_place_and_every_contact_stay_out_of_the_page(visitor, member, agent):
    wood = await need()
    await pledges.accept(await pledges.pledge(wood, hands(2), PAUL))
    for browser in (visitor, member, agent):
        shown = (await browser.get(path(wood))).text
        for secret in ("12, chemin des Combes", "rosa@example.fr", "06 12 34 56 78", "06123456"):
            assert secret not in shown, secret


async def test_words_of_helpers_show_once_they_are_accepted_and_by_their_first_name(visitor):
    wood = await need()
    waiting = await pledges.pledge(wood, hands(message="Je viens à midi"), LUCIE)
    shown = words(await visitor.get(path(wood)))
    assert "Je viens à midi" not in shown
    assert "Lucie" not in shown
    assert "Une autre réponse attend Rosa" in shown
    await pledges.accept(waiting)
    forget_pages()
    shown = words(await visitor.get(path(wood)))
    assert "Je viens à midi" in shown
    assert "Lucie" in shown
    assert "Martel" not in shown
    assert "Confirmé" in shown


async def test_declined_and_withdrawn_answers_are_nobodys_business(visitor):
    wood = await need()
    await pledges.decline(await pledges.pledge(wood, hands(message="Refusé"), PAUL), "Trop tard")
    await pledges.withdraw(await pledges.pledge(wood, hands(message="Retiré net"), LUCIE), "Malade")
    shown = words(await visitor.get(path(wood)))
    for secret in ("Refusé", "Trop tard", "Retiré net", "Malade"):
        assert secret not in shown, secret


async def test_answers_of_the_open_network_stand_below_and_say_what_became_of_them(visitor):
    wood = await need()
    said = await answer(wood)
    assert "Je peux samedi." in words(await visitor.get(path(wood)))
    await pledges.count_as_pledge(wood, said)
    forget_pages()
    shown = page(await visitor.get(path(wood))).select_one(f"#p-{said.id}").get_text(" ")
    assert "Attend son oui" in shown
    await pledges.confirm(await Pledge.get(reply_id=said.id))
    forget_pages()
    shown = await visitor.get(path(wood))
    assert "Confirmé" in page(shown).select_one(f"#p-{said.id}").get_text(" ")
    assert page(shown).select(".say") == []  # it is said once
    assert "1 sur 5" in words(shown)


async def test_a_reply_that_was_hidden_still_counts_in_the_list(visitor, agent):
    wood = await need()
    said = await answer(wood)
    await pledges.count_as_pledge(wood, said)
    await pledges.confirm(await Pledge.get(reply_id=said.id))
    await agent.post(f"{path(wood)}/hide", answer=str(said.id))
    shown = await visitor.get(path(wood))
    assert "Je peux samedi." not in words(shown)
    assert len(page(shown).select(".say")) == 1


async def test_the_page_leads_servers_to_the_document(visitor):
    wood = await need()
    shown = await visitor.get(path(wood))
    assert shown.headers["link"].startswith(f'<{wood.publication.uri}>; rel="alternate"')
    head = page(shown).head
    assert head.find("link", rel="alternate")["href"] == wood.publication.uri
    named = {tag["property"]: tag["content"] for tag in head.select("meta[property]")}
    assert named["og:title"] == "Rentrer le bois"
    assert named["og:description"] == "Huit stères devant la maison."


@pytest.mark.parametrize("accept", ["application/activity+json", MASTODON])
async def test_a_server_is_sent_to_the_document(visitor, accept):
    wood = await need()
    await visitor.get(path(wood))
    sent = await visitor.client.get(path(wood), headers={"accept": accept})
    assert (sent.status_code, sent.headers["location"]) == (303, wood.publication.uri)


async def test_servers_that_preview_the_page_share_one_without_form_and_cookie(visitor):
    wood = await need()
    first = await visitor.get(path(wood))
    assert "<form" not in first.text
    assert "set-cookie" not in first.headers
    assert page(first).select_one(f'main a[href="{path(wood)}/help"]')
    with statements() as asked:
        assert (await visitor.get(path(wood))).text == first.text
    assert len(asked) <= 2  # the village, and what hangs at this address


async def test_a_person_finds_the_form_on_the_page(visitor):
    wood = await need()
    await visitor.get(path(wood))
    shown = await visitor.client.get(path(wood), headers={"sec-fetch-mode": "navigate"})
    assert page(shown).select_one(f'form[action="{path(wood)}/help"] input[name=contact]')
    assert "set-cookie" in shown.headers


async def test_a_member_is_not_asked_who_they_are(member):
    wood = await need()
    form = page(await member.get(path(wood))).select_one(f'form[action="{path(wood)}/help"]')
    assert form.select("[name=name], [name=contact]") == []
    assert "Vous répondez en tant que Paul" in form.get_text(" ")


@pytest.mark.parametrize("scope", [Scope.VILLAGE, Scope.NEIGHBOURS])
async def test_what_is_not_for_everybody_does_not_exist_for_strangers(visitor, member, scope):
    wood = await need(scope=scope)
    assert "Rentrer le bois" in words(await member.get(path(wood)))
    assert "link" not in (await member.get(path(wood))).headers
    hidden, missing = await visitor.get(path(wood)), await visitor.get("/zzzzzz")
    assert hidden.status_code == missing.status_code == 404
    for deed in ("help", "support", "leave"):
        assert (await visitor.get(f"{path(wood)}/{deed}")).status_code == 404
        assert (await visitor.post(f"{path(wood)}/{deed}")).status_code in (404, 405)


async def test_what_is_still_to_be_read_is_there_for_agents_alone(visitor, member, agent):
    wood = await need(trusted=False)
    for browser in (visitor, member):
        assert (await browser.get(path(wood))).status_code == 404
        assert (await browser.post(f"{path(wood)}/help", name="X", contact="x@example.fr")).status_code == 404
    shown = words(await agent.get(path(wood)))
    assert "À relire" in shown
    assert "Seule la mairie voit cette page" in shown


async def test_what_was_deleted_says_so_without_its_words(visitor):
    wood = await need()
    await actions.delete_proposal(wood)
    shown = await visitor.get(path(wood))
    assert shown.status_code == 410
    assert "Rentrer le bois" not in shown.text
    assert (await visitor.get(f"{path(wood)}/help")).status_code == 404


@pytest.mark.parametrize("facts", [{"scope": Scope.VILLAGE}, {"trusted": False}])
async def test_what_strangers_never_saw_leaves_no_trace_when_it_is_deleted(visitor, facts):
    wood = await need(**facts)
    await actions.delete_proposal(wood)
    assert (await visitor.get(path(wood))).status_code == 404


async def test_where_it_stands_is_told_step_by_step(visitor):
    wood = await need(wanted=1, trusted=False)
    await actions.approve(wood, by="Marie")
    made = await pledges.pledge(wood, hands(), PAUL)
    await pledges.accept(made)
    await pledges.withdraw(made)
    shown = page(await visitor.get(path(wood))).select(".tl li")
    said = [" ".join(step.p.get_text(" ").split()) for step in shown]
    assert [step["class"] for step in shown] == [["done"], ["done"], ["done"], ["now"], ["next"]]
    assert "à relire" in said[0]
    assert "relu par Marie" in said[1]
    assert "Couvert" in said[2]
    assert "Rouvert" in said[3]
    assert "Se ferme tout seul" in said[4]


async def test_covered_it_asks_nobody_any_more_and_thanked_it_says_the_thanks(visitor):
    wood = await need(wanted=1)
    await pledges.accept(await pledges.pledge(wood, hands(), PAUL))
    shown = await visitor.get(path(wood))
    assert "Il y a assez de monde" in words(shown)
    assert page(shown).select(f'main [action="{path(wood)}/help"], main a[href="{path(wood)}/help"]') == []
    await actions.thank(wood, "Merci, on a bien ri !")
    forget_pages()
    shown = words(await visitor.get(path(wood)))
    assert "Merci, on a bien ri" in shown
    assert "Remercié" in shown


async def test_of_a_series_promised_and_delivered_stand_apart(visitor):
    jars = await need(template="series", wanted=500, unit="visières")
    made = await pledges.pledge(jars, hands(120), PAUL)
    await pledges.accept(made)
    await pledges.confirm_done(made, by_owner=True, delivered=80)
    shown = await visitor.get(path(jars))
    assert "120 sur 500" in words(shown)
    assert "80 déjà là" in words(shown)
    assert [bar["width"] for bar in page(shown).select(".bar rect")] == ["24.0%", "16.0%"]


async def test_an_offer_of_nights_says_which_are_full(visitor):
    house = await need(
        kind=Kind.OFFER,
        template="housing",
        nights=True,
        wanted=2,
        unit="lits",
        starts_at=in_days(10, 12),
        ends_at=in_days(13, 12),
    )
    first, last = in_days(11).date(), in_days(12).date()
    await pledges.accept(await pledges.pledge(house, hands(2, first_night=first, last_night=last), PAUL))
    shown = await visitor.get(path(house))
    spans = [" ".join(span.get_text(" ").split()) for span in page(shown).select("article .meta li")]
    assert [span.rpartition(":")[2].strip() for span in spans] == [
        "2 sur 2 lits libres",
        "complet",
        "2 sur 2 lits libres",
    ]
    form = page(await visitor.get(f"{path(house)}/help"))
    choices = [option["value"] for option in form.select("#f-first_night option")]
    assert choices == ["", in_days(10).date().isoformat(), in_days(13).date().isoformat()]
    for night in (10, 13):
        stay = hands(2, first_night=in_days(night).date(), last_night=in_days(night).date())
        await pledges.accept(await pledges.pledge(house, stay, LUCIE))
    forget_pages()
    shown = words(await visitor.get(path(house)))
    assert "Complet" in shown
    assert "Complet pour toutes ses nuits." in shown


async def test_an_offer_speaks_of_an_offer(visitor):
    trailer = await need(kind=Kind.OFFER, template="lending", mode=Mode.LOAN, wanted=2, unit="places")
    shown = words(await visitor.get(path(trailer)))
    for expected in ("Offre", "Cela m’intéresse", "Un prêt, à rendre", "2 sur 2 places"):
        assert expected in shown, expected
    for unwanted in ("Je peux aider", "Moi aussi"):
        assert unwanted not in shown.replace("« je peux aider »", ""), unwanted


async def test_each_slot_says_whether_it_is_full(visitor):
    slots = tuple(
        SlotDraft(starts_at=in_days(7, hour), ends_at=in_days(7, hour + 2), wanted=1) for hour in (9, 11)
    )
    bar = await need(wanted=2, slots=slots)
    form = page(await visitor.get(f"{path(bar)}/help"))
    taken = form.select_one("[name=slot]")["value"]
    await pledges.accept(await pledges.pledge(bar, hands(slot_id=int(taken)), PAUL))
    radios = page(await visitor.get(f"{path(bar)}/help")).select("[name=slot]")
    assert [radio.has_attr("disabled") for radio in radios] == [True, False]
    assert "complet" in words(await visitor.get(path(bar)))


async def test_the_town_hall_speaks_for_who_is_not_named(visitor, member):
    wood = await need(voice=Voice.TOWN_HALL)
    for browser in (visitor, member):
        shown = await browser.get(path(wood))
        assert "Rosa" not in shown.text
        assert "a demandé à ne pas être nommée" in words(shown)


async def test_the_own_questions_of_a_kind_and_the_laws_words_are_shown(visitor):
    ride = await need(template="transport", details={"route": "Au marché", "days": "", "other": "Caché"})
    shown = words(await visitor.get(path(ride)))
    assert "De où à où ? Au marché" in shown.replace("\u202f", " ").replace("\xa0", " ")
    assert "Quels jours" not in shown
    assert "Caché" not in shown
    assert "On partage les frais" in shown


async def test_a_gift_of_money_is_made_elsewhere_after_a_word(visitor):
    gift = await need(
        template="donation",
        wanted=None,
        unit="",
        link="https://dons.example/toit",
        beneficiary="Les amis de la chapelle",
    )
    shown = await visitor.get(path(gift))
    assert "dons.example" not in shown.text.replace(gift.publication.html, "")
    assert page(shown).select_one(f'main a[href="{path(gift)}/leave"]')
    leaving = await visitor.get(f"{path(gift)}/leave")
    assert "Les amis de la chapelle" in words(leaving)
    out = page(leaving).select_one('a[href="https://dons.example/toit"]')
    assert {"noopener", "noreferrer", "nofollow"} <= set(out["rel"])
    assert page(leaving).select("main form") == []
    assert (await visitor.get(f"{path(await need())}/leave")).status_code == 404


async def test_how_many_share_it_is_a_number_without_names(visitor):
    wood = await need()
    for number in range(12):
        person = Person(name=f"Habitante {number}", mail=f"h{number}@example.fr")
        await actions.support(wood, person, Wish.ME_TOO if number < 9 else Wish.TAKE_CHARGE)
    shown = words(await visitor.get(path(wood)))
    assert "9 personnes le partagent" in shown
    assert "3 veulent s’en occuper" in shown
    assert "Habitante" not in shown


async def test_a_need_of_another_village_shows_here_and_says_whose_it_is(visitor, member):
    theirs = await from_elsewhere()
    shown = await visitor.get(path(theirs))
    said = words(shown)
    assert "Ramasser les châtaignes" in said
    assert "vaubelle.example" in said
    assert page(shown).select_one('main a[href="https://vaubelle.example/bcdfgh"]')
    assert "Je peux aider" in said
    assert "Moi aussi" not in said
    assert "link" not in shown.headers
    assert page(shown).select_one('meta[name=robots][content="noindex"]')
    asked = await visitor.client.get(path(theirs), headers={"accept": "application/activity+json"})
    assert asked.status_code == 200  # its document is asked for where it lives


async def test_a_need_for_neighbouring_villages_is_read_by_members_alone(visitor, member):
    theirs = await from_elsewhere(scope=Scope.NEIGHBOURS)
    assert (await visitor.get(path(theirs))).status_code == 404
    assert "châtaignes" in words(await member.get(path(theirs)))


async def test_the_author_and_agents_find_their_page_and_others_do_not(visitors, visitor, member, agent):
    rosa = await factories.member("Rosa")
    wood = await need(person=Person(name="Rosa", member_id=rosa.id))
    own = await visitors.browser(rosa)
    for browser, there in ((own, True), (agent, True), (member, False), (visitor, False)):
        found = page(await browser.get(path(wood))).select_one(f'a[href="{path(wood)}/manage"]')
        assert (found is not None) is there
    assert page(await own.get(path(wood))).select(f'form[action="{path(wood)}/help"]') == []


async def test_what_people_wrote_is_text(visitor):
    hostile = "<script>alert(1)</script>\"'><b>{{ 7*7 }}"
    wood = await need(
        title=hostile,
        area=hostile,
        unit=hostile[:40],
        details={"route": hostile},
        template="transport",
        person=Person(name=hostile, mail="x@example.fr"),
    )
    await pledges.accept(await pledges.pledge(wood, hands(2, message=hostile), PAUL))
    await actions.thank(wood, hostile)
    for where in (path(wood), f"{path(wood)}/support"):
        shown = (await visitor.get(where)).text
        assert "<script>" not in shown
        assert "49" not in page(await visitor.get(where)).h1.text


async def test_the_page_asks_the_database_no_more_for_many_answers(member):
    few, many = await need(), await need(wanted=40)
    for number in range(12):
        person = Person(name=f"P{number}", mail=f"p{number}@example.fr")
        await pledges.accept(await pledges.pledge(many, hands(), person))
        await answer(many, name=f"n{number}")
    counts = []
    for each in (few, many):
        with statements() as asked:
            await member.get(path(each))
        counts.append(len(asked))
    assert counts[1] <= counts[0] + 1  # the pictures of those who answered


async def test_the_buttons_of_announcements_do_nothing_to_needs(agent):
    wood = await need()
    for deed in ("edit", "delete", "pin", "unpin"):
        await agent.post(f"{path(wood)}/{deed}", title="Autre", text="Autre")
    kept = await Publication.get(id=wood.publication_id)
    assert (kept.title, kept.deleted_at, kept.pinned_at) == ("Rentrer le bois", None, None)
    assert (await agent.get(f"{path(wood)}/edit")).status_code == 404
