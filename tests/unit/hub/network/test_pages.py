"""Following and answering from elsewhere, following from here, and what waits for an agent."""

from datetime import UTC, datetime, timedelta
from urllib.parse import quote

import pytest

from federation.addressing import Visibility, address
from federation.outgoing import ActorDraft, NoteDraft, Server, actor, note
from hub.actors.models import Actor, Role
from hub.fediverse.models import Activity, Follow
from hub.network.home_server import Home
from hub.network.pages import waiting
from hub.publications.models import Kind, Publication
from hub.web.page_cache import forget_pages
from tests import factories
from tests.unit.hub.announcements.conftest import ana
from tests.unit.hub.village.visitors import engine as engine  # forms and words
from tests.unit.hub.village.visitors import errors, page, sent_again, words

OBJECT = "https://w3id.org/fep/3b86/Object"
SUBSCRIBE = "http://ostatus.org/schema/1.0/subscribe"


@pytest.fixture(autouse=True)
def _forget():
    forget_pages()


def links(there, *rels):
    """A WebFinger answer that offers these, each at its own page."""
    placeholder = {OBJECT: "{object}", SUBSCRIBE: "{uri}"}
    return {
        "subject": f"acct:ana@{there.host}",
        "links": [
            {"rel": rel, "template": f"{there.url}/{number}?it={placeholder[rel]}"}
            for number, rel in enumerate(rels)
        ],
    }


@pytest.mark.parametrize(
    ("rels", "page_there"),
    [
        ((SUBSCRIBE, OBJECT), "/1?it="),
        ((SUBSCRIBE,), "/0?it="),
        ((), "/authorize_interaction?uri="),
    ],
)
async def test_a_visitor_is_sent_home_in_the_way_that_home_says(
    visitor, village, elsewhere, rels, page_there
):
    elsewhere.answers["/.well-known/webfinger"] = links(elsewhere, *rels)
    sent = await visitor.post("/@saint-martin/follow", address=f"@Ana@{elsewhere.host}")
    assert sent.status_code == 303
    assert sent.headers["location"] == f"{elsewhere.url}{page_there}{quote(village.uri, safe='')}"
    assert elsewhere.asked == [f"/.well-known/webfinger?resource=acct:ana@{elsewhere.host}"]


async def test_who_is_known_at_home_with_a_capital_alone_is_sent_home(visitor, village, elsewhere):
    handle = f"acct:Ana@{elsewhere.host}"
    elsewhere.answers[f"/.well-known/webfinger?resource={handle}"] = links(elsewhere, OBJECT)
    sent = await visitor.post("/@saint-martin/follow", address=f"@Ana@{elsewhere.host}")
    assert sent.headers["location"].startswith(f"{elsewhere.url}/0?it=")


async def test_the_name_of_a_server_is_enough(visitor, news, elsewhere):
    sent = await visitor.post(f"/{news.code}/interact", address=elsewhere.host)
    assert sent.headers["location"] == (
        f"{elsewhere.url}/authorize_interaction?uri={quote(news.uri, safe='')}"
    )


@pytest.mark.parametrize(
    ("address", "sentence"),
    [
        ("", "Write something here."),
        ("not an address", "Write it like"),
        ("javascript:alert(1)", "Write it like"),
        ("@ana@127.0.0.1:9", "No server answers there."),
        ("nobody@{host}", "does not know this name"),
    ],
)
async def test_what_goes_wrong_is_said_in_plain_words(visitor, elsewhere, address, sentence):
    refused = await visitor.post("/@saint-martin/follow", address=address.format(host=elsewhere.host))
    assert refused.status_code == 422
    assert errors(refused) == {"address"}
    assert sentence in words(refused)


def test_an_address_is_read_as_people_write_it():
    for text in ("mastodon.example", "@mastodon.example", "https://Mastodon.example/@rosa"):
        assert Home.of(text) == Home("mastodon.example")
    found = Home.of(" @Rosa@Mastodon.example ")
    assert (found.host, str(found.handle)) == ("mastodon.example", "@rosa@mastodon.example")


async def test_who_is_at_home_here_goes_on_here(visitor, village):
    sent = await visitor.post("/@saint-martin/follow", address="marie@localhost:8000")
    assert sent.headers["location"] == f"/authorize_interaction?uri={quote(village.uri, safe='')}"


