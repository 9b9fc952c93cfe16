"""Handles: the NAME of @NAME, given once and never given again."""

import re
import unicodedata

from tortoise import fields
from tortoise.exceptions import IntegrityError
from tortoise.models import Model

from hub.errors import InvalidInput
from hub.text import N_

# Words that other people would take for the village, the program or a path of ours.
RESERVED = frozenset(
    """
    a about abuse actor admin administrateur administrator agenda api app assets auth autoconfig besoins
    blog board budgets charter commune consultations contact daemon desk dev feed ftp guichet help
    host-meta hostmaster ideas idees inbox index info invitation invitations lavoir legal localhost login
    logout mail maire mairie me media members moderation moderator needs neighbours new news nobody noc
    nodeinfo noreply ns o offers offres outbox owner postmaster privacy projects projets public region
    relay robots root search secretariat security server set-up setup sign-in sign-out sign-up signin
    signup static status support system test undefined village webfinger webmaster well-known www
    """.split()
)
SHAPE = re.compile(r"[a-z0-9](?:[a-z0-9_-]{0,38}[a-z0-9])?")


class Handle(Model):
    """A name that was given; the row stays when its owner goes, so nobody can pose as them."""

    name = fields.CharField(max_length=40, primary_key=True)
    given_at = fields.DatetimeField(auto_now_add=True)

    class Meta:
        table = "handle"

    @classmethod
    async def give(cls, name: str, *, field: str = "handle", reserved: bool = False) -> str:
        """Take `name` for ever, inside the caller's transaction; `reserved`: for the village itself.

        Raises InvalidInput at `field` when its shape is wrong, or somebody has or had it.
        """
        name = name.strip().removeprefix("@").lower()
        if SHAPE.fullmatch(name) is None:
            raise InvalidInput({field: WRONG_SHAPE})
        if (name in RESERVED and not reserved) or await cls.exists(name=name):
            raise InvalidInput({field: TAKEN})
        try:
            await cls.create(name=name)
        except IntegrityError:  # somebody else was faster by a moment
            raise InvalidInput({field: TAKEN}) from None
        return name

    @classmethod
    async def suggest(cls, words: str) -> str:
        """A free handle made of `words`: `Les Paniers du Vallon` gives `les-paniers-du-vallon`."""
        stem = handle_of(words)
        candidates = [stem, *(f"{stem}-{number}" for number in range(2, 100))]
        given = set(await cls.filter(name__in=candidates).values_list("name", flat=True)) | RESERVED
        return next((name for name in candidates if name not in given), "")


def handle_of(words: str) -> str:
    """`words` without accents, capitals and spaces, at most 30 characters; may be empty."""
    plain = unicodedata.normalize("NFKD", words.replace("œ", "oe")).encode("ascii", "ignore").decode().lower()
    return re.sub(r"[^a-z0-9]+", "-", plain).strip("-")[:30].rstrip("-") or "groupe"


WRONG_SHAPE = N_(
    "Use 1 to 40 small letters without accents, digits and hyphens; begin and end with a letter or digit."
)
TAKEN = N_("This name is taken, or kept free on purpose. Choose another.")
