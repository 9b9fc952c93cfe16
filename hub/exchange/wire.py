"""Pledges between hubs and with people on the open network: FEP-0837, and private questions in plain words.

Everything here runs in the caller's transaction and only queues what is to be sent. A pledge with a `uri` is
another hub's or went to one; all others of actors elsewhere are of people, who are told in private notes.
What both sides need to meet travels only once both have said yes, and to the other side alone.
"""

from datetime import UTC, datetime

from federation import activities
from federation.documents import Activity as AskedActivity
from federation.documents import parse_activity
from federation.outgoing import wire_time
from federation.vocabulary import CONTEXT, Json
from hub.actors.minting import new_ulid, object_uri
from hub.actors.models import Actor
from hub.exchange.documents import intent_uri, quantity
from hub.exchange.models import Pledge, PledgeState, Proposal, Voice
from hub.exchange.words import slot_words, when_words
from hub.fediverse.actions import Reach, publish, say_no
from hub.fediverse.models import Activity
from hub.participants.messages import Message, language_among, send_message, was_sent
from hub.publications.models import Kind
from hub.text import N_, gettext, ngettext, speaking
from hub.village.models import Village

WHO = N_("%(name)s, from %(village)s")
ASK = N_(
    "Hello! You answered “%(title)s”. Do you confirm: %(facts)s? Please answer this message with YES or NO."
)
ASK_AGAIN = N_("I did not understand. Please answer only YES or NO. Do you confirm: %(facts)s?")
ACCEPTED = N_("It is settled, thank you: %(facts)s. If you cannot come after all, answer NO here.")
WHERE = N_("Where: %(place)s")
REACH = N_("To reach each other: %(contact)s")
FULL = N_("Thank you! All the places were taken in the meantime. Perhaps next time.")
DECLINED = N_("Thank you for your answer to “%(title)s”. It is not needed this time.")
CANCELLED = N_("What was agreed for “%(title)s” does not take place. You need not come.")
UNDERSTOOD_NO = N_("It is noted: you are not coming. Thank you for telling.")
HELPER_CANNOT = N_("%(name)s cannot help with “%(title)s” after all.")
HELPS = N_("%(name)s helps with “%(title)s”. To reach them: %(contact)s")
CAN_HELP = N_("%(name)s can help with “%(title)s”.")
DONE = N_("Help received: “%(title)s”. Thank you!")
THANKS = N_("Thank you for your help with “%(title)s”: %(words)s")


async def send_offer(pledge: Pledge) -> None:
    """To the author of another hub's need: somebody here can help (`Offer{Agreement}`).

    Where its server knows no pledges, in words.
    """
    author = pledge.proposal.publication.author
    if pledge.proposal.intent_uri is None:
        with speaking(await _language(pledge)):
            text = gettext(CAN_HELP) % {"name": await _helper(pledge), "title": _title(pledge)}
        await _tell(pledge, author, f"{text} {pledge.message}".strip(), uri=pledge.uri)
        return
    village = await Actor.village()
    await publish(await _offer(pledge, village), author=village, reach=Reach(named=(author,)))


async def send_contact(pledge: Pledge) -> None:
    """To the author of another hub's need, once it said yes: how to reach who helps."""
    contact = pledge.participant.contact
    if not contact:
        return
    author = pledge.proposal.publication.author
    with speaking(await _language(pledge)):
        facts = {"name": pledge.participant.name, "title": _title(pledge), "contact": contact}
        text = gettext(HELPS) % facts
    await _tell(pledge, author, text, uri=f"{pledge.uri}/contact", own={"lavoir:contact": contact})


async def send_accept(pledge: Pledge) -> None:
    """Yes, to who offered from elsewhere: `Accept` with the agreement, or, to a person, a private word."""
    helper = _actor(pledge)
    if pledge.uri is None:
        await _tell(pledge, helper, await _accepted_words(pledge), kind="accepted")
        return
    pledge.agreement_uri = f"{pledge.proposal.publication.uri}/agreements/{new_ulid()}"
    await pledge.save(update_fields=["agreement_uri"])
    author = pledge.proposal.publication.author
    accepted = activities.accept(
        _asked(pledge),
        uri=f"{pledge.agreement_uri}/accept",
        actor=author.uri,
        result=_agreement(pledge, await _shared(pledge.proposal)),
    )
    await publish(accepted, author=author, reach=Reach(named=(helper,)))


