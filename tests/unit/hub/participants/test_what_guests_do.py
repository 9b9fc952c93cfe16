"""A guest helps, comes and takes part as who they are elsewhere, and hears of it there."""

from datetime import UTC, datetime

import pytest

from hub.actors.models import Actor
from hub.agenda.actions import publish_event
from hub.agenda.models import Attendance, EventDraft, Presence
from hub.app import HANDLERS
from hub.exchange.actions import publish_proposal
from hub.exchange.models import Pledge, PledgeState, ProposalDraft, Support
from hub.exchange.pledges import accept, decline
from hub.fediverse.receiving import handle_batch
from hub.participants.models import Participant, Person
from hub.projects.actions import begin
from hub.projects.membership import admit
from hub.projects.membership import decline as decline_contributor
from hub.projects.models import Contributor, Part, ProjectDraft
from hub.publications.models import Kind, Publication, Scope
from tests.others import activity, note, receive, sent
from tests.unit.hub.exchange.conftest import in_days
from tests.unit.hub.participants.conftest import comes_in, describe, messages
from tests.unit.hub.village.visitors import errors, page, sent_again, words

PAUL = Person(name="Paul", mail="paul@example.fr")


async def need(**facts):
    usual = {
        "kind": Kind.NEED,
        "title": "Rentrer le bois",
        "text": "Huit stères devant la maison.",
        "scope": Scope.PUBLIC,
        "template": "hand",
        "category": "hand",
        "wanted": 2,
        "unit": "personnes",
        "starts_at": in_days(7),
        "ends_at": in_days(7, 12),
        "area": "Les Combes",
        "language": "en",
        "expires_at": in_days(9),
    }
    made = await publish_proposal(ProposalDraft(**(usual | facts)), PAUL, trusted=True)
    await made.fetch_related("publication__author")
    return made


async def event(**facts):
    usual = {
        "title": "Bike workshop",
        "text": "Bring your bike.",
        "scope": Scope.PUBLIC,
        "starts_at": in_days(7, 14),
        "ends_at": in_days(7, 17),
        "place": "Village hall",
        "language": "en",
    }
    return await publish_event(EventDraft(**(usual | facts)), PAUL, trusted=True)


async def project(**facts):
    usual = {"title": "Le Comptoir", "text": "A grocery.", "contact": "a@b.example", "language": "en"}
    return await begin(ProjectDraft(**(usual | facts)), PAUL, trusted=True)


async def says(account, text, *, to):
    """A private answer of theirs to the last message of ours."""
    actor = await Actor.get(uri=account.uri)
    written = note(actor, f"<p>{text}</p>", to=[to["attributedTo"]], cc=[], inReplyTo=to["id"])
    await receive({**activity("Create", actor, written), "to": written["to"], "cc": []})
    while await handle_batch(HANDLERS, now=datetime.now(UTC)):
        pass


async def last_message(account):
    notes = [one["object"] for one in await sent("Create")]
    return [one for one in notes if one["to"] == [account.uri]][-1]


# ------------------------------------------------------------ needs and offers


async def test_a_guest_pledges_in_one_form_without_name_and_contact(guest, rosa):
    code = (await need()).publication.code
    form = await guest.get(f"/{code}/help")
    assert rosa.handle in words(form)
    assert page(form).find("input", {"name": "contact"}) is None
    answer = await guest.post(
        f"/{code}/help", **(sent_again(form) | {"quantity": "1", "message": "Volontiers"})
    )
    assert answer.headers["location"] == f"/{code}?said=pledge-sent"
    pledge = await Pledge.get().select_related("participant__actor")
    assert (pledge.state, pledge.participant.actor.uri) == (PledgeState.PROPOSED, rosa.uri)
    assert pledge.participant.contact == ""
    assert "Volontiers" in words(await guest.get("/mine"))
    assert "Your answer" in words(await guest.get(f"/{code}"))


async def test_the_yes_comes_in_private_to_their_server_and_a_no_takes_it_back(guest, rosa):
    made = await need(exact_place="12, chemin des Combes")
    await guest.post(f"/{made.publication.code}/help", quantity="1")
    await accept(await Pledge.get())
    assert "12, chemin des Combes" in (await messages(rosa))[-1]
    assert "paul@example.fr" in (await messages(rosa))[-1]
    assert "12, chemin des Combes" in words(await guest.get("/mine"))
    await says(rosa, "no", to=await last_message(rosa))
    assert (await Pledge.get()).state is PledgeState.WITHDRAWN


async def test_a_no_comes_in_private_too(guest, rosa):
    await guest.post(f"/{(await need()).publication.code}/help", quantity="1")
    await decline(await Pledge.get(), "Already found")
    assert "Already found" in (await messages(rosa))[-1]


async def test_a_guest_takes_back_what_they_promised(guest):
    made = await need()
    await guest.post(f"/{made.publication.code}/help", quantity="1")
    pledge = await Pledge.get()
    answer = await guest.post("/mine", do="withdraw", pledge=str(pledge.id))
    assert answer.headers["location"] == "/mine?said=pledge-withdrawn"
    assert (await Pledge.get()).state is PledgeState.WITHDRAWN


async def test_what_does_not_fit_is_said_at_its_field(guest):
    code = (await need()).publication.code
    answer = await guest.post(f"/{code}/help", quantity="7")
    assert errors(answer) == {"quantity"}
    assert not await Pledge.exists()


