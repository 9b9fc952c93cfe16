"""The words, faces and lists of others on our pages: shown, and nothing more than words, faces and lists.

What a page does is told by a real browser, which gets it without the policy that would forbid scripts: the
cleaning has to hold alone.
"""

import csv
import io
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import quote, urlsplit

import pytest
from bs4 import BeautifulSoup, Tag
from PIL import Image
from playwright.sync_api import Browser, sync_playwright

from tests import parts
from tests.attacks.fediverse import Attacker, Fediverse
from tests.attacks.visitor import page
from tests.browser.chromium import ARGUMENTS, NOBODY
from tests.evilpeer import answers

ENGINES = ("sqlite",)  # words are cleaned above the database

PWNED = "https://evil.example/pwned"
ALLOWED = {"p", "br", "span", "a", "del", "s", "pre", "blockquote", "code", "b", "strong", "u", "i", "em"}
ALLOWED |= {"ul", "ol", "li", "ruby", "rt", "rp"}
ALLOWED_ATTRIBUTES = {"href", "rel", "lang", "start", "title", "value"}


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=parts.chromium(), args=[*ARGUMENTS, NOBODY])
        yield browser
        browser.close()


def assert_harmless(browser: Browser, html: str) -> None:
    """No script of the page runs, nothing is asked of another host, and words hold only what they may."""
    context = browser.new_context()
    shown = context.new_page()
    asked: list[str] = []
    shown.on("request", lambda request: asked.append(request.url))
    shown.set_content(html, wait_until="load")
    shown.evaluate("document.querySelectorAll('[onclick]').forEach(e => e.onclick())")
    assert shown.evaluate("window.pwned") is None
    assert not [url for url in asked if "evil.example" in url]
    found = shown.evaluate(
        "[...document.querySelectorAll('.words *')].map("
        " e => [e.localName, e.namespaceURI, ...e.getAttributeNames()])"
    )
    strange = [element for element in found if element[1] != "http://www.w3.org/1999/xhtml"]
    strange += [element for element in found if element[0] not in ALLOWED]
    strange += [element for element in found if not set(element[2:]) <= ALLOWED_ATTRIBUTES]
    assert strange == []
    odd = shown.evaluate(
        "[...document.querySelectorAll('*')].filter(e => e.getAttributeNames().some(n => n.startsWith('on'))"
        " || /^\\s*(javascript|data|vbscript):/i.test(e.getAttribute('href') || ''))"
        ".map(e => e.outerHTML)"
    )
    assert odd == []
    context.close()


@pytest.mark.parametrize(
    "harm",
    [
        "<script>window.pwned=1</script>",
        "<svg onload=window.pwned=1></svg>",
        f"<img src={PWNED}>",
        "<div class=words><h1>x</h1></div>",
        "<div class=words><p style=x>x</p></div>",
        "<a href=javascript:x>x</a>",
    ],
)
def test_the_browser_tells_what_is_harmful(browser: Browser, harm: str) -> None:
    with pytest.raises(AssertionError):
        assert_harmless(browser, f"<!doctype html><title>x</title><body>{harm}")


def stored(fediverse: Fediverse, note: dict[str, Any]) -> BeautifulSoup:
    return BeautifulSoup(fediverse.stored(note["id"]) or "", "html.parser")


def say(fediverse: Fediverse, attacker: Attacker, *contents: str, **facts: Any) -> list[dict[str, Any]]:
    """A message of each; once all are stored."""
    notes = [attacker.mention(**facts) | {"content": content} for content in contents]
    for note in notes:
        assert attacker.post(attacker.create(note)).status == 202
    fediverse.settle()
    return notes


# ---------------------------------------------------------------- words

