"""The texts that a village writes itself: Markdown in, clean words out."""

import re
from dataclasses import replace

import pytest
from bs4 import BeautifulSoup

from hub.members.models import Role
from hub.participants.ageing import CONTACTS_KEPT
from hub.village.actions import html_of, write_text
from hub.village.models import WrittenText
from tests import factories
from tests.unit.hub.village.visitors import Visitors, errors, page, sent_again, words

MARKDOWN = "# Us\n\nWe **meet** *here*:\n\n- wash\n- talk\n\n[write](mailto:mairie@example.fr)\n\n> so\n"


def test_markdown_becomes_html() -> None:
    assert (
        html_of(MARKDOWN).split()
        == (
            "<h2>Us</h2> <p>We <strong>meet</strong> <em>here</em>:</p>"
            " <ul> <li>wash</li> <li>talk</li> </ul>"
            ' <p><a href="mailto:mairie@example.fr" rel="noopener noreferrer">write</a></p>'
            " <blockquote> <p>so</p> </blockquote>"
        ).split()
    )


TAGS = set("p a h2 h3 ul ol li strong em blockquote hr br".split())


@pytest.mark.parametrize(
    "source",
    [
        "<script>alert(1)</script>",
        "<img src=x onerror=alert(1)>",
        "<a href='javascript:alert(1)'>x</a>",
        "![x](https://elsewhere.example/x.png)",
        "[x](javascript:alert(1))",
        "[x](JaVaScRiPt:alert(1))",
        "[x](java\tscript:alert(1))",
        "[x](data:text/html;base64,PHNjcmlwdD4=)",
        "[x](vbscript:x)",
        '[x](https://a.example "onmouseover=alert(1)")',
        "<https://a.example/\"onclick='x'>",
        "<javascript:alert(1)>",
        "[x]: javascript:alert(1)\n\n[x]",
        "<style>*{display:none}</style>",
        "<iframe src=https://elsewhere.example></iframe>",
        "<form action=/me/erase method=post><button>x</button></form>",
        "<!-- --><svg/onload=alert(1)>",
        "&lt;script&gt;alert(1)&lt;/script&gt;",
        "```\n<script>alert(1)</script>\n```",
        '<p class="door" id="content" style="x">x</p>',
    ],
)
def test_what_could_do_harm_is_no_more_than_words(source: str) -> None:
    for element in BeautifulSoup(html_of(source), "html.parser").find_all(True):
        assert element.name in TAGS
        assert element.attrs.keys() <= {"href", "rel", "title"}
        assert str(element.get("href", "https:")).startswith(("https:", "http:", "mailto:", "tel:"))


def test_a_heading_never_competes_with_the_title_of_the_page() -> None:
    levels = BeautifulSoup(html_of("# a\n\nb\n===\n\n## c\n\n### d\n\n#### e"), "html.parser")
    assert [each.name for each in levels.find_all(["h1", "h2", "h3", "h4"])] == ["h2", "h2", "h2", "h3"]
    assert "e" in levels.text


async def test_a_text_of_the_village_shows_to_everybody_and_says_its_language(visitors: Visitors) -> None:
    await factories.village(locale="fr")
    mayor = await visitors.administrator()
    sent = await mayor.post("/admin/texts/charter/fr", text="## Chez nous\n\nOn se **salue**.")
    assert (sent.status_code, sent.headers["location"]) == (303, "/charter?said=text-saved")
    shown = await mayor.get("/charter")
    assert page(shown).main.h2.text == "Chez nous"
    assert page(shown).main.strong.text == "salue"
    assert "Chacun peut demander" not in shown.text
    await mayor.post("/language", locale="en")
    english = page(await mayor.get("/charter")).main
    assert english.select_one("[lang=fr]").strong.text == "salue"
    await mayor.post("/admin/texts/charter/en", text="We **greet**.")
    english = page(await mayor.get("/charter")).main
    assert (english.strong.text, english.select("[lang]")) == ("greet", [])


async def test_what_is_written_in_another_language_replaces_nothing(visitors: Visitors) -> None:
    await factories.village(locale="fr")
    await write_text("charter", "en", "We greet.")
    assert "Everyone may ask" not in words(await (await visitors.browser()).get("/charter"))
    assert "We greet" not in words(await (await visitors.browser()).get("/charter"))


