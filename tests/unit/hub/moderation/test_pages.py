"""Pages of reports: anybody may report, agents decide, authors contest, everybody reads the numbers."""

from datetime import UTC, datetime, timedelta

import pytest

from hub.actors.models import Actor
from hub.agenda.actions import publish_event
from hub.agenda.models import EventDraft
from hub.errors import LinkSpent
from hub.exchange.models import Proposal, State
from hub.fediverse.models import Report
from hub.journal import Entry
from hub.members import actions as members
from hub.members.models import Member, Role
from hub.moderation import actions
from hub.moderation.acts import hide_publication
from hub.moderation.models import Basis, Case, Complaint, Decision, Ground, Outcome, Verdict
from hub.moderation.pages import waiting
from hub.notifications.models import Notice
from hub.notifications.people import Holder
from hub.participants.models import Person
from hub.publications.models import Kind, Publication, Scope
from tests import factories
from tests.conftest import ENGINES
from tests.unit.hub.moderation.conftest import answer_from, complaint, someone
from tests.unit.hub.village.visitors import engine as engine  # forms and words
from tests.unit.hub.village.visitors import errors, page, sent_again, words

FILLED = {
    "ground": "hurts",
    "explanation": "It is about my mother.",
    "name": "Paul",
    "contact": "paul@example.fr",
    "good_faith": "yes",
}


async def report(browser, path, **fields):
    """Fill in the form of a page as it is shown, and send it."""
    return await browser.post(path, **(sent_again(await browser.get(path)) | FILLED | fields))


async def test_anybody_reports_a_notice_and_gets_a_number(visitor, need):
    answer = await report(visitor, f"/{need.code}/report")
    assert answer.status_code == 303, words(answer)
    made = await Complaint.get().select_related("case")
    assert (made.name, made.mail, made.ground) == ("Paul", "paul@example.fr", Ground.HURTS)
    assert made.case.publication_id == need.id
    shown = words(await visitor.get(answer.headers["location"]))
    assert made.spoken_number in shown
    assert "To come: a decision" in shown
    assert "Paul" not in shown
    assert "mother" not in shown


async def test_each_field_that_the_law_asks_for_is_asked(visitor, need):
    empty = await visitor.post(f"/{need.code}/report")
    assert errors(empty) == {"ground", "explanation", "name", "contact", "good_faith"}
    assert errors(await visitor.post("/report")) >= {"what"}
    wrong = await report(visitor, "/report", what="https://elsewhere.example/x", contact="nothing")
    assert errors(wrong) == {"what", "contact"}
    assert page(wrong).select_one("textarea").text.strip() == "It is about my mother."
    assert await Case.all().count() == 0


async def test_for_a_child_nobody_has_to_say_who_they_are(visitor, need):
    answer = await report(visitor, f"/{need.code}/report", ground="minor", name="", contact="")
    assert answer.status_code == 303, words(answer)
    assert errors(await report(visitor, f"/{need.code}/report", ground="illegal", name="")) == {"name"}


@pytest.mark.parametrize(
    "written", ["/{code}", "{code}", "http://localhost:8000/{code}?said=x", "localhost:8000/{code}"]
)
async def test_a_page_is_found_by_its_address_or_its_code(visitor, need, written):
    answer = await report(visitor, "/report", what=written.format(code=need.code))
    assert answer.status_code == 303, words(answer)
    assert (await Case.get()).publication_id == need.id


async def test_the_page_of_an_association_and_any_other_page_can_be_reported(visitor, village):
    assert (await report(visitor, "/report", what="/@saint-martin")).status_code == 303
    assert (await report(visitor, "/report", what="/about")).status_code == 303
    assert [case.thing for case in await Case.all().order_by("id")] == [f"actor:{village.id}", "page:/about"]


async def test_every_page_leads_to_the_form(visitor, need):
    shown = page(await visitor.get("/about"))
    assert shown.select_one('footer a[href="/report?what=/about"]') is not None
    form = page(await visitor.get("/report?what=/about"))
    assert form.select_one("#f-what")["value"] == "/about"


