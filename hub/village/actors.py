"""The village as other servers see it: its own actor, the server's, and the boards'."""

from html import escape
from typing import TypedDict

from hub.actors.actions import RELAY_NAME, SERVER_NAME, establish
from hub.actors.minting import origin, relay_uri
from hub.actors.models import Actor, Handle, Role
from hub.fediverse.actions import update_actor
from hub.text import N_, gettext, speak_for, speaking
from hub.village.models import Village, Visibility

# Actors that every village has besides itself, under the names of its language at set-up.
BOARDS = {
    "fr": ("besoins", "offres", "projets", "agenda", "idees", "consultations"),
    "en": ("needs", "offers", "projects", "agenda", "ideas", "consultations"),
}
BOARD_NAMES = (
    N_("%(village)s: needs"),
    N_("%(village)s: offers"),
    N_("%(village)s: projects"),
    N_("%(village)s: agenda"),
    N_("%(village)s: ideas"),
    N_("%(village)s: consultations"),
)
BOARD_WORDS = N_("What hangs on this board of %(village)s is passed on to everyone who follows it.")
VILLAGE_WORDS = N_("News, needs and offers of %(village)s, from its own site: %(site)s")
SERVER_WORDS = N_("The server of %(village)s. To follow the village, follow %(handle)s.")
RELAY_WORDS = N_(
    "Passes on all that %(village)s publishes for everybody. To get it, give your server this address of a"
    " relay: %(relay)s"
)


class Facts(TypedDict):
    """Columns of an actor that the village decides."""

    display_name: str
    summary: str
    extra: dict[str, object]


def page_of_board(actor: Actor) -> str:
    """Where people read what hangs on it; empty for a board that has no page yet."""
    index = next(names.index(actor.name) for names in BOARDS.values() if actor.name in names)
    name = BOARDS["en"][index]
    return f"/{name}" if name in _WITH_PAGES else ""


_WITH_PAGES = frozenset({"needs", "offers", "projects", "agenda"})


async def known_at() -> str | None:
    """The origin by which other servers know the village, for ever; None before it is set up."""
    village = Actor.filter(role=Role.VILLAGE, deleted_at=None)
    uris = await village.values_list("uri", flat=True)  # nothing else: it is also asked of an older schema
    return next((str(uri).rpartition("/a/")[0] for uri in uris), None)


async def board(name: str) -> Actor | None:
    """Of these in English; its actor bears the name of the language at set-up."""
    at = BOARDS["en"].index(name)
    names = [names[at] for names in BOARDS.values()]
    return await Actor.filter(name__in=names, role=Role.BOARD, host="", deleted_at=None).first()


async def establish_village(village: Village) -> None:
    """Give the village its actors, in the caller's transaction; those that are there stay as they are."""
    for role, name, facts in await _described(village):
        actor = await establish(role, name=name, display_name=facts["display_name"])
        await Actor.filter(id=actor.id, summary="", deleted_at=None).update(**facts)


async def describe_village(village: Village) -> None:
    """Tell the followers where name, words or place of an actor have changed; in the caller's transaction."""
    hidden = village.visibility is not Visibility.PUBLIC
    await Actor.filter(role=Role.ORGANISATION).update(hidden=hidden)
    for _, name, facts in await _described(village):
        actor = await Actor.here(name)
        if actor is None or all(getattr(actor, field) == value for field, value in facts.items()):
            continue
        await actor.update_from_dict(dict(facts)).save(update_fields=list(facts))
        await update_actor(actor)


async def _described(village: Village) -> list[tuple[Role, str, Facts]]:
    """Role, name and facts of each."""
    # Names are for ever, also where the village chose another language since.
    boards = BOARDS["fr" if await Handle.exists(name="projets") else "en"]
    speak_for(network=village.is_region)  # which it may have become just now
    with speaking(village.locale):
        own = (Role.VILLAGE, village.handle, _facts(village, village.name, VILLAGE_WORDS))
        server = (Role.SERVER, SERVER_NAME, _facts(village, village.name, SERVER_WORDS))
        relay = (Role.RELAY, RELAY_NAME, _facts(village, village.name, RELAY_WORDS))
        groups = [
            (Role.BOARD, name, _facts(village, gettext(title) % {"village": village.name}, BOARD_WORDS))
            for name, title in zip(boards, BOARD_NAMES, strict=True)
            if name != village.handle
        ]
    return [own, server, relay, *groups]


def _facts(village: Village, name: str, words: str) -> Facts:
    host = origin().partition("://")[2]
    link = f'<a href="{origin()}/">{host}</a>'
    named = {
        "village": escape(village.name),
        "site": link,
        "handle": f"@{village.handle}@{host}",
        "relay": f"{relay_uri()}/inbox",
    }
    summary = f"<p>{gettext(words) % named}</p>"
    return Facts(display_name=name, summary=summary, extra=_place(village))


def _place(village: Village) -> dict[str, object]:
    if village.latitude is None or village.longitude is None:
        return {}
    place = {
        "type": "Place",
        "name": village.name,
        "latitude": float(village.latitude),
        "longitude": float(village.longitude),
    }
    return {"location": place}
