"""What I asked and what I promised: as a member, and behind the link of a mail."""

import pytest
import pytest_asyncio

from hub.exchange import actions, pledges
from hub.exchange.models import Pledge, PledgeState, Proposal, State, Voice
from hub.members.models import hash_of
from hub.participants.actions import new_key
from hub.participants.models import Key, Participant, Person
from hub.web.page_cache import forget_pages
from tests import factories
from tests.conftest import ENGINES
from tests.unit.hub.exchange.conftest import PAUL, hands, need
from tests.unit.hub.exchange.test_pages import answer, from_elsewhere, path
from tests.unit.hub.village.visitors import engine as engine  # forms and words
from tests.unit.hub.village.visitors import page, words
from tests.unit.hub.village.visitors import visitors as visitors

INES = Person(name="Inès Cordier", mail="ines@example.fr")


@pytest.fixture(autouse=True)
def _forget():
    forget_pages()


@pytest_asyncio.fixture
async def visitor(visitors):
    return await visitors.browser()


async def link_of(pledge):
    return f"/mine/{await new_key(pledge.participant_id)}"


async def owner_link(proposal):
    return f"/mine/{await new_key(proposal.owner_id)}"


async def test_only_the_hash_of_a_key_is_kept_and_each_mail_has_its_own():
    wood = await need()
    keys = [await new_key(wood.owner_id) for _ in range(2)]
    assert {row.hash for row in await Key.all()} == {hash_of(key) for key in keys}
    for key in keys:
        assert (await Participant.of_key(key)).id == wood.owner_id


@pytest.mark.parametrize("engine", ENGINES)
async def test_a_member_sees_what_they_asked_and_promised_and_nothing_of_others(visitors):
    paul = await factories.member("Paul")
    mine = await need(title="Mon échelle", person=Person(name="Paul", member_id=paul.id))
    theirs = await need(title="Le bois de Rosa")
    await pledges.pledge(theirs, hands(message="Je viens"), Person(name="Paul", member_id=paul.id))
    await pledges.pledge(await need(title="Celui d’une autre"), hands(), INES)
    await pledges.pledge(mine, hands(), INES)
    browser = await visitors.browser(paul)
    shown = await browser.get("/mine")
    said = words(shown)
    assert "Une réponse attend un oui ou un non" in said
    for expected in ("Mon échelle", "Le bois de Rosa", "Je viens", "Attend une réponse"):
        assert expected in said, expected
    for secret in ("Celui d’une autre", "rosa@example.fr", "12, chemin des Combes", "ines@example.fr"):
        assert secret not in said, secret
    assert page(shown).select_one(f'a[href="{path(mine)}/manage"]')


async def test_a_helper_learns_contact_and_exact_place_only_after_the_yes(visitor):
    wood = await need()
    made = await pledges.pledge(wood, hands(), PAUL)
    link = await link_of(made)
    before = words(await visitor.get(link))
    assert "rosa@example.fr" not in before
    assert "12, chemin des Combes" not in before
    await pledges.accept(made)
    after = words(await visitor.get(link))
    assert "rosa@example.fr" in after
    assert "12, chemin des Combes" in after
    await pledges.decline(made, "Il pleut.")
    declined = words(await visitor.get(link))
    assert "rosa@example.fr" not in declined
    assert "12, chemin des Combes" not in declined
    assert "Il pleut." in declined


async def test_of_whom_the_town_hall_speaks_for_the_helper_learns_the_town_hall_s_number(visitors, village):
    village.phone = "04 65 71 20 14"
    await village.save()
    wood = await need(voice=Voice.TOWN_HALL)
    made = await pledges.pledge(wood, hands(), PAUL)
    await pledges.accept(made)
    shown = await (await visitors.browser()).get(await link_of(made))
    assert "Rosa" not in shown.text
    assert "rosa@example.fr" not in shown.text
    assert page(shown).select_one('.kv a[href="tel:0465712014"]')


async def test_a_helper_takes_it_back_and_the_need_is_open_again(visitor):
    wood = await need(wanted=1)
    made = await pledges.pledge(wood, hands(), PAUL)
    await pledges.accept(made)
    link = await link_of(made)
    for _ in range(2):
        sent = await visitor.post(link, pledge=str(made.id), do="withdraw", reason="Le train est annulé.")
        assert sent.status_code == 303
    assert (await Pledge.get(id=made.id)).state is PledgeState.WITHDRAWN
    assert (await Proposal.get(id=wood.id)).state is State.OPEN
    shown = await visitor.get(sent.headers["location"])
    assert "Merci de l’avoir dit à temps" in words(shown)
    [again] = [one for one in page(shown).select("main a") if "Répondre de nouveau" in one.text]
    assert again["href"].partition("#")[0] == path(wood)
    assert "Répondre de nouveau" not in words(
        await visitor.get(await link_of(await pledges.pledge(wood, hands(), INES)))
    )


