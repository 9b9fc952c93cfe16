"""The HTML of others, cleaned once, when it is stored: what is left can be shown as it is.

Cleaning what is clean changes nothing, so it does not matter who cleans last.
"""

import re
from functools import cache
from html import escape, unescape
from typing import TYPE_CHECKING
from urllib.parse import quote

from federation.errors import InvalidDocument
from federation.origin import parse_uri

if TYPE_CHECKING:
    from nh3 import Cleaner

MARKUP_CHARS = 100_000
TAGS = 3_000  # a parser of HTML needs time that grows with the square of the nesting
ROUNDS = 4

_KEPT = set("p br span a del s pre blockquote code b strong u i em ul ol li ruby rt rp".split())
_HEADINGS = {f"h{level}" for level in range(1, 7)}
_TAG = re.compile(r"<[^<>]*>")
_LINK = re.compile(r"<a\b([^>]*)>(.*?)</a>", re.DOTALL)
_HREF = re.compile(r'href="([^"]*)"')
_HASHTAG = re.compile(r"#\w+")
_LANGUAGE = re.compile(r"[A-Za-z0-9-]{1,35}")
_NUMBER = re.compile(r"-?[0-9]{1,9}")
_HEADING = re.compile(r"<(/?)h[1-6]\b[^>]*>")
# Control characters, and marks that turn the direction of what follows: they would dress up the host of a
# link. The marks of single letters in Arabic and Hebrew stay.
_DECEIVING = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069\ufff9-\ufffb\ud800-\udfff]")


def clean_html(html: str) -> str:
    """What may stand on a page of ours: no pictures, no classes, and links that show their host (HTM-07)."""
    html = _DECEIVING.sub("", html[:MARKUP_CHARS].replace("\r\n", "\n"))
    for _ in range(ROUNDS):
        if html.count("<") > TAGS:
            break
        before, html = html, _cleaned(html)
        if html == before:
            return html
    return _words(html)


def plain_text(html: str) -> str:
    """One line without any markup, for names. It is text: whoever shows it escapes it."""
    html = _DECEIVING.sub("", html[:MARKUP_CHARS])
    if "<" in html:
        html = _TAG.sub("", html) if html.count("<") > TAGS else _stripper().clean(html)
    return " ".join(_DECEIVING.sub("", unescape(html)).split())


def _cleaned(html: str) -> str:
    if not ("<" in html or "&" in html or ">" in html):
        return html.replace("\u00a0", "&nbsp;").strip()
    cleaned = _cleaner().clean(html)
    cleaned = _HEADING.sub(lambda tag: "</strong></p>" if tag[1] else "<p><strong>", cleaned)
    return _LINK.sub(_shown_link, cleaned).strip()


def _shown_link(link: re.Match[str]) -> str:
    """A link that names its host; what leads nowhere, or to a page about a word, is only its words."""
    attributes, words = link[1], link[2]
    address = _HREF.search(attributes)
    text = unescape(_TAG.sub("", words)).strip().casefold()
    if address is None or not text or _HASHTAG.fullmatch(text):
        return words
    host = parse_uri(unescape(address[1]), plain=True).netloc
    if _names_host(text, host):
        return link[0]
    return f"<a{attributes}>{words} ({host})</a>"


def _names_host(text: str, host: str) -> bool:
    rest = text.removeprefix("https://").removeprefix("http://")
    is_address = rest.startswith(host) and rest[len(host) :][:1] in ("", "/", "?", "#")
    return is_address or text.endswith(f" ({host})")


def _attribute(tag: str, name: str, value: str) -> str | None:
    """Addresses pass the one reader of URIs; a page without HTTPS may be linked, nothing else (ORG-20)."""
    if name == "rel":  # ours: theirs is not among the allowed
        return value
    if name != "href":
        form = _LANGUAGE if name == "lang" else _NUMBER
        return value if form.fullmatch(value) else None
    try:
        return str(parse_uri(quote(value.strip(), safe="!#$%&'()*+,/:;=?@[]~"), plain=True))
    except (InvalidDocument, UnicodeEncodeError):
        return None


def _words(html: str) -> str:
    """Only its words, when its markup is too much."""
    return escape(" ".join(unescape(_TAG.sub(" ", html)).split()), quote=False)


# Both lazily: nh3 takes megabytes, and many processes never clean anything.


@cache
def _cleaner() -> "Cleaner":
    from nh3 import Cleaner

    return Cleaner(
        tags=_KEPT | _HEADINGS,
        attributes={"a": {"href"}, "ol": {"start"}, "li": {"value"}, "*": {"lang"}},
        attribute_filter=_attribute,
        url_schemes={"http", "https"},
        url_relative="deny",
        link_rel="nofollow noopener noreferrer ugc",
    )


@cache
def _stripper() -> "Cleaner":
    from nh3 import Cleaner

    return Cleaner(tags=set(), attributes={}, link_rel=None)
