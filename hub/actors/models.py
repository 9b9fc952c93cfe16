"""Who acts: handles given here, actors here and elsewhere, their keys, and the hosts they live on."""

import re
import unicodedata
from enum import StrEnum
from typing import Self

from tortoise import fields
from tortoise.exceptions import IntegrityError
from tortoise.models import Model

import hub.db  # noqa: F401 (before the first model: it keeps their source from being read)
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


class Role(StrEnum):
    """What an actor of ours is for; actors of others have none."""

    VILLAGE = "village"
    SERVER = "server"
    BOARD = "board"
    ORGANISATION = "organisation"
    PROJECT = "project"
    RELAY = "relay"  # passes on every public post to the servers that asked (mastodon.md 6.3)


# AS types by role (wire-format.md 3.8): Mastodon puts a badge on Group and Application only.
KINDS = {
    Role.VILLAGE: "Organization",
    Role.SERVER: "Application",
    Role.BOARD: "Group",
    Role.ORGANISATION: "Organization",
    Role.PROJECT: "Group",
    Role.RELAY: "Service",
}


class Policy(StrEnum):
    """What we decided about a host; a decision about a domain holds for everything below it."""

    NONE = ""
    BLOCKED = "blocked"
    SILENCED = "silenced"  # what comes from there is read by agents first
    ALLOWED = "allowed"  # of earlier releases, and nothing any more: now there are agreements


class Host(Model):
    """Another server (its name, with a port if unusual), and the queue of what waits for it.

    `next_at` is when its deliveries may go on, null while nothing waits; the rest is
    federation.backoff.HostState.
    """

    name = fields.CharField(max_length=255, primary_key=True)
    policy = fields.CharEnumField(Policy, max_length=10, default=Policy.NONE)
    note = fields.TextField(default="", description="why, in the words of who decided; others may read it")
    decided_at = fields.DatetimeField(null=True)
    met_at = fields.DatetimeField(auto_now_add=True)
    heard_at = fields.DatetimeField(null=True, description="last valid message from there")
    succeeded_at = fields.DatetimeField(null=True, description="last delivery that was taken")
    scheme = fields.CharField(max_length=10, default="cavage", description="signatures that it understands")
    failing_since = fields.DatetimeField(null=True)
    failures = fields.IntField(default=0, description="in a row")
    asked_at = fields.DatetimeField(null=True, description="last try that failed")
    revived_at = fields.DatetimeField(null=True)
    last_error = fields.CharField(max_length=200, default="")
    next_at = fields.DatetimeField(null=True, db_index=True)
    lease_until = fields.DatetimeField(null=True)

    class Meta:
        table = "host"


class Actor(Model):
    """An ActivityPub identity, ours or another server's.

    `uri` was minted once, or is what the other server says. `handle` is name@host: of another server only
    once its WebFinger has confirmed it. `summary` is clean HTML.
    """

    id = fields.BigIntField(primary_key=True)
    uri = fields.CharField(max_length=2048, unique=True)
    role = fields.CharEnumField(Role, max_length=12, null=True, description="null: lives elsewhere")
    host = fields.CharField(max_length=255, default="", db_index=True, description="empty: lives here")
    name = fields.CharField(max_length=128, description="preferredUsername; of ours, the handle given here")
    handle = fields.CharField(max_length=400, null=True, db_index=True)
    kind = fields.CharField(max_length=20, description="AS type")
    display_name = fields.TextField(default="")
    summary = fields.TextField(default="")
    url = fields.CharField(max_length=2048, default="")
    inbox = fields.CharField(max_length=2048)
    shared_inbox = fields.CharField(max_length=2048, null=True)
    followers_uri = fields.CharField(max_length=2048, null=True)
    featured_uri = fields.CharField(max_length=2048, null=True)
    icon_url = fields.CharField(max_length=2048, null=True)
    hidden = fields.BooleanField(default=False, description="of ours: its page is for members only")
    approves_followers = fields.BooleanField(default=False)
    also_known_as: fields.JSONField[list[str]] = fields.JSONField(default=list)
    moved_to = fields.CharField(max_length=2048, null=True)
    moved_at = fields.DatetimeField(null=True)
    extra: fields.JSONField[dict[str, object]] = fields.JSONField(
        default=dict, description="of ours: what its slice adds to its document, as its place"
    )
    updates = fields.IntField(default=0, description="Updates of itself that ours has sent")
    created_at = fields.DatetimeField(auto_now_add=True)
    fetched_at = fields.DatetimeField(null=True, description="when its own server said all this")
    silenced_at = fields.DatetimeField(null=True, description="what it says is read by agents first")
    suspended_at = fields.DatetimeField(null=True, description="refused by us")
    deleted_at = fields.DatetimeField(null=True, description="gone for ever; the row keeps its place")

    class Meta:
        table = "actor"

    @property
    def has_agenda(self) -> bool:
        """Whether a list of what is to come is kept for it."""
        ours = (Role.VILLAGE, Role.ORGANISATION, Role.PROJECT)
        return self.role in ours or (self.role is Role.BOARD and self.name == "agenda")

    @property
    def is_local(self) -> bool:
        return self.role is not None

    @property
    def name_with_host(self) -> str:
        """As one of another server is named on cards: two villages may have the same name."""
        return f"{self.display_name or self.name} ({self.host})"

    @property
    def full_handle(self) -> str:
        """`@name@host`; of an unconfirmed actor of another server only what its address proves."""
        return f"@{self.handle or f'{self.name}@{self.host}'}"

    @classmethod
    async def village(cls) -> Self:
        """In whose name agents speak, and people here to other servers: they have no actor of their own."""
        village = await cls.of_role(Role.VILLAGE)
        assert village is not None, "a village that is set up has its actor"
        return village

    @classmethod
    async def here(cls, name: str) -> Self | None:
        """Ours, by its handle; those that are gone included. `name` may be anything that somebody typed."""
        return await cls.get_or_none(name=name, host="") if SHAPE.fullmatch(name) else None

    @classmethod
    async def of_role(cls, role: Role) -> Self | None:
        """The village's or the server's actor; None before the village is set up."""
        return await cls.get_or_none(role=role, deleted_at=None)


class SigningKey(Model):
    """Both private keys of an actor of ours, PKCS 8; the newest that is not retired signs."""

    id = fields.IntField(primary_key=True)
    actor: fields.ForeignKeyRelation[Actor] = fields.ForeignKeyField(
        "hub.Actor", db_index=True, related_name="signing_keys"
    )
    actor_id: int
    rsa_pem = fields.TextField()
    ed25519_pem = fields.TextField()
    made_at = fields.DatetimeField(auto_now_add=True)
    retired_at = fields.DatetimeField(null=True)

    class Meta:
        table = "signing_key"


class KnownKey(Model):
    """A public key of another server that has verified something."""

    id = fields.CharField(max_length=2048, primary_key=True, description="URI of the key")
    owner = fields.CharField(max_length=2048, db_index=True, description="URI of the actor that lists it")
    pem = fields.TextField()
    seen_at = fields.DatetimeField()

    class Meta:
        table = "known_key"


class KeyQuestion(Model):
    """When a key was last asked for, over all processes (SIG-20, DOS-16)."""

    id = fields.CharField(max_length=2048, primary_key=True, description="URI of the key")
    asked_at = fields.DatetimeField(db_index=True)

    class Meta:
        table = "key_question"
