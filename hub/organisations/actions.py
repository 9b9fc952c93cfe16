"""What people do to organisations: list them, look after their pages, ask for one, speak for one."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from html import escape

from tortoise.exceptions import IntegrityError

from hub import limits
from hub.actors.actions import establish
from hub.actors.models import Actor, Handle, Role
from hub.db import transaction
from hub.errors import Conflict, InvalidInput, NotFound
from hub.fediverse.actions import delete_actor, update_actor
from hub.jobs import enqueue
from hub.members.models import Member, mail_key
from hub.organisations import mails
from hub.organisations.models import Claim, Organisation, OrganisationDraft, Spokesperson, words_key
from hub.text import N_
from hub.village.models import Village, Visibility

NAME_LISTED = N_("This name is already in the list.")
LOOKED_AFTER = N_("Somebody looks after this page already. Ask them, or the town hall.")
ASKED_ALREADY = N_("You asked already. The town hall will answer you.")
NO_SUCH_MEMBER = N_("No member has this address. Invite them first, then add them here.")
SPEAKS_ALREADY = N_("This person is in the list already.")
LAST_MANAGER = N_("Nobody else looks after this page. Without this person, only the town hall can change it.")


@asynccontextmanager
async def change() -> AsyncIterator[None]:
    """A transaction; raises Conflict where somebody else took the same name at the same moment."""
    try:
        async with transaction():
            yield
    except IntegrityError as error:
        raise Conflict from error


async def list_organisation(draft: OrganisationDraft, handle: str = "") -> Organisation:
    """Put it in the directory, with or without anybody behind it; an empty handle is made of the name.

    Raises InvalidInput when its name or handle is taken.
    """
    async with change():
        if await Organisation.exists(name_key=words_key(draft.name)):
            raise InvalidInput({"name": NAME_LISTED})
        return await add(draft, handle)


async def add(draft: OrganisationDraft, handle: str = "") -> Organisation:
    """Inside the caller's transaction, for a name that is not listed yet."""
    given = await Handle.give(handle or await Handle.suggest(draft.name))
    organisation = await Organisation.create(handle=given, name_key=words_key(draft.name), **vars(draft))
    await _establish(organisation)
    return organisation


async def change_organisation(organisation: Organisation, draft: OrganisationDraft) -> None:
    """Replace the facts; the handle stays. Raises InvalidInput when another has the name."""
    key = words_key(draft.name)
    async with change():
        if await Organisation.filter(name_key=key).exclude(id=organisation.id).exists():
            raise InvalidInput({"name": NAME_LISTED})
        mine = Organisation.filter(id=organisation.id)
        if not await mine.update(**vars(draft), name_key=key, changed_at=datetime.now(UTC)):
            raise NotFound
        await describe(await Organisation.get(id=organisation.id))


async def remove_organisation(organisation: Organisation) -> None:
    """Take it out of the directory; its handle stays given, so that nobody can pose as it.

    Whoever followed it is told that it is gone.
    """
    async with transaction():
        await Organisation.filter(id=organisation.id).delete()
        actor = await Actor.here(organisation.handle)
        if actor is not None and actor.deleted_at is None:
            await delete_actor(actor)


async def describe(organisation: Organisation) -> None:
    """Its actor says what its page says; followers are told of a change. In the caller's transaction."""
    actor = await _establish(organisation)
    facts = _facts(organisation)
    if any(getattr(actor, field) != value for field, value in facts.items()):
        await actor.update_from_dict(facts).save(update_fields=list(facts))
        await update_actor(actor)


async def establish_organisations() -> None:
    """Give an actor to each that has none: those listed before there were any."""
    async with transaction():
        known = await Actor.filter(role=Role.ORGANISATION).values_list("name", flat=True)
        for organisation in await Organisation.exclude(handle__in=[str(name) for name in known]):
            await _establish(organisation)


async def _establish(organisation: Organisation) -> Actor:
    hidden = await Village.filter(visibility=Visibility.MEMBERS).exists()
    actor = await establish(
        Role.ORGANISATION, name=organisation.handle, display_name=organisation.name, hidden=hidden
    )
    if not actor.summary and organisation.text:
        await actor.update_from_dict(_facts(organisation)).save(update_fields=list(_facts(organisation)))
    return actor


