"""What may be done to a project and its group by messages that are well signed (A8).

A project here is begun by the administrator, whose village moderates its group; all others are on the peer.
"""

from dataclasses import dataclass
from itertools import count
from typing import Any

import pytest

from tests.attacks.board import new_code
from tests.attacks.fediverse import NEIGHBOUR, PUBLIC, Attacker, Fediverse
from tests.attacks.visitor import heading, page
from tests.evilpeer import answers

# Who may do what to a group is decided above the database; what the handlers ask is asked of both in
# tests/unit/hub/projects/test_inbox.py.
ENGINES = ("sqlite",)

Json = dict[str, Any]

_numbers = count(1)


@dataclass(frozen=True)
class Project:
    """Code of its page, URI of its document, its group."""

    code: str
    uri: str
    group: str
    id: str

    @property
    def path(self) -> str:
        return f"/{self.code}"


def begin(fediverse: Fediverse, **fields: str) -> Project:
    """By the form of the page, as the administrator."""
    fediverse.village.rest("proposals-%")
    code = new_code()
    usual = {
        "title": f"Le four {next(_numbers)}",
        "text": "Le remettre en route.",
        "contact_shown": "four@valbrume.example",
        "scope": "public",
        "code": code,
        "sure": "yes",
    }
    answer = fediverse.village.administrator.submit("/new/project", to="/new/project", **{**usual, **fields})
    assert answer.status_code == 303, heading(answer)
    fediverse.settle()
    row = fediverse.value(
        "SELECT publication.uri, actor.uri, project.id FROM project"
        " JOIN publication ON publication.id = project.publication_id"
        f" JOIN actor ON actor.id = project.actor_id WHERE publication.code = '{code}'"
    )
    return Project(code, *row.split("|"))


@pytest.fixture
def project(fediverse: Fediverse) -> Project:
    return begin(fediverse)


@pytest.fixture
def victim(fediverse: Fediverse) -> Attacker:
    """Somebody honest on the attacker's server."""
    return fediverse.attacker()


@pytest.fixture
def friend(fediverse: Fediverse, project: Project) -> Attacker:
    """Who follows the group, and so hears what it passes on."""
    friend = fediverse.attacker(host=NEIGHBOUR)
    send(friend, friend.follow(project.group))
    assert friend.told("Accept")
    return friend


def send(attacker: Attacker, *activities: Json, to: str | None = None) -> None:
    """All of them, one after the other; then wait until they are handled."""
    for activity in activities:
        assert attacker.post(activity, to=to).status in (202, 400, 401)
    attacker.fediverse.settle()


def written_to(project: Project, author: Attacker, text: str = "hello", **facts: Any) -> Json:
    """A public note that names the group; its server has it."""
    tag = {"type": "Mention", "href": project.group, "name": "@four"}
    note = author.note(text, **{"cc": [author.followers, project.group], "tag": [tag]} | facts)
    author.serve(note["id"], note)
    return note


def announced(fediverse: Fediverse, project: Project) -> list[str]:
    """What the group says that it passes on, by its outbox."""
    outbox = fediverse.document(f"{project.group}/outbox?page=1&fresh")
    return [each["object"] for each in outbox["orderedItems"] if each["type"] == "Announce"]


def parts(fediverse: Fediverse, project: Project) -> list[str]:
    """Who is what: the handle of actors elsewhere, and their part."""
    return fediverse.rows(
        "SELECT actor.name, contributor.part FROM contributor"
        " JOIN participant ON participant.id = contributor.participant_id"
        " JOIN actor ON actor.id = participant.actor_id"
        f" WHERE contributor.project_id = {project.id} ORDER BY contributor.id"
    )


def contributor(fediverse: Fediverse, project: Project, name: str) -> str:
    return fediverse.value(
        "SELECT contributor.id FROM contributor"
        " JOIN participant ON participant.id = contributor.participant_id"
        " LEFT JOIN actor ON actor.id = participant.actor_id"
        f" WHERE contributor.project_id = {project.id} AND COALESCE(actor.name, '') = '{name}'"
    )


def carry(fediverse: Fediverse, project: Project, attacker: Attacker) -> None:
    """The administrator lets them carry it too."""
    who = contributor(fediverse, project, attacker.name)
    contact = {"contact_shown": "mallory@example.fr", "role": ""}
    fediverse.press(f"{project.path}/people", contributor=who, do="make-carrier", **contact)
    assert parts(fediverse, project) == [f"{attacker.name}|carrier"]