async def test_what_one_may_not_see_cannot_be_told_from_what_is_not_there(visitor, need, marie):
    await actions.hide(need, by=marie)
    for path in (f"/{need.code}/report", "/zzzzzz/report"):
        assert (await visitor.get(path)).status_code == 404
        assert (await visitor.post(path, **FILLED)).status_code == 404
    assert (await report(visitor, "/report", what=f"/{need.code}")).status_code == 303
    assert (await Case.get()).publication_id is None, "for this visitor it is a page like any other"


async def test_an_answer_below_is_reported_by_its_number(visitor, need):
    answer = await answer_from(await someone("social.example", "ana"), need)
    private = await answer_from(await someone("other.example", "ben"), need, scope=Scope.DIRECT)
    assert (await report(visitor, f"/{need.code}/report?answer={answer.id}")).status_code == 303
    assert (await Case.get()).publication_id == answer.id
    for number in (private.id, 999999, need.id):
        assert (await visitor.get(f"/{need.code}/report?answer={number}")).status_code == 404


async def test_a_member_does_not_type_what_we_know(visitors, village, need):
    rosa = await visitors.browser(await factories.member("Rosa"))
    assert sent_again(await rosa.get("/report"))["contact"] == "rosa@example.fr"


async def test_a_flood_of_reports_is_slowed_down(visitor, need):
    answers = [await report(visitor, f"/{need.code}/report") for _ in range(12)]
    assert answers[-1].status_code == 429
    assert await Case.all().count() == 1


async def test_a_wrong_number_is_no_page(visitor, need):
    for number in ("234sdfgh", "x", "S-234s-dfgh", "%00"):
        assert (await visitor.get(f"/report/{number}")).status_code == 404


async def test_who_reported_reads_what_it_is_about_as_long_as_it_is_shown(visitor, need):
    path = f"/report/{(await complaint(need)).number}"
    assert page(await visitor.get(path)).select_one(f'main a[href="/{need.code}"]').text == need.title
    await actions.hide(need, by=None)
    assert need.title not in words(await visitor.get(path))


async def test_an_agent_reads_hides_and_decides(agent, visitor, need):
    await report(visitor, f"/{need.code}/report")
    assert "Not read yet" in words(await agent.get("/moderation/cases"))
    [(sentence, path)] = [each for each in await waiting() if "report" in each[0]]
    assert "1 report to decide, the oldest unread one came" in sentence
    assert path == "/moderation/cases"
    case = await Case.get()
    shown = words(await agent.get(f"/moderation/cases/{case.id}"))
    assert "It is about my mother." in shown
    assert "Paul, paul@example.fr" in shown
    await agent.post(f"/moderation/cases/{case.id}/take")
    assert "Marie looks after it" in words(await agent.get("/moderation/cases"))
    assert (await waiting())[0][0] == "1 report to decide"
    await agent.post(f"/moderation/cases/{case.id}/hide")
    assert (await visitor.get(f"/{need.code}")).status_code == 404
    await agent.post(f"/moderation/cases/{case.id}/show")
    assert (await visitor.get(f"/{need.code}")).status_code == 200
    unfinished = await agent.post(f"/moderation/cases/{case.id}/decide", outcome="burn", basis="charter")
    assert errors(unfinished) == {"outcome", "reason"}
    await agent.post(f"/moderation/cases/{case.id}/decide", outcome="hide", basis="law", reason="It insults.")
    assert (await Decision.get()).basis is Basis.LAW
    assert (await visitor.get(f"/{need.code}")).status_code == 404
    assert "It insults." in words(await agent.get(f"/moderation/cases/{case.id}"))
    assert "It is no longer shown" in words(await agent.get("/moderation/cases?show=decided"))
    assert await waiting() == []


async def test_an_agent_reads_who_answers_for_an_event_and_that_they_will_be_told(agent, village, need):
    starts_at = datetime.now(UTC) + timedelta(days=7)
    draft = EventDraft(title="Bikes", text="Repair.", starts_at=starts_at, ends_at=starts_at)
    ines = await factories.member("Inès")
    event = await publish_event(draft, Person(name="Inès", member_id=ines.id), trusted=True)
    case = (await complaint(event.publication)).case
    shown = await agent.get(f"/moderation/cases/{case.id}")
    assert "By Inès: their account" in words(shown)
    assert f'href="/members/{ines.id}"' in shown.text
    assert "The author is told what you write, and can contest it." in words(shown)


