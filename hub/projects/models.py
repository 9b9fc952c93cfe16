"""Projects: a public story and a working group, with the needs that it answers and what it taught."""

from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from tortoise import fields
from tortoise.models import Model

from hub.actors.models import Actor
from hub.agenda.models import Event
from hub.media.models import PhotoDraft
from hub.members.models import Member
from hub.organisations.models import Organisation
from hub.participants.models import Participant
from hub.publications.models import Publication, Scope


class Stage(StrEnum):
    """How far a project is; each step is dated and told in its timeline."""

    OBSERVED = "observed"  # somebody said what is wrong
    EXPLORED = "explored"  # a group thinks about it
    DECIDED = "decided"
    RUNNING = "running"
    DONE = "done"
    KEPT_ALIVE = "kept-alive"  # something lasting took over
    ENDED = "ended"  # without a result, and why


ACTIVE = frozenset({Stage.OBSERVED, Stage.EXPLORED, Stage.DECIDED, Stage.RUNNING})
CLOSED = frozenset({Stage.DONE, Stage.KEPT_ALIVE, Stage.ENDED})


class Sort(StrEnum):
    """Of whom somebody is one: every name is shown with it (S4)."""

    RESIDENT = "resident"
    ASSOCIATION = "association"
    TOWN_HALL = "town-hall"
    COMPANY = "company"
    GROUP = "group"  # informal


def sort_of(organisation: Organisation | None) -> Sort:
    """Of who speaks for themselves: a resident."""
    return Sort.RESIDENT if organisation is None else Sort(organisation.kind.value)


class Remains(StrEnum):
    """What is left when a project closes (S10)."""

    ASSOCIATION = "association"
    COOPERATIVE = "cooperative"  # SCIC, SCOP
    MUNICIPAL = "municipal"
    INFORMAL = "informal"
    NOTHING = "nothing"


class Project(Model):
    """Beside its publication. Of other hubs there is no `actor` of ours, and nobody to be looked after.

    `actor` is the group that others follow and join, of another hub's named by `group_uri`; `template` the
    process that it was made from.
    """

    id = fields.BigIntField(primary_key=True)
    publication: fields.OneToOneRelation[Publication] = fields.OneToOneField(
        "hub.Publication", related_name="project"
    )
    publication_id: int
    actor: fields.ForeignKeyNullableRelation[Actor] = fields.ForeignKeyField(
        "hub.Actor", db_index=True, null=True, related_name="projects", description="its group"
    )
    actor_id: int | None
    group_uri = fields.CharField(max_length=2048, default="", description="of another hub's: who answers")
    stage = fields.CharEnumField(Stage, max_length=12, db_index=True)
    changed_at = fields.DatetimeField(auto_now_add=True, description="of the stage")
    is_reviewed = fields.BooleanField(default=True, description="false: an agent reads it first")
    template = fields.CharField(max_length=40, default="")
    category = fields.CharField(max_length=40, default="", db_index=True)
    area = fields.CharField(max_length=80, default="")
    due = fields.DateField(null=True)
    call = fields.TextField(default="", description="whom it looks for (V4)")
    is_open = fields.BooleanField(default=True, description="whether one can still join")
    approves = fields.BooleanField(default=False, description="carriers say yes to each who joins")
    members = fields.IntField(default=0, description="carriers included; counted anew with each change")
    agreements = fields.TextField(default="", description="what the group agreed on among itself")
    agreements_review = fields.DateField(null=True, description="when it looks at them again")
    reminded_on = fields.DateField(null=True, description="of the review")
    inspired_by = fields.CharField(max_length=2048, default="", description="URI of an experience elsewhere")
    inspired_by_name = fields.CharField(max_length=300, default="", description="whose it was: stays")
    remains = fields.CharEnumField(Remains, max_length=12, null=True)
    remains_words = fields.TextField(default="", description="what, and how it came")
    remains_contact = fields.CharField(max_length=300, default="", description="whom to ask from now on")
    thanks = fields.TextField(default="")
    closed_at = fields.DatetimeField(null=True)

    class Meta:
        table = "project"
        indexes = (("changed_at",),)  # what moved last comes first

    @property
    def is_active(self) -> bool:
        return self.stage in ACTIVE