def shown(fediverse: Fediverse, project: Project) -> str:
    """What a visitor reads now, and not what another read a moment ago."""
    return fediverse.page(f"{project.path}?{next(_numbers)}")


# ------------------------------------------------------------------ GRP-02, GRP-03, GRP-04


@pytest.mark.parametrize("part", ["follower", "carrier"])
def test_grp_02_nobody_else_moderates_the_group_of_a_project(
    fediverse: Fediverse, project: Project, attacker: Attacker, victim: Attacker, part: str
) -> None:
    post = written_to(project, victim, "the words of the victim")
    send(victim, victim.create(post))
    attacker.publish(type="Group", attributedTo=f"{attacker.uri}/moderators", moderators=[attacker.uri])
    send(attacker, attacker.follow(project.group))
    if part == "carrier":
        send(attacker, attacker.activity("Join", object=project.group))
        carry(fediverse, project, attacker)
    passed_on = announced(fediverse, project)
    assert passed_on == [post["id"], project.uri]
    activities = fediverse.document(f"{project.group}/outbox?page=1&fresh")["orderedItems"]
    things = [project.uri, project.group, post["id"], victim.uri, *(each["id"] for each in activities)]
    for kind in ("Delete", "Lock", "Remove", "Add", "Block", "Undo", "Update"):
        for thing in things:
            target = {"Add": "/moderators", "Remove": "/featured"}.get(kind, "")
            about = {"object": thing, "target": project.group + target, "audience": project.group}
            activity = attacker.activity(kind, **about, to=[PUBLIC, project.group])
            assert attacker.post(activity, to=f"{project.group}/inbox").status in (202, 400, 401)
    fediverse.settle()
    assert announced(fediverse, project) == passed_on
    assert fediverse.document(f"{project.uri}?fresh")["type"] == "Note"
    assert fediverse.document(f"{project.group}?fresh")["type"] == "Group"
    assert "the words of the victim" in shown(fediverse, project)
    moderators = fediverse.document(f"{project.group}/moderators?fresh")
    assert moderators["orderedItems"] == [fediverse.actor]
    assert fediverse.document(f"{project.group}/featured?fresh")["orderedItems"] == []


def test_grp_02_a_list_of_moderators_on_another_server_is_never_asked_for(
    fediverse: Fediverse, project: Project, attacker: Attacker
) -> None:
    forged = {"id": f"{project.group}/moderators", "type": "Collection", "items": [attacker.uri]}
    place = attacker.serve(attacker.place("moderators"), forged)
    attacker.publish(type="Group", attributedTo=place)
    send(attacker, attacker.activity("Update", object=attacker.document(type="Group", attributedTo=place)))
    send(attacker, attacker.activity("Delete", object=project.uri, audience=project.group, origin=place))
    assert fediverse.document(f"{project.uri}?fresh")["type"] == "Note"
    assert not [asked for asked in fediverse.peer.requests if asked.path == attacker._path(place)]


def test_grp_03_who_carries_one_project_rules_in_no_other(
    fediverse: Fediverse, project: Project, attacker: Attacker, victim: Attacker
) -> None:
    other = begin(fediverse)
    send(attacker, attacker.activity("Join", object=project.group))
    carry(fediverse, project, attacker)
    post = written_to(other, victim, "in the other group")
    send(victim, victim.create(post), victim.activity("Join", object=other.uri))
    joined = fediverse.value(f"SELECT uri FROM contributor WHERE uri LIKE '{victim.uri}/%'")
    for kind in ("Delete", "Remove", "Undo", "Reject", "Leave", "Block"):
        for thing in (other.uri, other.group, post["id"], joined):
            activity = attacker.activity(kind, object=thing, target=other.group, to=[other.group])
            send(attacker, activity, to=f"{other.group}/inbox")
    assert announced(fediverse, other) == [post["id"], other.uri]
    assert parts(fediverse, other) == [f"{victim.name}|member"]
    assert "in the other group" in shown(fediverse, other)


