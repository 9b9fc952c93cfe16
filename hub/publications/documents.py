"""Publications of ours as documents, and the short codes of their pages."""

import re
import secrets
from collections.abc import Mapping, Sequence
from html import escape

from federation import outgoing
from federation.addressing import Audience, Visibility, address
from federation.outgoing import Hashtag, Mention, NoteDraft, Picture
from federation.vocabulary import Json
from hub.actors.minting import origin, server_uri
from hub.publications.models import Publication, Scope

# Nothing that looks like something else, and no vowels: no code is ever a word, or the path of a page.
CODE_MARKS = "23456789bcdfghjkmnpqrstvwxz"
CODE_LENGTH = 6
CODE = re.compile(f"[{CODE_MARKS}]{{{CODE_LENGTH}}}")


def new_code() -> str:
    """Six characters, readable aloud: 387 million of them."""
    return "".join(secrets.choice(CODE_MARKS) for _ in range(CODE_LENGTH))


async def code_of_form(code: str) -> str:
    """For what a form publishes: the one that it was given, unless something has it already."""
    return new_code() if not code or await Publication.exists(code=code) else code


def parse_code(data: Mapping[str, object]) -> str:
    """The code that a form was given, so that it makes one publication however often it is sent."""
    code = str(data.get("code", ""))
    return code if CODE.fullmatch(code) else ""


def page_url(publication: Publication) -> str:
    return f"{origin()}/{publication.code}"


def link_html(url: str) -> str:
    """A link that shows where it leads."""
    return f'<a href="{escape(url)}">{escape(url.partition("://")[2])}</a>'


def note_document(
    publication: Publication,
    *,
    mentions: Sequence[Mention] = (),
    hashtags: Sequence[Hashtag] = (),
    pictures: Sequence[Picture] = (),
    group: str | None = None,
    boards: Sequence[str] = (),
    title: str | None = None,
    html: str | None = None,
) -> Json:
    """A note of ours as it is served and sent; its author must be loaded.

    `group` is the project that it is part of, or the board that it hangs on; `boards` are further ones.
    `title` and `html` are said instead of the publication's own.
    """
    author = publication.author
    return outgoing.note(
        NoteDraft(
            uri=publication.uri,
            author=author.uri,
            html=publication.html if html is None else html,
            url=publication.url,
            language=publication.language or "fr",
            audience=audience(publication, mentions, groups=(*filter(None, [group]), *boards)),
            published_at=publication.published_at,
            title=publication.title if title is None else title,
            updated_at=publication.updated_at,
            in_reply_to=publication.in_reply_to,
            context=f"{publication.uri}/context",
            group=group if publication.scope is Scope.PUBLIC else None,
            hashtags=tuple(hashtags),
            mentions=tuple(mentions),
            pictures=tuple(pictures),
            likes=publication.likes,
            shares=publication.shares,
            replies=publication.replies,
        )
    )


def audience(
    publication: Publication, mentions: Sequence[Mention] = (), *, groups: Sequence[str] = ()
) -> Audience:
    """`to` and `cc`: neighbours are the followers of the server actor, hubs alone."""
    named = [mention.uri for mention in mentions]
    match publication.reach:
        case Scope.PUBLIC:
            return address(
                Visibility.PUBLIC,
                followers=f"{publication.author.uri}/followers",
                mentions=named,
                groups=tuple(groups),
            )
        case Scope.NEIGHBOURS:
            return address(Visibility.FOLLOWERS, followers=f"{server_uri()}/followers", mentions=named)
        case Scope.DIRECT:
            return address(Visibility.DIRECT, followers="", mentions=named)
    raise ValueError(f"{publication.reach} does not leave the village")
