"""Markup in every field of needs, offers and promises, before a real browser."""

from itertools import count
from xml.etree import ElementTree

from playwright.sync_api import Browser

from tests.attacks.board import Proposal, chosen, jpeg, offer_help, publish, send
from tests.attacks.fediverse import Fediverse
from tests.attacks.test_markup import PWNED, SCRIPT, assert_harmless
from tests.attacks.test_markup import browser as browser
from tests.attacks.visitor import Visitor

ENGINES = ("sqlite",)  # words are escaped above the database

_numbers = count(1)

ATOM = "{http://www.w3.org/2005/Atom}"
PAYLOAD = f"\"'><img src={PWNED} onerror={SCRIPT}><script>{SCRIPT}</script>"
SHORT = f"'><img src=x onerror={SCRIPT}>"


def test_htm_03_every_field_of_needs_and_promises_is_escaped(fediverse: Fediverse, browser: Browser) -> None:
    village = fediverse.village
    author, helper = [village.invited(f"markup-{next(_numbers)}@example.fr") for _ in range(2)]
    for each in (author, helper):
        each.post("/me", {"name": PAYLOAD[:80], "locale": "fr", "rhythm": "never"})
    need = publish(
        village,
        author,
        photos=chosen(jpeg(), PAYLOAD),
        photo1__alt=PAYLOAD,
        photo__consent="nobody",
        title=PAYLOAD[:110],
        text=f"{PAYLOAD}\n\n[x](javascript:{SCRIPT})",
        area=PAYLOAD[:75],
        unit=SHORT,
        place=PAYLOAD,
    )
    stranger = village.visitor()
    pledge = offer_help(village, need, helper, message=PAYLOAD)
    contact = {"name": PAYLOAD[:80], "contact": "06 11 22 33 44", "message": PAYLOAD}
    other = offer_help(village, need, stranger, **contact)
    complaint = {"ground": "other", "explanation": PAYLOAD, "name": PAYLOAD[:80], "contact": "a@example.fr"}
    stranger.submit(f"{need.path}/report", **complaint, good_faith="yes")
    assert_pages_harmless(browser, author, [f"{need.path}/{name}" for name in ("manage", "change", "remove")])
    author.post(f"{need.path}/manage", {"do": "accept", "pledge": pledge})
    author.post(f"{need.path}/manage", {"do": "decline", "pledge": other, "reason": PAYLOAD})
    author.post(f"{need.path}/manage", {"do": "thank", "pledge": pledge, "words": PAYLOAD})
    assert_pages_harmless(browser, author, [need.path, f"{need.path}/manage", "/mine", "/notices"])
    assert_pages_harmless(browser, helper, [need.path, "/mine", "/notices"])
    author.post(f"{need.path}/thank", {"thanks": PAYLOAD, "words": PAYLOAD})
    below = [f"{need.path}/{name}" for name in ("help", "support", "report", "interact")]
    assert_pages_harmless(browser, stranger, [need.path, *below, "/", "/needs", f"/search?q={SHORT}"])
    assert_pages_harmless(browser, village.administrator, [need.path, "/moderation/cases", "/calls"])
    fediverse.settle()
    assert_feed_and_document_harmless(fediverse, need, browser)


def assert_pages_harmless(browser: Browser, visitor: Visitor, paths: list[str]) -> None:
    for path in paths:
        answer = visitor.get(path)
        assert answer.status_code in (200, 404, 409), path
        assert_harmless(browser, answer.text)


def assert_feed_and_document_harmless(fediverse: Fediverse, need: Proposal, browser: Browser) -> None:
    content = str(fediverse.document(need.uri)["content"])
    assert_harmless(browser, f"<!doctype html><title>x</title><body>{content}")
    feed = fediverse.village.visitor().get("/needs.atom")
    assert feed.status_code == 200
    titles = [each.text or "" for each in ElementTree.fromstring(feed.text).iter(f"{ATOM}title")]
    assert any("<img" in each for each in titles), "as words"
    for text in (content, feed.text):
        assert "<script" not in text
        assert "<img" not in text


def test_htm_03_what_is_read_first_is_escaped_for_who_reads_it(
    fediverse: Fediverse, browser: Browser
) -> None:
    village = fediverse.village
    publish(
        village,
        village.visitor(),
        title=PAYLOAD[:110],
        text=PAYLOAD,
        name=PAYLOAD[:80],
        contact="06 55 44 33 22",
        photos=chosen(jpeg()),
        photo1__alt=PAYLOAD,
        photo__consent="nobody",
    )
    assert_harmless(browser, village.administrator.get("/moderation").text)
    refused = send(
        village.visitor(), title=PAYLOAD, text=PAYLOAD, name=PAYLOAD, contact=PAYLOAD, area=PAYLOAD
    )
    assert refused.status_code == 422
    assert_harmless(browser, refused.text)
