"""From what somebody typed to the HTML of a publication, and the words that it is found by."""

import re
from collections.abc import Iterator
from html import escape
from typing import TYPE_CHECKING, Protocol
from urllib.parse import quote

from federation.outgoing import Hashtag
from hub.actors.minting import origin
from hub.publications.models import Publication

if TYPE_CHECKING:
    from markdown_it.token import Token

_HASHTAG = re.compile(r"(?<![\w&/#])#(\w*[^\W\d_]\w*)")
_ONLY_HASHTAGS = re.compile(r"\s*(?:#\w+[\s,]*)+")
_ADDRESS = re.compile(r"https?://[^\s<>\"]+[^\s<>\".,;:!?)\]}'»”’]")
_TAGS = {"p", "br", "ul", "ol", "li", "strong", "em", "a", "h2", "h3", "blockquote", "hr", "code", "pre"}
MOST_HASHTAGS = 10


class Written(Protocol):
    """What somebody typed, checked."""

    @property
    def title(self) -> str: ...
    @property
    def text(self) -> str: ...
    @property
    def language(self) -> str: ...


def take_words(publication: Publication, written: Written) -> None:
    """Not saved yet."""
    publication.title, publication.language = written.title, written.language
    publication.source, publication.html = written.text, html_of(written.text)


def html_of(source: str) -> str:
    """Markdown to clean HTML, lines kept as they were typed, addresses made links.

    A last line of nothing but hashtags is left out: they are shown apart.
    """
    import nh3  # both only here: few pages ever need them, and 10 MB of memory is much
    from markdown_it import MarkdownIt

    parser = MarkdownIt("commonmark", {"html": False, "breaks": True}).disable("image")
    tokens = parser.parse(_without_last_hashtags(source))
    for token in tokens:
        if token.children:
            token.children = list(_linked(token.children))
        if token.tag == "h1":
            token.tag = "h2"
    html: str = parser.renderer.render(tokens, parser.options, {})
    return nh3.clean(
        html, tags=_TAGS, attributes={"a": {"href"}}, url_schemes={"http", "https", "mailto", "tel"}
    ).strip()


def hashtags_of(source: str) -> tuple[Hashtag, ...]:
    """In their order, each once; `url` lists the announcements that have it."""
    names: dict[str, str] = {}
    for name in _HASHTAG.findall(source):
        names.setdefault(name.lower(), name)
    return tuple(
        Hashtag(name[:100], f"{origin()}/news?tag={quote(name[:100])}")
        for name in list(names.values())[:MOST_HASHTAGS]
    )


def _without_last_hashtags(source: str) -> str:
    body, _, last = source.rstrip().rpartition("\n")
    return body if body.strip() and _ONLY_HASHTAGS.fullmatch(last) else source


def _linked(tokens: "list[Token]") -> "Iterator[Token]":
    """The same words, with a link around each address that is not inside one."""
    inside = 0
    for token in tokens:
        inside += {"link_open": 1, "link_close": -1}.get(token.type, 0)
        if token.type == "text" and not inside:
            token.type = "html_inline"
            token.content = _with_links(token.content)
        yield token


def _with_links(text: str) -> str:
    end, parts = 0, []
    for found in _ADDRESS.finditer(text):
        address = escape(found[0])
        parts += [escape(text[end : found.start()]), f'<a href="{address}">{address}</a>']
        end = found.end()
    return "".join([*parts, escape(text[end:])])
