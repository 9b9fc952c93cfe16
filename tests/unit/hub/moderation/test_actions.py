"""A thing is reported, hidden, decided, contested, decided once more; each of it once, and told."""

import asyncio
from datetime import UTC, datetime, timedelta

import pytest

from hub.actors.models import Actor
from hub.actors.models import Role as ActorRole
from hub.agenda.actions import publish_event
from hub.agenda.models import EventDraft
from hub.errors import Conflict, InvalidInput
from hub.exchange.models import Proposal, State
from hub.fediverse.models import Activity, Delivery, Report
from hub.fediverse.serving import serve
from hub.journal import Entry
from hub.members.models import Member
from hub.moderation import actions
from hub.moderation.export import export
from hub.moderation.models import (
    Basis,
    Case,
    Complaint,
    ComplaintDraft,
    Decision,
    Ground,
    Outcome,
    Thing,
    Verdict,
    new_number,
)
from hub.notifications.models import Notice
from hub.participants.models import Person
from hub.projects.actions import begin, close
from hub.projects.experiences import publish_experience
from hub.projects.membership import join, make_carrier
from hub.projects.models import (
    Closing,
    ContributorDraft,
    Experience,
    ExperienceDraft,
    Project,
    ProjectDraft,
    Remains,
    Stage,
)
from hub.publications.models import Publication, Scope
from tests import factories
from tests.unit.hub.moderation.conftest import answer_from, complaint, follows, someone


async def a_project():
    draft = ProjectDraft(title="Le four", text="Le remettre en route.", contact="four@example.fr")
    return (await begin(draft, Person(name="Inès", mail="ines@example.fr"), trusted=True)).publication


async def an_event():
    starts_at = datetime.now(UTC) + timedelta(days=7)
    draft = EventDraft(
        title="Atelier",
        text="Vélos.",
        scope=Scope.PUBLIC,
        starts_at=starts_at,
        ends_at=starts_at + timedelta(hours=2),
    )
    return (await publish_event(draft, Person(name="Rosa", mail="rosa@example.fr"), trusted=True)).publication


def verdict(outcome=Outcome.HIDE, reason="It names somebody.", **facts):
    return Verdict(outcome=outcome, basis=Basis.CHARTER, reason=reason, **facts)


async def told(kind):
    return await Notice.filter(kind=kind).order_by("id")


async def fresh(row):
    return await type(row).get(id=row.id)


async def test_many_reports_about_one_thing_are_one_case_and_one_alarm(need, marie, claire):
    first, second = await complaint(need), await complaint(need, name="Ana", ground=Ground.ILLEGAL)
    assert first.case_id == second.case_id
    assert [notice.member_id for notice in await told("complaint")] == [marie.id, claire.id]
    assert (await told("complaint"))[0].acts[0]["name"] == "hide-publication"
    assert len(await told("complaint-received")) == 2


async def test_a_child_in_danger_is_an_alarm_each_time(need, marie):
    await complaint(need)
    await complaint(need, ground=Ground.MINOR, name="", mail=None)
    alarms = await told("complaint")
    assert len(alarms) == 2
    assert "child" in alarms[1].subject


async def test_a_form_that_is_sent_twice_makes_one_report(need, marie):
    one, other = await complaint(need, number="234sdfgh"), await complaint(need, number="234sdfgh")
    assert one.id == other.id
    await actions.decide(one.case, verdict(), by=marie)
    assert (await complaint(need, number="234sdfgh")).id == one.id
    assert await Case.all().count() == 1


async def test_reports_at_the_same_moment_are_one_case(need):
    made = await asyncio.gather(*(complaint(need, name=f"Paul {number}") for number in range(5)))
    assert len({each.case_id for each in made}) == 1
    assert await Complaint.all().count() == 5


async def test_hidden_at_once_it_answers_on_the_wire_like_what_never_was(need, marie):
    case = (await complaint(need)).case
    assert await serve(need.uri, None) is not None
    deliveries = await Delivery.all().count()
    await actions.hide(need, by=marie)
    await actions.hide(need, by=marie)
    assert (await fresh(need)).hidden_at == (await fresh(case)).hidden_at is not None
    assert await serve(need.uri, None) is None
    assert await serve(f"{need.uri}/create", None) is None
    assert need.uri not in str(await serve(f"{need.author.uri}/outbox?page=1", None))
    assert await Delivery.all().count() == deliveries, "nothing is deleted elsewhere yet"
    assert await Activity.filter(type="Delete").count() == 0
    assert [entry.act for entry in await Entry.all()] == ["hidden"]


