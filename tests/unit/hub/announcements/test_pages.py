"""The news and the page of an announcement, as each kind of person and each server sees them."""

import pytest

from hub.announcements.actions import AnnouncementDraft, publish_announcement
from hub.fediverse.models import Activity
from hub.publications.models import Kind, Publication, Scope
from hub.web.page_cache import forget_pages
from tests import factories
from tests.conftest import ENGINES
from tests.unit.hub.village.visitors import engine as engine  # forms and words
from tests.unit.hub.village.visitors import errors, page, sent_again, statements, words

HOSTILE = "<script>alert(1)</script>\"'><b>{{ 7*7 }}"
MASTODON = 'application/ld+json; profile="https://www.w3.org/ns/activitystreams", text/html;q=0.1'


@pytest.fixture(autouse=True)
def _forget():
    forget_pages()


async def test_an_agent_publishes_and_everybody_reads_it(agent, visitor):
    form = sent_again(await agent.get("/new/announcement"))
    sent = await agent.post("/new/announcement", **form | {"title": "Water cut", "text": "On Tuesday."})
    address = sent.headers["location"].partition("?")[0]
    assert sent.status_code == 303
    assert "It is published." in (await agent.get(sent.headers["location"])).text
    shown = await visitor.get(address)
    assert page(shown).h1.text == "Water cut"
    assert "On Tuesday." in words(shown)
    for path in ("/news", "/", "/@saint-martin"):
        assert page(await visitor.get(path)).select_one(f'main a[href="{address}"]'), path


async def test_the_same_form_sent_twice_makes_one_announcement(agent):
    form = sent_again(await agent.get("/new/announcement")) | {"title": "Once", "text": "Only."}
    places = {(await agent.post("/new/announcement", **form)).headers["location"] for _ in range(2)}
    assert len(places) == 1
    assert await Publication.all().count() == 1
    other = await agent.post("/new/announcement", **form | {"text": "Another text, same form."})
    assert other.headers["location"] not in places


async def test_a_form_with_gaps_comes_back_filled(agent):
    refused = await agent.post("/new/announcement", title="x" * 121, text="", scope="galaxy")
    assert refused.status_code == 422
    assert errors(refused) == {"title", "text", "scope"}
    assert await Publication.all().count() == 0


async def test_a_text_from_elsewhere_fills_the_form(agent):
    shown = await agent.get("/new/announcement?text=Hello%20%3Cb%3E")
    assert sent_again(shown)["text"] == "Hello <b>"


async def test_what_is_for_the_village_alone_is_not_there_for_others(agent, visitor, visitors):
    sent = await agent.post("/new/announcement", title="Feast", text="Hush", scope="village")
    address = sent.headers["location"].partition("?")[0]
    neighbour = await visitors.browser(await factories.member("Paul"))
    assert "Hush" in words(await neighbour.get(address))
    for path, status in ((address, 404), ("/news", 200), ("/", 200), ("/@saint-martin", 200)):
        shown = await visitor.get(path)
        assert shown.status_code == status
        assert "Feast" not in shown.text
    assert "link" not in (await neighbour.get(address)).headers
    assert (await visitor.get(f"{address}/interact")).status_code == 404
    assert await Activity.all().count() == 0


async def test_the_page_leads_servers_to_the_document(news, visitor):
    shown = await visitor.get(f"/{news.code}")
    alternate = f'<{news.uri}>; rel="alternate"; type="application/activity+json"'
    assert shown.headers["link"] == alternate
    head = page(shown).head
    assert head.find("link", rel="alternate")["href"] == news.uri
    assert head.find("link", rel="canonical")["href"] == news.url
    named = {tag["property"]: tag["content"] for tag in head.select("meta[property]")}
    assert named["og:title"] == "Water cut"
    assert named["og:description"] == "On Tuesday morning."
    assert named["og:type"] == "article"


@pytest.mark.parametrize("accept", ["application/activity+json", MASTODON])
async def test_a_server_is_sent_to_the_document(news, visitor, accept):
    for path, uri in ((f"/{news.code}", news.uri), ("/@saint-martin", news.author.uri)):
        await visitor.get(path)  # so that a page is kept
        answer = await visitor.client.get(path, headers={"accept": accept})
        assert (answer.status_code, answer.headers["location"]) == (303, uri)


@pytest.mark.parametrize("accept", ["*/*", "text/html,application/xhtml+xml,*/*;q=0.8", ""])
async def test_a_browser_gets_the_page(news, visitor, accept):
    answer = await visitor.client.get(f"/{news.code}", headers={"accept": accept})
    assert answer.status_code == 200
    assert answer.headers["vary"] == "Accept"


