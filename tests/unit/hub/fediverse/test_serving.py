"""What our URIs answer, and to whom: everything public, and of the rest nothing that tells it is there."""

import json
from datetime import UTC, datetime

import pytest

from federation.handles import Handle
from federation.origin import parse_uri
from federation.vocabulary import CONTEXT
from hub.actors.hosts import policies_changed, use_federation
from hub.actors.minting import object_uri, use_origin
from hub.actors.models import Actor, Role
from hub.db import transaction
from hub.fediverse.actions import update_actor
from hub.fediverse.models import Activity, AgreementState, Follow
from hub.fediverse.serving import serve, webfinger
from hub.publications.models import Deed, Kind, Publication, Reaction, Scope, Stamp
from tests import factories
from tests.others import agree_with, announcement, somebody

ORIGIN = "https://bourg.example"
NOW = datetime(2026, 12, 1, 12, 0, tzinfo=UTC)


@pytest.fixture(autouse=True)
async def village(database):
    use_origin(ORIGIN)
    await factories.village(handle="bourg", name="Bourg")
    yield await Actor.of_role(Role.VILLAGE)
    use_origin("http://localhost:8000")
    use_federation("open")


async def test_an_actor_and_its_page(village):
    served = await serve(village.uri, None)
    assert served.document["id"] == village.uri
    assert served.page == f"{ORIGIN}/@bourg"
    assert served.public


@pytest.mark.parametrize("path", ["/a/nobody", "/o/01jd3v8x4n0000000000000000", "/o/x", "/a/bourg/secrets"])
async def test_what_is_not_there_answers_nothing(path):
    assert await serve(ORIGIN + path, None) is None


async def test_an_actor_whose_page_is_for_members_does_not_exist(village):
    await Actor.filter(id=village.id).update(hidden=True)
    assert await serve(village.uri, None) is None
    assert await webfinger(Handle("bourg", "bourg.example")) is None


async def test_an_actor_that_is_gone_leaves_a_tombstone(village):
    await Actor.filter(id=village.id).update(deleted_at=NOW)
    served = await serve(village.uri, None)
    assert served.gone
    assert served.document["type"] == "Tombstone"


async def test_a_note_is_served_with_its_counts(village):
    note = await announcement(village, likes=3, replies=2)
    served = await serve(note.uri, None)
    assert served.document["likes"]["totalItems"] == 3
    assert served.document["replies"]["totalItems"] == 2
    assert served.document["@context"] == CONTEXT  # Mastodon takes none without it
    assert served.page == note.url


@pytest.mark.parametrize("scope", [Scope.VILLAGE, Scope.NEIGHBOURS])
async def test_what_is_not_public_does_not_exist_for_strangers(village, scope):
    note = await announcement(village, scope=scope)
    ana = await somebody()
    for name in ("", "/replies", "/likes", "/context", "/create"):
        assert await serve(note.uri + name, None) is None
        assert await serve(note.uri + name, ana.uri) is None
    await Publication.filter(id=note.id).update(deleted_at=NOW)
    assert await serve(note.uri, None) is None


async def test_neighbours_may_have_what_is_for_neighbours(village):
    note = await announcement(village, scope=Scope.NEIGHBOURS)
    theirs = await somebody("server", "val.example")
    agreement = await agree_with(theirs, state=AgreementState.PAUSED)
    assert await serve(note.uri, theirs.uri) is None
    agreement.state, agreement.is_region = AgreementState.AGREED, True
    await agreement.save()
    assert await serve(note.uri, theirs.uri) is None
    agreement.is_region = False
    await agreement.save()
    served = await serve(note.uri, theirs.uri)
    assert served is not None
    assert not served.public


async def test_a_deleted_note_is_a_tombstone_and_so_are_its_activities(village):
    note = await announcement(village)
    create = {"id": f"{note.uri}/create", "type": "Create", "object": note.document}
    await Activity.create(
        uri=create["id"],
        actor=village,
        type="Create",
        object_uri=note.uri,
        body=json.dumps(create),
        public=True,
    )
    assert (await serve(create["id"], None)).document == create
    await Publication.filter(id=note.id).update(deleted_at=NOW)
    for uri in (note.uri, create["id"]):
        served = await serve(uri, None)
        assert served.gone
        assert served.document["type"] == "Tombstone"