async def test_what_was_hidden_shows_again_when_it_stays(need, marie):
    case = (await complaint(need)).case
    await actions.hide(need, by=marie)
    await actions.decide(case, verdict(Outcome.KEEP, "Nobody is named."), by=marie)
    assert (await fresh(need)).hidden_at is None
    [notice] = await told("decision")
    assert "shows again" in notice.text
    [notice] = await told("complaint-decided")
    assert notice.values["outcome"] == "It stays"
    assert notice.values["reason"] == "Nobody is named."


async def test_what_waits_to_be_read_is_not_shown_by_a_decision(need, marie):
    case = (await complaint(need)).case
    await Publication.filter(id=need.id).update(hidden_at=datetime.now(UTC))
    await actions.decide(case, verdict(Outcome.KEEP), by=marie)
    assert (await fresh(need)).hidden_at is not None


async def test_a_decision_is_told_to_its_author_who_can_contest_and_to_who_reported(need, marie):
    case = (await complaint(need)).case
    await actions.decide(case, verdict(rule="line 4"), by=marie)
    [author], [reporter] = await told("decision"), await told("complaint-decided")
    assert author.name == "Rosa"
    assert author.path == f"/contest/{case.key}"
    assert author.values["basis"] == "our charter, line 4"
    assert author.values["by"] == "Marie"
    assert reporter.mail == "paul@example.fr"
    assert "La mairie a décidé" in reporter.text_words()
    assert "Marie" not in reporter.text_words()
    assert "Paul" not in str(author.values) + author.text
    assert (await fresh(case)).open_thing is None


async def test_nobody_is_told_that_nothing_changes_but_who_reported(need, marie):
    case = (await complaint(need)).case
    await actions.decide(case, verdict(Outcome.KEEP), by=marie)
    assert await told("decision") == []


async def test_one_decides_and_the_other_hears_that_it_is_decided(need, marie, claire):
    case = (await complaint(need)).case
    await actions.decide(case, verdict(), by=marie)
    await actions.decide(case, verdict(), by=marie)
    with pytest.raises(Conflict):
        await actions.decide(case, verdict(Outcome.KEEP), by=claire)
    assert await Decision.all().count() == 1
    assert len(await told("decision")) == 1


async def test_after_a_decision_a_new_report_opens_a_new_case(need, marie):
    first = await complaint(need)
    await actions.decide(first.case, verdict(Outcome.KEEP), by=marie)
    assert (await complaint(need)).case_id != first.case_id


async def test_removed_for_good_its_words_go_and_others_are_asked_to_delete_it(need, marie):
    """ADM-08: also where it was hidden first."""
    case = (await complaint(need)).case
    ana = await someone("social.example", "ana")
    await follows(ana, need.author)
    await actions.hide(need, by=marie)
    await actions.decide(case, verdict(Outcome.REMOVE), by=marie)
    gone = await fresh(need)
    assert gone.deleted_at is not None
    assert (gone.title, gone.html, gone.source, gone.document) == ("", "", "", None)
    [delete] = await Activity.filter(type="Delete")
    assert await Delivery.filter(activity=delete, host="social.example").exists()
    assert (await Proposal.get(publication_id=need.id)).state is State.CLOSED
    served = await serve(need.uri, None)
    assert served is not None
    assert served.gone
    [author] = await told("decision")
    assert author.values["title"] == "Bring the wood in"


async def test_what_came_from_elsewhere_is_removed_here_and_does_not_come_back(need, marie):
    ana = await someone("social.example", "ana")
    answer = await answer_from(ana, need)
    case = (await complaint(answer)).case
    await actions.decide(case, verdict(Outcome.REMOVE), by=marie)
    gone = await fresh(answer)
    assert gone.deleted_at is not None
    assert gone.html == ""
    assert await told("decision") == [], "its author lives elsewhere"