async def test_only_so_many_servers_are_asked_for_one_visitor(visitor, elsewhere):
    statuses = [
        (await visitor.post("/@saint-martin/follow", address=elsewhere.host)).status_code for _ in range(12)
    ]
    assert statuses[:10] == [303] * 10
    assert statuses[-1] == 429


async def test_the_form_may_lead_to_another_server_and_no_other_form_may(visitor, news):
    policy = (await visitor.get("/@saint-martin/follow")).headers["content-security-policy"]
    assert "form-action 'self' https:" in policy
    assert "form-action 'self';" in (await visitor.get("/sign-in")).headers["content-security-policy"]


async def test_there_is_nothing_to_follow_under_a_name_that_is_not_there(visitor, village):
    for path in ("/@nobody/follow", "/@server/follow", "/zzzzzz/interact"):
        assert (await visitor.get(path)).status_code == 404


def describe(there, name="village"):
    """An actor and its WebFinger, over there."""
    uri = f"{there.url}/a/{name}"
    handle = f"{name}@{there.host}"
    draft = ActorDraft(
        uri=uri,
        kind="Group",
        handle=handle,
        name="Vaubelle",
        url=f"{there.url}/@{name}",
        server=Server(uri, "x", f"{there.url}/inbox"),
        rsa_pem="",
        ed25519_multibase="",
        summary_html="<p>Hello<script>alert(1)</script></p>",
    )
    there.answers[f"/a/{name}"] = actor(draft)
    there.answers[f"/.well-known/webfinger?resource=acct:{handle}"] = {
        "subject": f"acct:{handle}",
        "links": [{"rel": "self", "type": "application/activity+json", "href": uri}],
    }
    return uri, handle


def write(there, author, text="<p>Broyeur</p>"):
    uri = f"{there.url}/o/1"
    there.answers["/o/1"] = note(
        NoteDraft(
            uri=uri,
            author=author,
            html=text,
            url=uri,
            language="fr",
            audience=address(Visibility.PUBLIC, followers=f"{author}/followers"),
            published_at=datetime.now(UTC),
        )
    )
    return uri


async def test_an_agent_follows_by_handle_and_takes_it_back(agent, village, elsewhere):
    uri, handle = describe(elsewhere)
    for _ in range(2):
        assert (await agent.post("/network/follow", handle=f"@{handle}")).status_code == 303
    follow = await Follow.get().select_related("followed")
    assert (follow.followed.uri, follow.followed.handle, follow.accepted_at) == (uri, handle, None)
    shown = words(await agent.get("/network"))
    assert f"Vaubelle @village @{elsewhere.host}" in shown
    assert "Asked, no answer yet" in shown
    for _ in range(2):
        await agent.post("/network/unfollow", actor=str(follow.followed_id))
    assert await Follow.all().count() == 0
    assert (await Activity.all().order_by("-id").first()).type == "Undo"


async def test_a_handle_that_leads_nowhere_comes_back_in_the_form(agent, elsewhere):
    for handle in ("nonsense", f"@ana@{elsewhere.host}"):
        refused = await agent.post("/network/follow", handle=handle)
        assert refused.status_code == 422
        assert errors(refused) == {"handle"}


async def test_an_agent_comes_from_another_server_to_follow(agent, elsewhere):
    uri, handle = describe(elsewhere)
    for given in (uri, f"acct:{handle}"):
        shown = await agent.get(f"/authorize_interaction?uri={quote(given, safe='')}")
        assert shown.status_code == 200
        assert page(shown).h1.text == "Vaubelle"
        assert "<script>alert" not in shown.text
    form = sent_again(shown)
    assert (await agent.post("/network/follow", handle=form["handle"])).status_code == 303
    assert await Follow.all().count() == 1


async def test_an_agent_comes_from_another_server_to_answer(agent, visitor, elsewhere):
    author, _ = describe(elsewhere)
    uri = write(elsewhere, author)
    for _ in range(2):
        sent = await agent.get(f"/authorize_interaction?uri={quote(uri, safe='')}")
        assert sent.status_code == 303
    assert await Publication.all().count() == 1
    path = sent.headers["location"]
    assert "Broyeur" in words(await agent.get(path))
    assert (await visitor.get(path)).status_code == 404
    form = sent_again(await agent.get(f"{path}/answer")) | {"text": "Nous le prenons samedi."}
    assert (await agent.post(f"{path}/answer", **form)).status_code == 303
    answer = await Publication.get(kind=Kind.ANSWER)
    assert (answer.in_reply_to, answer.document["tag"][0]["href"]) == (uri, author)