def test_grp_04_an_administrator_elsewhere_takes_down_only_what_its_own_server_says_is_gone(
    fediverse: Fediverse, project: Project, victim: Attacker, friend: Attacker
) -> None:
    own, other = fediverse.attacker(), fediverse.attacker(host=NEIGHBOUR)
    post, kept = written_to(project, victim, "one"), written_to(project, victim, "two")
    send(victim, victim.create(post), victim.create(kept))
    for administrator in (own, other):
        administrator.publish(type="Application")
        send(administrator, administrator.delete(post["id"]), administrator.delete(project.uri))
    assert announced(fediverse, project) == [kept["id"], post["id"], project.uri]
    fediverse.peer.on(victim._path(post["id"]), answers.status(410), host=victim.host)
    send(own, own.delete(post["id"]))
    assert announced(fediverse, project) == [kept["id"], project.uri]
    assert [each["object"]["object"] for each in friend.told("Undo")] == [post["id"]]
    assert fediverse.document(f"{project.uri}?fresh")["type"] == "Note"


# ------------------------------------------------------------------ GRP-06, GRP-07


def test_grp_06_what_says_that_the_group_has_it_is_shown_once_the_group_passes_it_on(
    fediverse: Fediverse, project: Project, attacker: Attacker, friend: Attacker
) -> None:
    group = project.group
    claims: list[Json] = [
        {"to": [attacker.followers], "cc": [group], "audience": group},
        {"to": [group], "cc": [], "audience": group},
        {"to": [attacker.followers], "cc": [PUBLIC, group], "audience": group},
        {"audience": group, "inReplyTo": attacker.note()["id"]},
        {"context": group, "lavoir:project": group, "plannedWithin": project.uri},
    ]
    for facts in claims:
        note = attacker.note("claims to be there", **facts)
        attacker.serve(note["id"], note)
        send(attacker, attacker.create(note), to=f"{group}/inbox")
        send(attacker, attacker.activity("Announce", object=note["id"], to=[PUBLIC, group]))
        send(attacker, attacker.activity("Add", object=note["id"], target=f"{group}/outbox", to=[group]))
    assert announced(fediverse, project) == [project.uri]
    assert "claims to be there" not in shown(fediverse, project)
    assert friend.told("Announce") == []
    true = attacker.note("is there", audience=group)
    send(attacker, attacker.create(true))
    assert announced(fediverse, project) == [true["id"], project.uri]
    assert "is there" in shown(fediverse, project)


def test_grp_07_the_group_passes_on_each_thing_once_and_nothing_that_was_passed_on(
    fediverse: Fediverse, project: Project, attacker: Attacker, friend: Attacker
) -> None:
    other = fediverse.attacker(host=NEIGHBOUR)
    other.publish(type="Group")
    fediverse.befriend(other)  # the groups of two villages that follow each other
    send(other, other.follow(project.group), other.activity("Join", object=project.group))
    post = written_to(project, attacker, "round and round")
    sent = attacker.create(post)
    send(attacker, sent, sent, attacker.create(post), attacker.activity("Update", object=post))
    [first] = [each for each in other.told("Announce") if each["object"] == post["id"]]
    mine = {**other.activity("Announce", object=post["id"], to=[PUBLIC, project.group])}
    other.serve(mine["id"], mine)
    for thing in (first["id"], first, post["id"], post, mine["id"], mine, project.uri):
        for inbox in (fediverse.shared_inbox, f"{project.group}/inbox"):
            again = other.activity("Announce", object=thing, to=[PUBLIC, project.group], cc=[project.group])
            send(other, again, to=inbox)
    send(other, mine, other.create(mine), other.create(first))
    assert announced(fediverse, project) == [post["id"], project.uri]
    assert len([each for each in friend.told("Announce") if each["object"] == post["id"]]) == 1


# ------------------------------------------------------------------ GRP-10


def test_grp_10_nobody_lets_themself_into_a_project(
    fediverse: Fediverse, attacker: Attacker, victim: Attacker
) -> None:
    project = begin(fediverse, approves="yes")
    asked, other = (who.activity("Join", object=project.group) for who in (attacker, victim))
    send(attacker, asked)
    send(victim, other)
    assert parts(fediverse, project) == [f"{attacker.name}|asked", f"{victim.name}|asked"]
    for kind in ("Accept", "Reject", "Invite", "Add", "Undo"):
        for thing in (asked["id"], asked, project.group, project.uri, other["id"], other):
            if kind == "Undo" and thing in (asked["id"], asked):
                continue  # that is their own to take back
            about = {"object": thing, "target": f"{project.group}/followers", "to": [project.group]}
            send(attacker, attacker.activity(kind, **about))
    assert parts(fediverse, project) == [f"{attacker.name}|asked", f"{victim.name}|asked"]
    assert attacker.told("Accept") == []


