"""Small ways to have somebody or something in the database."""

from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from typing import Any

from tortoise.models import Model

from hub.actors.minting import origin
from hub.actors.models import Actor, Handle
from hub.db import transaction
from hub.jobs import Job
from hub.members.models import Member, Role, mail_key
from hub.village.actions import open_village
from hub.village.models import Village, VillageDraft, Visibility


async def village(**facts: Any) -> Village:
    """Saint-Martin, open to everyone, unless `facts` say otherwise."""
    usual: dict[str, Any] = {
        "name": "Saint-Martin",
        "handle": "saint-martin",
        "locale": "fr",
        "insee": "26046",
        "latitude": 44.58,
        "longitude": 5.13,
        "publisher": "Claire Auzias",
        "visibility": Visibility.PUBLIC,
    }
    draft = VillageDraft(**(usual | facts))
    kind = f"{origin()} {draft}"
    async with transaction():
        if kind in _opened and not await Village.exists():
            for model, rows in _opened[kind]:
                await model.bulk_create([model(**row) for row in rows])
            return await Village.get(id=1)
        alone = not await Handle.exists() and not await Actor.exists()
        village = await open_village(draft)
        if alone:
            _opened[kind] = [(model, await _facts_of(model)) for model in (Village, Handle, Actor)]
        return village


# To open a village takes 45 statements, and thousands of tests want one: what the first of a kind left in the
# tables is put there for those after it, as if it had happened just now.
_opened: dict[str, list[tuple[type[Model], list[dict[str, Any]]]]] = {}


async def _facts_of(model: type[Model]) -> list[dict[str, Any]]:
    fields = model._meta.fields_map
    own = [
        name
        for name in model._meta.fields_db_projection
        if not fields[name].generated and not getattr(fields[name], "auto_now_add", False)
    ]
    return [
        {name: getattr(one, name) for name in own} for one in await model.all().order_by(model._meta.pk_attr)
    ]


def zone_at_noon() -> str:
    """A time zone where it is about noon now, so that no quiet of the night holds a mail back."""
    ahead = 12 - datetime.now(UTC).hour
    return f"Etc/GMT{-ahead:+d}"


async def member(
    name: str = "Rosa", *, role: Role = Role.RESIDENT, trusted: bool = True, **facts: Any
) -> Member:
    """A known resident whose mail is NAME@example.fr."""
    mail = facts.pop("mail", f"{name.lower()}@example.fr")
    return await Member.create(
        name=name,
        mail=mail,
        mail_key=mail_key(mail) if mail else None,
        role=role,
        trusted_at=datetime.now(UTC) if trusted else None,
        **facts,
    )


async def do_jobs(*functions: Callable[..., Awaitable[object]]) -> int:
    """Run what waits in the queue once, as a worker would; returns how many jobs there were."""
    import json

    from hub.jobs import job_name

    by_name = {job_name(function): function for function in functions}
    waiting = await Job.filter(name__in=list(by_name)).order_by("id")
    for job in waiting:
        await by_name[job.name](**json.loads(job.arguments))
        await job.delete()
    return len(waiting)
