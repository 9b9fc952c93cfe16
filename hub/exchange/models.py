"""Needs and offers, who stands behind them, and what others promised."""

from dataclasses import dataclass, field
from datetime import date, datetime
from enum import StrEnum
from typing import Any, Self

from tortoise import fields
from tortoise.models import Model

from hub.media.models import PhotoDraft
from hub.organisations.models import Organisation
from hub.participants.models import Participant
from hub.publications.models import Kind, Publication, Scope
from hub.text import typeset


class State(StrEnum):
    """Where a need or an offer stands; each change is dated and shown (Step)."""

    REVIEW = "review"  # read by an agent first
    OPEN = "open"
    UNDER_WAY = "under-way"  # somebody said yes, more is wanted
    COVERED = "covered"
    THANKED = "thanked"
    CLOSED = "closed"
    EXPIRED = "expired"
    REFUSED = "refused"  # by the town hall, with a reason


LIVING = frozenset({State.OPEN, State.UNDER_WAY})  # takes pledges
SHOWN = frozenset({*LIVING, State.COVERED, State.THANKED})
OVER = frozenset({State.THANKED, State.CLOSED, State.EXPIRED, State.REFUSED})


class Mode(StrEnum):
    """On what terms; nothing is sold here."""

    GIFT = "gift"
    LOAN = "loan"
    EXCHANGE = "exchange"
    SHARED_COSTS = "shared-costs"


class Voice(StrEnum):
    """In whose name it hangs on the board."""

    SELF = "self"
    ORGANISATION = "organisation"
    TOWN_HALL = "town-hall"  # for somebody who does not want to be named


class Moment(StrEnum):
    """When on a day, as people say it; hours of the clock where they were given."""

    ANY = ""
    MORNING = "morning"
    AFTERNOON = "afternoon"
    EVENING = "evening"
    HOURS = "hours"


class Template(Model):
    """What a kind of need or offer asks; data that agents may change.

    `asks`: which of the usual questions (wanted, when, nights, area, place, mode, minutes, link);
    `questions`: its own, each `{"name", "label": {locale: words}, "required"}`.
    Words are by locale.
    """

    id = fields.IntField(primary_key=True)
    key = fields.CharField(max_length=40, unique=True)
    kinds: fields.JSONField[list[str]] = fields.JSONField(description="need, offer or both")
    names: fields.JSONField[dict[str, str]] = fields.JSONField()
    hints: fields.JSONField[dict[str, str]] = fields.JSONField(default=dict)
    notices: fields.JSONField[dict[str, str]] = fields.JSONField(default=dict, description="the law's words")
    category = fields.CharField(max_length=40)
    unit: fields.JSONField[dict[str, str]] = fields.JSONField(default=dict, description="of what is counted")
    mode = fields.CharEnumField(Mode, max_length=12, default=Mode.GIFT)
    asks: fields.JSONField[list[str]] = fields.JSONField(default=list)
    questions: fields.JSONField[list[dict[str, Any]]] = fields.JSONField(default=list)
    days = fields.IntField(default=60, description="until it expires, unless somebody says otherwise")
    position = fields.IntField(default=0)
    changed_at = fields.DatetimeField(auto_now=True)
    retired_at = fields.DatetimeField(null=True)

    class Meta:
        table = "template"

    @classmethod
    async def offered(cls, kind: Kind) -> list[Self]:
        """Those that a new need or offer may be made from, in their order."""
        found = await cls.filter(retired_at=None).order_by("position", "id")
        return [each for each in found if kind.value in each.kinds]

    def name(self, locale: str) -> str:
        return words_in(self.names, locale)


def words_in(words: dict[str, str], locale: str) -> str:
    """In this language, or else in any; set as French is."""
    found = words.get(locale) or next((text for text in words.values() if text), "")
    return typeset(found) if locale == "fr" else found