async def test_a_code_is_read_in_capitals_too(news, visitor):
    assert (await visitor.get(f"/{news.code.upper()}")).status_code == 200
    assert (await visitor.get("/zzzzzz")).status_code == 404


async def test_the_page_of_a_visitor_holds_no_form_and_no_cookie(news, visitor, say):
    await say("<p>Hi</p>", below=news)
    for path in (f"/{news.code}", "/news", "/@saint-martin"):
        shown = await visitor.get(path)
        assert "<form" not in shown.text
        assert "set-cookie" not in shown.headers


async def test_visitors_without_a_cookie_share_a_page_until_a_form_changes_something(news, visitor, agent):
    first = await visitor.get(f"/{news.code}")
    with statements() as asked:
        second = await visitor.get(f"/{news.code}")
    assert len(asked) <= 1  # the village
    assert second.text == first.text
    assert second.headers["x-request-id"] != first.headers["x-request-id"]
    assert second.headers["link"] == first.headers["link"]
    await agent.post(f"/{news.code}/edit", title="Water is back", text="Since noon.")
    assert "Water is back" in (await visitor.get(f"/{news.code}")).text


async def test_french_spaces_are_shown_and_what_was_typed_is_kept(news, agent, visitor):
    typed = {"title": "L’eau : c’est quand ?", "text": "Mardi ! À 12:30 :)", "language": "fr"}
    await agent.post(f"/{news.code}/edit", **typed)
    await visitor.post("/language", locale="fr")
    shown = (await visitor.get(f"/{news.code}")).text
    assert "L’eau\u00a0: c’est quand\u202f?</h1>" in shown
    assert "Mardi\u202f! À 12:30 :)" in shown
    kept = await Publication.get(id=news.id)
    assert (kept.title, kept.source) == (typed["title"], typed["text"])
    assert "Mardi ! À" in kept.document["content"]
    again = sent_again(await agent.get(f"/{news.code}/edit"))
    assert (again["title"], again["text"]) == (typed["title"], typed["text"])


async def test_an_edit_shows_and_says_when(news, agent, visitor):
    form = sent_again(await agent.get(f"/{news.code}/edit"))
    assert form["text"] == "On **Tuesday** morning.\n\n#water"
    await agent.post(f"/{news.code}/edit", **form | {"text": "On Wednesday."})
    shown = words(await visitor.get(f"/{news.code}"))
    assert "On Wednesday." in shown
    assert "Changed on" in shown


async def test_a_deleted_announcement_says_that_it_is_gone(news, agent, visitor, say):
    await say("<p>Pity</p>", below=news)
    assert "Delete “Water cut”?" in words(await agent.get(f"/{news.code}/delete"))
    for _ in range(2):
        assert (await agent.post(f"/{news.code}/delete")).status_code == 303
    shown = await visitor.get(f"/{news.code}")
    assert shown.status_code == 410
    assert "Tuesday" not in shown.text
    assert "Pity" not in shown.text
    assert "Water cut" not in (await visitor.get("/news")).text
    assert (await agent.post(f"/{news.code}/edit", title="a", text="b")).status_code == 404


async def test_what_is_for_the_village_alone_leaves_no_trace_when_it_is_deleted(village, agent, visitor):
    draft = AnnouncementDraft(title="Feast", text="Hush", scope=Scope.VILLAGE)
    feast = await publish_announcement(village, draft)
    await agent.post(f"/{feast.code}/delete")
    assert (await visitor.get(f"/{feast.code}")).status_code == 404


async def test_answers_show_who_where_and_when(news, visitor, say):
    answer = await say('<p>Thank you, <a href="https://a.example">see</a></p>', below=news)
    shown = page(await visitor.get(f"/{news.code}")).select_one(f"#p-{answer.id}")
    assert shown.strong.text == "Ana"
    assert shown.select_one(".handle").text == "@ana@social.example"
    original = shown.find("a", href=answer.url)
    assert original.text == "Read it on social.example"
    assert original["rel"] == ["nofollow", "noopener", "noreferrer", "ugc"]
    assert shown.select_one("span.face").text == "A"
    assert shown.find("a", href="https://a.example").text == "see"


async def test_what_carries_a_warning_is_folded(news, visitor, say):
    await say("<p>Long story</p>", below=news, summary="<p>Politics</p>")
    folded = page(await visitor.get(f"/{news.code}")).select_one("details")
    assert folded.summary.text == "Politics"
    assert "Long story" in folded.text