async def test_an_activity_that_is_not_public_is_nobody_s_to_fetch(village):
    uri = f"{village.uri}/accepts/01jd3v8x4n0000000000000000"
    await Activity.create(uri=uri, actor=village, type="Accept", body="{}", public=False)
    assert await serve(uri, None) is None


async def test_collections_of_an_actor(village):
    ana = await somebody()
    await Follow.create(uri="a", follower=ana, followed=village, accepted_at=NOW)
    await Follow.create(uri="b", follower=await somebody("bob"), followed=village)
    note = await announcement(village, pinned_at=NOW)
    await announcement(village, scope=Scope.VILLAGE, pinned_at=NOW)
    followers = (await serve(f"{village.uri}/followers", None)).document
    assert (followers["totalItems"], followers["first"]) == (1, f"{village.uri}/followers?page=1")
    assert (await serve(followers["first"], None)).document["orderedItems"] == [ana.uri]
    assert (await serve(f"{village.uri}/featured", None)).document["orderedItems"] == [note.uri]
    board = await Actor.filter(role=Role.BOARD).first()
    assert (await serve(f"{board.uri}/moderators", None)).document["orderedItems"] == [village.uri]


async def test_the_outbox_lists_what_still_stands(village):
    for deleted in (None, NOW):
        note = await announcement(village, deleted_at=deleted)
        body = json.dumps({"id": f"{note.uri}/create", "type": "Create", "object": note.document})
        facts = {"type": "Create", "object_uri": note.uri, "body": body, "public": True}
        await Activity.create(uri=f"{note.uri}/create", actor=village, **facts)
        kept = body if deleted is None else kept  # noqa: F821
    outbox = (await serve(f"{village.uri}/outbox", None)).document
    assert outbox["totalItems"] == 1
    assert (await serve(outbox["first"], None)).document["orderedItems"] == [json.loads(kept)]


async def test_words_that_were_taken_back_are_not_read_in_what_once_told_of_them(village):
    note = await announcement(village)
    said = {**note.document, "content": "<p>Appelez le 06 12 34 56 78.</p>"}
    for kind, path in (("Create", "/create"), ("Update", "/update/1")):
        sent = {"id": note.uri + path, "type": kind, "object": said, "proof": {"proofValue": "z"}}
        facts = {"type": kind, "object_uri": note.uri, "body": json.dumps(sent), "public": True}
        await Activity.create(uri=sent["id"], actor=village, **facts)
        now = {"id": sent["id"], "type": kind, "object": note.document}
        assert (await serve(sent["id"], None)).document == now  # and no proof of what it says no longer
    [first] = (await serve(f"{village.uri}/outbox?page=1", None)).document["orderedItems"]
    assert first["object"] == note.document


async def test_what_still_says_the_same_is_served_as_it_was_sent_with_its_proof(village):
    note = await announcement(village)
    sent = {"id": f"{note.uri}/create", "type": "Create", "object": note.document, "proof": {}}
    facts = {"type": "Create", "object_uri": note.uri, "body": json.dumps(sent), "public": True}
    await Activity.create(uri=sent["id"], actor=village, **facts)
    assert (await serve(sent["id"], None)).document == sent


async def test_what_an_actor_once_said_of_itself_goes_with_it(village):
    async with transaction():
        await update_actor(village)
    told = f"{village.uri}/update/1"
    [sent] = await Activity.filter(uri=told)
    assert (await serve(told, None)).document == json.loads(sent.body)
    await Actor.filter(id=village.id).update(summary="<p>Sans numéro.</p>")
    now = (await serve(told, None)).document
    assert (now["object"]["summary"], "proof" in now) == ("<p>Sans numéro.</p>", False)
    await Actor.filter(id=village.id).update(hidden=True)
    assert await serve(told, None) is None
    await Actor.filter(id=village.id).update(hidden=False, deleted_at=NOW)
    assert (await serve(told, None)).document == {
        "@context": CONTEXT,
        "id": told,
        "type": "Tombstone",
        "formerType": "Update",
    }


