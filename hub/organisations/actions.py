"""What people do to organisations: list them, look after their pages, ask for one, speak for one."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime

from tortoise.exceptions import IntegrityError

from hub import limits
from hub.actors.models import Handle
from hub.db import transaction
from hub.errors import Conflict, InvalidInput, NotFound
from hub.jobs import enqueue
from hub.members.models import Member, mail_key
from hub.organisations import mails
from hub.organisations.models import Claim, Organisation, OrganisationDraft, Spokesperson, words_key
from hub.text import N_

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
    return await Organisation.create(handle=given, name_key=words_key(draft.name), **vars(draft))


async def change_organisation(organisation: Organisation, draft: OrganisationDraft) -> None:
    """Replace the facts; the handle stays. Raises InvalidInput when another has the name."""
    key = words_key(draft.name)
    async with change():
        if await Organisation.filter(name_key=key).exclude(id=organisation.id).exists():
            raise InvalidInput({"name": NAME_LISTED})
        mine = Organisation.filter(id=organisation.id)
        if not await mine.update(**vars(draft), name_key=key, changed_at=datetime.now(UTC)):
            raise NotFound


async def remove_organisation(organisation: Organisation) -> None:
    """Take it out of the directory; its handle stays given, so that nobody can pose as it."""
    await Organisation.filter(id=organisation.id).delete()


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
    if await Organisation.select_for_update().get_or_none(id=organisation.id) is None:
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
