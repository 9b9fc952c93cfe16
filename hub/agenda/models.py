"""Events: when and where, in whose name, who comes, who does what there, and what came of it."""

from dataclasses import dataclass, field
from datetime import date, datetime
from enum import StrEnum

from tortoise import fields
from tortoise.models import Model

from hub.exchange.models import Voice
from hub.media.models import PhotoDraft
from hub.members.models import Member
from hub.organisations.models import Organisation
from hub.participants.models import Participant
from hub.publications.models import Publication, Scope


class Standing(StrEnum):
    """Where an event stands. What was is known by its end."""

    REVIEW = "review"  # read by an agent first
    PLANNED = "planned"
    CANCELLED = "cancelled"
    REFUSED = "refused"  # by the town hall, with a reason


class JoinMode(StrEnum):
    """How one says that one comes; the values are those of the wire (FEP-8a8e, Mobilizon)."""

    FREE = "free"  # here, with a name
    NONE = "none"  # everybody may simply come
    EXTERNAL = "external"  # on another site


class Rhythm(StrEnum):
    """How often an event comes again (RFC 5545, FREQ and INTERVAL)."""

    WEEKLY = "weekly"
    FORTNIGHTLY = "fortnightly"
    MONTHLY = "monthly"  # on the same weekday: the first Friday


class Series(Model):
    """An event that comes again, until a day. Its events are made some weeks ahead (`made_until`)."""

    id = fields.BigIntField(primary_key=True)
    rhythm = fields.CharEnumField(Rhythm, max_length=12)
    until = fields.DateField(description="the last day on which one may begin")
    made_until = fields.DateField()
    starts_at = fields.DatetimeField(description="of its first: whose weekday and hours all of them have")
    ends_at = fields.DatetimeField()
    ended_at = fields.DatetimeField(null=True)

    class Meta:
        table = "series"


class Calendar(Model):
    """A calendar of an organisation that is read here, each day from an address, or once from a file.

    `waiting` is what was read and nobody has agreed to yet; `scope` and `category` are those of its dates,
    `owner` who added it.
    """

    id = fields.IntField(primary_key=True)
    organisation: fields.ForeignKeyNullableRelation[Organisation] = fields.ForeignKeyField(
        "hub.Organisation", db_index=True, null=True, related_name="calendars"
    )
    organisation_id: int | None
    name = fields.CharField(max_length=160)
    url = fields.CharField(max_length=2048, default="", description="empty: it came as a file")
    owner: fields.ForeignKeyNullableRelation[Participant] = fields.ForeignKeyField(
        "hub.Participant", db_index=True, null=True, on_delete=fields.SET_NULL, related_name="calendars"
    )
    owner_id: int | None
    scope = fields.CharEnumField(Scope, max_length=10, default=Scope.PUBLIC)
    category = fields.CharField(max_length=40, default="")
    waiting: fields.JSONField[dict[str, object] | None] = fields.JSONField(null=True)
    made_at = fields.DatetimeField(auto_now_add=True)
    read_at = fields.DatetimeField(null=True)
    problem = fields.TextField(default="", description="of the last time; a catalogue source")
    stopped_at = fields.DatetimeField(null=True)

    class Meta:
        table = "calendar"