SCRIPT = "window.pwned=1"
MUTANTS = [
    f"<script>{SCRIPT}</script>",
    f"<img src=x onerror={SCRIPT}>",
    f'<noscript><p title="</noscript><img src=x onerror={SCRIPT}>"></noscript>',
    f'<title><p title="</title><img src=x onerror={SCRIPT}>"></title>',
    f'<textarea><p title="</textarea><img src=x onerror={SCRIPT}>"></textarea>',
    f'<svg><style><img src="</style><img src=x onerror={SCRIPT}>"></style></svg>',
    f"<svg><p><style><!--</style><img src=x onerror={SCRIPT}>--></style></p></svg>",
    f"<math><mtext><table><mglyph><style><!--</style><img title='--&gt;&lt;img src=1 onerror={SCRIPT}&gt;'>",
    f"<form><math><mtext></form><form><mglyph><style></math><img src onerror={SCRIPT}>",
    f"<svg></p><style><a id='</style><img src=1 onerror={SCRIPT}>'>",
    f"<select><template><style><!--</style><a rel='--></style></template><img src=x onerror={SCRIPT}>'>",
    f"<noembed><img src='</noembed><img src=x onerror={SCRIPT}>'>",
    f"<iframe srcdoc='<script>parent.{SCRIPT}</script>'></iframe>",
    f"<xmp><p title='</xmp><img src=x onerror={SCRIPT}>'>",
    f"<plaintext><img src=x onerror={SCRIPT}>",
    f"<!--><img src=x onerror={SCRIPT}>-->",
    f"<!--!><img src=x onerror={SCRIPT}>-->",
    f"<![CDATA[><img src=x onerror={SCRIPT}>]]>",
    f"<?xml version='1.0'?><img src=x onerror={SCRIPT}>",
    f"<p/onclick={SCRIPT}/><p\tonclick={SCRIPT}>x",
    f'<p a="\'><img src=x onerror={SCRIPT}>">',
    f"<p a='\"><img src=x onerror={SCRIPT}>'>",
    f"<p a=`><img src=x onerror={SCRIPT}>`>",
    f"<scr<script>ipt>{SCRIPT}</scr</script>ipt>",
    f"<scr\x01ipt>{SCRIPT}</scr\x01ipt>",
    f"<img/src=x/onerror={SCRIPT}//",
    f"+ADw-script+AD4-{SCRIPT}+ADw-/script+AD4-",
    f"&lt;img src=x onerror={SCRIPT}&gt;",
    f"&amp;lt;img src=x onerror={SCRIPT}&amp;gt;",
    f"&#x3c;img src=x onerror={SCRIPT}&#x3e;",
    f"<a href='javascript:{SCRIPT}'>x</a>",
    f"<a href='java\tscript:{SCRIPT}'>x</a>",
    f"<a href=' &#14; javascript:{SCRIPT}'>x</a>",
    f"<a href='&#106;avascript:{SCRIPT}'>x</a>",
    f"<a href='data:text/html,<script>{SCRIPT}</script>'>x</a>",
    f"<a href='vbscript:{SCRIPT}'>x</a>",
    f"<a href='https://evil.example/\" onclick={SCRIPT} x=\"'>x</a>",
    f"<a href='https://evil.example/' onclick='{SCRIPT}'>x</a>",
    f"<a href='//evil.example' style='background:url({PWNED})'>x</a>",
    f"<a xlink:href='javascript:{SCRIPT}'>x</a>",
    f"<base href='https://evil.example/'><link rel=stylesheet href='{PWNED}'>",
    f"<meta http-equiv=refresh content='0;{PWNED}'>",
    f"<video poster='{PWNED}'><source src='{PWNED}'></video><audio src='{PWNED}'></audio>",
    f"<object data='{PWNED}'><embed src='{PWNED}'></object>",
    f"<form action='{PWNED}'><input name=x><button formaction='{PWNED}'>x</button></form>",
    f"<style>@import '{PWNED}'</style><p style=\"background:url('{PWNED}')\">x",
    "<p id=main name=viewer><a name=cookie>x</a><form id=location>",
    f"<h1 onclick={SCRIPT}>x</h1><h6><img src=x onerror={SCRIPT}></h6>",
    f"<ol start='1\" onclick={SCRIPT} \"'><li value='1 onclick={SCRIPT}'>x</li></ol>",
    f"<p lang='fr\" onclick=\"{SCRIPT}'>x</p>",
    f"</div></main><script>{SCRIPT}</script>",
]


