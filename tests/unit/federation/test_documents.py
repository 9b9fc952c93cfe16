from datetime import UTC, datetime, timedelta

import pytest

from federation.documents import (
    Activity,
    Actor,
    Document,
    Tombstone,
    parse,
    parse_activity,
    parse_actor,
    parse_collection,
    parse_document,
)
from federation.errors import InvalidDocument
from federation.limits import (
    ALSO_KNOWN_AS,
    ATTACHMENTS,
    MENTIONS,
    NAME_CHARS,
    RECIPIENTS,
    SUMMARY_CHARS,
    TAGS,
)
from federation.vocabulary import PUBLIC, Json
from tests.unit.federation.recorded import NOW, all_recorded, recorded

SOFTWARE = (
    "akkoma bonfire bridgy fep-0837 fep-8a8e flohmarkt friendica gancio gotosocial lavoir lemmy mastodon "
    "mbin misskey mitra mobilizon peertube piefed pixelfed pleroma smithereen snac streams wordpress"
).split()


def a_note(**changes: object) -> Json:
    note = {
        "id": "https://bourg.example/o/1",
        "type": "Note",
        "attributedTo": "https://bourg.example/a/lea",
        "content": "<p>Bonjour</p>",
        "published": "2026-11-20T08:00:00Z",
        "to": [PUBLIC],
    }
    return {**note, **changes}


def an_actor(**changes: object) -> Json:
    actor = {
        "id": "https://bourg.example/a/lea",
        "type": "Person",
        "preferredUsername": "lea",
        "inbox": "https://bourg.example/a/lea/inbox",
    }
    return {**actor, **changes}


def a_like(**changes: object) -> Json:
    like = {
        "id": "https://bourg.example/a/lea/likes/1",
        "type": "Like",
        "actor": "https://bourg.example/a/lea",
        "object": "https://val.example/o/9",
    }
    return {**like, **changes}


def document(**changes: object) -> Document:
    return parse_document(a_note(**changes), now=NOW)


def actor(**changes: object) -> Actor:
    return parse_actor(an_actor(**changes), now=NOW)


def activity(**changes: object) -> Activity:
    return parse_activity(a_like(**changes), now=NOW)


# ---------------------------------------------------------------- other software


def test_every_software_that_we_meet_is_recorded() -> None:
    assert {name.partition("/")[0] for name in all_recorded()} == set(SOFTWARE)


@pytest.mark.parametrize("name", all_recorded())
def test_every_recorded_document_is_understood(name: str) -> None:
    found = parse(recorded(name), now=NOW)
    if name.startswith("lavoir/") and isinstance(found, Activity):
        assert found.object_id or isinstance(found.object, Document)


def test_a_mastodon_profile_is_read_whole() -> None:
    lea = parse_actor(recorded("mastodon/person"), now=NOW)
    assert lea.claimed_handle == "lea@mastodon.example"
    assert lea.name == "Léa :tulipe:"
    assert lea.shared_inbox == "https://mastodon.example/inbox"
    assert lea.url == "https://mastodon.example/@lea"
    assert lea.icon == "https://fichiers.example/avatars/1.jpg"
    assert [key.id for key in lea.keys] == ["https://mastodon.example/users/lea#main-key"]
    assert [field.name for field in lea.fields] == ["Site"]
    assert (lea.discoverable, lea.indexable, lea.manually_approves) == (True, True, False)
    assert lea.also_known_as == ("https://ancien.example/users/lea",)


def test_a_mastodon_reply_is_read_whole() -> None:
    note = parse_document(recorded("mastodon/note"), now=NOW)
    assert note.type == "Note"
    assert note.attributed_to == "https://mastodon.example/users/lea"
    assert note.in_reply_to == "https://bourg.example/o/b1"
    assert note.language == "fr"
    assert note.mentions == ("https://bourg.example/a/commune",)
    assert [tag.name for tag in note.tags if tag.type == "Hashtag"] == ["benevolat"]
    assert [(picture.alt, picture.width) for picture in note.attachments] == [
        ("Un mur de pierre sèche", 1600)
    ]
    assert note.likes is not None
    assert note.likes.total == 3
    assert note.replies is not None
    assert isinstance(note.replies.first, str) or note.replies.first is None