async def test_the_author_contests_from_the_notice_and_another_agent_decides(
    agent, visitor, visitors, need, claire
):
    await report(visitor, f"/{need.code}/report")
    case = await Case.get()
    assert (await visitor.get(f"/contest/{case.key}")).status_code == 404, "nothing is decided yet"
    await agent.post(f"/moderation/cases/{case.id}/decide", outcome="hide", basis="law", reason="It insults.")
    notice = await Notice.get(kind="decision")
    shown = words(await visitor.get(notice.path))
    assert "It insults." in shown
    assert "somebody else than Marie" in shown
    assert errors(await visitor.post(notice.path)) == {"words"}
    assert (await visitor.post(notice.path, words="It does not.")).status_code == 303
    assert "looked at once more" in words(await visitor.get(notice.path))
    assert "Somebody else at the town hall does." in words(await agent.get(f"/moderation/cases/{case.id}"))
    refused = await agent.post(
        f"/moderation/cases/{case.id}/decide", outcome="hide", basis="law", reason="Still."
    )
    assert refused.status_code == 409
    other = await visitors.browser(claire)
    assert "1 contested decision" in str(await waiting())
    await other.post(
        f"/moderation/cases/{case.id}/decide", outcome="keep", basis="law", reason="It does not."
    )
    assert (await visitor.get(f"/{need.code}")).status_code == 200
    number = (await Complaint.get()).number
    shown = words(await visitor.get(f"/report/{number}"))
    assert "Looked at once more: It stays" in shown
    assert "The town hall, " in shown
    assert "Marie" not in shown
    assert "Claire" not in shown, "an author may ask for somebody else, who reported need not know the person"


async def test_where_there_is_one_agent_the_author_is_told_so(agent, visitor, need):
    case = (await complaint(need)).case
    await agent.post(f"/moderation/cases/{case.id}/decide", outcome="hide", basis="law", reason="It insults.")
    assert "only one person at the town hall" in words(await visitor.get(f"/contest/{case.key}"))


async def test_the_link_in_the_mail_hides_and_is_of_no_use_to_who_is_no_agent_any_more(need, marie):
    await complaint(need)
    holder = Holder(name="Marie", member_id=marie.id)
    assert "hidden" in await hide_publication(holder, publication_id=need.id)
    assert (await Publication.get(id=need.id)).hidden_at is not None
    assert (await Entry.get()).by == "Marie"
    await Member.filter(id=marie.id).update(role="resident")
    with pytest.raises(LinkSpent):
        await hide_publication(holder, publication_id=need.id)
    with pytest.raises(LinkSpent):
        await hide_publication(Holder(name="Nobody"), publication_id=need.id)


async def test_somebody_elsewhere_is_silenced_and_blocked_from_their_page(agent, need):
    ana = await someone("social.example", "ana", display_name="Ana")
    path = f"/moderation/actors/{ana.id}"
    assert "Read first what they write" in words(await agent.get(path))
    assert errors(await agent.post(f"{path}/silence")) == {"why"}
    await agent.post(f"{path}/silence", why="Insults people")
    assert "No longer silence" in words(await agent.get(path))
    await agent.post(f"{path}/hear")
    await agent.post(f"{path}/block", why="Again")
    assert "Undo the block" in words(await agent.get(path))
    assert (await Actor.get(id=ana.id)).suspended_at is not None
    await agent.post(f"{path}/unblock")
    assert [entry.act for entry in await Entry.all().order_by("id")] == [
        *("actor-silenced", "actor-heard", "actor-blocked", "actor-unblocked")
    ]
    for other in (need.author_id, 999999):
        assert (await agent.get(f"/moderation/actors/{other}")).status_code == 404