async def test_answers_that_were_hidden_or_sent_in_private_are_in_no_collection(village):
    note, ana = await announcement(village), await somebody()
    shown = []
    for number, facts in enumerate(({}, {"hidden_at": NOW}, {"scope": Scope.DIRECT}, {"deleted_at": NOW})):
        uri = f"https://social.example/notes/{number}"
        answer = {"kind": Kind.ANSWER, "type": "Note", "scope": Scope.PUBLIC, "published_at": NOW} | facts
        await Publication.create(uri=uri, author=ana, in_reply_to=note.uri, root=note, **answer)
        shown += [] if facts else [uri]
    for name in ("replies", "context"):
        page = await serve(f"{note.uri}/{name}?page=1", None)
        assert page.document["orderedItems"] == shown


async def test_likes_are_counted_and_nobody_is_named(village):
    note, ana = await announcement(village), await somebody()
    await Reaction.create(deed=Deed.LIKE, uri="x", actor=ana, publication=note)
    likes = (await serve(f"{note.uri}/likes", None)).document
    assert likes["totalItems"] == 1
    assert "first" not in likes


async def test_a_stamp_says_who_may_quote_until_it_is_taken_back(village):
    note = await announcement(village)
    stamp = await Stamp.create(
        uri=object_uri(),
        publication=note,
        quoting="https://social.example/n/1",
        actor="https://social.example/a",
    )
    document = (await serve(stamp.uri, None)).document
    assert document["type"] == "QuoteAuthorization"
    assert document["interactionTarget"] == note.uri
    await Stamp.filter(id=stamp.id).update(revoked_at=NOW)
    assert (await serve(stamp.uri, None)).gone


@pytest.mark.parametrize("gone", [{"hidden_at": NOW}, {"scope": Scope.VILLAGE}])
async def test_of_what_nobody_may_read_any_more_no_stamp_tells(village, gone):
    note, quoting = await announcement(village), "https://social.example/n/1"
    stamp = await Stamp.create(uri=object_uri(), publication=note, quoting=quoting, actor="https://a.example")
    await Publication.filter(id=note.id).update(**gone)
    assert await serve(stamp.uri, None) is None


async def test_what_others_wrote_is_theirs_to_serve(village):
    ana = await somebody()
    note = await announcement(ana)
    assert await serve(note.uri, None) is None


async def test_where_only_neighbours_are_served_others_get_the_key_and_nothing_else(village):
    note = await announcement(village)
    use_federation("neighbours")
    stub = await serve(village.uri, None)
    assert stub.partial
    assert not stub.public
    assert "publicKey" in stub.document
    assert "summary" not in stub.document
    assert await serve(note.uri, None) is None
    ana = await somebody()
    await agree_with(ana)
    policies_changed()
    assert (await serve(note.uri, ana.uri)).document["id"] == note.uri
    assert "summary" in (await serve(village.uri, ana.uri)).document


@pytest.mark.parametrize(
    "resource",
    [
        Handle("bourg", "bourg.example"),
        parse_uri(f"{ORIGIN}/a/bourg"),
        parse_uri(f"{ORIGIN}/@bourg"),
    ],
)
async def test_webfinger_gives_the_same_answer_however_it_is_asked(resource, village):
    answer = await webfinger(resource)
    assert answer["subject"] == "acct:bourg@bourg.example"
    (own,) = [link for link in answer["links"] if link["rel"] == "self"]
    assert own == {"rel": "self", "type": "application/activity+json", "href": village.uri}


async def test_dos_09_what_is_longer_than_any_name_of_ours_is_nobodys():
    for resource in (Handle("a" * 300, "bourg.example"), parse_uri(f"{ORIGIN}/@{'a' * 300}")):
        assert await webfinger(resource) is None
    for path in (f"/a/{'a' * 3000}", f"/a/bourg/follows/{'a' * 3000}", f"/o/{'a' * 3000}"):
        assert await serve(ORIGIN + path, None) is None


async def test_webfinger_of_the_site_and_of_strangers():
    site = await webfinger(parse_uri(ORIGIN))
    assert any(link.get("href") == f"{ORIGIN}/actor" for link in site["links"])
    for resource in (Handle("bourg", "other.example"), Handle("nobody", "bourg.example")):
        assert await webfinger(resource) is None
    assert await webfinger(parse_uri("https://other.example/@bourg")) is None
