"""Yes or no, in the words of people: what somebody elsewhere answers to a question that we asked in private.

Only a plain yes commits, and only a plain no takes back; whatever else somebody writes changes nothing.
"""

import re
import unicodedata
from enum import Enum


class Said(Enum):
    YES = "yes"
    NO = "no"


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


# Said of oneself, or of a few with oneself.
_COMING = re.compile(
    r"\b(?:je|j|on|nous) (?:y )?(?:viens|viendrai|vient|viendra|venons|viendrons|serai|sera|serons"
    r"|participe|participerai|participera|participons|participerons|m inscris|nous inscrivons)\b(?! d[e]? )"
    r"|\b(?:inscris|inscrivez|comptez|compte) (?:moi|nous|sur moi|sur nous)\b"
    r"|\b(?:i|we) (?:am|are|m|re|ll|will) (?:be there|be coming|coming|come|join|joining|in)\b"
    r"|\bcount (?:me|us) in\b|\bsign me up\b"
)
_NOT = re.compile(r"\b(?:ne|n|pas|plus|jamais|not|never|t)\b")
COMING_CHARS = 300


def says_coming(text: str) -> bool:
    """Whether somebody says, plainly and of themselves, that they come: reason enough to ask them."""
    folded = _folded(without_mentions(text[:2_000]))
    if len(folded) > COMING_CHARS or _DOUBT.search(folded) or _NOT.search(folded):
        return False
    return _COMING.search(folded) is not None


def understand(text: str) -> Said | None:
    """A plain yes or no in French or English, with whatever politeness around it; None for anything else.

    A yes stands alone: whoever adds a condition, or just more words, is asked again. Somebody who cannot
    come may say why.
    """
    polite = _POLITE.sub(_kept_yes, _folded(without_mentions(text[:2_000])))
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


def without_mentions(text: str) -> str:
    """Names of others in a text are no words of an answer."""
    return _MENTION.sub(" ", text).strip()
