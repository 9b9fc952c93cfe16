"""Who carries a project, as everybody reads it."""

import re
from dataclasses import dataclass

from hub.exchange.showing import display_name
from hub.projects.membership import name_of
from hub.projects.models import Contributor, Part, Project
from hub.projects.words import SORT_NAMES
from hub.text import gettext


@dataclass(frozen=True, kw_only=True)
class Carrier:
    """Who carries it, as everybody reads it: `name`, what they are, their role, how to reach them."""

    name: str
    sort: str
    contact: str = ""

    @property
    def is_mail(self) -> bool:
        return "@" in self.contact and " " not in self.contact

    @property
    def is_phone(self) -> bool:
        return re.fullmatch(r"\+?[\d ]+", self.contact) is not None


async def carriers_of(project: Project) -> list[Carrier]:
    """In the order in which they came; of another hub's the one who speaks there."""
    found = Contributor.filter(project_id=project.id, part=Part.CARRIER).order_by("id")
    listed = await found.select_related("participant__actor", "organisation")
    if not listed and not project.publication.author.is_local:
        return [Carrier(name=display_name(project.publication.author), sort="")]
    return [carrier_of(one) for one in listed]


def carrier_of(contributor: Contributor) -> Carrier:
    """An organisation by its own name; what they are also where they said their role."""
    organisation = contributor.organisation
    name = organisation.name if organisation is not None else name_of(contributor.participant)
    return Carrier(
        name=name,
        sort=contributor.role or gettext(SORT_NAMES[contributor.sort]),
        contact=contributor.contact,
    )
