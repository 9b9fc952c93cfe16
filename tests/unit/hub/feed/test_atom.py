"""Feeds: valid, the same for everybody, public things alone, and sent once."""

from datetime import UTC, datetime
from xml.etree import ElementTree

import httpx
import pytest

from hub.actors.models import Actor
from hub.announcements.actions import AnnouncementDraft, publish_announcement
from hub.exchange import actions
from hub.exchange.models import ProposalDraft, Voice
from hub.organisations.actions import list_organisation
from hub.organisations.models import OrganisationDraft, Spokesperson
from hub.participants.models import Person
from hub.publications.models import Kind, Publication, Scope
from hub.village.models import Village, Visibility
from tests import factories
from tests.unit.hub.exchange.conftest import need
from tests.unit.hub.village.visitors import Browser, page

ATOM = "{http://www.w3.org/2005/Atom}"
FEEDS = ("/feed.atom", "/needs.atom", "/offers.atom", "/@saint-martin.atom", "/@needs.atom", "/@offers.atom")


def read(response: httpx.Response) -> ElementTree.Element:
    assert response.status_code == 200
    assert response.headers["content-type"] == "application/atom+xml; charset=utf-8"
    return ElementTree.fromstring(response.content)


def titles(response: httpx.Response) -> list[str | None]:
    return [title.text for title in read(response).iterfind(f"{ATOM}entry/{ATOM}title")]


async def announce(title: str, text: str = "Mardi.", **facts: object) -> Publication:
    return await publish_announcement(
        await Actor.village(), AnnouncementDraft(title=title, text=text, **facts)
    )


async def test_each_feed_has_what_it_is_for(visitor: Browser) -> None:
    await announce("Coupure d’eau")
    await need(title="Bois")
    await need(title="Remorque", kind=Kind.OFFER)
    expected = {
        "/feed.atom": ["Remorque", "Bois", "Coupure d’eau"],
        "/needs.atom": ["Bois"],
        "/offers.atom": ["Remorque"],
        "/@saint-martin.atom": ["Remorque", "Bois", "Coupure d’eau"],
        "/@needs.atom": ["Bois"],
        "/@offers.atom": ["Remorque"],
        "/@projects.atom": [],
    }
    assert {path: titles(await visitor.get(path)) for path in expected} == expected


async def test_an_association_has_its_own_feed(visitor: Browser) -> None:
    rosa = await factories.member("Rosa")
    club = await list_organisation(OrganisationDraft(name="Club des Tilleuls"))
    await Spokesperson.create(organisation=club, member=rosa)
    draft = ProposalDraft(kind=Kind.NEED, title="Chaises", text="Trente.", scope=Scope.PUBLIC)
    person = Person(name="Rosa", member_id=rosa.id)
    await actions.publish_proposal(
        draft, person, voice=Voice.ORGANISATION, organisation_id=club.id, trusted=True
    )
    await need()
    response = await visitor.get(f"/@{club.handle}.atom")
    assert titles(response) == ["Chaises"]
    [author] = read(response).iterfind(f"{ATOM}entry/{ATOM}author/{ATOM}name")
    assert author.text == "Club des Tilleuls"


async def test_what_is_not_public_is_in_no_feed_whoever_asks(visitor: Browser, resident: Browser) -> None:
    await need(title="Village", scope=Scope.VILLAGE)
    await need(title="Voisins", scope=Scope.NEIGHBOURS)
    await need(title="Premier mot", trusted=False)
    await announce("Entre nous", scope=Scope.VILLAGE)
    gone = await need(title="Parti")
    await actions.delete_proposal(gone)
    closed = await need(title="Fermé")
    await actions.close(closed)
    hidden = await need(title="Caché")
    await Publication.filter(id=hidden.publication_id).update(hidden_at=datetime.now(UTC))
    for browser in (visitor, resident):
        for path in FEEDS:
            assert titles(await browser.get(path)) == [], path


async def test_nobody_who_wants_no_name_has_one_there(visitor: Browser) -> None:
    await need(voice=Voice.TOWN_HALL, person=Person(name="Odette Discrète", mail="odette@example.fr"))
    await need()
    shown = (await visitor.get("/feed.atom")).text
    for secret in ("Odette", "odette@", "Rosa", "chemin des Combes"):
        assert secret not in shown