async def test_nobody_acts_on_what_another_guest_promised(visitors, elsewhere, guest):
    await guest.post(f"/{(await need()).publication.code}/help", quantity="1")
    pledge = await Pledge.get()
    other = await comes_in(await visitors.browser(), describe(elsewhere, "mallory"))
    answer = await other.post("/mine", do="withdraw", pledge=str(pledge.id))
    assert answer.status_code == 404
    assert "Rentrer le bois" not in words(await other.get("/mine"))
    assert (await Pledge.get()).state is PledgeState.PROPOSED


async def test_a_form_that_comes_twice_is_one_pledge(guest):
    code = (await need()).publication.code
    fields = sent_again(await guest.get(f"/{code}/help")) | {"quantity": "1"}
    for _ in range(2):
        assert (await guest.post(f"/{code}/help", **fields)).status_code == 303
    assert await Pledge.all().count() == 1
    assert await Participant.filter(actor_id__not_isnull=True).count() == 1


async def test_what_guests_may_not_see_is_not_there_for_them(guest):
    for scope in (Scope.VILLAGE, Scope.NEIGHBOURS):
        code = (await need(scope=scope)).publication.code
        seen = [(await guest.get(f"/{code}")).status_code, (await guest.post(f"/{code}/help")).status_code]
        assert seen == [404, 404], scope
    assert (await guest.get("/bcdfgh")).status_code == 404


async def test_a_guest_says_me_too_once(guest):
    code = (await need()).publication.code
    for _ in range(2):
        assert (await guest.post(f"/{code}/support", wish="me-too")).status_code == 303
    assert await Support.all().count() == 1


async def test_a_need_of_another_village_is_answered_there(guest):
    made = await need()
    await made.__class__.filter(id=made.id).update(owner_id=None)
    far = {"url": "https://other.example/abc234", "author": await Actor.get(name="rosa")}
    await Publication.filter(id=made.publication_id).update(**far)
    code = made.publication.code
    shown = page(await guest.get(f"/{code}/help"))
    assert shown.find("a", href="https://other.example/abc234")
    assert (await guest.post(f"/{code}/help", quantity="1")).status_code == 409
    assert not await Pledge.exists()


# ------------------------------------------------------------ events


async def test_a_guest_comes_is_told_and_cannot_after_all(guest, rosa):
    made = await event(capacity=1)
    code = (await Publication.get(id=made.publication_id)).code
    answer = await guest.post(f"/{code}/coming", people="1")
    assert answer.headers["location"] == f"/{code}?said=coming"
    assert "see you there" in (await messages(rosa))[-1]
    assert "You have a place" in words(await guest.get(f"/{code}"))
    place = await Attendance.get()
    assert "Bike workshop" in words(await guest.get("/mine"))
    await guest.post("/mine/events", do="change", place=str(place.id), people="1", note="late")
    assert (await Attendance.get()).note == "late"
    await guest.post(f"/{code}/coming", people="1")
    assert await Attendance.all().count() == 1
    await says(rosa, "no", to=await last_message(rosa))
    assert (await Attendance.get()).presence is Presence.LEFT


async def test_who_is_at_home_elsewhere_waits_in_the_order_of_the_list(visitors, elsewhere, guest, rosa):
    code = (await Publication.get(id=(await event(capacity=1)).publication_id)).code
    ana = describe(elsewhere, "ana")
    other = await comes_in(await visitors.browser(), ana)
    await guest.post(f"/{code}/coming", people="1")
    assert (await other.post(f"/{code}/coming", people="1")).headers["location"].endswith("coming-waits")
    first = await Attendance.filter(presence=Presence.COMING).first()
    assert (await other.post("/mine/events", do="leave", place=str(first.id))).status_code == 404
    await guest.post("/mine/events", do="leave", place=str(first.id))
    assert "A place has become free" in (await messages(ana))[-1]


# ------------------------------------------------------------ projects


async def test_a_guest_takes_part_in_a_project_is_told_and_leaves(guest, rosa):
    made = await project()
    code = (await Publication.get(id=made.publication_id)).code
    assert rosa.handle in words(await guest.get(f"/{code}/join"))
    answer = await guest.post(f"/{code}/join", message="I can paint")
    assert answer.headers["location"] == f"/{code}?said=joined-project"
    mine = await Contributor.get(participant__actor__uri=rosa.uri)
    assert mine.part is Part.MEMBER
    assert "You take part" in (await messages(rosa))[-1]
    assert "Le Comptoir" in words(await guest.get("/mine"))
    await guest.post(f"/{code}/join")
    assert await Contributor.filter(participant__actor__uri=rosa.uri).count() == 1
    for inside in ("work", "people"):
        assert (await guest.get(f"/{code}/{inside}")).status_code == 303
    await guest.post("/mine/projects", do="leave", contributor=str(mine.id))
    assert (await Contributor.get(id=mine.id)).part is Part.LEFT


@pytest.mark.parametrize("says_yes", [True, False])
async def test_where_carriers_decide_the_answer_comes_in_private(guest, rosa, says_yes):
    made = await project(approves=True)
    code = (await Publication.get(id=made.publication_id)).code
    answer = await guest.post(f"/{code}/join")
    assert answer.headers["location"] == f"/{code}?said=asked-to-join"
    before = len(await messages(rosa))
    mine = await Contributor.get(participant__actor__uri=rosa.uri)
    await (admit(mine) if says_yes else decline_contributor(mine, "Another time"))
    assert len(await messages(rosa)) == before + 1
    assert ("You take part" if says_yes else "Another time") in (await messages(rosa))[-1]
