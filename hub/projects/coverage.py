"""Which needs a project answers, and with what: its components and the needs that were heard (V9).

Carriers write them; each act may come twice.
"""

from collections.abc import Sequence

from hub.db import transaction
from hub.errors import Conflict, NotFound
from hub.projects.locking import own
from hub.projects.models import Component, HeardNeed, HeardNeedDraft, Project
from hub.text import N_

MOST_COMPONENTS = 8
MOST_NEEDS = 30
FULL = N_("There are as many needs here as fit on a page. Take one out first.")


async def name_components(project: Project, names: Sequence[str]) -> None:
    """What it is made of, in this order: a name that stays keeps what it covers."""
    async with transaction():
        ours = await own(project)
        known = {one.name: one for one in await Component.filter(project_id=ours.id)}
        for position, name in enumerate(dict.fromkeys(names)):
            component = known.pop(name, None) or Component(project=ours, name=name)
            component.position = position
            await component.save()
        await _forget(ours, {one.id for one in known.values()})


async def hear(project: Project, draft: HeardNeedDraft) -> HeardNeed:
    """One more need. The same words once more are the same need. Raises Conflict where there are too many."""
    async with transaction():
        ours = await own(project)
        known = await HeardNeed.filter(project_id=ours.id).order_by("position", "id")
        same = next((one for one in known if one.title == draft.title), None)
        if same is not None:
            await _write(same, draft)
            return same
        if len(known) >= MOST_NEEDS:
            raise Conflict(FULL)
        heard = HeardNeed(project=ours, position=max((one.position for one in known), default=0) + 1)
        await _write(heard, draft)
        return heard


async def hear_again(heard: HeardNeed, draft: HeardNeedDraft) -> None:
    """Other words, numbers, or an answer to it."""
    async with transaction():
        await own(await Project.get(id=heard.project_id))
        row = await HeardNeed.get_or_none(id=heard.id)
        if row is None:
            raise NotFound
        await _write(row, draft)


async def drop(heard: HeardNeed) -> None:
    async with transaction():
        await own(await Project.get(id=heard.project_id))
        await HeardNeed.filter(id=heard.id).delete()


async def _write(heard: HeardNeed, draft: HeardNeedDraft) -> None:
    """With those components only that the project has."""
    theirs = {one.id for one in await Component.filter(project_id=heard.project_id)}
    heard.update_from_dict(vars(draft))
    heard.covered_by = [number for number in draft.covered_by if number in theirs]
    await heard.save()


async def _forget(project: Project, components: set[int]) -> None:
    if not components:
        return
    await Component.filter(id__in=list(components)).delete()
    for heard in await HeardNeed.filter(project_id=project.id):
        heard.covered_by = [number for number in heard.covered_by if number not in components]
        await heard.save(update_fields=["covered_by"])