class Proposal(Model):
    """A need or an offer: what hangs on the board, beside its publication.

    `promised` and `delivered` are counted anew with each change of a pledge. Coordinates are of the village
    or hamlet, never of a house. Other hubs' have no owner, and the state that they said last.
    """

    id = fields.BigIntField(primary_key=True)
    publication: fields.OneToOneRelation[Publication] = fields.OneToOneField(
        "hub.Publication", related_name="proposal"
    )
    publication_id: int
    owner: fields.ForeignKeyNullableRelation[Participant] = fields.ForeignKeyField(
        "hub.Participant", db_index=True, null=True, related_name="proposals"
    )
    owner_id: int | None
    organisation: fields.ForeignKeyNullableRelation[Organisation] = fields.ForeignKeyField(
        "hub.Organisation", db_index=True, null=True, on_delete=fields.SET_NULL, related_name="proposals"
    )
    organisation_id: int | None
    voice = fields.CharEnumField(Voice, max_length=12, default=Voice.SELF)
    project: fields.ForeignKeyNullableRelation[Publication] = fields.ForeignKeyField(
        "hub.Publication", db_index=True, null=True, on_delete=fields.SET_NULL, related_name="needs_of"
    )
    project_id: int | None
    template = fields.CharField(max_length=40, default="", description="key of the template it was made from")
    category = fields.CharField(max_length=40, default="", db_index=True)
    state = fields.CharEnumField(State, max_length=12, db_index=True)
    changed_at = fields.DatetimeField(auto_now_add=True, description="of the state")
    wanted = fields.IntField(null=True, description="how many; null: as many as there are")
    unit = fields.CharField(max_length=40, default="")
    promised = fields.IntField(default=0)
    delivered = fields.IntField(default=0)
    starts_at = fields.DatetimeField(null=True, db_index=True)
    ends_at = fields.DatetimeField(null=True)
    moment = fields.CharEnumField(Moment, max_length=12, default=Moment.ANY)
    nights = fields.BooleanField(default=False, description="wanted is a capacity for each night between")
    minutes = fields.IntField(null=True, description="what it takes of one person's time")
    at_distance = fields.BooleanField(default=False)
    area = fields.CharField(max_length=80, default="")
    exact_place = fields.TextField(default="", description="for those whose pledge was accepted")
    latitude = fields.FloatField(null=True)
    longitude = fields.FloatField(null=True)
    mode = fields.CharEnumField(Mode, max_length=12, default=Mode.GIFT)
    details: fields.JSONField[dict[str, str]] = fields.JSONField(default=dict, description="own questions")
    beneficiary = fields.CharField(max_length=160, default="", description="of a gift of money: legal name")
    link = fields.CharField(max_length=500, default="", description="where a gift of money is made")
    expires_at = fields.DatetimeField(db_index=True)
    asked_at = fields.DatetimeField(null=True, description="when its author was asked whether it still holds")
    thanks = fields.TextField(default="")
    widens = fields.BooleanField(
        default=False,
        description="its author agrees that villages around are asked where nobody here answers",
    )
    brief = fields.BooleanField(default=False, description="others get its title and area only")
    widened_at = fields.DatetimeField(null=True, description="when the circle was last made wider")
    intent_uri = fields.CharField(
        max_length=2048, null=True, db_index=True, description="what pledges satisfy"
    )

    class Meta:
        table = "proposal"
        # The board: what hangs, what was done lately, what is due; what is there, near, or done in an hour.
        indexes = (
            ("publication_id", "state", "expires_at"),
            ("state", "changed_at"),
            ("ends_at",),
            ("widens", "state"),
            ("area",),
            ("at_distance", "latitude", "longitude"),
            ("minutes",),
        )

    @property
    def takes_pledges(self) -> bool:
        return self.state in LIVING and not self.link

    def unit_of(self, number: int | None) -> str:
        """What is counted, for one or for several: `personne`, `personnes`."""
        return ONE.get(self.unit, self.unit) if number == 1 else self.unit

    @property
    def missing(self) -> int | None:
        """How many are still wanted; None: there is no limit."""
        return None if self.wanted is None or self.nights else max(0, self.wanted - self.promised)


# Of the units that come with Lavoir; what people write themselves stays as they wrote it.
ONE = {
    "personnes": "personne",
    "places": "place",
    "objets": "objet",
    "lits": "lit",
    "pièces": "pièce",
    "lettres": "lettre",
    "people": "person",
    "seats": "seat",
    "things": "thing",
    "meals": "meal",
    "beds": "bed",
    "pieces": "piece",
    "letters": "letter",
}


class Step(Model):
    """A change of state, dated and shown."""

    id = fields.BigIntField(primary_key=True)
    proposal: fields.ForeignKeyRelation[Proposal] = fields.ForeignKeyField(
        "hub.Proposal", db_index=True, related_name="steps"
    )
    proposal_id: int
    state = fields.CharEnumField(State, max_length=12)
    at = fields.DatetimeField(auto_now_add=True)
    by = fields.CharField(max_length=160, default="", description="who, where that may be told")
    note = fields.TextField(default="", description="why, where somebody said so")

    class Meta:
        table = "step"


class Slot(Model):
    """One of several times that a need or an offer is for; each is filled by itself."""

    id = fields.BigIntField(primary_key=True)
    proposal: fields.ForeignKeyRelation[Proposal] = fields.ForeignKeyField(
        "hub.Proposal", db_index=True, related_name="slots"
    )
    proposal_id: int
    starts_at = fields.DatetimeField()
    ends_at = fields.DatetimeField()
    wanted = fields.IntField()
    promised = fields.IntField(default=0)

    class Meta:
        table = "slot"
        indexes = (("starts_at",),)

    @property
    def missing(self) -> int:
        return max(0, self.wanted - self.promised)


class PledgeState(StrEnum):
    PROPOSED = "proposed"  # waits for the author of the need
    ASKED = "asked"  # waits for the helper's own yes (an answer from elsewhere that was counted as a pledge)
    ACCEPTED = "accepted"
    DECLINED = "declined"
    WITHDRAWN = "withdrawn"
    DONE = "done"


PENDING = frozenset({PledgeState.PROPOSED, PledgeState.ASKED})
COMMITTED = frozenset({PledgeState.ACCEPTED, PledgeState.DONE})