async def test_the_page_says_where_its_link_is_found_again(visitor):
    wood = await need()
    assert "Le lien de votre mail ramène ici." in words(
        await visitor.get(await link_of(await pledges.pledge(wood, hands(), INES)))
    )
    by_phone = await pledges.pledge(wood, hands(), Person(name="Léon", phone="04 75 12 34 56"))
    assert "mail ramène" not in words(await visitor.get(await link_of(by_phone)))


async def test_a_helper_says_that_it_was_done_and_how_many(visitor):
    jars = await need(wanted=300, unit="pots")
    made = await pledges.pledge(jars, hands(50), PAUL)
    await pledges.accept(made)
    await visitor.post(await link_of(made), pledge=str(made.id), do="done", delivered="40")
    made = await Pledge.get(id=made.id)
    assert made.helper_done_at is not None
    assert (made.state, made.delivered) == (PledgeState.ACCEPTED, 40)


async def test_who_was_asked_says_yes_behind_their_link(visitor):
    wood = await need()
    made = await pledges.count_as_pledge(wood, await answer(wood))
    await visitor.post(await link_of(made), pledge=str(made.id), do="confirm")
    assert (await Pledge.get(id=made.id)).state is PledgeState.ACCEPTED


async def test_an_author_without_an_account_accepts_declines_and_thanks_behind_their_link(visitor):
    wood = await need()
    link = await owner_link(wood)
    one, two = [await pledges.pledge(wood, hands(2), person) for person in (PAUL, INES)]
    shown = words(await visitor.get(link))
    assert "Paul" in shown
    assert "06 12 34 56 78" not in shown.replace("\xa0", " ")
    await visitor.post(link, pledge=str(one.id), do="accept")
    await visitor.post(link, pledge=str(two.id), do="decline", reason="Merci quand même")
    shown = words(await visitor.get(link)).replace("\xa0", " ")
    assert "06 12 34 56 78" in shown
    assert "ines@example.fr" not in shown
    await visitor.post(link, pledge=str(one.id), do="thank", words="Merci Paul")
    await visitor.post(f"{link}/thank", thanks="Merci à vous.")
    assert (await Proposal.get(id=wood.id)).state is State.THANKED
    assert "Merci à vous." in words(await visitor.get(path(wood)))


async def test_a_refused_form_of_an_author_says_what_is_wrong(visitor):
    wood = await need()
    made = await pledges.pledge(wood, hands(), PAUL)
    await pledges.accept(made)
    refused = await visitor.post(await owner_link(wood), pledge=str(made.id), do="thank", words="")
    assert refused.status_code == 422
    assert page(refused).select_one(".flash.no[role=alert]")
    assert refused.headers["referrer-policy"] == "strict-origin"


async def test_a_link_opens_nothing_but_its_own(visitor):
    wood, other = await need(), await need(title="Le piano")
    mine = await pledges.pledge(wood, hands(), PAUL)
    theirs = await pledges.pledge(other, hands(message="Secret"), INES)
    for link in (await link_of(mine), await owner_link(wood)):
        assert "Secret" not in (await visitor.get(link)).text
        for deed in ("withdraw", "accept", "decline", "done", "confirm", "thank", "fly"):
            sent = await visitor.post(link, pledge=str(theirs.id), do=deed)
            assert sent.status_code == 404, deed
    assert (await Pledge.get(id=theirs.id)).state is PledgeState.PROPOSED


async def test_a_helper_decides_nothing_for_the_author(visitor):
    wood = await need()
    mine = await pledges.pledge(wood, hands(), PAUL)
    for deed in ("accept", "decline", "thank", "close", "renew"):
        assert (await visitor.post(await link_of(mine), pledge=str(mine.id), do=deed)).status_code == 404
    assert (await Pledge.get(id=mine.id)).state is PledgeState.PROPOSED
    assert (await Proposal.get(id=wood.id)).state is State.OPEN