async def test_an_entry_says_all_that_one_must_know(visitor: Browser) -> None:
    wood = await need()
    [entry] = read(await visitor.get("/needs.atom")).iterfind(f"{ATOM}entry")
    assert entry.find(f"{ATOM}id").text == wood.publication.uri
    assert entry.find(f"{ATOM}link").get("href") == wood.publication.url
    content = entry.find(f"{ATOM}content")
    assert content.get("type") == "html"
    for part in ("Huit stères", "Hameau des Combes", "0"):
        assert part in content.text
    for name in ("published", "updated"):
        assert datetime.fromisoformat(entry.find(f"{ATOM}{name}").text).tzinfo is not None
    assert entry.find(f"{ATOM}author/{ATOM}name").text == "Saint-Martin"


@pytest.mark.parametrize("path", FEEDS)
@pytest.mark.parametrize("engine", ["sqlite"])  # words around what others ask of both
async def test_an_empty_feed_is_still_one(visitor: Browser, path: str) -> None:
    feed = read(await visitor.get(path))
    for name in ("id", "title", "updated"):
        assert feed.find(f"{ATOM}{name}").text
    links = {link.get("rel"): link.get("href") for link in feed.iterfind(f"{ATOM}link")}
    assert links["self"] == f"http://localhost:8000{path}"
    assert (await visitor.get(httpx.URL(links["alternate"]).path)).status_code == 200


async def test_odd_words_are_escaped_and_marks_that_are_no_xml_left_out(visitor: Browser) -> None:
    odd = 'Tom & "Jerry" <script>alert(1)</script> ]]> \x0b\ufffe été'
    news = await announce("x", "<b>gras</b> & co")
    await Publication.filter(id=news.id).update(title=odd)
    [title] = titles(await visitor.get("/feed.atom"))
    assert title == 'Tom & "Jerry" <script>alert(1)</script> ]]>  été'
    assert "<script>" not in (await visitor.get("/feed.atom")).text


async def test_who_has_it_already_is_not_sent_it_again(visitor: Browser) -> None:
    await need()
    first = await visitor.get("/needs.atom")
    tag, date = first.headers["etag"], first.headers["last-modified"]
    for headers in (
        {"if-none-match": tag},
        {"if-none-match": f'"other", W/{tag}'},
        {"if-modified-since": date},
    ):
        again = await visitor.client.get("/needs.atom", headers=headers)
        assert (again.status_code, again.content) == (304, b""), headers
        assert again.headers["etag"] == tag
    await need(title="Encore")
    for headers in ({"if-none-match": tag}, {"if-none-match": tag, "if-modified-since": date}):
        again = await visitor.client.get("/needs.atom", headers=headers)
        assert again.status_code == 200
    odd = await visitor.client.get("/needs.atom", headers={"if-modified-since": "yesterday"})
    assert odd.status_code == 200


async def test_who_has_no_page_has_no_feed(visitor: Browser) -> None:
    hidden = await list_organisation(OrganisationDraft(name="Discrets"))
    await Actor.filter(name=hidden.handle).update(hidden=True)
    for name in ("nobody", "server", "%00", "a" * 300, hidden.handle, "saint-martin.atom"):
        assert (await visitor.get(f"/@{name}.atom")).status_code == 404, name


async def test_of_a_site_for_members_only_they_read_the_feeds(visitor: Browser, resident: Browser) -> None:
    await need()
    await Village.all().update(visibility=Visibility.MEMBERS)
    for path in FEEDS:
        assert (await visitor.get(path)).status_code == 303
    shown = await resident.get("/needs.atom")
    assert shown.status_code == 200
    assert "private" in shown.headers["cache-control"]


async def test_pages_lead_to_their_feeds(visitor: Browser) -> None:
    for path, feed in {
        "/": "/feed.atom",
        "/news": "/feed.atom",
        "/board": "/feed.atom",
        "/needs": "/needs.atom",
        "/offers": "/offers.atom",
    }.items():
        link = page(await visitor.get(path)).select_one('head link[type="application/atom+xml"]')
        assert link["href"] == feed, path
        assert (await visitor.get(feed)).status_code == 200
