"""What people do to the village: set it up, change its facts, write its texts."""

from tortoise.exceptions import IntegrityError

from hub.actors.models import Handle
from hub.db import transaction
from hub.errors import Conflict, InvalidInput
from hub.fediverse.models import AgreementState, Neighbour
from hub.places.communes import timezone_of
from hub.text import N_
from hub.village.actors import BOARDS, describe_village, establish_village
from hub.village.models import Village, VillageDraft, WrittenText

AGREEMENTS_FIRST = N_(
    "This cannot change while you exchange with other villages, or asked to. End these agreements first, on"
    " the page of the neighbours."
)


async def open_village(draft: VillageDraft) -> Village:
    """Make the village and take its names; raises Conflict when there is one already.

    Runs inside the caller's transaction, which also makes the first administrator.
    """
    if await Village.exists():
        raise Conflict
    try:  # the one row comes first: of two who do this at once, the second ends here
        facts = {**vars(draft), "handle": "", "timezone": timezone_of(draft.insee)}
        village = await Village.create(**facts)
    except IntegrityError as error:
        raise Conflict from error
    village.handle = await Handle.give(draft.handle, reserved=True)
    for name in BOARDS[draft.locale]:
        if name != village.handle:
            await Handle.give(name, reserved=True)
    await village.save(update_fields=["handle"])
    await establish_village(village)
    return village


async def establish_actors() -> None:
    """For a village that was set up before it had any; without effect otherwise."""
    async with transaction():
        if (village := await Village.current()) is not None:
            await establish_village(village)


async def change_village(draft: VillageDraft) -> None:
    """Replace the facts, and tell the followers; the handle stays, for other servers know it.

    Raises InvalidInput where a village shall become a network, or the reverse, that has agreements.
    """
    facts = {name: value for name, value in vars(draft).items() if name != "handle"}
    facts["timezone"] = timezone_of(draft.insee)
    async with transaction():
        if draft.is_region != (await locked()).is_region:
            await _check_no_agreement()
        await Village.filter(id=1).update(**facts)
        await describe_village(await Village.get(id=1))


async def locked() -> Village:
    """As it is now; whoever changes it, or its texts, waits until the transaction ends."""
    return await Village.select_for_update().get(id=1)


async def _check_no_agreement() -> None:
    """Villages agreed with a village, or let a region follow them: neither may become the other meanwhile."""
    if await Neighbour.exclude(state__in=[AgreementState.REFUSED, AgreementState.ENDED]).exists():
        raise InvalidInput({"is_region": AGREEMENTS_FIRST})


async def write_text(key: str, locale: str, source: str) -> None:
    """Put the village's own words on a page; empty words bring back those of Lavoir."""
    async with transaction():
        await locked()
        await WrittenText.filter(key=key, locale=locale).delete()
        if source.strip():
            await WrittenText.create(key=key, locale=locale, source=source, html=html_of(source))


def html_of(source: str) -> str:
    """Markdown to clean HTML: no raw HTML, no pictures, no headings above the page's own."""
    import nh3  # both only here: few pages ever need them, and 10 MB of memory is much
    from markdown_it import MarkdownIt

    parser = MarkdownIt("commonmark", {"html": False}).disable("image")
    tags = {"p", "br", "ul", "ol", "li", "strong", "em", "a", "h2", "h3", "blockquote", "hr"}
    html = parser.render(source).replace("<h1>", "<h2>").replace("</h1>", "</h2>")
    return nh3.clean(
        html, tags=tags, attributes={"a": {"href"}}, url_schemes={"http", "https", "mailto", "tel"}
    )
