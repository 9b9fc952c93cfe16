"""What carriers do with a project: begin it, tell its story, change its words, close it.

Each act may come twice (a button pressed twice, a page loaded anew): the second time nothing happens.
"""

from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

from tortoise.exceptions import IntegrityError

from hub.actors.minting import object_uri
from hub.actors.models import Actor
from hub.db import transaction
from hub.errors import Conflict, InvalidInput, NotFound
from hub.exchange.speaking import author_for, speaks_for
from hub.fediverse.publishing import show
from hub.journal import Doer, record
from hub.media.photos import hang_photos
from hub.participants.actions import participant_of
from hub.participants.models import Participant, Person
from hub.projects import notices
from hub.projects.experiences import withdraw_of
from hub.projects.groups import establish_group
from hub.projects.locking import own
from hub.projects.models import (
    CLOSED,
    Chapter,
    ChapterDraft,
    Closing,
    Contributor,
    Part,
    Project,
    ProjectDraft,
    Remains,
    Stage,
    Version,
    sort_of,
)
from hub.projects.publishing import send_changes, send_out, take_down
from hub.projects.words import STAGE_NAMES
from hub.publications.documents import code_of_form, page_url
from hub.publications.markup import take_words
from hub.publications.models import Kind, Publication
from hub.text import N_, gettext, speaking
from hub.village.models import Village

CLOSED_ALREADY = N_("This project is closed already.")
WORDS_OF_TODAY = N_("These are the words of today. Change them first: then this version can be taken out.")
WHO_REMAINS = N_("Say whom one can ask from now on.")
NAMED_CONTACT = N_("Say how to reach you: a project has at least one person whom one can ask.")


async def begin(
    draft: ProjectDraft,
    person: Person,
    *,
    organisation_id: int | None = None,
    code: str = "",
    trusted: bool = False,
) -> Project:
    """A new project, carried by who begins it, for themselves or for an organisation.

    Of newcomers an agent reads it first. `code` is the form's: sent twice, it makes one. Raises Conflict
    where the person may not speak for the organisation, InvalidInput where the carrier cannot be reached.
    """
    if not draft.contact:
        raise InvalidInput({"contact_shown": NAMED_CONTACT})
    try:
        async with transaction():
            known = await _made_before(code, person, draft)
            return known or await _add(
                draft,
                person,
                organisation_id=organisation_id,
                code=await code_of_form(code),
                trusted=trusted,
            )
    except IntegrityError:  # the same form, a moment ago
        known = await _made_before(code, person, draft)
        if known is None:
            raise
        return known


async def approve(project: Project, *, by: str, member_id: int | None = None) -> None:
    """An agent has read it: now everybody may. `by` is shown."""
    async with transaction():
        ours = await own(project)
        if ours.is_reviewed or ours.stage is Stage.ENDED:  # also refused, on a page that was not loaded anew
            return
        ours.is_reviewed = True
        await show(ours.publication)
        await ours.save()
        await record("approved", f"/{ours.publication.code}", by=Doer(member_id, by))
        await send_out(ours)
        await notices.approved(ours)


async def refuse(project: Project, reason: str, *, by: str, member_id: int | None = None) -> None:
    """The town hall does not show it, and says why."""
    async with transaction():
        ours = await own(project)
        if not ours.is_reviewed and ours.stage is not Stage.ENDED:
            ours.stage, ours.changed_at = Stage.ENDED, datetime.now(UTC)
            ours.closed_at = ours.changed_at
            await ours.save()
            await record("refused", f"/{ours.publication.code}", by=Doer(member_id, by), why=reason)
            await notices.refused(ours, reason)