class Pledge(Model):
    """Somebody's "I can help", here or across villages; `code` makes a form that comes twice one pledge.

    `uri` is the Offer of FEP-0837, `agreement_uri` what came of it; `reply` is the answer on the open network
    that was taken for a pledge, `question_uri` what we asked its author in private, `answer_uri` their last
    word on it.
    """

    id = fields.BigIntField(primary_key=True)
    proposal: fields.ForeignKeyRelation[Proposal] = fields.ForeignKeyField(
        "hub.Proposal", db_index=True, related_name="pledges"
    )
    proposal_id: int
    participant: fields.ForeignKeyRelation[Participant] = fields.ForeignKeyField(
        "hub.Participant", db_index=True, related_name="pledges"
    )
    participant_id: int
    slot: fields.ForeignKeyNullableRelation[Slot] = fields.ForeignKeyField(
        "hub.Slot", db_index=True, null=True, related_name="pledges"
    )
    slot_id: int | None
    state = fields.CharEnumField(PledgeState, max_length=12)
    quantity = fields.IntField(default=1)
    delivered = fields.IntField(default=0)
    first_night = fields.DateField(null=True)
    last_night = fields.DateField(null=True)
    message = fields.TextField(default="")
    reason = fields.TextField(default="", description="of who declined or withdrew")
    thanks = fields.TextField(default="")
    code = fields.CharField(max_length=32, null=True, unique=True)
    uri = fields.CharField(max_length=2048, null=True, unique=True)
    agreement_uri = fields.CharField(max_length=2048, null=True, unique=True)
    reply: fields.ForeignKeyNullableRelation[Publication] = fields.ForeignKeyField(
        "hub.Publication", db_index=True, null=True, on_delete=fields.SET_NULL, related_name="pledges"
    )
    reply_id: int | None
    question_uri = fields.CharField(max_length=2048, null=True, db_index=True)
    answer_uri = fields.CharField(max_length=2048, null=True, db_index=True)
    owner_contact = fields.CharField(max_length=300, default="", description="of another hub's author")
    owner_place = fields.TextField(default="", description="where exactly, of another hub's need")
    made_at = fields.DatetimeField(auto_now_add=True)
    decided_at = fields.DatetimeField(null=True)
    helper_done_at = fields.DatetimeField(null=True, description="the helper says that it is done")
    owner_done_at = fields.DatetimeField(null=True, description="the author says so")
    reminded_at = fields.DatetimeField(null=True, description="the day before")
    asked_at = fields.DatetimeField(null=True, description="the day after: whether it was done")

    class Meta:
        table = "pledge"

    @property
    def is_pending(self) -> bool:
        return self.state in PENDING

    @property
    def is_committed(self) -> bool:
        return self.state in COMMITTED


class Wish(StrEnum):
    ME_TOO = "me-too"  # I have this need as well
    TAKE_CHARGE = "take-charge"  # I want to look after it, with others


class Support(Model):
    """ "Me too", and "I want to look after it": who said so hears when there are enough for a group."""

    id = fields.BigIntField(primary_key=True)
    proposal: fields.ForeignKeyRelation[Proposal] = fields.ForeignKeyField(
        "hub.Proposal", db_index=True, related_name="supports"
    )
    proposal_id: int
    participant: fields.ForeignKeyRelation[Participant] = fields.ForeignKeyField(
        "hub.Participant", db_index=True, related_name="supports"
    )
    participant_id: int
    wish = fields.CharEnumField(Wish, max_length=12)
    shares_contact = fields.BooleanField(default=False, description="with the others who said so")
    at = fields.DatetimeField(auto_now_add=True)

    class Meta:
        table = "support"
        unique_together = (("proposal", "participant", "wish"),)


@dataclass(frozen=True, kw_only=True)
class SlotDraft:
    starts_at: datetime
    ends_at: datetime
    wanted: int


@dataclass(frozen=True, kw_only=True)
class ProposalDraft:
    """A need or an offer as somebody wrote it here, or as another hub sent it, checked."""

    kind: Kind
    title: str
    text: str
    language: str = "fr"
    scope: Scope = Scope.VILLAGE
    template: str = ""
    category: str = ""
    wanted: int | None = 1
    unit: str = ""
    starts_at: datetime | None = None
    ends_at: datetime | None = None
    moment: Moment = Moment.ANY
    nights: bool = False
    minutes: int | None = None
    at_distance: bool = False
    area: str = ""
    exact_place: str = ""
    mode: Mode = Mode.GIFT
    details: dict[str, str] = field(default_factory=dict)
    beneficiary: str = ""
    link: str = ""
    expires_at: datetime | None = None
    project_id: int | None = None
    widens: bool = False
    slots: tuple[SlotDraft, ...] = ()
    photos: tuple[PhotoDraft, ...] | None = None  # None: those that are there stay


@dataclass(frozen=True, kw_only=True)
class PledgeDraft:
    """ "I can help", as somebody wrote it, checked; nights are inclusive."""

    quantity: int = 1
    message: str = ""
    slot_id: int | None = None
    first_night: date | None = None
    last_night: date | None = None