def test_htm_02_no_trick_of_parsers_becomes_a_script(
    fediverse: Fediverse, known: Attacker, browser: Browser
) -> None:
    news = fediverse.announce()
    notes = say(fediverse, known, *(f"before {mutant}" for mutant in MUTANTS), inReplyTo=news.uri)
    for start in range(0, len(notes), 10):
        say(fediverse, known, *MUTANTS[start : start + 10])
        assert_harmless(browser, fediverse.agents_page("/network"))
    assert_harmless(browser, fediverse.page(f"/{news.code}"))
    assert_harmless(browser, fediverse.agents_page(f"/{news.code}"))


def test_htm_02_cleaning_what_is_clean_changes_nothing(fediverse: Fediverse, known: Attacker) -> None:
    first = [fediverse.stored(note["id"]) or "" for note in say(fediverse, known, *MUTANTS)]
    kept = [html for html in first if html]
    again = say(fediverse, known, *kept)
    assert [fediverse.stored(note["id"]) for note in again] == kept


def test_htm_03_every_field_is_escaped_where_it_is_shown(fediverse: Fediverse, browser: Browser) -> None:
    payload = (
        f"\"'><img src={PWNED} onerror={SCRIPT}><script>{SCRIPT}</script></title></textarea><b onclick=1>"
    )
    attacker = fediverse.attacker()
    field = {"type": "PropertyValue", "name": payload, "value": payload}
    attacker.publish(
        name=payload,
        summary=payload,
        attachment=[field],
        type="Group",
        url=f"{attacker.uri}?{quote(payload)}",
    )
    news = fediverse.announce(payload, title=payload[:100])
    picture = {
        "type": "Image",
        "mediaType": payload,
        "url": f"{attacker.uri}?{quote(payload)}",
        "name": payload,
    }
    tags = [
        {"type": kind, "name": payload, "href": PWNED, "icon": {"url": PWNED}}
        for kind in ("Emoji", "Hashtag")
    ]
    option = {"type": "Note", "name": payload, "replies": {"totalItems": 1}}
    facts: dict[str, Any] = {
        "name": payload,
        "summary": payload,
        "attachment": [picture],
        "oneOf": [option],
        "location": {"type": "Place", "name": payload},
        "contentMap": {payload: payload},
    }
    kinds = ("Note", "Question", "Article", "Page", "Event")
    for kind in kinds:
        note = attacker.mention(payload, inReplyTo=news.uri, type=kind, **facts)
        assert attacker.post(attacker.create(note | {"tag": [*note["tag"], *tags]})).status == 202
    message = attacker.mention(payload, **facts)
    attacker.post(attacker.create(message))
    attacker.post(attacker.activity("Flag", object=[news.uri], content=payload, summary=payload))
    attacker.post(attacker.follow())
    fediverse.peer.on(
        urlsplit(f"{attacker.uri}/inbox").path, answers.raw(f"HTTP/1.1 500 {payload}\r\n\r\n".encode())
    )
    fediverse.settle()
    fediverse.press("/admin/network/hosts", name="evil.example", policy="blocked", note=payload)
    fediverse.agents_page("/network")  # gives the message a page
    code = fediverse.value(f"SELECT code FROM publication WHERE uri = '{message['id']}'")
    answer = fediverse.value(f"SELECT id FROM publication WHERE in_reply_to = '{news.uri}' LIMIT 1")
    actor = fediverse.value(f"SELECT id FROM actor WHERE uri = '{attacker.uri}'")
    paths = [
        f"/{news.code}",
        f"/{news.code}/answer?answer={answer}",
        f"/{news.code}/edit",
        f"/{news.code}/delete",
        f"/{news.code}/interact",
        "/",
        "/news",
        "/@valbrume",
        "/network",
        f"/{code}",
        f"/{code}/answer",
        f"/authorize_interaction?uri={quote(attacker.uri, safe='')}",
        f"/authorize_interaction?uri={quote(payload, safe='')}",
        f"/news?tag={quote(payload, safe='')}",
        "/admin/network",
        "/admin/network/hosts/evil.example",
        f"/admin/network/hosts/{attacker.netloc}",
        "/admin/network/followers",
        "/moderation/cases",
        *(f"/moderation/cases/{number}" for number in fediverse.rows("SELECT id FROM moderation_case")),
        f"/moderation/actors/{actor}",
    ]
    for path in paths:
        answer_of = fediverse.village.administrator.get(path)
        assert answer_of.status_code in (200, 404), path
        assert_harmless(browser, answer_of.text)
    for path, name in (("/network/follow", "handle"), ("/@valbrume/follow", "address")):
        refused = fediverse.village.administrator.post(path, {name: payload})
        assert refused.status_code == 422
        assert_harmless(browser, refused.text)