class Event(Model):
    """What the agenda holds, beside its publication. Other hubs' have no owner.

    `project` is the publication of the project that it is a part of; a workshop follows a method and leaves
    minutes. `place` and `address` are for everybody; what only helpers may know stands in their shift.
    """

    id = fields.BigIntField(primary_key=True)
    publication: fields.OneToOneRelation[Publication] = fields.OneToOneField(
        "hub.Publication", related_name="event"
    )
    publication_id: int
    owner: fields.ForeignKeyNullableRelation[Participant] = fields.ForeignKeyField(
        "hub.Participant", db_index=True, null=True, related_name="events"
    )
    owner_id: int | None
    organisation: fields.ForeignKeyNullableRelation[Organisation] = fields.ForeignKeyField(
        "hub.Organisation", db_index=True, null=True, on_delete=fields.SET_NULL, related_name="events"
    )
    organisation_id: int | None
    voice = fields.CharEnumField(Voice, max_length=12, default=Voice.SELF)
    project: fields.ForeignKeyNullableRelation[Publication] = fields.ForeignKeyField(
        "hub.Publication", db_index=True, null=True, on_delete=fields.SET_NULL, related_name="events_of"
    )
    project_id: int | None
    series: fields.ForeignKeyNullableRelation[Series] = fields.ForeignKeyField(
        "hub.Series", db_index=True, null=True, related_name="events"
    )
    series_id: int | None
    is_exception = fields.BooleanField(default=False, description="of a series, but changed by itself")
    calendar: fields.ForeignKeyNullableRelation[Calendar] = fields.ForeignKeyField(
        "hub.Calendar", db_index=True, null=True, on_delete=fields.SET_NULL, related_name="events"
    )
    calendar_id: int | None
    standing = fields.CharEnumField(Standing, max_length=12)
    changed_at = fields.DatetimeField(auto_now_add=True, description="of the standing")
    reason = fields.TextField(default="", description="why it was cancelled or refused")
    category = fields.CharField(max_length=40, default="", db_index=True)
    starts_at = fields.DatetimeField(db_index=True)
    ends_at = fields.DatetimeField()
    all_day = fields.BooleanField(default=False)
    timezone = fields.CharField(max_length=64, default="Europe/Paris", description="IANA")
    place = fields.CharField(max_length=160, default="")
    address = fields.CharField(max_length=300, default="")
    online_url = fields.CharField(max_length=500, default="")
    latitude = fields.FloatField(null=True)
    longitude = fields.FloatField(null=True)
    join_mode = fields.CharEnumField(JoinMode, max_length=10, default=JoinMode.FREE)
    join_url = fields.CharField(max_length=500, default="", description="where one signs up elsewhere")
    capacity = fields.IntField(null=True, description="people; null: no limit")
    coming = fields.IntField(default=0, description="people, counted anew with each change")
    waiting = fields.IntField(default=0)
    came = fields.IntField(null=True, description="people who were there, as somebody counted")
    method = fields.CharField(max_length=40, default="", description="key of a method sheet: a workshop")
    minutes = fields.TextField(default="", description="what was said")
    next_step = fields.TextField(default="")
    minutes_at = fields.DatetimeField(null=True, description="when these were published")
    uid = fields.CharField(max_length=255, null=True, db_index=True, description="iCalendar, of imported")
    check_in = fields.CharField(max_length=32, null=True, unique=True, description="of the QR at the door")
    sent_at = fields.DatetimeField(null=True, description="when others were told; of series, some days ahead")
    is_from_hub = fields.BooleanField(
        default=False, description="elsewhere: who comes is known there by name"
    )

    class Meta:
        table = "event"
        indexes = (("standing", "starts_at"), ("ends_at", "starts_at"), ("calendar_id", "uid"))

    @property
    def is_workshop(self) -> bool:
        return bool(self.method)

    @property
    def free_places(self) -> int | None:
        """None: there is no limit."""
        return None if self.capacity is None else max(0, self.capacity - self.coming)


class Shift(Model):
    """A role in an event, or a part of it, that somebody takes on: driver, buvette from 14 h to 16 h.

    `private_place` is for who has it alone, from the day before.
    """

    id = fields.BigIntField(primary_key=True)
    event: fields.ForeignKeyRelation[Event] = fields.ForeignKeyField(
        "hub.Event", db_index=True, related_name="shifts"
    )
    event_id: int
    name = fields.CharField(max_length=80)
    starts_at = fields.DatetimeField(null=True, description="null: the whole event")
    ends_at = fields.DatetimeField(null=True)
    wanted = fields.IntField(default=1)
    taken = fields.IntField(default=0)
    private_place = fields.TextField(default="")
    position = fields.IntField(default=0)

    class Meta:
        table = "shift"

    @property
    def missing(self) -> int:
        return max(0, self.wanted - self.taken)


class Presence(StrEnum):
    """Where somebody's coming stands."""

    ASKED = "asked"  # an answer from elsewhere that may mean it: waits for their own yes
    COMING = "coming"
    WAITING = "waiting"  # on the list, in its order
    LEFT = "left"
    DECLINED = "declined"


HOLDING = frozenset({Presence.COMING, Presence.WAITING})


class Attendance(Model):
    """Somebody's "I am coming", here or from elsewhere; `code` makes a form that comes twice one.

    `uri` is the Join of ActivityPub; `reply`, `question_uri`, `answer_uri` as with a pledge. `note` is for
    the team alone, and goes with it.
    """

    id = fields.BigIntField(primary_key=True)
    event: fields.ForeignKeyRelation[Event] = fields.ForeignKeyField(
        "hub.Event", db_index=True, related_name="attendances"
    )
    event_id: int
    participant: fields.ForeignKeyRelation[Participant] = fields.ForeignKeyField(
        "hub.Participant", db_index=True, related_name="attendances"
    )
    participant_id: int
    shift: fields.ForeignKeyNullableRelation[Shift] = fields.ForeignKeyField(
        "hub.Shift", db_index=True, null=True, related_name="attendances"
    )
    shift_id: int | None
    presence = fields.CharEnumField(Presence, max_length=10)
    people = fields.IntField(default=1)
    note = fields.TextField(default="", description="for the team: what they bring, what they eat")
    code = fields.CharField(max_length=32, null=True, unique=True)
    uri = fields.CharField(max_length=2048, null=True, unique=True)
    reply: fields.ForeignKeyNullableRelation[Publication] = fields.ForeignKeyField(
        "hub.Publication", db_index=True, null=True, on_delete=fields.SET_NULL, related_name="attendances"
    )
    reply_id: int | None
    question_uri = fields.CharField(max_length=2048, null=True, db_index=True)
    answer_uri = fields.CharField(max_length=2048, null=True, db_index=True)
    made_at = fields.DatetimeField(auto_now_add=True)
    decided_at = fields.DatetimeField(null=True)
    came_at = fields.DatetimeField(null=True, description="they were there")
    reminded_at = fields.DatetimeField(null=True)

    class Meta:
        table = "attendance"