def test_grp_10_only_the_side_of_a_project_elsewhere_lets_people_of_ours_in(
    fediverse: Fediverse, attacker: Attacker, victim: Attacker
) -> None:
    fediverse.befriend(victim)
    there = victim.note("<p>A mill</p>", name="Projet : Le moulin", joinMode="free")
    there |= {"lavoir:kind": "project", "lavoir:stage": "running", "lavoir:project": f"{victim.uri}-group"}
    send(victim, victim.create(there))
    code = fediverse.value(f"SELECT code FROM publication WHERE uri = '{there['id']}'")
    fediverse.village.administrator.submit(f"/{code}/join", to=f"/{code}/join")
    fediverse.settle()
    [asked] = victim.told("Join")
    assert (asked["actor"], asked["object"]) == (fediverse.actor, there["id"])
    part = f"SELECT part FROM contributor WHERE uri = '{asked['id']}'"
    for kind in ("Accept", "Reject"):
        for thing in (asked["id"], asked):
            send(attacker, attacker.activity(kind, object=thing, to=[fediverse.actor]))
    assert fediverse.value(part) == "asked"
    send(victim, victim.activity("Accept", object=asked["id"]))
    assert fediverse.value(part) == "member"


# ------------------------------------------------------------------ GRP-12


@pytest.mark.parametrize("way", ["Leave", "Undo", "Delete", "Move"])
def test_grp_12_a_project_never_stands_without_somebody_who_can_be_asked(
    fediverse: Fediverse, project: Project, attacker: Attacker, way: str
) -> None:
    asked = attacker.activity("Join", object=project.group)
    send(attacker, asked)
    carry(fediverse, project, attacker)
    administrator = contributor(fediverse, project, "")
    fediverse.press("/mine/projects", contributor=administrator, do="leave")
    if way == "Delete":
        attacker.serve(attacker.uri, {"type": "Tombstone", "id": attacker.uri})
        fediverse.peer.on(attacker._path(attacker.uri), answers.status(410), host=attacker.host)
    things = {"Leave": project.group, "Undo": asked, "Delete": attacker.uri, "Move": attacker.uri}
    send(attacker, attacker.activity(way, object=things[way], target=f"{attacker.uri}-new"))
    carriers = fediverse.rows(
        "SELECT contact FROM contributor"
        f" WHERE project_id = {project.id} AND part = 'carrier' AND contact <> ''"
    )
    assert len(carriers) == 1
    answer = fediverse.village.visitor().get(project.path)
    assert page(answer).select_one("#h-carriers") is not None
    assert carriers[0] in answer.text


def test_grp_12_the_last_who_carries_it_cannot_leave(fediverse: Fediverse, project: Project) -> None:
    mine = contributor(fediverse, project, "")
    for deed in ("leave", "step-back"):
        fields = {"contributor": mine, "do": deed}
        answer = fediverse.village.administrator.post("/mine/projects", fields)
        assert answer.status_code in (409, 422), heading(answer)
    assert fediverse.value(f"SELECT part FROM contributor WHERE id = {mine}") == "carrier"


# ------------------------------------------------------------------ GRP-14


def test_grp_14_a_role_is_shown_when_the_project_says_so_and_never_as_somebody_else(
    fediverse: Fediverse, project: Project, attacker: Attacker
) -> None:
    attacker.publish(
        name="Mallory, porteuse du four",
        **{"lavoir:project": project.group, "affiliation": project.group, "memberOf": project.uri},
    )
    send(attacker, attacker.follow(project.group), attacker.activity("Update", object=attacker.document()))
    send(attacker, attacker.activity("Add", object=attacker.uri, target=f"{project.group}/members"))
    relation = {"type": "Relationship", "subject": attacker.uri, "object": project.group}
    send(attacker, attacker.activity("Create", object={**relation, "id": attacker.place("relation")}))
    for path in (project.path, f"{project.path}/people"):
        assert "Mallory" not in fediverse.agents_page(path)
    assert parts(fediverse, project) == []
    send(attacker, attacker.activity("Join", object=project.group, name="Le maire"))
    people = fediverse.agents_page(f"{project.path}/people")
    assert "Le maire" not in people
    assert attacker.handle in people