async def test_a_contest_is_looked_at_by_somebody_else(need, marie, claire):
    case = (await complaint(need)).case
    await actions.decide(case, verdict(), by=marie)
    await actions.contest(case, "Nobody is named in it.")
    await actions.contest(case, "Nobody is named in it.")
    assert len(await told("contest")) == 2
    with pytest.raises(Conflict):
        await actions.settle(case, verdict(Outcome.KEEP), by=marie)
    await actions.settle(case, verdict(Outcome.KEEP, "Right."), by=claire)
    assert (await fresh(need)).hidden_at is None
    first, second = await Decision.all().order_by("id")
    assert (first.second, second.second) == (False, True)
    assert first.reason == "It names somebody.", "the first decision stays as it was"
    assert [notice.text for notice in await told("decision")][1].startswith("You contested")
    with pytest.raises(Conflict):
        await actions.contest(case, "Once more.")


async def test_where_there_is_one_agent_they_look_at_it_again(need, marie):
    case = (await complaint(need)).case
    await actions.decide(case, verdict(), by=marie)
    await actions.contest(case, "Nobody is named in it.")
    await actions.settle(case, verdict(Outcome.HIDE, "Somebody is."), by=marie)
    assert await Decision.filter(second=True).count() == 1


async def test_a_contest_comes_too_late_after_half_a_year(need, marie):
    case = (await complaint(need)).case
    with pytest.raises(Conflict):
        await actions.contest(case, "Before anything was decided.")
    await actions.decide(case, verdict(), by=marie)
    await Case.filter(id=case.id).update(decided_at=datetime.now(UTC) - timedelta(days=184))
    with pytest.raises(Conflict):
        await actions.contest(case, "Too late.")


async def test_a_page_can_be_put_right_but_not_removed(village, marie):
    thing = Thing(path="/about")

    draft = ComplaintDraft(ground=Ground.OTHER, explanation="The phone number is wrong.")
    case = (await actions.complain(thing, draft, number=new_number())).case
    case = await Case.get(id=case.id)
    with pytest.raises(InvalidInput):
        await actions.decide(case, verdict(Outcome.REMOVE), by=marie)
    assert await Decision.all().count() == 0
    await actions.decide(case, verdict(Outcome.WARN, "Changed."), by=marie)


async def test_reports_of_other_servers_join_the_list_and_are_settled_with_it(need, marie):
    report = await Report.create(
        uri="https://social.example/flags/1",
        actor="https://social.example/actor",
        host="social.example",
        objects=[need.author.uri, need.uri],
        content="Not kind",
    )
    await actions.take_in_all()
    await actions.take_in_all()
    [made] = await Complaint.all()
    assert (made.host, made.explanation) == ("social.example", "Not kind")
    case = await Case.get(publication_id=need.id)
    assert (await complaint(need)).case_id == case.id
    await actions.decide(case, verdict(), by=marie)
    assert (await fresh(report)).settled_at is not None
    assert len(await told("complaint-decided")) == 1, "a server is told nothing"


async def test_a_report_is_passed_on_once_without_the_name_of_who_reported(need, marie):
    ana = await someone("social.example", "ana")
    case = (await complaint(await answer_from(ana, need))).case
    await actions.pass_on(case, "Please look at this.", by=marie)
    await actions.pass_on(case, "Please look at this.", by=marie)
    [flag] = await Activity.filter(type="Flag")
    assert not flag.public
    assert "Please look at this." in flag.body
    assert ana.uri in flag.body
    for word in ("Paul", "paul@example.fr", "mother", "Marie"):
        assert word not in flag.body
    [delivery] = await Delivery.filter(activity=flag)
    assert delivery.host == "social.example"
    assert '"actor":"http://localhost:8000/actor"' in flag.body.replace(" ", "")


async def test_names_of_who_reported_go_half_a_year_after_the_decision(need, marie):
    made = await complaint(need)
    await actions.sweep()
    assert (await fresh(made)).name == "Paul"
    await actions.decide(made.case, verdict(Outcome.KEEP), by=marie)
    await actions.sweep()
    assert (await fresh(made)).name == "Paul"
    await Case.filter(id=made.case_id).update(decided_at=datetime.now(UTC) - timedelta(days=184))
    await actions.sweep()
    erased = await fresh(made)
    assert (erased.name, erased.mail, erased.explanation) == ("", None, "")
    assert erased.erased_at is not None


