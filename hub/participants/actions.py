"""A row for each thing that somebody takes part in, and the links by which they come back to it."""

from datetime import UTC, datetime

from tortoise.exceptions import IntegrityError

from hub.actors.models import Actor
from hub.errors import Conflict, NotFound
from hub.members.models import Member, hash_of, new_token
from hub.participants.models import Key, Participant, Person
from hub.text import N_, gettext, speaking
from hub.village.models import Village

FORMER = N_("a former member")


async def participant_of(person: Person, *, reach: bool = True) -> Participant:
    """A row for what this person does now, with the contact that they gave for it. Raises NotFound for a
    member whose account was erased a moment ago.

    `reach`: whether somebody has to reach them about it; where not, no contact of theirs is copied.
    """
    if person.actor_id is not None:
        return await _participant_of_guest(person.actor_id, person.locale)
    member = None if person.member_id is None else await Member.get_or_none(id=person.member_id)
    if member is None and person.member_id is not None:
        raise NotFound
    participant = Participant(name=person.name, member=member, locale=person.locale)
    if reach:
        participant.mail = person.mail or (member.mail if member is not None and not person.phone else None)
        participant.phone = person.phone or (member.phone if member is not None and not person.mail else None)
    try:
        await participant.save()
    except IntegrityError as error:  # it was erased while this waited for it
        raise NotFound from error
    return participant


async def participant_from(actor: Actor, *, name: str = "") -> Participant:
    """Somebody elsewhere; their server is the way to reach them. `name`: one of several there."""
    if name:
        return await Participant.create(name=name[:160], actor=actor)
    name = (actor.display_name or actor.name)[:160]
    known = await Participant.filter(actor=actor, name=name, mail=None, phone=None).order_by("id").first()
    return known or await Participant.create(name=name, actor=actor)


async def _participant_of_guest(actor_id: int, locale: str) -> Participant:
    """Messages go to their server, in the language that they read here."""
    participant = await participant_from(await Actor.get(id=actor_id))
    if participant.locale != locale:
        participant.locale = locale
        await participant.save(update_fields=["locale"])
    return participant


async def new_key(participant_id: int) -> str:
    """For an address, /mine/KEY; only its hash is stored, so each mail gets one of its own."""
    token = new_token()
    await Key.create(hash=hash_of(token), participant_id=participant_id)
    return token


async def key_for_form(participant_id: int, person: Person) -> str:
    """For the browser that sent the form, also when it sends it again.

    Raises Conflict where its code is of somebody else's form.
    """
    participant = await Participant.get(id=participant_id)
    if (participant.mail, participant.phone) != (person.mail, person.phone):
        raise Conflict
    return await new_key(participant_id)


async def forget_member(member_id: int) -> None:
    """Their name and contact, wherever they took part; in the transaction that erases the account.

    Comes last: the slices look for what was theirs by it.
    """
    participants = [one.id for one in await Participant.filter(member_id=member_id).only("id")]
    if not participants:
        return
    village = await Village.current()
    with speaking(village.locale if village is not None else "fr"):
        name = gettext(FORMER)
    await Key.filter(participant_id__in=participants).delete()
    await Participant.filter(id__in=participants).update(
        name=name, mail=None, phone=None, member_id=None, erased_at=datetime.now(UTC)
    )