async def test_wrong_links_and_those_of_erased_people_open_nothing(visitor):
    wood = await need()
    key = await new_key(wood.owner_id)
    await Participant.filter(id=wood.owner_id).update(erased_at=wood.expires_at)
    for address in (f"/mine/{key}", "/mine/charter", f"/mine/{'x' * 300}"):
        for sent in (await visitor.get(address), await visitor.post(address, do="close")):
            assert sent.status_code == 410
            assert "Ce lien n’ouvre plus rien" in words(sent)
            assert sent.headers["cache-control"] == "private, no-store"


async def test_pages_with_keys_are_kept_nowhere_and_told_to_nobody(visitor):
    wood = await need()
    made = await pledges.pledge(wood, hands(), PAUL)
    for link in (await link_of(made), await owner_link(wood)):
        shown = await visitor.get(link)
        assert shown.headers["cache-control"] == "private, no-store"
        assert shown.headers["referrer-policy"] == "strict-origin"  # never the path
        assert page(shown).select_one("meta[name=robots][content=noindex]")


async def test_links_open_on_a_site_that_only_members_see(visitor, village):
    from hub.village.models import Visibility

    wood = await need()
    link = await owner_link(wood)
    village.visibility = Visibility.MEMBERS
    await village.save()
    assert (await visitor.get(path(wood))).status_code == 303
    assert "Rentrer le bois" in words(await visitor.get(link))


async def test_who_left_only_a_phone_number_gets_a_code_and_is_called(visitor):
    wood = await need(person=Person(name="Jeanne", phone="06 11 22 33 44"), trusted=False)
    piano = await need(title="Le piano")
    made = await pledges.pledge(piano, hands(), PAUL)
    for link, code in (
        (await owner_link(wood), wood.publication.code),
        (await link_of(made), piano.publication.code),
    ):
        shown = words(await visitor.get(link)).replace("\xa0", " ")
        assert "La mairie vous appelle au 06 " in shown
        assert code.upper() in shown


async def test_what_was_taken_down_stays_in_the_helper_s_list_without_its_words(visitor):
    wood = await need()
    made = await pledges.pledge(wood, hands(), PAUL)
    await actions.delete_proposal(wood)
    shown = words(await visitor.get(await link_of(made)))
    assert "Rentrer le bois" not in shown
    assert "a été retiré" in shown or "retirée" in shown
    assert words(await visitor.get(await owner_link(wood))).count("Rentrer le bois") == 0


async def test_what_was_closed_asks_nobody_to_come_and_tells_no_place_any_more(visitor):
    wood = await need()
    made = await pledges.pledge(wood, hands(), PAUL)
    await pledges.accept(made)
    await actions.close(wood, note="La pluie est venue.")
    shown = await visitor.get(await link_of(made))
    assert "personne n’a plus à venir" in words(shown)
    assert "12, chemin des Combes" not in words(shown)
    assert page(shown).select("main form") == []


async def test_an_author_without_an_account_counts_an_answer_of_the_open_network(visitor):
    wood = await need()
    said, link = await answer(wood), await owner_link(wood)
    assert "Je peux samedi." in words(await visitor.get(link))
    await visitor.post(link, do="count", answer=str(said.id))
    assert (await Pledge.get(reply_id=said.id)).state is PledgeState.ASKED
    elsewhere = await answer(await need())
    assert (await visitor.post(link, do="count", answer=str(elsewhere.id))).status_code == 404


async def test_what_another_village_told_of_its_place_shows_to_the_helper(visitor):
    theirs = await from_elsewhere()
    made = await pledges.pledge(theirs, hands(), PAUL)
    link = await link_of(made)
    assert "Par son village" not in words(await visitor.get(link))
    await Pledge.filter(id=made.id).update(
        state=PledgeState.ACCEPTED, owner_contact="anna@vaubelle.example", owner_place="2, rue du Puits"
    )
    shown = words(await visitor.get(link))
    assert "anna@vaubelle.example" in shown
    assert "2, rue du Puits" in shown


async def test_a_member_s_page_asks_the_database_no_more_for_many(visitors):
    from tests.unit.hub.village.visitors import statements

    paul = await factories.member("Paul")
    browser, counts = await visitors.browser(paul), []
    for _ in range(2):
        for _ in range(3):
            mine = await need(person=Person(name="Paul", member_id=paul.id))
            await pledges.pledge(await need(), hands(), Person(name="Paul", member_id=paul.id))
            await pledges.pledge(mine, hands(), INES)
        with statements() as asked:
            await browser.get("/mine")
        counts.append(len(asked))
    assert counts[0] == counts[1]
