"""Actors of ours as documents."""

from collections.abc import Awaitable, Callable

from federation import outgoing
from federation.outgoing import ActorDraft, Picture, Server
from federation.vocabulary import Json
from hub.actors.keys import key_pair
from hub.actors.minting import origin, server_uri
from hub.actors.models import KINDS, Actor, Role

# Village, associations and projects want to be found; the server actor is nobody's neighbour.
_FINDABLE = frozenset({Role.VILLAGE, Role.BOARD, Role.ORGANISATION, Role.PROJECT})
_MODERATED = frozenset({Role.BOARD, Role.PROJECT})
ICON = "/static/actor/icon.png"  # whatever the release, as other servers keep the address for years


async def actor_document(actor: Actor) -> Json:
    """The document of an actor of ours, with @context; makes its keys if it has none yet."""
    assert actor.role is not None
    assert actor.handle is not None
    pair, server = await key_pair(actor), await Actor.of_role(Role.SERVER)
    findable = actor.role in _FINDABLE
    document = outgoing.actor(
        ActorDraft(
            uri=actor.uri,
            kind=KINDS[actor.role],
            handle=actor.handle,
            name=actor.display_name,
            url=actor.url,
            server=Server(server_uri(), server.display_name if server else "", f"{origin()}/inbox"),
            rsa_pem=pair.rsa_pem,
            ed25519_multibase=pair.ed25519_multibase,
            summary_html=actor.summary,
            discoverable=findable,
            indexable=findable,
            approves_followers=actor.approves_followers,
            published_at=actor.created_at,
            icon=Picture(origin() + ICON, "image/png") if findable else None,
            fields=((origin().partition("://")[2], _site_link()),) if findable else (),
            also_known_as=tuple(actor.also_known_as),
            moved_to=actor.moved_to,
            has_moderators=actor.role in _MODERATED,
        )
    )
    further: Json = {"upcomingEvents": f"{actor.uri}/upcoming"} if actor.has_agenda else {}
    for facts in describers:
        further |= await facts(actor)
    return {**document, **further, **actor.extra}


describers: list[Callable[[Actor], Awaitable[Json]]] = []
"""What slices above say of an actor of ours; the composition root puts them here."""


def _site_link() -> str:
    """The site links back to the profile, so Mastodon shows it as verified."""
    return f'<a href="{origin()}/" rel="me">{origin().partition("://")[2]}</a>'