def _facts(organisation: Organisation) -> dict[str, str]:
    words = escape(organisation.text, quote=False).replace("\n", "<br>")
    return {"display_name": organisation.name, "summary": f"<p>{words}</p>" if words else ""}


async def claim_organisation(organisation: Organisation, member_id: int, message: str) -> None:
    """Ask to look after a page that nobody looks after. Raises Conflict, TooMany."""
    await limits.spend(limits.CLAIMS_PER_MEMBER, str(member_id))
    async with transaction():
        await _lock(organisation)
        if await Spokesperson.managing().filter(organisation=organisation).exists():
            raise Conflict(LOOKED_AFTER)
        if await Claim.waiting().filter(organisation=organisation, member=member_id).exists():
            raise Conflict(ASKED_ALREADY)
        claim = await Claim.create(organisation=organisation, member_id=member_id, message=message)
        await enqueue(mails.claim_asked, claim_id=claim.id)


async def answer_claim(claim_id: int, *, granted: bool, answer: str) -> Claim:
    """Decide, once, and have the claimant told by mail. Raises Conflict when somebody was faster."""
    async with transaction():
        found = Claim.waiting().select_related("member", "organisation")
        claim: Claim | None = await found.get_or_none(id=claim_id)
        if claim is None:
            raise Conflict
        await _lock(claim.organisation)
        decision = {"decided_at": datetime.now(UTC), "granted": granted, "answer": answer}
        if not await Claim.filter(id=claim_id, decided_at=None).update(**decision):
            raise Conflict
        if granted:
            await _let_speak(claim.organisation, claim.member, manages=True)
        await enqueue(mails.claim_answer, claim_id=claim_id)
        return claim


async def add_spokesperson(organisation: Organisation, mail: str, *, manages: bool, by: int) -> None:
    """Let a member speak for it; `by`: the member who adds them. Raises InvalidInput, TooMany."""
    # who adds people learns whether an address is a member's: not for whole lists of addresses
    await limits.spend(limits.INVITATIONS_PER_MEMBER, f"speak-{by}")
    async with transaction():
        await _lock(organisation)
        member = await Member.by_mail(mail_key(mail))
        if member is None:
            raise InvalidInput({"mail": NO_SUCH_MEMBER})
        if await Spokesperson.exists(organisation=organisation, member=member):
            raise InvalidInput({"mail": SPEAKS_ALREADY})
        await _let_speak(organisation, member, manages=manages)


async def change_spokesperson(
    organisation: Organisation, member_id: int, *, manages: bool, sure: bool = False
) -> None:
    """Let somebody manage the page, or no longer. Raises InvalidInput for the last, unless `sure`."""
    async with transaction():
        spokesperson = await _spokesperson(organisation, member_id)
        if not manages and not sure:
            await _keep_a_manager(spokesperson)
        await Spokesperson.filter(id=spokesperson.id).update(manages=manages)


async def remove_spokesperson(organisation: Organisation, member_id: int, *, sure: bool = False) -> None:
    """End it. Raises InvalidInput for the last who manages the page, unless `sure`."""
    async with transaction():
        spokesperson = await _spokesperson(organisation, member_id)
        if not sure:
            await _keep_a_manager(spokesperson)
        await spokesperson.delete()


async def _let_speak(organisation: Organisation, member: Member, *, manages: bool) -> None:
    await Spokesperson.update_or_create({"manages": manages}, organisation=organisation, member=member)
    if manages:
        unclaimed = Organisation.filter(id=organisation.id, claimed_at=None)
        await unclaimed.update(claimed_at=datetime.now(UTC))


async def _lock(organisation: Organisation) -> None:
    """One at a time changes who speaks for it; raises NotFound if it went away meanwhile."""
    if await Organisation.select_for_update(no_key=True).get_or_none(id=organisation.id) is None:
        raise NotFound


async def _spokesperson(organisation: Organisation, member_id: int) -> Spokesperson:
    await _lock(organisation)
    spokesperson = await Spokesperson.get_or_none(organisation=organisation, member=member_id)
    if spokesperson is None:
        raise NotFound
    return spokesperson


async def _keep_a_manager(spokesperson: Spokesperson) -> None:
    others = Spokesperson.managing().filter(organisation=spokesperson.organisation_id)
    if spokesperson.manages and not await others.exclude(id=spokesperson.id).exists():
        raise InvalidInput({"": LAST_MANAGER})