def test_a_single_attachment_tag_and_recipient_of_gotosocial_count_as_one() -> None:
    create = parse_activity(recorded("gotosocial/create_note"), now=NOW)
    assert isinstance(create.object, Document)
    assert create.to == create.object.to == (PUBLIC,)
    assert len(create.object.attachments) == len(create.object.tags) == 1


def test_a_bare_create_keeps_only_the_id_to_fetch() -> None:
    create = parse_activity(recorded("gotosocial/create_note_bare"), now=NOW)
    assert (
        create.object
        == create.object_id
        == "https://gts.example/users/tom/statuses/01JD2T6V3W4X5Y6Z7A8B9C0D1E"
    )


def test_lemmy_announces_a_whole_activity() -> None:
    announce = parse_activity(recorded("lemmy/announce_create_page"), now=NOW)
    create = announce.object
    assert isinstance(create, Activity)
    page = create.object
    assert isinstance(page, Document)
    assert (announce.type, create.type, page.type) == ("Announce", "Create", "Page")
    assert page.name == "Échange de graines"
    assert page.audience == "https://lemmy.example/c/jardins"


def test_a_group_of_lemmy_names_its_moderators() -> None:
    group = parse_actor(recorded("lemmy/group"), now=NOW)
    assert (group.type, group.moderators) == ("Group", "https://lemmy.example/c/jardins/moderators")


def test_replies_that_piefed_writes_as_a_list_are_kept_as_ids() -> None:
    page = parse_document(recorded("piefed/page"), now=NOW)
    assert page.replies is not None
    assert page.replies.items == ("https://ailleurs.example/notes/1",)


def test_a_peertube_video_belongs_to_its_person_and_opens_its_page() -> None:
    video = parse_document(recorded("peertube/video"), now=NOW)
    assert video.attributed_to == "https://peertube.example/accounts/claire"
    assert video.url == video.id
    assert video.content == "<p>Avec **deux** tournevis</p>"


@pytest.mark.parametrize("kind", ["text/plain", "text/markdown", "Text/Plain; charset=utf-8"])
def test_what_is_no_html_keeps_its_lines_and_its_signs(kind: str) -> None:
    text = "Bonjour,\r\n\r\n\r\n1 < 2 & <b>\nà demain\n"
    assert document(content=text, mediaType=kind).content == (
        "<p>Bonjour,</p><p>1 &lt; 2 &amp; &lt;b&gt;<br>à demain</p>"
    )


@pytest.mark.parametrize("kind", ["text/html", "TEXT/HTML; charset=utf-8", "image/png", 7, None])
def test_everything_else_is_html(kind: object) -> None:
    assert document(content="<p>Bonjour</p>", mediaType=kind).content == "<p>Bonjour</p>"


def test_a_property_value_is_no_attachment_of_a_mobilizon_event() -> None:
    event = parse_document(recorded("mobilizon/event"), now=NOW)
    assert event.type == "Event"
    assert [entry.type for entry in event.attachments] == ["Document"]


def test_keys_of_both_kinds_are_read() -> None:
    silo = parse_actor(recorded("mitra/person"), now=NOW)
    assert [key.id.partition("#")[2] for key in silo.keys] == ["main-key", "ed25519-key"]


def test_what_a_server_implements_is_known() -> None:
    wanted = ("https://datatracker.ietf.org/doc/html/rfc9421",)
    assert parse_actor(recorded("wordpress/person"), now=NOW).implements == wanted
    assert parse_actor(recorded("mitra/person"), now=NOW).implements == wanted


def test_a_handle_may_be_written_with_its_scheme() -> None:
    assert parse_actor(recorded("snac/person"), now=NOW).claimed_handle == "ida@snac.example"


def test_a_word_of_valueflows_is_not_taken_for_an_activity() -> None:
    create = parse_activity(recorded("bonfire/create_need"), now=NOW)
    assert isinstance(create.object, Document)
    assert create.object.type == "ValueFlows:Need"
    assert document(type="ValueFlows:Proposal").type == "Proposal"
    assert document(type="ValueFlows:Offer").type == "ValueFlows:Offer"