class Chapter(Model):
    """An entry of the timeline: a stage, minutes, a decision, news. Events tell themselves.

    `planned`: it is still to come.
    """

    id = fields.BigIntField(primary_key=True)
    project: fields.ForeignKeyRelation[Project] = fields.ForeignKeyField(
        "hub.Project", db_index=True, related_name="chapters"
    )
    project_id: int
    stage = fields.CharEnumField(Stage, max_length=12, null=True, description="where it begins one")
    on = fields.DateField()
    title = fields.CharField(max_length=160)
    text = fields.TextField(default="")
    link = fields.CharField(max_length=500, default="")
    planned = fields.BooleanField(default=False)
    by = fields.CharField(max_length=160, default="")
    by_member: fields.ForeignKeyNullableRelation[Member] = fields.ForeignKeyField(
        "hub.Member", db_index=True, null=True, on_delete=fields.SET_NULL, related_name="chapters"
    )
    by_member_id: int | None
    made_at = fields.DatetimeField(auto_now_add=True)

    class Meta:
        table = "chapter"


class Part(StrEnum):
    """What somebody is in a project."""

    ASKED = "asked"  # waits for a carrier's yes
    MEMBER = "member"
    CARRIER = "carrier"
    LEFT = "left"
    DECLINED = "declined"


class Contributor(Model):
    """Somebody in a project, for themselves or for an organisation; of actors elsewhere `uri` is their Join.

    `contact` is what a carrier lets everybody see.
    """

    id = fields.BigIntField(primary_key=True)
    project: fields.ForeignKeyRelation[Project] = fields.ForeignKeyField(
        "hub.Project", db_index=True, related_name="contributors"
    )
    project_id: int
    participant: fields.ForeignKeyRelation[Participant] = fields.ForeignKeyField(
        "hub.Participant", db_index=True, related_name="contributors"
    )
    participant_id: int
    organisation: fields.ForeignKeyNullableRelation[Organisation] = fields.ForeignKeyField(
        "hub.Organisation", db_index=True, null=True, on_delete=fields.SET_NULL, related_name="contributors"
    )
    organisation_id: int | None
    sort = fields.CharEnumField(Sort, max_length=12, default=Sort.RESIDENT)
    part = fields.CharEnumField(Part, max_length=10)
    contact = fields.CharField(max_length=300, default="")
    role = fields.CharField(max_length=120, default="", description="in words: owner of the walls")
    message = fields.TextField(default="")
    code = fields.CharField(max_length=32, null=True, unique=True)
    uri = fields.CharField(max_length=2048, null=True, unique=True)
    made_at = fields.DatetimeField(auto_now_add=True)
    decided_at = fields.DatetimeField(null=True)

    class Meta:
        table = "contributor"


INSIDE = frozenset({Part.MEMBER, Part.CARRIER})


class Answer(StrEnum):
    YES = "yes"
    MAYBE = "maybe"
    NO = "no"


class Invited(Model):
    """A person or an organisation that was asked to take part; the links of the mail need no account (V5)."""

    id = fields.BigIntField(primary_key=True)
    project: fields.ForeignKeyRelation[Project] = fields.ForeignKeyField(
        "hub.Project", db_index=True, related_name="invited"
    )
    project_id: int
    organisation: fields.ForeignKeyNullableRelation[Organisation] = fields.ForeignKeyField(
        "hub.Organisation", db_index=True, null=True, related_name="invited"
    )
    organisation_id: int | None
    participant: fields.ForeignKeyNullableRelation[Participant] = fields.ForeignKeyField(
        "hub.Participant", db_index=True, null=True, related_name="invited"
    )
    participant_id: int | None
    sort = fields.CharEnumField(Sort, max_length=12)
    name = fields.CharField(max_length=160)
    answer = fields.CharEnumField(Answer, max_length=6, null=True)
    asked_by = fields.CharField(max_length=160, default="")
    by_member: fields.ForeignKeyNullableRelation[Member] = fields.ForeignKeyField(
        "hub.Member", db_index=True, null=True, on_delete=fields.SET_NULL, related_name="has_invited"
    )
    by_member_id: int | None
    made_at = fields.DatetimeField(auto_now_add=True)
    answered_at = fields.DatetimeField(null=True)
    asked_again_at = fields.DatetimeField(null=True, description="once, who said maybe, or nothing")

    class Meta:
        table = "invited"
        unique_together = (("project", "organisation"),)