async def test_each_act_leaves_its_trace_and_none_can_be_changed(need, marie, claire):
    case = (await complaint(need)).case
    await actions.hide(need, by=marie)
    await actions.decide(case, verdict(), by=marie)
    await actions.contest(case, "No.")
    await actions.settle(case, verdict(Outcome.KEEP), by=claire)
    entries = await Entry.all().order_by("id")
    assert [entry.act for entry in entries] == ["hidden", "decided-hide", "contested", "settled-keep"]
    assert {entry.about for entry in entries} == {f"/{need.code}"}
    assert [entry.by for entry in entries] == ["Marie", "Marie", "", "Claire"]
    assert "Bring the wood in" not in str([vars(entry) for entry in entries]), "nobody's words"
    entries[0].why = "another reason"
    with pytest.raises(TypeError):
        await entries[0].save()
    with pytest.raises(TypeError):
        await entries[0].delete()


async def test_a_village_wide_need_is_removed_without_a_word_to_others(village, marie, need):
    await Publication.filter(id=need.id).update(scope=Scope.VILLAGE)
    case = (await complaint(await fresh(need))).case
    await actions.decide(case, verdict(Outcome.REMOVE), by=marie)
    assert await Activity.filter(type="Delete").count() == 0
    assert await Member.all().count() == 1


async def test_who_leaves_takes_their_name_from_what_they_reported(need, marie):
    rosa = await factories.member("Rosa")
    made = await complaint(need, member_id=rosa.id)
    assert (await export(rosa.id))[0]["number"] == made.spoken_number
    await actions.forget_member(rosa.id)
    left = await fresh(made)
    assert (left.name, left.mail, left.explanation) == ("", None, "It is about my mother.")
    assert await export(rosa.id) == []


@pytest.mark.parametrize("made", [a_project, an_event])
async def test_a_project_or_an_event_that_is_removed_is_gone_with_all_of_it(village, marie, made):
    publication = await made()
    case = (await complaint(publication)).case
    await actions.hide(publication, by=marie)
    await actions.decide(case, verdict(Outcome.REMOVE), by=marie)
    assert (await fresh(publication)).title == ""
    assert (await Activity.filter(type="Delete", object_uri=publication.uri)).pop()
    group = await Actor.filter(role=ActorRole.PROJECT).first()
    assert group is None or group.deleted_at is not None


async def an_experience():
    """Of a project that Inès and Paul carry."""
    publication = await a_project()
    project = await Project.get(publication_id=publication.id)
    paul = await join(project, ContributorDraft(), Person(name="Paul", mail="paul@example.org"))
    await make_carrier(paul, "Paul, 06 12 34 56 78")
    await close(project, Closing(stage=Stage.DONE, remains=Remains.NOTHING), by="Inès")
    sheet = await publish_experience(project, ExperienceDraft(context="Un four froid.", steps="Du bois."))
    return sheet.publication


@pytest.mark.parametrize("outcome", [Outcome.HIDE, Outcome.REMOVE])
@pytest.mark.parametrize(
    ("made", "names"), [(a_project, ["Inès"]), (an_event, ["Rosa"]), (an_experience, ["Inès", "Paul"])]
)
async def test_whoever_answers_for_it_reads_the_reason_and_can_contest(village, marie, made, names, outcome):
    publication = await made()
    case = (await complaint(publication)).case
    await actions.decide(case, verdict(outcome), by=marie)
    letters = await told("decision")
    assert [one.name for one in letters] == names
    assert {one.path for one in letters} == {f"/contest/{case.key}"}
    assert {one.values["reason"] for one in letters} == {"It names somebody."}


async def test_an_experience_that_is_removed_is_gone_with_its_words(village, marie):
    publication = await an_experience()
    case = (await complaint(publication)).case
    await actions.decide(case, verdict(Outcome.REMOVE), by=marie)
    sheet = await Experience.get(publication_id=publication.id)
    assert (sheet.context, sheet.steps) == ("", "")
    assert await Activity.filter(type="Delete", object_uri=publication.uri).count() == 1