def test_a_page_of_an_outbox_holds_its_activities() -> None:
    page = parse_collection(recorded("mastodon/outbox_page"), now=NOW)
    assert [item.type for item in page.items if isinstance(item, Activity)] == ["Create", "Announce"]
    assert page.part_of == "https://mastodon.example/users/lea/outbox"


def test_one_bad_item_does_not_hide_the_others() -> None:
    bad = a_note(attributedTo="https://victim.example/a/bob")
    page = {"type": "OrderedCollectionPage", "orderedItems": [a_note(), bad, 5, "https://bourg.example/o/2"]}
    assert len(parse_collection(page, now=NOW).items) == 2


def test_a_deleted_note_is_a_tombstone() -> None:
    assert isinstance(parse(recorded("mastodon/tombstone"), now=NOW), Tombstone)
    delete = parse_activity(recorded("mastodon/delete_note"), now=NOW)
    assert isinstance(delete.object, Tombstone)
    assert delete.object_id == "https://mastodon.example/users/lea/statuses/113500000000000001"


def test_a_report_names_several_things() -> None:
    flag = parse_activity(recorded("mastodon/flag"), now=NOW)
    assert flag.objects == ("https://bourg.example/a/paul", "https://bourg.example/o/b7")


def test_a_pledge_holds_an_agreement_without_an_id() -> None:
    offer = parse_activity(recorded("lavoir/offer_agreement"), now=NOW)
    assert isinstance(offer.object, Document)
    assert (offer.type, offer.object.type, offer.object.id) == ("Offer", "Agreement", "")
    assert offer.object_id is None


def test_an_accepted_pledge_carries_its_agreement() -> None:
    accept = parse_activity(recorded("lavoir/accept"), now=NOW)
    assert accept.object == "https://val.example/o/k9"
    assert isinstance(accept.result, Document)
    assert accept.result.id == "https://bourg.example/g/21"


# ---------------------------------------------------------------- whose it is


@pytest.mark.parametrize(
    "owner",
    [
        1,
        "admin",
        "/a/lea",
        "javascript:alert(1)",
        {"type": "Person"},
        "https://victim.example/a/bob",
        ["https://bourg.example/a/lea", "https://bourg.example/a/bob"],
        ["https://bourg.example/a/lea", "https://victim.example/a/bob"],
        ["https://bourg.example/a/lea", 5],
        ["https://bourg.example/a/lea", {"type": "Group"}],
        [
            {"type": "Person", "id": "https://bourg.example/a/lea"},
            {"type": "Group", "id": "https://victim.example/g"},
        ],
        [
            {"type": "Group", "id": "https://bourg.example/g"},
            {"type": "Group", "id": "https://bourg.example/h"},
        ],
    ],
)
def test_a_document_of_no_single_owner_at_its_own_origin_is_refused(owner: object) -> None:
    with pytest.raises(InvalidDocument):
        document(attributedTo=owner)


def test_one_owner_may_be_written_twice_or_embedded() -> None:
    lea = "https://bourg.example/a/lea"
    assert document(attributedTo=[lea, lea]).attributed_to == lea
    assert document(attributedTo=an_actor(inbox="https://evil.example/inbox")).attributed_to == lea


def test_an_activity_at_another_origin_than_its_actor_is_refused() -> None:
    with pytest.raises(InvalidDocument):
        activity(id="https://victim.example/likes/1")
    with pytest.raises(InvalidDocument):
        activity(actor=["https://bourg.example/a/lea", "https://evil.example/a/eve"])


@pytest.mark.parametrize(
    "identity", [None, 5, "", [], {}, "bourg.example/o/1", "http://bourg.example/o/1", "as:Public"]
)
def test_nothing_is_known_without_an_id(identity: object) -> None:
    with pytest.raises(InvalidDocument):
        document(id=identity)
    with pytest.raises(InvalidDocument):
        actor(id=identity)
    with pytest.raises(InvalidDocument):
        activity(id=identity)


@pytest.mark.parametrize(
    "odd", ["HTTPS://bourg.example/o/1", "https://Bourg.example/o/1", "https://bourg.example:443/o/1"]
)
def test_org_12_an_id_has_one_spelling_and_what_names_it_is_read_into_that(odd: str) -> None:
    with pytest.raises(InvalidDocument):
        document(id=odd)
    assert document(inReplyTo=odd).in_reply_to == "https://bourg.example/o/1"


