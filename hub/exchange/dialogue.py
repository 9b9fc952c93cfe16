"""Yes or no, in the words of people: what somebody elsewhere answers to a question that we asked in private.

Only a plain yes commits, and only a plain no takes back; whatever else somebody writes changes nothing.
"""

import re
import unicodedata
from enum import Enum

from federation.documents import Document
from hub.actors.minting import origin
from hub.actors.models import Actor
from hub.cleaning import plain_text
from hub.db import rows, transaction
from hub.errors import Conflict, NotFound
from hub.exchange import pledges, wire
from hub.exchange.models import Pledge, PledgeState

REASON_CHARS = 500


class Said(Enum):
    YES = "yes"
    NO = "no"


async def hear(note: Document, actor: Actor) -> bool:
    """Whether it answered a question of ours and was understood; else it is for people to read."""
    pledge = await _asked(note, actor)
    if pledge is None:
        return False
    said = understand(plain_text(note.content))
    if said is None:
        if pledge.state is PledgeState.ASKED:
            await wire.ask_again(pledge)
        return False
    if pledge.answer_uri != note.id:
        pledge.answer_uri = note.id
        await pledge.save(update_fields=["answer_uri"])
    if said is Said.YES:
        await _hear_yes(pledge)
    else:
        await _hear_no(pledge, plain_text(note.content)[:REASON_CHARS])
    return True


async def _hear_yes(pledge: Pledge) -> None:
    if pledge.state is not PledgeState.ASKED:
        return
    try:
        async with transaction():
            await pledges.confirm(pledge)
    except Conflict:
        await Pledge.filter(id=pledge.id).update(state=PledgeState.DECLINED)
        await wire.say_full(pledge)


async def _hear_no(pledge: Pledge, words: str) -> None:
    if pledge.state in (PledgeState.ASKED, PledgeState.ACCEPTED):
        await pledges.withdraw(pledge, _without_mentions(words))
        await wire.say_understood_no(pledge)


async def _asked(note: Document, actor: Actor) -> Pledge | None:
    """The pledge whose thread this note continues, if we asked its author; locked."""
    answered = note.in_reply_to
    if answered is None:
        return None
    asked = _QUESTION.match(answered.removeprefix(origin())) if answered.startswith(origin()) else None
    which = ("question_uri", origin() + asked[0]) if asked is not None else ("answer_uri", answered)
    found = await rows(_THEIRS.format(which[0]), actor.id, which[1])
    try:
        return await pledges.locked_pledge(await Pledge.get(id=found[0]["id"])) if found else None
    except NotFound:  # the need was deleted: people may read what they say
        return None


# Asked of every answer that comes in, so it is no more than it has to be.
_THEIRS = (
    "SELECT pledge.id FROM pledge JOIN participant ON participant.id = pledge.participant_id"
    " WHERE participant.actor_id = $1 AND pledge.{} = $2 AND pledge.question_uri IS NOT NULL LIMIT 1"
)
_QUESTION = re.compile(r"/o/[0-9a-z]{26}")


# ------------------------------------------------------------ words

_YES = frozenset("oui ouais ouaip yes yep yeah confirme confirmee confirmed".split())
_NO = frozenset(
    "non nan no nope annuler annule annulez annulee annulation cancel cancelled canceled cancelling".split()
)
# What takes back, in several words.
_CANNOT = re.compile(
    r"\b(?:je )?(?:ne )?(?:peux|peut|pourrai|pourrais|pourra|viens|viendrai|viendra) (?:plus|pas)\b"
    r"|\b(?:i )?(?:can ?not|can ?t|won ?t|will not) (?:come|make it|help|be there)\b"
    r"|\b(?:i )?(?:can ?not|can ?t|won ?t) *$"
)
# Said out of politeness, also where a word in it looks like a no.
_POLITE = re.compile(
    r"\b(?:pas de (?:probleme|souci|soucis)|aucun (?:probleme|souci)|sans (?:probleme|souci)"
    r"|no (?:problem|worries)|s il (?:vous|te) plait|avec (?:grand )?plaisir|with pleasure|bien sur"
    r"|of course|d accord"
    r"|a (?:bientot|samedi|dimanche|lundi|mardi|mercredi|jeudi|vendredi|demain)|see you(?: there| then)?"
    r"|bonne (?:journee|soiree)|(?:vous|te|toi) (?:aussi|remercie)|i do|we do|je (?:le )?confirme|i confirm"
    r"|c est|je suis|je serai la|i ll be there|i will be there|merci (?:beaucoup|bien|a vous|a toi)"
    r"|thank you(?: very much)?|thanks(?: a lot)?)\b"
)
_FILLERS = frozenset(
    """
    bonjour bonsoir salut coucou hello hi hey merci please svp stp ok okay parfait super volontiers
    evidemment absolument certainement tout toute a fait desole desolee sorry pardon cher chere madame
    monsieur tous toutes et and je i we nous moi me definitivement sure certainly absolutely great good bien
    entendu very much la le sincerement cordialement regards bises amities finalement finally
    """.split()
)
_DOUBT = re.compile(r"[?¿]|\b(?:mais|sauf|but|except|peut etre|maybe|perhaps|si|if|sinon|seulement|only)\b")
_MENTION = re.compile(r"@[\w.-]+(?:@[\w.:-]+)?")
_NOT_LETTERS = re.compile(r"[^a-z0-9?¿]+")


def understand(text: str) -> Said | None:
    """A plain yes or no in French or English, with whatever politeness around it; None for anything else.

    A yes stands alone: whoever adds a condition, or just more words, is asked again. Somebody who cannot
    come may say why.
    """
    polite = _POLITE.sub(_kept_yes, _folded(_without_mentions(text[:2_000])))
    words = polite.split()
    has_yes = any(word in _YES for word in words)
    has_no = _CANNOT.search(polite) is not None or any(word in _NO for word in words)
    if has_yes == has_no or _DOUBT.search(polite):
        return None
    if has_no:
        return Said.NO if _begins_with_no(polite) else None
    return Said.YES if all(word in _YES or word in _FILLERS for word in words) else None


def _kept_yes(polite: re.Match[str]) -> str:
    return " confirme " if polite[0].endswith(("confirme", "confirm")) else " "


def _begins_with_no(text: str) -> bool:
    """After greetings and apologies; or else it says in so many words that they cannot."""
    words = [word for word in text.split() if word not in _FILLERS]
    return bool(words and words[0] in _NO) or _CANNOT.search(text) is not None or _is_short(words)


def _is_short(words: list[str]) -> bool:
    """`je dois annuler` and the like, but no story in which the word comes up."""
    return len(words) <= 4


def _folded(text: str) -> str:
    """Small letters without accents, and question marks; one space for all else."""
    decomposed = unicodedata.normalize("NFKD", text.lower().replace("œ", "oe"))
    plain = "".join(letter for letter in decomposed if not unicodedata.combining(letter))
    return _NOT_LETTERS.sub(" ", plain).strip()


def _without_mentions(text: str) -> str:
    return _MENTION.sub(" ", text).strip()