def test_htm_04_nothing_of_a_linked_page_is_fetched_or_shown(fediverse: Fediverse, known: Attacker) -> None:
    linked = known.place("linked")
    card = f"<html><head><meta property='og:title' content='CARD'></head><iframe src='{PWNED}'>CARD"
    fediverse.peer.on(urlsplit(linked).path, answers.body(card.encode(), kind="text/html"))
    html = {"type": "Page", "mediaType": "text/html", "url": linked, "content": "<iframe src=x>CARD</iframe>"}
    [note] = say(
        fediverse,
        known,
        f"see <a href='{linked}'>{linked}</a><iframe src='{linked}'></iframe>",
        attachment=[html, {"type": "Link", "href": linked, "mediaType": "text/html"}],
        preview=html,
        card=html,
        url=linked,
    )
    assert known.asked(linked) == []
    assert {element.name for element in stored(fediverse, note).find_all()} <= {"p", "a"}
    assert "CARD" not in fediverse.agents_page("/network")


def test_htm_05_what_our_own_markdown_makes_is_clean(fediverse: Fediverse, browser: Browser) -> None:
    lines = [
        f"<script>{SCRIPT}</script>",
        f"<img src=x onerror={SCRIPT}>",
        f"[x](javascript:{SCRIPT})",
        f"[x](JaVaScRiPt:{SCRIPT})",
        f"[x](<java\tscript:{SCRIPT}>)",
        "[x](data:text/html;base64,PHNjcmlwdD4=)",
        f'[x](https://evil.example "\\" onclick={SCRIPT} ")',
        f"![x]({PWNED})",
        f"<javascript:{SCRIPT}>",
        f'https://evil.example/"onclick={SCRIPT}',
        f"https://evil.example/'><img/src=x/onerror={SCRIPT}>",
        f"`<img src=x onerror={SCRIPT}>`",
        f"&lt;img src=x onerror={SCRIPT}&gt;",
        f"[a]: javascript:{SCRIPT}\n\n[a]",
        f"    <img src=x onerror={SCRIPT}>",
    ]
    news = fediverse.announce("\n\n".join(lines))
    for html in (fediverse.page(f"/{news.code}"), fediverse.page("/news"), fediverse.page("/")):
        assert_harmless(browser, html)
    content = str(fediverse.document(news.uri)["content"])
    assert_harmless(browser, f"<!doctype html><title>x</title><body>{content}")
    assert "<script" not in content
    assert "<img" not in content


def test_htm_06_links_carry_our_attributes_and_nothing_of_theirs(
    fediverse: Fediverse, known: Attacker
) -> None:
    tricks = (
        '<p class="modal app-hidden" style="position:fixed;inset:0" id="main" dir="rtl" hidden>'
        '<a href="https://evil.example/" target="_blank" rel="me" class="btn" download ping="//p.x/">x</a>'
        '<span class="invisible" data-x="1" aria-label="y" role="dialog" tabindex="1">y</span></p>'
    )
    [note] = say(fediverse, known, tricks)
    found = stored(fediverse, note)
    link = found.a
    assert isinstance(link, Tag)
    assert link.attrs == {
        "href": "https://evil.example/",
        "rel": "nofollow noopener noreferrer ugc".split(),
    }
    assert [element.attrs for element in found.find_all(["p", "span"])] == [{}, {}]
    shown = page(fediverse.village.administrator.get("/network")).select(".words a")
    assert shown
    assert all(element["rel"] == "nofollow noopener noreferrer ugc".split() for element in shown)