class Component(Model):
    """What a project is made of: a column of the coverage table."""

    id = fields.BigIntField(primary_key=True)
    project: fields.ForeignKeyRelation[Project] = fields.ForeignKeyField(
        "hub.Project", db_index=True, related_name="components"
    )
    project_id: int
    name = fields.CharField(max_length=80)
    position = fields.IntField(default=0)

    class Meta:
        table = "component"


class HeardNeed(Model):
    """A need that was heard, a row of the coverage table: who says it, in numbers by sort of people.

    `covered_by`: numbers of components; `need`: its publication, where it hangs on a board.
    """

    id = fields.BigIntField(primary_key=True)
    project: fields.ForeignKeyRelation[Project] = fields.ForeignKeyField(
        "hub.Project", db_index=True, related_name="heard_needs"
    )
    project_id: int
    title = fields.CharField(max_length=160)
    said_by: fields.JSONField[dict[str, int]] = fields.JSONField(default=dict, description="by Sort")
    covered_by: fields.JSONField[list[int]] = fields.JSONField(default=list)
    is_covered = fields.BooleanField(null=True, description="true: yes; false: in part; null: not yet")
    need: fields.ForeignKeyNullableRelation[Publication] = fields.ForeignKeyField(
        "hub.Publication", db_index=True, null=True, on_delete=fields.SET_NULL, related_name="heard_in"
    )
    need_id: int | None
    position = fields.IntField(default=0)

    class Meta:
        table = "heard_need"


class Version(Model):
    """The words of a project as they were: who added what, and from where it came (V8).

    Nothing changes it but the town hall, which can take its words out: then `change` says why.
    """

    id = fields.BigIntField(primary_key=True)
    project: fields.ForeignKeyRelation[Project] = fields.ForeignKeyField(
        "hub.Project", db_index=True, related_name="versions"
    )
    project_id: int
    number = fields.IntField()
    title = fields.CharField(max_length=160)
    text = fields.TextField()
    change = fields.CharField(max_length=300, default="", description="what was added, in words")
    by = fields.CharField(max_length=160)
    by_participant: fields.ForeignKeyNullableRelation[Participant] = fields.ForeignKeyField(
        "hub.Participant", db_index=True, null=True, on_delete=fields.SET_NULL, related_name="versions"
    )
    by_participant_id: int | None
    source_name = fields.CharField(max_length=300, default="", description="credited: an example elsewhere")
    source_link = fields.CharField(max_length=500, default="")
    contested = fields.TextField(default="", description="what the first author says against it")
    contested_at = fields.DatetimeField(null=True)
    made_at = fields.DatetimeField(auto_now_add=True)

    class Meta:
        table = "version"
        unique_together = (("project", "number"),)

    @property
    def is_taken_out(self) -> bool:
        return not self.text


class Task(Model):
    """One thing to do, by at most one person."""

    id = fields.BigIntField(primary_key=True)
    project: fields.ForeignKeyRelation[Project] = fields.ForeignKeyField(
        "hub.Project", db_index=True, related_name="tasks"
    )
    project_id: int
    title = fields.CharField(max_length=160)
    taken_by: fields.ForeignKeyNullableRelation[Contributor] = fields.ForeignKeyField(
        "hub.Contributor", db_index=True, null=True, on_delete=fields.SET_NULL, related_name="tasks"
    )
    taken_by_id: int | None
    due = fields.DateField(null=True)
    done_at = fields.DatetimeField(null=True)
    made_at = fields.DatetimeField(auto_now_add=True)

    class Meta:
        table = "task"


class DatePoll(Model):
    """When shall we meet? The group answers in three taps; a carrier makes an event of one date."""

    id = fields.BigIntField(primary_key=True)
    project: fields.ForeignKeyRelation[Project] = fields.ForeignKeyField(
        "hub.Project", db_index=True, related_name="date_polls"
    )
    project_id: int
    title = fields.CharField(max_length=160)
    closed_at = fields.DatetimeField(null=True)
    event: fields.ForeignKeyNullableRelation[Event] = fields.ForeignKeyField(
        "hub.Event", null=True, on_delete=fields.SET_NULL, related_name="date_polls"
    )
    event_id: int | None
    made_at = fields.DatetimeField(auto_now_add=True)

    class Meta:
        table = "date_poll"


