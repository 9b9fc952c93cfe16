"""Place names as people type them: "st martin d'aout" is Saint-Martin-d'Août."""

import re
import unicodedata

_LIGATURES = str.maketrans({"œ": "oe", "æ": "ae"})
_SHORT_FORMS = {"st": "saint", "ste": "sainte", "sts": "saints", "stes": "saintes"}


def fold(name: str) -> str:
    """Lower case words without accents, one space between them, Saint in full."""
    decomposed = unicodedata.normalize("NFKD", name.lower().translate(_LIGATURES))
    plain = "".join(letter for letter in decomposed if not unicodedata.combining(letter))
    return " ".join(_SHORT_FORMS.get(word, word) for word in re.findall(r"[a-z0-9]+", plain))