@pytest.mark.parametrize(
    ("href", "text"),
    [
        ("https://evil.example/", "https://bank.example"),
        ("https://evil.example/", "bank.example/login"),
        ("https://evil.example/", "https://bank.example/evil.example"),
        ("https://evil.example/", "https://evil.example.bank.example/"),
        ("https://evil.example/", "https://evil.example@bank.example/"),
        ("https://evil.example/bank.example", "here"),
        ("https://evil.example/", "<b>https://</b><span>bank.example</span>"),
        ("https://evil.example/", "https://bank.example\u202e(elpmaxe.live)"),
        ("https://xn--bnk-hoa.example/", "https://bänk.example"),
    ],
)
def test_htm_07_a_link_shows_the_host_that_it_leads_to(
    fediverse: Fediverse, known: Attacker, href: str, text: str
) -> None:
    [note] = say(fediverse, known, f'<p>see <a href="{href}">{text}</a></p>')
    link = stored(fediverse, note).a
    assert isinstance(link, Tag)
    assert link.text.endswith(f"({urlsplit(href).hostname})")


# ---------------------------------------------------------------- faces


def png(width: int, height: int, *, data: bytes = b"") -> bytes:
    """A picture that says it is so wide and high."""

    def chunk(kind: bytes, content: bytes) -> bytes:
        return len(content).to_bytes(4) + kind + content + zlib.crc32(kind + content).to_bytes(4)

    head = width.to_bytes(4) + height.to_bytes(4) + bytes([8, 0, 0, 0, 0])
    rows = zlib.compress(b"\0" * min((width + 1) * height, 10_000_000))
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + data + chunk(b"IDAT", rows) + chunk(b"IEND", b"")


def picture(kind: str, **how: Any) -> bytes:
    out = io.BytesIO()
    Image.new("RGB", (40, 40), "teal").save(out, kind, **how)
    return out.getvalue()


PAYLOAD = f"<html><script>{SCRIPT}</script></html>".encode()
SVG = f"<svg xmlns='http://www.w3.org/2000/svg' onload='{SCRIPT}'><image href='{PWNED}'/></svg>".encode()
REFUSED = {
    "svg": (SVG, "image/svg+xml"),
    "svg as png": (SVG, "image/png"),
    "svg with doctype": (
        b'<?xml version="1.0"?><!DOCTYPE svg [<!ENTITY x SYSTEM "file:///etc/passwd">]>' + SVG,
        None,
    ),
    "page": (PAYLOAD, "image/png"),
    "pdf": (b"%PDF-1.4 " + PAYLOAD, "image/png"),
    "pixel bomb": (png(50_000, 50_000), "image/png"),
    "half": (picture("PNG")[:-30], "image/png"),
    "bmp": (picture("BMP"), "image/bmp"),
    "tiff": (picture("TIFF"), "image/tiff"),
    "nothing": (b"", "image/png"),
}
SHOWN = {
    "gif with a script": picture("GIF", comment=b"*/=1;" + PAYLOAD),
    "png with a page": png(40, 40, data=b""),
    "jpeg with a page behind": picture("JPEG", comment=PAYLOAD) + PAYLOAD,
    "png with a page behind": picture("PNG") + PAYLOAD,
    "webp": picture("WEBP"),
}