async def test_a_member_is_silenced_and_told_why(agent, village, marie, claire):
    rosa = await factories.member("Rosa")
    assert "Read first what they publish" in words(await agent.get(f"/members/{rosa.id}"))
    await agent.post(f"/moderation/members/{rosa.id}/silence", why="Advertising, three times.")
    assert (await Member.get(id=rosa.id)).trusted_at is None
    notice = await Notice.get(kind="silenced")
    assert (notice.member_id, notice.values["reason"]) == (rosa.id, "Advertising, three times.")
    assert (await agent.post(f"/moderation/members/{claire.id}/silence", why="No.")).status_code == 403
    assert (await Member.get(id=claire.id)).trusted_at is not None


async def test_the_journal_is_for_administrators_and_tells_what_was_done(
    agent, visitors, need, claire, marie
):
    rosa = await factories.member("Rosa")
    await members.suspend(rosa.id, claire)
    await members.readmit(rosa.id, claire)
    await members.change_role(rosa.id, Role.AGENT, claire)
    await actions.hide(need, by=marie, why="insults")
    assert (await agent.get("/moderation/journal")).status_code == 404
    shown = words(await (await visitors.browser(claire)).get("/moderation/journal"))
    for sentence in ("closed the account for now", "opened the account again", "changed the role", "insults"):
        assert sentence in shown
    assert "resident → agent" in shown


@pytest.mark.parametrize("engine", ENGINES)
async def test_the_numbers_are_public_and_name_nobody(visitor, need, marie, claire):
    case = (await complaint(need)).case
    await complaint(need, name="Ana")
    await Report.create(
        uri="https://a.example/1",
        actor="https://a.example/a",
        host="a.example",
        objects=[need.uri],
        content="x",
    )
    await actions.take_in_all()
    verdict = Verdict(outcome=Outcome.HIDE, basis=Basis.LAW, reason="It insults.")
    await actions.decide(case, verdict, by=marie)
    await actions.contest(case, "No.")
    await actions.settle(case, Verdict(outcome=Outcome.KEEP, basis=Basis.LAW, reason="Right."), by=claire)
    shown = await visitor.get("/transparency")
    cells = [cell.get_text(strip=True) for cell in page(shown).select("tbody tr td")]
    assert cells == ["2", "1", "0", "0", "1", "0", "1", "1", "0"]
    for word in ("Paul", "Ana", "Marie", "insults", "wood", "a.example"):
        assert word not in words(shown)


async def test_a_village_without_reports_says_so(visitor, agent):
    assert "Nobody has reported anything yet." in words(await visitor.get("/transparency"))
    assert "Nobody complains about anything." in words(await agent.get("/moderation/cases"))
    assert "No decision is contested." in words(await agent.get("/moderation/cases?show=contested"))
    assert "Nothing has been decided yet." in words(await agent.get("/moderation/cases?show=decided"))


@pytest.mark.parametrize("kind", list(Kind))
async def test_whatever_was_reported_and_removed_keeps_its_line_in_the_list(agent, need, kind):
    case = (await complaint(need)).case
    gone = {"kind": kind, "title": "", "html": "", "deleted_at": datetime.now(UTC)}
    await Publication.filter(id=need.id).update(**gone)
    for path in ("/moderation/cases", f"/moderation/cases/{case.id}"):
        assert (await agent.get(path)).status_code == 200


async def test_a_need_of_another_village_is_reported_and_removed_here(agent, visitor, need):
    author = await someone("other.example", "besoins", display_name="Needs")
    facts = {"kind": Kind.NEED, "code": "bcdfgh", "title": "Not kind"}
    theirs = await answer_from(author, need, **facts, in_reply_to=None, root_id=None)
    await Proposal.create(
        publication=theirs, owner=None, state=State.OPEN, expires_at=datetime.now(UTC) + timedelta(days=30)
    )
    assert (await report(visitor, "/bcdfgh/report")).status_code == 303
    case = await Case.get()
    shown = words(await agent.get(f"/moderation/cases/{case.id}"))
    assert "is not told by us" in shown
    assert "It comes from other.example" in shown
    await agent.post(f"/moderation/cases/{case.id}/pass-on", words="Please look.")
    await agent.post(f"/moderation/cases/{case.id}/decide", outcome="remove", basis="law", reason="Insults.")
    gone = await Publication.get(id=theirs.id)
    assert gone.deleted_at is not None
    assert gone.title == ""
    assert "It is removed" in words(await agent.get(f"/moderation/cases/{case.id}"))
