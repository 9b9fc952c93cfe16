"""A member takes their data along, or leaves: nothing of theirs stays, and nobody waits for them."""

import json

import pytest
import pytest_asyncio

from hub.exchange import pledges
from hub.exchange.actions import delete_proposal, support
from hub.exchange.export import export
from hub.exchange.models import Pledge, PledgeState, Proposal, State, Support, Voice, Wish
from hub.media.models import Photo
from hub.members.actions import erase, farewells
from hub.members.models import Member, hash_of
from hub.organisations.models import Kind, Organisation
from hub.participants.actions import FORMER
from hub.participants.models import Key, Participant, Person
from hub.publications.models import Publication
from tests import factories
from tests.unit.hub.exchange.conftest import PAUL, hands, need
from tests.unit.hub.exchange.test_photos import photo
from tests.unit.hub.media.test_photos import _close_uploads as _close_uploads
from tests.unit.hub.village.visitors import visitors as visitors


@pytest_asyncio.fixture
async def rosa(visitors):
    """With the site running, whose composition says what leaving means."""
    return await factories.member("Rosa")


def person(member):
    return Person(name=member.name, member_id=member.id)


async def test_the_export_has_all_that_one_wrote_and_nothing_of_others(rosa):
    own = await need(person=person(rosa), photos=(await photo(member_id=rosa.id),))
    await pledges.pledge(own, hands(message="Paul's words"), PAUL)
    other = await need(title="Un puits", exact_place="chez Paul")
    await pledges.pledge(other, hands(2, message="Je viens"), person(rosa))
    await support(other, person(rosa), Wish.ME_TOO)
    given = json.loads(json.dumps(await export(rosa.id), default=str))
    [written] = given["needs_and_offers"]
    assert (written["title"], written["exact_place"]) == ("Rentrer le bois", "12, chemin des Combes")
    [promise] = given["promises"]
    assert (promise["quantity"], promise["message"]) == (2, "Je viens")
    assert [each["wish"] for each in given["me_too"]] == ["me-too"]
    assert given["photos"][0]["on"] == own.publication.url
    assert "rosa@example.fr" in str(given["contacts_given"])
    assert not [words for words in ("Paul's words", "chez Paul", "06 12 34") if words in str(given)]


async def test_who_offered_help_for_what_was_taken_down_since_can_leave(rosa):
    wood = await need(person=PAUL)
    await pledges.pledge(wood, hands(message="Moi, Rosa"), person(rosa))
    await delete_proposal(wood)
    await erase(rosa.id)
    assert (await Pledge.get()).message == ""
    assert not await Participant.filter(mail="rosa@example.fr").exists()


async def test_who_leaves_takes_their_needs_and_photos_along(rosa):
    own = await need(person=person(rosa), photos=(await photo(member_id=rosa.id),))
    await erase(rosa.id)
    publication, proposal = await Publication.get(id=own.publication_id), await Proposal.get(id=own.id)
    assert publication.deleted_at is not None
    assert (publication.title, publication.source, publication.document) == ("", "", None)
    assert (proposal.area, proposal.exact_place, proposal.state) == ("", "", State.CLOSED)
    assert not await Photo.exists()
    assert not await Member.exists()


async def test_their_promises_are_free_for_others_and_what_was_done_stays_counted(rosa):
    open_one, done = await need(wanted=1), await need(title="Un puits", wanted=1)
    coming = await pledges.pledge(open_one, hands(message="Je viens"), person(rosa))
    came = await pledges.pledge(done, hands(message="Moi aussi"), person(rosa))
    for each in (coming, came):
        await pledges.accept(each)
    await pledges.confirm_done(came, by_owner=True)
    await erase(rosa.id)
    assert (await Pledge.get(id=coming.id)).state is PledgeState.WITHDRAWN
    assert (await Proposal.get(id=open_one.id)).state is State.OPEN
    kept = await Pledge.get(id=came.id).select_related("participant")
    assert (kept.state, kept.message) == (PledgeState.DONE, "")
    assert (await Proposal.get(id=done.id)).delivered == 1


async def test_no_name_contact_or_key_of_theirs_stays(rosa):
    other = await need(title="Un puits")
    await support(other, person(rosa), Wish.TAKE_CHARGE, shares_contact=True)
    promise = await pledges.pledge(other, hands(), person(rosa))
    await Key.create(hash=hash_of("a key"), participant_id=promise.participant_id)
    await erase(rosa.id)
    left = await Participant.get(id=promise.participant_id)
    assert (left.name, left.mail, left.phone, left.member_id) == ("un ancien membre", None, None, None)
    assert left.erased_at is not None
    assert not await Support.exists()
    assert not await Key.exists()
    assert FORMER


async def test_what_an_organisation_says_stays_with_it(rosa):
    club = await Organisation.create(
        name="Foyer rural", handle="foyer-rural", name_key="foyer rural", kind=Kind.ASSOCIATION
    )
    own = await need(person=person(rosa))
    await Proposal.filter(id=own.id).update(voice=Voice.ORGANISATION, organisation_id=club.id)
    await erase(rosa.id)
    assert (await Publication.get(id=own.publication_id)).deleted_at is None
    assert (await Proposal.get(id=own.id).select_related("owner")).owner.mail is None


async def test_a_farewell_that_fails_leaves_everything(rosa, monkeypatch):
    own = await need(person=person(rosa))

    async def fails(member_id):
        raise ZeroDivisionError

    monkeypatch.setattr("hub.members.actions.farewells", [*farewells, fails])
    with pytest.raises(ZeroDivisionError):
        await erase(rosa.id)
    assert (await Publication.get(id=own.publication_id)).deleted_at is None
    assert await Member.exists(id=rosa.id)