def faces(fediverse: Fediverse, pictures: dict[str, tuple[bytes, str | None]]) -> dict[str, str]:
    """The address here of each, "" where it is not shown."""
    urls = {}
    for number, (kind, (content, content_type)) in enumerate(pictures.items()):
        attacker = fediverse.attacker()
        urls[kind] = attacker.place(f"face{number}.png")
        fediverse.peer.on(
            urlsplit(urls[kind]).path, answers.body(content, kind=content_type), host=attacker.host
        )
        attacker.publish(icon={"type": "Image", "url": urls[kind], "mediaType": "image/png"})
        attacker.post(attacker.create(attacker.mention()))
    fediverse.settle()
    name = "SELECT COALESCE(file, 'none') FROM picture WHERE url ="
    files = {kind: fediverse.value(f"{name} '{url}'") for kind, url in urls.items()}
    return {kind: "" if file == "none" else f"/media/{file}.webp" for kind, file in files.items()}


def test_htm_08_09_12_what_is_no_picture_or_too_much_of_one_is_not_shown(fediverse: Fediverse) -> None:
    assert faces(fediverse, REFUSED) == dict.fromkeys(REFUSED, "")
    assert not list((fediverse.village.site.data / "media").rglob("*.part"))


def test_htm_09_a_face_is_drawn_anew_and_served_as_a_picture_alone(fediverse: Fediverse) -> None:
    shown = faces(fediverse, {kind: (content, "text/html") for kind, content in SHOWN.items()})
    for kind, address in shown.items():
        assert address, kind
        served = fediverse.get(address, accept="text/html")
        assert served.status == 200
        assert served.body[:4] + served.body[8:12] == b"RIFFWEBP"
        assert b"script" not in served.body
        assert served.headers["content-type"] == "image/webp"
        assert served.headers["x-content-type-options"] == "nosniff"
        assert served.headers["content-security-policy"] == "default-src 'none'; sandbox"


@pytest.mark.parametrize("folder", ["media", "static", "static/x"])
def test_htm_11_no_path_leads_out_of_a_folder(fediverse: Fediverse, folder: str) -> None:
    secret = Path(fediverse.village.site.data / "secret.webp")
    secret.write_bytes(b"SECRET")
    ways = [
        "../secret.webp",
        "..%2fsecret.webp",
        "%2e%2e/secret.webp",
        "..%5csecret.webp",
        "../../../../etc/passwd",
    ]
    ways += [
        "..%2f" * 8 + "etc/passwd",
        "%00",
        "secret.webp%00.png",
        "//etc/passwd",
        "/etc/passwd",
        "CON",
        "....//",
    ]
    for way in ways:
        request = f"GET /{folder}/{way} HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n\r\n"
        answer = fediverse.send_bytes(request.encode())
        assert answer.status in (400, 404), way
        assert b"SECRET" not in answer.body
        assert b"root:" not in answer.body


# ---------------------------------------------------------------- lists


def test_htm_18_no_cell_of_an_export_is_a_formula(fediverse: Fediverse) -> None:
    agent = fediverse.village.administrator
    formulas = ["=1+1", "+1", "-1", "@SUM(A1)", "\t=1", '=HYPERLINK("https://evil.example")', "'=1", " =1"]
    lines = ["#domain,#severity,#public_comment"]
    lines += [
        f'f{n}.example,suspend,"{cell.replace(chr(34), chr(34) * 2)}"' for n, cell in enumerate(formulas)
    ]
    lines += ["=1.example,suspend,x", "@evil.example,suspend,x"]
    text = "\n".join(lines)
    preview = agent.post("/admin/network/import", files={"file": ("list.csv", text.encode(), "text/csv")})
    assert preview.status_code == 200
    assert agent.post("/admin/network/import/confirm", {"list": text}).status_code == 303
    for number in range(len(formulas)):
        assert fediverse.rows(f"SELECT 1 FROM host WHERE name = 'f{number}.example' AND policy = 'blocked'")
    exported = agent.get("/admin/network/export.csv")
    assert exported.headers["content-type"].startswith("text/csv")
    cells = [cell for row in csv.reader(io.StringIO(exported.text)) for cell in row]
    assert len(cells) > len(formulas)
    assert not [cell for cell in cells if cell.startswith(("=", "+", "-", "@", "\t", "\r"))]
