"""The town hall reads what is new, the oldest first, and says yes, or no with a reason."""

import pytest

from hub.exchange.models import Proposal, State, Step
from hub.exchange.review_pages import to_be_read, waiting
from hub.members.models import Role
from hub.participants.models import Person
from tests import factories
from tests.unit.hub.exchange.conftest import need
from tests.unit.hub.village.visitors import engine as engine  # forms and words
from tests.unit.hub.village.visitors import errors, page, statements, words
from tests.unit.hub.village.visitors import visitors as visitors


@pytest.fixture
async def marie(visitors, village):
    return await visitors.browser(await factories.member("Marie", role=Role.AGENT, locale="fr"))


async def state(proposal):
    return (await Proposal.get(id=proposal.id)).state


async def test_what_waits_shows_all_that_is_needed_to_decide(marie):
    await need(trusted=False, text="Appelez le 06 12 34 56 78.", title="Premier")
    await need(trusted=False, title="Second")
    shown = await marie.get("/moderation")
    assert [title.text for title in page(shown).select("li.notice h2")] == ["Premier", "Second"]
    text = words(shown)
    for fact in (
        "Hameau des Combes",
        "5 personnes",
        "Rosa",
        "rosa@example.fr",
        "sans compte",
        "Tout le monde",
    ):
        assert fact in text
    assert "« 06 12 34 56 78 » ressemble à un numéro de téléphone" in text
    assert "chemin des Combes" not in text


async def test_hung_up_it_shows_with_the_name_of_who_read_it(marie, visitors):
    wood = await need(trusted=False)
    visitor = await visitors.browser()
    assert (await visitor.get(f"/{wood.publication.code}")).status_code == 404
    for _ in range(2):
        sent = await marie.post(f"/{wood.publication.code}/hang-up")
        assert sent.headers["location"] == "/moderation?said=proposal-hung-up"
    assert await state(wood) is State.OPEN
    assert (await Step.filter(proposal_id=wood.id).order_by("-id").first()).by == "Marie"
    assert (await visitor.get(f"/{wood.publication.code}")).status_code == 200


async def test_set_aside_needs_a_reason(marie):
    wood, other = await need(trusted=False), await need(trusted=False)
    name = f"reason-{wood.publication.code}"
    refused = await marie.post(f"/{wood.publication.code}/set-aside", **{name: " "})
    assert errors(refused) == {name}
    assert await state(wood) is State.REVIEW
    reason = "Ce n'est pas une entraide."
    await marie.post(f"/{wood.publication.code}/set-aside", **{name: reason})
    assert await state(wood) is State.REFUSED
    assert (await Step.filter(proposal_id=wood.id).order_by("-id").first()).note == reason
    assert await state(other) is State.REVIEW
    await marie.post(f"/{wood.publication.code}/hang-up")
    assert await state(wood) is State.REFUSED


async def test_only_agents_read_and_decide(visitors, village):
    wood = await need(trusted=False)
    rosa = await visitors.browser(await factories.member("Rosa"))
    assert (await rosa.get("/moderation")).status_code == 404
    for act in ("hang-up", "set-aside"):
        assert (await rosa.post(f"/{wood.publication.code}/{act}")).status_code == 404
    assert await state(wood) is State.REVIEW


async def test_what_is_not_a_need_is_not_hung_up(marie):
    news = await marie.post("/new/announcement", title="Eau", text="Coupée.", scope="public")
    code = news.headers["location"].strip("/").partition("?")[0]
    assert (await marie.post(f"/{code}/hang-up")).status_code == 404


async def test_agents_are_told_that_something_waits(village):
    assert await waiting() == []
    await need(trusted=False)
    ((sentence, path),) = await waiting()
    assert (sentence, path) == ("1 annonce à relire", "/moderation")


async def test_many_are_read_with_few_questions_to_the_database(village):
    paul = await factories.member("Paul", trusted=False)
    for number in range(6):
        await need(trusted=False, title=str(number), person=Person(name="Paul", member_id=paul.id))
    with statements() as asked:
        found = await to_be_read("Europe/Paris")
    assert [one.proposal.publication.title for one in found] == list("012345")
    assert len(asked) <= 5