async def test_visitors_sign_in_first_and_residents_are_told_who_acts(visitors, visitor, village, elsewhere):
    uri = f"{elsewhere.url}/a/village?x=1&y=2"
    path = f"/authorize_interaction?uri={quote(uri, safe='')}"
    sent = await visitor.get(path)
    assert sent.status_code == 303
    assert sent.headers["location"] == f"/sign-in?next={quote(path, safe='')}"
    resident = await visitors.browser(await factories.member("Paul"))
    shown = await resident.get(path)
    assert "The town hall does that" in words(shown)
    assert uri in words(shown)
    assert elsewhere.asked == []


async def test_what_is_ours_is_shown_where_it_lives(agent, village, news):
    for uri, path in (
        (village.uri, "/@saint-martin"),
        (news.uri, f"/{news.code}"),
        (news.url, f"/{news.code}"),
    ):
        sent = await agent.get(f"/authorize_interaction?uri={quote(uri, safe='')}")
        assert sent.headers["location"] == path
    assert (await agent.get("/authorize_interaction")).status_code == 404


async def test_dos_09_what_is_longer_than_anything_of_ours_is_not_found(agent, village):
    origin = village.url.partition("/@")[0]
    for path in ("/a/longer-than-a-code", f"/@{'a' * 300}", f"/a/{'a' * 300}", f"/o/{'a' * 1500}"):
        sent = await agent.get(f"/authorize_interaction?uri={quote(origin + path, safe='')}")
        assert sent.status_code == 404
    assert (await agent.get(f"/@{'a' * 300}")).status_code == 404
    for number in ("9" * 40, "-1", "x", ""):
        assert (await agent.post("/network/unfollow", actor=number)).status_code == 303


async def test_the_network_shows_who_speaks_to_us_and_lets_an_agent_act(agent, village, news, say):
    await say("<p>Well said</p>", below=news)
    await say("<p>@saint-martin hello</p>", kind=Kind.MESSAGE)
    await say("<p>A stranger's post</p>", kind=Kind.POST)
    shown = words(await agent.get("/network"))
    assert "Well said" in shown
    assert "hello" in shown
    assert "stranger" not in shown
    await Follow.create(uri="x", follower=village, followed=await ana(), accepted_at=datetime.now(UTC))
    assert "stranger" in words(await agent.get("/network"))
    message = await Publication.get(kind=Kind.MESSAGE)
    back = await agent.post(f"/{message.code}/like", back="/network")
    assert back.headers["location"] == "/network?said=liked"


async def test_messages_wait_until_somebody_answers_likes_or_hides_them(agent, village, news, say):
    assert await waiting() == []
    first, second, third = [await say("<p>Hi</p>", below=news) for _ in range(3)]
    old = await say("<p>Old</p>", below=news)
    await Publication.filter(id=old.id).update(received_at=datetime.now(UTC) - timedelta(days=8))
    assert [path for _, path in await waiting()] == ["/network"]
    await agent.post(f"/{news.code}/answer", answer=str(first.id), text="Hello.")
    await agent.post(f"/{news.code}/like", answer=str(second.id))
    assert len(await waiting()) == 1
    await agent.post(f"/{news.code}/hide", answer=str(third.id))
    assert await waiting() == []


async def test_the_network_is_the_town_halls(visitors, visitor, village):
    neighbour = await visitors.browser(await factories.member("Paul"))
    assert (await visitor.get("/network")).status_code == 303
    assert (await neighbour.get("/network")).status_code == 404
    assert (await neighbour.post("/network/follow", handle="@a@b.example")).status_code == 404


async def test_the_page_of_a_board_leads_to_what_hangs_on_it(visitor, village):
    boards = await Actor.filter(role=Role.BOARD).order_by("id").values_list("name", flat=True)
    led = {}
    for name in boards:
        soup = page(await visitor.get(f"/@{name}"))
        led[name] = [link["href"] for link in soup.select("main p.gap > a.btn")]
    assert [found for found in led.values() if found] == [["/needs"], ["/offers"], ["/projects"], ["/agenda"]]