async def test_an_empty_text_brings_back_the_words_of_the_program(visitors: Visitors) -> None:
    await factories.village(locale="en")
    mayor = await visitors.administrator()
    await mayor.post("/admin/texts/charter/en", text="Our own words.")
    assert "Our own words." in words(await mayor.get("/charter"))
    assert (await mayor.post("/admin/texts/charter/en", text=" \r\n ")).status_code == 303
    assert "Everyone may ask" in words(await mayor.get("/charter"))
    assert not await WrittenText.exists()


async def test_own_words_never_replace_what_the_law_wants(visitors: Visitors) -> None:
    await factories.village(locale="en")
    for key in ("legal", "privacy", "accessibility", "about"):
        await write_text(key, "en", "Our own words.")
    visitor = await visitors.browser()
    legal, privacy = words(await visitor.get("/legal")), words(await visitor.get("/privacy"))
    assert "Claire Auzias" in legal
    assert "Our own words." in legal
    assert "90 days after the last visit" in privacy
    assert "no audit has been made yet" in words(await visitor.get("/accessibility"))
    assert "Download the source code" in words(await visitor.get("/about"))


async def test_the_page_of_data_says_what_is_kept_of_whom_and_where_it_goes(visitors: Visitors) -> None:
    await factories.village(locale="en")
    privacy = words(await (await visitors.browser()).get("/privacy"))
    assert f"{CONTACTS_KEPT.days} days after all is over; then a first name stays" in privacy
    assert "When you delete it, they are asked to delete it too" in privacy
    alone = await Visitors(replace(visitors.config, federation="off")).browser()
    assert "open network" not in words(await alone.get("/privacy"))
    await alone.client.aclose()


async def test_writing_again_replaces_the_text_and_the_form_shows_it(visitors: Visitors) -> None:
    await factories.village(locale="en")
    mayor = await visitors.administrator()
    await mayor.post("/admin/texts/about/en", text="First <b>words</b>")
    await mayor.post("/admin/texts/about/en", text="Second </textarea> words\r\n\r\n* one")
    form = page(await mayor.get("/admin/texts/about/en"))
    assert form.textarea.text.strip() == "Second </textarea> words\n\n* one"
    assert await WrittenText.all().count() == 1


async def test_a_text_that_is_too_long_comes_back_whole(visitors: Visitors) -> None:
    await factories.village(locale="en")
    mayor, long = await visitors.administrator(), "word " * 4001
    answer = await mayor.post("/admin/texts/about/en", text=long)
    assert answer.status_code == 422
    assert errors(answer) == {"text"}
    assert page(answer).textarea.text.strip() == long.strip()
    assert not await WrittenText.exists()


@pytest.mark.parametrize(
    "path", ["/about", "/accessibility", "/report", "/projects", "/search", "/sign-in", "/zzzzzz"]
)
async def test_a_network_does_not_speak_as_a_town_hall(visitors: Visitors, path: str) -> None:
    await factories.village(locale="en", is_region=True, phone="04 65 71 40 00")
    shown = words(await (await visitors.browser()).get(path))
    assert not re.findall(r"town hall|the village\b", shown, re.IGNORECASE)


@pytest.mark.parametrize("path", ["/admin/texts/about/de", "/admin/texts/home/fr", "/admin/texts/about"])
async def test_there_are_no_other_texts(visitors: Visitors, path: str) -> None:
    await factories.village()
    mayor = await visitors.administrator()
    assert (await mayor.get(path)).status_code == 404
    assert (await mayor.post(path, text="x")).status_code == 404


async def test_who_writes_a_text_that_somebody_else_changed_meanwhile_is_told_and_loses_nothing(
    visitors: Visitors,
) -> None:
    await factories.village(locale="en")
    one = await visitors.administrator()
    other = await visitors.browser(await factories.member("Rosa", role=Role.ADMINISTRATOR))
    path = "/admin/texts/about/en"
    hers, his = sent_again(await one.get(path)), sent_again(await other.get(path))
    assert (await other.post(path, **his | {"text": "His."})).status_code == 303
    told = await one.post(path, **hers | {"text": "Hers."})
    assert (told.status_code, errors(told)) == (422, {"text"})
    assert "Somebody else changed these words" in words(told)
    assert sent_again(told)["text"] == "Hers."
    assert (await WrittenText.get()).source == "His."
    assert (await one.post(path, **sent_again(told))).status_code == 303
    assert (await WrittenText.get()).source == "Hers."