async def test_hidden_and_private_answers_are_for_agents_alone(news, agent, visitor, visitors, say):
    hidden = await say("<p>Spam</p>", below=news)
    await say("<p>Secret</p>", below=news, scope=Scope.DIRECT)
    await agent.post(f"/{news.code}/hide", answer=str(hidden.id))
    neighbour = await visitors.browser(await factories.member("Paul"))
    for browser in (visitor, neighbour):
        shown = await browser.get(f"/{news.code}")
        assert "Spam" not in shown.text
        assert "Secret" not in shown.text
    shown = words(await agent.get(f"/{news.code}"))
    assert "Ana Hidden" in shown
    assert "Ana For us alone" in shown
    await agent.post(f"/{news.code}/show", answer=str(hidden.id))
    assert "Spam" in (await visitor.get(f"/{news.code}")).text


async def test_hiding_keeps_the_count_of_answers_right(news, agent, say):
    first, _ = [await say("<p>Hi</p>", below=news) for _ in range(2)]
    for deed, left in (("hide", 1), ("hide", 1), ("show", 2)):
        await agent.post(f"/{news.code}/{deed}", answer=str(first.id))
        await news.refresh_from_db(fields=["replies"])
        assert news.replies == left, deed


async def test_an_agent_answers_likes_and_passes_on(news, agent, visitor, say):
    hello = await say("<p>Hi</p>", below=news)
    form = sent_again(await agent.get(f"/{news.code}/answer?answer={hello.id}")) | {"text": "Welcome."}
    for _ in range(2):
        assert (await agent.post(f"/{news.code}/answer", **form)).status_code == 303
    assert words(await visitor.get(f"/{news.code}")).count("Welcome.") == 1
    assert await Publication.filter(in_reply_to=hello.uri, root_id=news.id).count() == 1
    for deed in ("like", "boost"):
        for _ in range(2):
            await agent.post(f"/{news.code}/{deed}", answer=str(hello.id))
    sent = await Activity.all().order_by("id").values_list("type", flat=True)
    assert sent == ["Create", "Create", "Like", "Announce"]
    shown = words(await agent.get(f"/{news.code}"))
    assert "Take the like back" in shown
    assert "No longer pass on" in shown


async def test_a_post_from_elsewhere_is_read_here_by_agents_alone(agent, visitor, say):
    post = await say("<p>Elsewhere</p>", kind=Kind.POST, code="bcdfgh")
    assert "Elsewhere" in words(await agent.get(f"/{post.code}"))
    assert (await visitor.get(f"/{post.code}")).status_code == 404
    assert (await agent.get(f"/{post.code}/edit")).status_code == 404
    assert (await agent.post(f"/{post.code}/delete")).status_code == 303
    assert await Publication.filter(deleted_at=None).count() == 1


async def test_a_pin_stays_at_the_top_of_the_profile(village, news, agent, visitor):
    await publish_announcement(village, AnnouncementDraft(title="Newer", text="Later."))
    await agent.post(f"/{news.code}/pin")
    titles = [title.text for title in page(await visitor.get("/@saint-martin")).select("main li h3")]
    assert titles == ["Water cut", "Newer"]
    await agent.post(f"/{news.code}/unpin")
    assert await Activity.filter(type__in=["Add", "Remove"]).count() == 2


@pytest.mark.parametrize("engine", ENGINES)
async def test_the_news_come_in_pages_and_by_word(village, visitor):
    for number in range(21):
        text = "With #fête." if number == 3 else "Without."
        await publish_announcement(village, AnnouncementDraft(title=f"News {number:02}", text=text))
    first, second = await visitor.get("/news"), await visitor.get("/news?page=2")
    assert len(page(first).select("main li h2")) == 20
    assert [title.text for title in page(second).select("main li h2")] == ["News 00"]
    found = page(await visitor.get("/news?tag=F%C3%AAte"))
    assert [title.text for title in found.select("main li h2")] == ["News 03"]


async def test_hostile_words_stay_words(agent, visitor):
    sent = await agent.post("/new/announcement", title=HOSTILE[:100], text=HOSTILE + " [x](javascript:alert)")
    address = sent.headers["location"].partition("?")[0]
    for path in (address, "/news", "/", "/@saint-martin"):
        shown = await visitor.get(path)
        assert "<script>alert" not in shown.text
        assert "{{ 7*7 }}" in shown.text
        assert 'href="javascript:' not in shown.text