def test_the_signer_is_the_actor_where_none_is_written() -> None:
    request = {key: value for key, value in a_like(type="FeatureRequest").items() if key != "actor"}
    with pytest.raises(InvalidDocument):
        parse_activity(request, now=NOW)
    signer = "https://bourg.example/a/lea"
    found = parse_activity(request, now=NOW, signer=signer)
    assert found.actor == signer
    assert found.raw == request
    with pytest.raises(InvalidDocument):
        parse_activity(request, now=NOW, signer="https://evil.example/a/eve")


# ---------------------------------------------------------------- what it is


def test_the_first_known_type_of_several_decides() -> None:
    assert activity(type=["Create", "Delete"]).type == "Create"
    assert document(type=["maid:Request", "Note", "Tombstone"]).type == "Note"
    assert isinstance(parse(a_note(type=["Tombstone", "Note"]), now=NOW), Tombstone)
    assert document(type="as:Note").type == "Note"
    assert document(type="https://w3id.org/valueflows/ont/vf#Proposal").type == "Proposal"


def test_an_unknown_activity_is_understood_as_one() -> None:
    assert activity(type="Foo").type == "Foo"
    assert isinstance(parse(a_like(type="Foo"), now=NOW), Activity)


def test_a_document_is_not_an_activity_and_so_on() -> None:
    with pytest.raises(InvalidDocument):
        parse_activity(a_note(actor="https://bourg.example/a/lea"), now=NOW)
    with pytest.raises(InvalidDocument):
        parse_document(an_actor(), now=NOW)
    with pytest.raises(InvalidDocument):
        parse_actor(a_note(), now=NOW)
    with pytest.raises(InvalidDocument):
        parse_collection(a_note(), now=NOW)


@pytest.mark.parametrize("kind", [None, [], {}, 5, "", [None, 7]])
def test_what_has_no_type_is_refused(kind: object) -> None:
    with pytest.raises(InvalidDocument):
        document(type=kind)


@pytest.mark.parametrize("value", [None, [], {}, 5, "no uri", [[]], {"type": []}])
def test_an_activity_about_nothing_is_refused(value: object) -> None:
    with pytest.raises(InvalidDocument):
        activity(object=value)


def test_an_activity_may_have_no_object() -> None:
    arrive = {key: value for key, value in a_like(type="Arrive").items() if key != "object"}
    assert parse_activity(arrive, now=NOW).object is None


def test_only_the_outermost_activity_is_about_several_things() -> None:
    inner = {"type": "Flag", "actor": "https://a.example/a", "object": ["https://a.example/1"] * 20}
    outer = {**inner, "id": "https://a.example/2", "object": [inner] * 20}
    found = parse_activity(outer, now=NOW)
    assert [len(thing.objects) for thing in found.objects if isinstance(thing, Activity)] == [1] * 20


def test_deep_nesting_ends_in_an_id() -> None:
    nested: object = "https://bourg.example/o/0"
    for number in range(1, 9):
        nested = a_like(id=f"https://bourg.example/o/{number}", type="Undo", object=nested)
    found, depth = parse_activity(nested, now=NOW).object, 0
    while isinstance(found, Activity):
        found, depth = found.object, depth + 1
    assert (depth, found) == (4, "https://bourg.example/o/3")


# ---------------------------------------------------------------- what it says


def test_a_name_cannot_deceive() -> None:
    assert document(name="Mairie\u202e eiriam\u200b\ufeff\x00\n de  Bourg").name == "Mairie eiriam de Bourg"
    assert actor(name="\u2066ad\u00admin\u2069").name == "admin"
    assert actor(name="\u200b \u3164").name == "lea"


def test_an_emoji_of_several_parts_stays_whole() -> None:
    assert document(name="👩‍🌾 Léa").name == "👩‍🌾 Léa"


@pytest.mark.parametrize(
    "username", [None, "", " ", "a b", "a@b.example", "l\u200bea", "x" * 129, ["lea"], "../x"]
)
def test_an_actor_needs_a_name_that_can_be_written_in_a_handle(username: object) -> None:
    with pytest.raises(InvalidDocument):
        actor(preferredUsername=username)