class DateOption(Model):
    id = fields.BigIntField(primary_key=True)
    poll: fields.ForeignKeyRelation[DatePoll] = fields.ForeignKeyField(
        "hub.DatePoll", db_index=True, related_name="options"
    )
    poll_id: int
    starts_at = fields.DatetimeField()
    ends_at = fields.DatetimeField()

    class Meta:
        table = "date_option"


class DateAnswer(Model):
    """One of each contributor for each date."""

    id = fields.BigIntField(primary_key=True)
    option: fields.ForeignKeyRelation[DateOption] = fields.ForeignKeyField(
        "hub.DateOption", db_index=True, related_name="answers"
    )
    option_id: int
    contributor: fields.ForeignKeyRelation[Contributor] = fields.ForeignKeyField(
        "hub.Contributor", db_index=True, related_name="date_answers"
    )
    contributor_id: int
    answer = fields.CharEnumField(Answer, max_length=6)
    at = fields.DatetimeField(auto_now=True)

    class Meta:
        table = "date_answer"
        unique_together = (("option", "contributor"),)


class CostBand(StrEnum):
    """What a project cost, in euros."""

    NOTHING = "nothing"
    SMALL = "under-1000"
    MEDIUM = "under-10000"
    LARGE = "under-100000"
    GREAT = "over-100000"


class Experience(Model):
    """What a project taught, for other villages (V10); of another hub there is no `project`."""

    id = fields.BigIntField(primary_key=True)
    publication: fields.OneToOneRelation[Publication] = fields.OneToOneField(
        "hub.Publication", related_name="experience"
    )
    publication_id: int
    project: fields.OneToOneNullableRelation[Project] = fields.OneToOneField(
        "hub.Project", null=True, related_name="experience"
    )
    project_id: int | None
    project_uri = fields.CharField(max_length=2048, default="")
    context = fields.TextField(default="")
    steps = fields.TextField(default="", description="what was done, in its order")
    pitfalls = fields.TextField(default="")
    cost = fields.CharEnumField(CostBand, max_length=14, null=True)
    months = fields.IntField(null=True)
    people = fields.IntField(null=True)
    credit = fields.CharField(
        max_length=300, default="", description="whose it is, kept by who starts from it"
    )

    class Meta:
        table = "experience"


@dataclass(frozen=True, kw_only=True)
class ChapterDraft:
    """An entry of the timeline as somebody wrote it, checked; one of a day to come is planned."""

    on: date
    title: str
    text: str = ""
    link: str = ""


@dataclass(frozen=True, kw_only=True)
class HeardNeedDraft:
    """A row of the coverage table as somebody wrote it, checked."""

    title: str
    said_by: dict[str, int]
    covered_by: list[int]
    is_covered: bool | None = None
    need_id: int | None = None


@dataclass(frozen=True, kw_only=True)
class ProjectDraft:
    """A project as somebody wrote it, checked."""

    title: str
    text: str
    language: str = "fr"
    scope: Scope = Scope.PUBLIC
    category: str = ""
    area: str = ""
    due: date | None = None
    call: str = ""
    approves: bool = False
    template: str = ""
    stage: Stage = Stage.OBSERVED
    contact: str = ""  # of the first carrier, for everybody
    inspired_by: str = ""
    inspired_by_name: str = ""
    chapters: tuple[ChapterDraft, ...] = ()  # that are planned
    photos: tuple[PhotoDraft, ...] | None = None


@dataclass(frozen=True, kw_only=True)
class ContributorDraft:
    """Who joins, as they wrote it, checked."""

    message: str = ""
    organisation_id: int | None = None


@dataclass(frozen=True, kw_only=True)
class ExperienceDraft:
    context: str
    steps: str = ""
    pitfalls: str = ""
    cost: CostBand | None = None
    months: int | None = None
    people: int | None = None


@dataclass(frozen=True, kw_only=True)
class Closing:
    """How a project ends: what remains of it, and thanks (S10, S34)."""

    stage: Stage
    remains: Remains
    remains_words: str = ""
    remains_contact: str = ""
    thanks: str = ""
    photos: tuple[PhotoDraft, ...] | None = None
