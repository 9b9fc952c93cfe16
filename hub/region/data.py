"""Open data: what anybody may see, as tables with a documented schema (product.md, item 20).

Of needs and offers there is the title and the facts, not the text, and no name of a person: those stay on
the page of their village, where they can be changed and withdrawn. Points are those of villages. A number
of people below limits.PEOPLE_FLOOR is not said.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from federation.outgoing import wire_time
from hub.agenda.models import Standing
from hub.db.conditions import quoted
from hub.exchange.models import LIVING, SHOWN
from hub.publications.models import Kind
from hub.region.figures_data import FIELDS as FIGURE_FIELDS
from hub.region.figures_data import read as read_figures
from hub.region.sources import Sources
from hub.region.tables import WHERE, Field, Reading, Rows, Table, Type, place_facts
from hub.text import N_

LICENCE = "etalab-2.0"  # as SPDX names it: Licence Ouverte 2.0
LICENCE_NAME = "Licence Ouverte 2.0"
LICENCE_PAGE = "https://www.etalab.gouv.fr/licence-ouverte-open-licence/"


@dataclass(frozen=True, kw_only=True)
class Dataset:
    """`title` and `words` are catalogue sources. `read` gives a page of records after a number.

    `in_files_alone`: it counts all there is, so nobody has it read by asking.
    """

    name: str
    title: str
    words: str
    fields: Sequence[Field]
    read: Reading
    has_points: bool = True
    in_files_alone: bool = False


_PAGE = "CASE WHEN publication.url <> '' THEN publication.url ELSE publication.uri END"
_ABOUT = (
    Field("id", Type.STRING, N_("Its identity for ever: a URI"), "publication.uri"),
    Field("url", Type.STRING, N_("The page to read it and to answer"), _PAGE),
    Field("title", Type.STRING, N_("In one line"), "publication.title"),
)
_PUBLISHER = (
    Field(
        "publisher",
        Type.STRING,
        N_("Village or organisation in whose name it is; never a person"),
        "CASE WHEN actor.kind IN ('Organization', 'Group', 'Service') THEN actor.display_name END",
    ),
    Field("language", Type.STRING, N_("Of its words (BCP 47)"), "publication.language"),
    Field("published", Type.MOMENT, N_("When it was published"), "publication.published_at"),
    Field("updated", Type.MOMENT, N_("When its words were changed"), "publication.updated_at"),
)


def _category(table: str) -> Field:
    words = N_("What it is about: one of %(keys)s")
    return Field("category", Type.STRING, words, f"{table}.category")


_PROPOSAL = (
    *_ABOUT,
    _category("proposal"),
    Field("state", Type.STRING, N_("open, under-way, covered or thanked"), "proposal.state"),
    Field("wanted", Type.INTEGER, N_("How many are wanted; empty: no limit"), "proposal.wanted"),
    Field("unit", Type.STRING, N_("Of what"), "proposal.unit"),
    Field(
        "promised",
        Type.INTEGER,
        N_("How many were promised; empty below %(floor)s"),
        "proposal.promised",
        people=True,
    ),
    Field("starts", Type.MOMENT, N_("From when"), "proposal.starts_at"),
    Field("ends", Type.MOMENT, N_("Until when"), "proposal.ends_at"),
    Field("minutes", Type.INTEGER, N_("Of one person's time"), "proposal.minutes"),
    Field("at_distance", Type.BOOLEAN, N_("Whether it can be done from afar"), "proposal.at_distance"),
    Field("mode", Type.STRING, N_("gift, loan, exchange or shared-costs"), "proposal.mode"),
    Field("expires", Type.MOMENT, N_("When it ends by itself"), "proposal.expires_at"),
    *_PUBLISHER,
    *WHERE,
)


def _proposals(kind: Kind) -> Table:
    """What is told in brief was meant for the villages around, not for copies of copies."""
    living = f"proposal.state NOT IN ({quoted(LIVING)}) OR proposal.expires_at > CURRENT_TIMESTAMP"
    shown = f"proposal.state IN ({quoted(SHOWN)}) AND ({living}) AND NOT proposal.brief"
    return Table(name="proposal", condition=f"publication.kind = '{kind}' AND {shown}", fields=_PROPOSAL)


_EVENT = Table(
    name="event",
    condition=(
        f"event.standing IN ({quoted([Standing.PLANNED, Standing.CANCELLED])})"
        " AND (actor.host <> '' OR event.sent_at IS NOT NULL)"  # dates far ahead come later
    ),
    fields=(
        *_ABOUT,
        _category("event"),
        Field("state", Type.STRING, N_("planned or cancelled"), "event.standing"),
        Field("starts", Type.MOMENT, N_("When it begins"), "event.starts_at"),
        Field("ends", Type.MOMENT, N_("When it ends"), "event.ends_at"),
        Field("all_day", Type.BOOLEAN, N_("Whether it takes whole days"), "event.all_day"),
        Field("timezone", Type.STRING, N_("Of the place (IANA)"), "event.timezone"),
        Field(
            "place",
            Type.STRING,
            N_("Name of the place; empty where a private person invites"),
            "CASE WHEN event.voice <> 'self' THEN event.place ELSE '' END",
        ),
        Field("capacity", Type.INTEGER, N_("How many people can come; empty: no limit"), "event.capacity"),
        Field(
            "coming", Type.INTEGER, N_("How many come; empty below %(floor)s"), "event.coming", people=True
        ),
        Field(
            "came", Type.INTEGER, N_("How many were there; empty below %(floor)s"), "event.came", people=True
        ),
        *_PUBLISHER,
        *WHERE,
    ),
)
_PROJECT = Table(
    name="project",
    condition="project.is_reviewed",
    fields=(
        *_ABOUT,
        _category("project"),
        Field(
            "stage",
            Type.STRING,
            N_("observed, explored, decided, running, done, kept-alive or ended"),
            "project.stage",
        ),
        Field("due", Type.DATE, N_("When it is to be done"), "project.due"),
        Field("is_open", Type.BOOLEAN, N_("Whether one can join"), "project.is_open"),
        Field(
            "members",
            Type.INTEGER,
            N_("How many people carry it; empty below %(floor)s"),
            "project.members",
            people=True,
        ),
        Field("remains", Type.STRING, N_("What is left of it once it is closed"), "project.remains"),
        Field("closed", Type.MOMENT, N_("When it was closed"), "project.closed_at"),
        *_PUBLISHER,
        *WHERE,
    ),
)
_EXPERIENCE = Table(
    name="experience",
    condition="1 = 1",
    fields=(
        *_ABOUT,
        Field("context", Type.STRING, N_("How it began"), "experience.context"),
        Field("steps", Type.STRING, N_("What was done"), "experience.steps"),
        Field("pitfalls", Type.STRING, N_("What to look out for"), "experience.pitfalls"),
        Field("cost", Type.STRING, N_("What it cost, as a band"), "experience.cost"),
        Field("months", Type.INTEGER, N_("How long it took"), "experience.months"),
        Field(
            "people",
            Type.INTEGER,
            N_("How many people it took; empty below %(floor)s"),
            "experience.people",
            people=True,
        ),
        Field("credit", Type.STRING, N_("Whom to name when it is used"), "experience.credit"),
        *_PUBLISHER,
        *WHERE,
    ),
)


def _table(table: Table, *, name: str, title: str, words: str) -> Dataset:
    return Dataset(name=name, title=title, words=words, fields=table.fields, read=table.read)


async def _villages(sources: Sources, after: int) -> Rows:
    del after  # they all come at once
    return Rows(
        [
            {
                "id": source.id,
                "name": source.name,
                "site": source.site,
                "is_here": source.host == "",
                "heard": None if source.heard_at is None else wire_time(source.heard_at),
                **{name: place_facts(source)[name] for name in ("insee", "latitude", "longitude")},
            }
            for source in sources.villages
        ]
    )


_VILLAGE_FIELDS = (
    Field("id", Type.STRING, N_("Its identity for ever: a URI")),
    Field("name", Type.STRING, N_("Name of the village")),
    Field("site", Type.STRING, N_("Address of its site")),
    Field("is_here", Type.BOOLEAN, N_("Whether these data come from its own site")),
    Field("heard", Type.MOMENT, N_("When all that is open there was last read here")),
    *WHERE[2:],
)

DATASETS: dict[str, Dataset] = {
    each.name: each
    for each in (
        _table(
            _proposals(Kind.NEED),
            name="needs",
            title=N_("Needs"),
            words=N_("What is asked for now, and what was covered."),
        ),
        _table(
            _proposals(Kind.OFFER),
            name="offers",
            title=N_("Offers"),
            words=N_("What is offered now, and what was taken up."),
        ),
        _table(_EVENT, name="events", title=N_("Events"), words=N_("What is to come, and what was.")),
        _table(
            _PROJECT, name="projects", title=N_("Projects"), words=N_("Those under way, and those closed.")
        ),
        _table(
            _EXPERIENCE,
            name="experiences",
            title=N_("Experience sheets"),
            words=N_("What projects taught, for other villages."),
        ),
        Dataset(
            name="villages",
            title=N_("Villages"),
            words=N_("Whose data these are."),
            fields=_VILLAGE_FIELDS,
            read=_villages,
        ),
        Dataset(
            name="figures",
            title=N_("Figures"),
            words=N_("How much there is in each village, and about what."),
            fields=FIGURE_FIELDS,
            read=read_figures,
            has_points=False,
            in_files_alone=True,
        ),
    )
}