@pytest.mark.parametrize(
    "url", ["javascript:alert(1)", "data:text/html,x", "ftp://bourg.example/", "//bourg.example", 5, {}, [[]]]
)
def test_only_addresses_of_the_web_are_links(url: object) -> None:
    assert document(url=url).url is None


def test_a_profile_page_of_another_host_is_not_shown() -> None:
    assert actor(url="https://bank.example/@lea").url is None
    assert actor(url="http://bourg.example/@lea").url == "http://bourg.example/@lea"


def test_an_actor_only_has_addresses_at_its_own_origin() -> None:
    with pytest.raises(InvalidDocument):
        actor(inbox="https://victim.example/inbox")
    found = actor(
        followers="https://victim.example/followers",
        endpoints={"sharedInbox": "https://victim.example/inbox"},
    )
    assert (found.followers, found.shared_inbox) == (None, None)


@pytest.mark.parametrize(
    "date",
    ["9999-12-31T23:59:59Z", "0000-01-01", "2026-02-30T00:00:00Z", "0001-01-01T00:00:00Z", 17, "x" * 99],
)
def test_a_date_of_no_calendar_is_none(date: object) -> None:
    assert document(published=date).published_at is None


def test_what_was_published_tomorrow_was_published_now() -> None:
    tomorrow = (NOW + timedelta(days=10)).isoformat()
    assert document(published=tomorrow).published_at == NOW
    assert document(updated=tomorrow).updated_at == NOW


def test_times_are_utc() -> None:
    morning = datetime(2026, 11, 20, 8, 0, tzinfo=UTC)
    assert document(published="2026-11-20T09:00:00+01:00").published_at == morning
    assert document(published="2026-11-20T08:00:00").published_at == morning
    assert document(published="2026-11-20T08:00:00.000000000Z").published_at == morning


def test_the_language_is_the_first_of_the_map() -> None:
    assert document(contentMap={"fr-CA": "x", "en": "y"}).language == "fr-CA"
    assert document(nameMap={"oc": "x"}).language == "oc"
    assert document(contentMap={"und": "x"}).language is None
    assert document(contentMap={"<b>": "x"}).language is None
    assert document(content=None, contentMap={"fr": "<p>Salut</p>"}).content == "<p>Salut</p>"


def test_everybody_has_three_spellings() -> None:
    assert document(to="as:Public", cc=["Public", PUBLIC]).to == (PUBLIC,)
    assert document(cc=["Public", PUBLIC]).cc == (PUBLIC,)


# ---------------------------------------------------------------- too much of it


def test_more_than_we_want_is_left_out() -> None:
    many = [f"https://bourg.example/a/{number}" for number in range(10_000)]
    tags = [{"type": "Mention", "name": "@x", "href": uri} for uri in many]
    pictures = [{"type": "Image", "url": uri} for uri in many]
    found = document(to=many, cc=many, tag=tags, attachment=pictures)
    assert (len(found.to), len(found.cc), len(found.tags)) == (RECIPIENTS, RECIPIENTS, TAGS)
    assert (len(found.attachments), len(found.mentions)) == (ATTACHMENTS, MENTIONS)
    assert len(actor(alsoKnownAs=many).also_known_as) == ALSO_KNOWN_AS


def test_long_texts_are_cut() -> None:
    assert len(actor(name="x" * 100_000).name) == NAME_CHARS
    assert len(actor(name="x" * NAME_CHARS).name) == NAME_CHARS
    assert len(actor(summary="x" * 1_000_000).summary) == SUMMARY_CHARS


def test_too_many_keys_are_refused() -> None:
    with pytest.raises(InvalidDocument):
        actor(publicKey=[{"id": f"https://bourg.example/a/lea#{number}"} for number in range(11)])


def test_a_reason_fits_in_a_line_of_a_log() -> None:
    with pytest.raises(InvalidDocument) as refused:
        document(attributedTo="https://victim.example/a/bob")
    assert str(refused.value) == (
        "owner of another origin id=https://bourg.example/o/1 owner=https://victim.example/a/bob"
    )


# ---------------------------------------------------------------- anything at all