async def rewrite(
    project: Project,
    draft: ProjectDraft,
    person: Person,
    *,
    change: str = "",
    source: tuple[str, str] = ("", ""),
) -> None:
    """New words: a version, with who added what; `source`: name and link of an example elsewhere.

    Words that nobody changed make no version. Raises Conflict once the project is closed.
    """
    async with transaction():
        ours = await own(project)
        if ours.stage in CLOSED:
            raise Conflict(CLOSED_ALREADY)
        for name in _FACTS:
            setattr(ours, name, getattr(draft, name))
        if draft.photos is not None:
            await hang_photos(ours.publication_id, draft.photos)
        if (ours.publication.title, ours.publication.source) != (draft.title, draft.text):
            take_words(ours.publication, draft)
            by = await participant_of(person, reach=False)
            await _add_version(ours, by, change=change, source=source)
        await ours.save()
        await send_changes(ours)


async def contest(project: Project, number: int, words: str) -> None:
    """The first author does not agree with a later version: their words stand beside it. Raises NotFound."""
    async with transaction():
        version = await Version.get_or_none(project_id=project.id, number=number)
        if version is None:
            raise NotFound
        version.contested, version.contested_at = words, datetime.now(UTC)
        await version.save(update_fields=["contested", "contested_at"])
        await notices.contested(await own(project), version)


async def take_words_out(project: Project, number: int, reason: str, *, by: Doer) -> None:
    """An old version says nothing any more but why, which everybody reads: something in it should not stay.

    Raises NotFound, and Conflict for the words of today: those are changed first.
    """
    async with transaction():
        ours = await own(project)
        version = await Version.get_or_none(project_id=ours.id, number=number)
        if version is None:
            raise NotFound
        if number == await Version.filter(project_id=ours.id).count():
            raise Conflict(WORDS_OF_TODAY)
        if not version.is_taken_out:
            version.title = version.text = version.source_name = version.source_link = ""
            version.change = reason
            await version.save(update_fields=["title", "text", "change", "source_name", "source_link"])
            await record(
                "version-taken-out", f"/{ours.publication.code}/versions/{number}", by=by, why=reason
            )


async def reach_stage(
    project: Project,
    stage: Stage,
    *,
    by: str,
    member_id: int | None = None,
    title: str = "",
    text: str = "",
    on: date | None = None,
) -> None:
    """A project moves on, or back; the timeline tells when and why. What closes it is close()."""
    async with transaction():
        ours = await own(project)
        if ours.stage in CLOSED:
            raise Conflict(CLOSED_ALREADY)
        if stage is not ours.stage and stage not in CLOSED:
            await _enter(ours, stage, by=Doer(member_id, by), title=title, text=text, on=on)
            await send_changes(ours)
            await notices.stage_reached(ours)


async def close(project: Project, closing: Closing, *, by: str, member_id: int | None = None) -> None:
    """What remains, whom to ask from now on, one photo and one line of thanks; the page keeps the story.

    Raises InvalidInput where something remains and nobody is named.
    """
    if closing.remains is not Remains.NOTHING and not closing.remains_contact:
        raise InvalidInput({"remains_contact": WHO_REMAINS})
    async with transaction():
        ours = await own(project)
        if ours.stage in CLOSED:
            return
        for name in ("remains", "remains_words", "remains_contact", "thanks"):
            setattr(ours, name, getattr(closing, name))
        ours.closed_at, ours.is_open = datetime.now(UTC), False
        if closing.photos is not None:
            await hang_photos(ours.publication_id, closing.photos)
        await _enter(
            ours, closing.stage, by=Doer(member_id, by), text=closing.thanks or closing.remains_words
        )
        await send_changes(ours)
        await notices.closed(ours)


async def delete_project(project: Project) -> None:
    """Take it down everywhere, with its group and what it taught; its needs and events stay what they are."""
    async with transaction():
        ours = await own(project)
        await notices.taken_down(ours)
        await withdraw_of(ours)
        await take_down(ours)


async def tell(project: Project, draft: ChapterDraft, *, by: str, member_id: int | None = None) -> Chapter:
    """An entry of the timeline; one of a day to come is planned."""
    async with transaction():
        ours = await own(project)
        planned = draft.on > await _today()
        return await Chapter.create(
            project=ours, planned=planned, by=by, by_member_id=member_id, **vars(draft)
        )