async def send_reject(pledge: Pledge) -> None:
    """No, with the reason."""
    if pledge.uri is not None:
        await say_no(_asked(pledge), author=pledge.proposal.publication.author, why=pledge.reason)
        return
    with speaking(await _language(pledge)):
        text = gettext(DECLINED) % {"title": _title(pledge)}
    await _tell(pledge, _actor(pledge), f"{text} {pledge.reason}".strip())


async def take_back_accept(pledge: Pledge) -> None:
    """No longer: `Undo{Accept}`, and a private word for software that does not know it."""
    author, helper = pledge.proposal.publication.author, _actor(pledge)
    if pledge.uri is not None:
        accepted = activities.accept(_asked(pledge), uri=f"{pledge.agreement_uri}/accept", actor=author.uri)
        await publish(_undo(accepted, pledge), author=author, reach=Reach(named=(helper,)))
    with speaking(await _language(pledge)):
        text = gettext(CANCELLED) % {"title": _title(pledge)}
    await _tell(pledge, helper, f"{text} {pledge.reason}".strip())


async def take_back_offer(pledge: Pledge) -> None:
    """Somebody here cannot help after all: `Undo{Offer}`, before or after it was accepted."""
    author, village = pledge.proposal.publication.author, await Actor.village()
    if pledge.proposal.intent_uri is not None:
        undone = _undo(await _offer(pledge, village), pledge)
        await publish(undone, author=village, reach=Reach(named=(author,)))
    if pledge.agreement_uri is None and pledge.proposal.intent_uri is not None:
        return
    with speaking(await _language(pledge)):
        text = gettext(HELPER_CANNOT) % {"name": await _helper(pledge), "title": _title(pledge)}
    await _tell(pledge, author, f"{text} {pledge.reason}".strip())


async def send_done(pledge: Pledge) -> None:
    """The receipt, once: what was agreed was done, as either side says; to a person, a word of it."""
    is_ours = pledge.proposal.owner is not None
    other = _actor(pledge) if is_ours else pledge.proposal.publication.author
    with speaking(await _language(pledge)):
        words = gettext(DONE) % {"title": _title(pledge)}
    if pledge.uri is None:
        await _tell(pledge, other, words, kind="done")
    elif pledge.agreement_uri is not None:
        author = pledge.proposal.publication.author if is_ours else await Actor.village()
        receipt = activities.create(_event(pledge, author, to=other, name=words))
        if not await Activity.exists(uri=receipt["id"]):
            await publish(receipt, author=author, reach=Reach(named=(other,)))


async def send_thanks(pledge: Pledge, words: str) -> None:
    """The author's thanks, to who helped from elsewhere."""
    with speaking(await _language(pledge)):
        text = gettext(THANKS) % {"title": _title(pledge), "words": words}
    await _tell(pledge, _actor(pledge), text, own={"lavoir:thanks": words})


async def send_closed(pledge: Pledge) -> None:
    """The need is closed: nobody has to come. Hubs that helped read it in the need itself."""
    if pledge.uri is not None:
        if pledge.state is PledgeState.PROPOSED:
            await send_reject(pledge)
        return
    with speaking(await _language(pledge)):
        text = gettext(CANCELLED) % {"title": _title(pledge)}
    await _tell(pledge, _actor(pledge), text)


async def ask_for_yes(pledge: Pledge) -> None:
    """In private: did you mean it? Only a yes commits."""
    pledge.question_uri = object_uri()
    await pledge.save(update_fields=["question_uri"])
    text = await _question(pledge, ASK)
    await _tell(pledge, _actor(pledge), text, uri=pledge.question_uri)


async def ask_again(pledge: Pledge) -> None:
    """Once, whatever they answer."""
    uri = f"{pledge.question_uri}/again"
    if not await was_sent(uri):
        await _tell(pledge, _actor(pledge), await _question(pledge, ASK_AGAIN), uri=uri)


async def say_full(pledge: Pledge) -> None:
    """They said yes, and came too late."""
    await _say(pledge, FULL)