class Contribution(Model):
    """A line of "who brings what"; one line may be taken by one person."""

    id = fields.BigIntField(primary_key=True)
    event: fields.ForeignKeyRelation[Event] = fields.ForeignKeyField(
        "hub.Event", db_index=True, related_name="contributions"
    )
    event_id: int
    what = fields.CharField(max_length=120)
    brought_by: fields.ForeignKeyNullableRelation[Participant] = fields.ForeignKeyField(
        "hub.Participant", db_index=True, null=True, on_delete=fields.SET_NULL, related_name="contributions"
    )
    brought_by_id: int | None
    made_at = fields.DatetimeField(auto_now_add=True)

    class Meta:
        table = "contribution"


class TeamNote(Model):
    """Words of the team among themselves, about an event or a round. They delete themselves."""

    id = fields.BigIntField(primary_key=True)
    event: fields.ForeignKeyRelation[Event] = fields.ForeignKeyField(
        "hub.Event", db_index=True, related_name="team_notes"
    )
    event_id: int
    author = fields.CharField(max_length=160)
    text = fields.TextField()
    made_at = fields.DatetimeField(auto_now_add=True)
    goes_at = fields.DatetimeField(db_index=True)

    class Meta:
        table = "team_note"


class Resolution(Model):
    """What was decided, at an event or beside it; of a project it appears in its timeline."""

    id = fields.BigIntField(primary_key=True)
    event: fields.ForeignKeyNullableRelation[Event] = fields.ForeignKeyField(
        "hub.Event", db_index=True, null=True, related_name="resolutions"
    )
    event_id: int | None
    project: fields.ForeignKeyNullableRelation[Publication] = fields.ForeignKeyField(
        "hub.Publication", db_index=True, null=True, related_name="resolutions"
    )
    project_id: int | None
    text = fields.TextField()
    decided_on = fields.DateField()
    made_at = fields.DatetimeField(auto_now_add=True)

    class Meta:
        table = "resolution"


class CalendarKey(Model):
    """A member's private address of their agenda: whoever has it reads it, until it is revoked."""

    hash = fields.CharField(max_length=64, primary_key=True)
    member: fields.OneToOneRelation[Member] = fields.OneToOneField("hub.Member", related_name="calendar_key")
    member_id: int
    made_at = fields.DatetimeField(auto_now_add=True)
    used_at = fields.DatetimeField(null=True)

    class Meta:
        table = "calendar_key"


class Method(Model):
    """A way to work together, for workshops; data that agents may change. Words are by locale.

    `steps` and `report` (what is noted at the end) hold one line each.
    """

    id = fields.IntField(primary_key=True)
    key = fields.CharField(max_length=40, unique=True)
    names: fields.JSONField[dict[str, str]] = fields.JSONField()
    purposes: fields.JSONField[dict[str, str]] = fields.JSONField(default=dict)
    minutes = fields.IntField(default=60)
    people_least = fields.IntField(default=3)
    people_most = fields.IntField(default=30)
    material: fields.JSONField[dict[str, str]] = fields.JSONField(default=dict)
    steps: fields.JSONField[dict[str, list[str]]] = fields.JSONField(default=dict)
    report: fields.JSONField[dict[str, list[str]]] = fields.JSONField(default=dict)
    position = fields.IntField(default=0)
    changed_at = fields.DatetimeField(auto_now=True)
    retired_at = fields.DatetimeField(null=True)

    class Meta:
        table = "method"


@dataclass(frozen=True, kw_only=True)
class ShiftDraft:
    """`id`: one that is there already."""

    name: str
    wanted: int = 1
    starts_at: datetime | None = None
    ends_at: datetime | None = None
    private_place: str = ""
    id: int | None = None


@dataclass(frozen=True, kw_only=True)
class EventDraft:
    """An event as somebody wrote it, checked; `repeats` until `until` makes a series of it."""

    title: str
    text: str
    starts_at: datetime
    ends_at: datetime
    language: str = "fr"
    scope: Scope = Scope.VILLAGE
    category: str = ""
    all_day: bool = False
    timezone: str = "Europe/Paris"
    place: str = ""
    address: str = ""
    online_url: str = ""
    join_mode: JoinMode = JoinMode.FREE
    join_url: str = ""
    capacity: int | None = None
    method: str = ""
    project_id: int | None = None
    repeats: Rhythm | None = None
    until: date | None = None
    shifts: tuple[ShiftDraft, ...] = ()
    contributions: tuple[str, ...] = ()
    photos: tuple[PhotoDraft, ...] | None = None  # None: those that are there stay


@dataclass(frozen=True, kw_only=True)
class JoinDraft:
    """ "I am coming", as somebody wrote it, checked."""

    people: int = 1
    shift_id: int | None = None
    note: str = ""
    contributions: tuple[int, ...] = field(default=())