async def tell_again(chapter: Chapter, draft: ChapterDraft) -> None:
    """Other words, or another day; what was planned for a day that has come is told as done."""
    async with transaction():
        await own(await Project.get(id=chapter.project_id))
        chapter.update_from_dict(vars(draft))
        chapter.planned = draft.on > await _today()
        await chapter.save()


async def take_out(chapter: Chapter) -> None:
    """Out of the timeline. Stages stay: they are how the project came here."""
    async with transaction():
        await own(await Project.get(id=chapter.project_id))
        await Chapter.filter(id=chapter.id, stage=None).delete()


async def _made_before(code: str, person: Person, draft: ProjectDraft) -> Project | None:
    """By the same form, sent by the same person: codes are public, everybody knows those of others.

    Who goes back to it and writes something else there means something else.
    """
    if not code:
        return None
    found = Project.filter(
        publication__code=code,
        versions__number=1,
        versions__by_participant__member_id=person.member_id,
        versions__title=draft.title,
        versions__text=draft.text,
    )
    return await found.select_related("publication__author", "actor").first()


async def _add(
    draft: ProjectDraft, person: Person, *, organisation_id: int | None, code: str, trusted: bool
) -> Project:
    organisation = await speaks_for(person, organisation_id) if organisation_id is not None else None
    publication = await _publish(draft, await author_for(organisation), code=code, trusted=trusted)
    project = Project(
        publication=publication,
        actor=await establish_group(publication),
        stage=draft.stage,
        is_reviewed=trusted,
        template=draft.template,
        inspired_by=draft.inspired_by,
        inspired_by_name=draft.inspired_by_name,
        members=1,
    )
    for name in _FACTS:
        setattr(project, name, getattr(draft, name))
    await project.save()
    participant = await participant_of(person)
    await Contributor.create(
        project=project,
        participant=participant,
        organisation=organisation,
        sort=sort_of(organisation),
        part=Part.CARRIER,
        contact=draft.contact,
        decided_at=publication.published_at,
    )
    await _add_version(project, participant, source=(draft.inspired_by_name, draft.inspired_by))
    await _enter(project, draft.stage, by=Doer(person.member_id, person.name))
    for chapter in draft.chapters:
        await tell(project, chapter, by=person.name, member_id=person.member_id)
    if trusted:
        await send_out(project)
    else:
        await notices.to_be_read(project)
    return project


async def _publish(draft: ProjectDraft, author: Actor, *, code: str, trusted: bool) -> Publication:
    now = datetime.now(UTC)
    publication = Publication(
        uri=object_uri(),
        code=code,
        author=author,
        kind=Kind.PROJECT,
        type="Note",
        scope=draft.scope,
        published_at=now,
        received_at=now,
        hidden_at=None if trusted else now,
    )
    publication.url = page_url(publication)
    take_words(publication, draft)
    await publication.save()
    if draft.photos is not None:
        await hang_photos(publication.id, draft.photos)
    return publication


async def _add_version(
    project: Project, participant: Participant, *, change: str = "", source: tuple[str, str] = ("", "")
) -> None:
    publication = project.publication
    await Version.create(
        project=project,
        number=await Version.filter(project_id=project.id).count() + 1,
        title=publication.title,
        text=publication.source,
        change=change,
        by=participant.name,
        by_participant=participant,
        source_name=source[0],
        source_link=source[1],
    )


async def _enter(
    project: Project, stage: Stage, *, by: Doer, title: str = "", text: str = "", on: date | None = None
) -> None:
    """Without a title the timeline says the stage itself."""
    project.stage, project.changed_at = stage, datetime.now(UTC)
    await project.save()
    with speaking(project.publication.language or "fr"):
        title = title or gettext(STAGE_NAMES[stage])
    await Chapter.create(
        project=project,
        stage=stage,
        on=on or await _today(),
        title=title,
        text=text,
        by=by.name,
        by_member_id=by.id,
    )


_FACTS = "category area due call approves".split()


async def _today() -> date:
    village = await Village.current()
    return datetime.now(ZoneInfo(village.timezone if village is not None else "UTC")).date()