async def say_understood_no(pledge: Pledge) -> None:
    await _say(pledge, UNDERSTOOD_NO)


# ------------------------------------------------------------ words


async def _say(pledge: Pledge, sentence: str) -> None:
    with speaking(await _language(pledge)):
        text = gettext(sentence)
    await _tell(pledge, _actor(pledge), text)


async def _question(pledge: Pledge, sentence: str) -> str:
    with speaking(await _language(pledge)):
        return gettext(sentence) % {"title": _title(pledge), "facts": await _facts(pledge)}


async def _accepted_words(pledge: Pledge) -> str:
    shared = await _shared(pledge.proposal)
    with speaking(await _language(pledge)):
        lines = [gettext(ACCEPTED) % {"facts": await _facts(pledge)}]
        if place := shared.get("lavoir:place"):
            lines.append(gettext(WHERE) % {"place": place})
        if contact := shared.get("lavoir:contact"):
            lines.append(gettext(REACH) % {"contact": contact})
    return "\n".join(lines)


async def _facts(pledge: Pledge) -> str:
    """`1 personne, samedi 5 décembre, de 9 h à 12 h`, in the language of the moment."""
    village = await Village.current()
    timezone = village.timezone if village is not None else "Europe/Paris"
    proposal, number = pledge.proposal, pledge.quantity
    people = not proposal.unit or proposal.unit in ("personnes", "personne", "people", "person")
    count = ngettext("%(count)s helper", "%(count)s helpers", number) % {"count": number}
    when = when_words(proposal, timezone) if pledge.slot is None else slot_words(pledge.slot, timezone)
    counted = count if people else f"{number} {proposal.unit}"
    return ", ".join(part for part in (counted, when[:1].lower() + when[1:]) if part)


async def _language(pledge: Pledge) -> str:
    """Of who reads it, where they wrote in one that we speak; else that of the need."""
    said = pledge.reply.language if pledge.reply is not None else None
    return await language_among(said, pledge.participant.locale, pledge.proposal.publication.language)


async def _helper(pledge: Pledge) -> str:
    """`Paul, de Saint-Martin`."""
    village = await Village.current()
    assert village is not None, "only a village that is set up has people who help"
    return gettext(WHO) % {"name": pledge.participant.name, "village": village.name}


def _title(pledge: Pledge) -> str:
    return pledge.proposal.publication.title


# ------------------------------------------------------------ documents


async def _offer(pledge: Pledge, village: Actor) -> Json:
    assert pledge.uri is not None, "what goes to another hub has its URI"
    with speaking(await _language(pledge)):
        helper = await _helper(pledge)
    author = pledge.proposal.publication.author
    commitment = _commitment(pledge, provider=village, receiver=author)
    return activities.offer(
        pledge.uri,
        actor=village.uri,
        to=author.uri,
        agreement={"type": "Agreement", "stipulates": {**commitment, "name": pledge.participant.name}},
        content=f"{helper} : {pledge.message}" if pledge.message else helper,
        at=pledge.made_at,
    )


def _agreement(pledge: Pledge, shared: Json) -> Json:
    author, uri = pledge.proposal.publication.author, pledge.agreement_uri
    commitment = _commitment(pledge, provider=_actor(pledge), receiver=author)
    return {
        "id": uri,
        "type": "Agreement",
        "attributedTo": author.uri,
        "stipulates": {"id": f"{uri}#primary", **commitment},
        **shared,
    }


async def _shared(proposal: Proposal) -> Json:
    """What only the other side of an agreement learns: how to reach its author, and where exactly it is."""
    shared = {"lavoir:contact": await _contact(proposal), "lavoir:place": proposal.exact_place}
    return {name: value for name, value in shared.items() if value}


async def _contact(proposal: Proposal) -> str:
    """Of its author; of the town hall, where it speaks for somebody who is not to be named."""
    owner, village = proposal.owner, await Village.current()
    if proposal.voice is Voice.TOWN_HALL or owner is None:
        return (village.phone or village.mail) if village is not None else ""
    return f"{owner.name}, {owner.contact}" if owner.contact else ""


def _commitment(pledge: Pledge, *, provider: Actor, receiver: Actor) -> Json:
    """Of an offer that is taken up, its author gives and the other side gets."""
    proposal = pledge.proposal
    if proposal.publication.kind is Kind.OFFER:
        provider, receiver = receiver, provider
    return {
        "type": "Commitment",
        "satisfies": proposal.intent_uri or intent_uri(proposal.publication.uri),
        "provider": provider.uri,
        "receiver": receiver.uri,
        "resourceQuantity": quantity(pledge.quantity),
        **_times(pledge),
    }


def _times(pledge: Pledge) -> Json:
    """Of the slot or the nights that it is for."""
    if pledge.slot is not None:
        return {
            "hasBeginning": wire_time(pledge.slot.starts_at),
            "hasEnd": wire_time(pledge.slot.ends_at),
        }
    if pledge.first_night is not None and pledge.last_night is not None:
        return {
            "hasBeginning": pledge.first_night.isoformat(),
            "hasEnd": pledge.last_night.isoformat(),
        }
    return {}


def _event(pledge: Pledge, author: Actor, *, to: Actor, name: str) -> Json:
    agreement = pledge.agreement_uri
    base = agreement if pledge.proposal.owner is not None else pledge.uri
    commitment = _commitment(pledge, provider=_giver(pledge, author, to), receiver=_taker(pledge, author, to))
    return {
        "@context": CONTEXT,
        "id": f"{base}/done",
        "type": "EconomicEvent",
        "attributedTo": author.uri,
        "name": name,
        "context": agreement,
        "realizationOf": agreement,
        "fulfills": f"{agreement}#primary",
        "action": "deliverService",
        "provider": commitment["provider"],
        "receiver": commitment["receiver"],
        "resourceQuantity": quantity(pledge.delivered),
        "published": wire_time(datetime.now(UTC)),
        "finished": True,
        "to": [to.uri],
        "cc": [],
    }


def _giver(pledge: Pledge, author: Actor, other: Actor) -> Actor:
    return other if pledge.proposal.owner is not None else author


def _taker(pledge: Pledge, author: Actor, other: Actor) -> Actor:
    return author if pledge.proposal.owner is not None else other


def _undo(activity: Json, pledge: Pledge) -> Json:
    """With the reason, where somebody gave one."""
    undone = activities.undo(activity)
    return {**undone, "content": pledge.reason} if pledge.reason else undone


def _asked(pledge: Pledge) -> AskedActivity:
    """The Offer as it came in, as far as an answer needs it."""
    asked = {"id": pledge.uri, "type": "Offer", "actor": _actor(pledge).uri}
    return parse_activity(asked, now=datetime.now(UTC))


# ------------------------------------------------------------ private notes


async def _tell(
    pledge: Pledge,
    reader: Actor,
    text: str,
    *,
    uri: str | None = None,
    kind: str = "",
    own: Json | None = None,
) -> None:
    """A note for one reader alone, in the thread of this pledge. `kind`: once of each; `own`: our terms."""
    publication = pledge.proposal.publication
    author = publication.author if pledge.proposal.owner is not None else await Actor.village()
    uri = uri or f"{_thread(pledge)}/{kind or new_ulid()}"
    if kind and await was_sent(uri):
        return
    about = {"lavoir:pledge": pledge.uri} if pledge.uri is not None and pledge.uri != uri else {}
    message = Message(
        uri=uri,
        text=text,
        about=publication.url,
        in_reply_to=_answers(pledge),
        context=pledge.agreement_uri,
        language=publication.language or "fr",
        own={**(own or {}), **about},
    )
    await send_message(message, author=author, reader=reader)


def _answers(pledge: Pledge) -> str:
    """What it is a reply to: their last word, or what it is all about."""
    if pledge.answer_uri is not None:
        return pledge.answer_uri
    return pledge.reply.uri if pledge.reply is not None else pledge.proposal.publication.uri


def _thread(pledge: Pledge) -> str:
    """A URI of ours below which the notes about this pledge have theirs."""
    is_ours = pledge.proposal.owner is not None
    base = pledge.question_uri or (pledge.agreement_uri if is_ours else pledge.uri)
    return base or object_uri()


def _actor(pledge: Pledge) -> Actor:
    actor = pledge.participant.actor
    assert actor is not None, "who helps from elsewhere has an actor"
    return actor
