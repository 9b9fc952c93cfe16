"""Who opens a page that is for those inside a project alone: a member, or who holds a link of theirs."""

from dataclasses import dataclass

from starlette.requests import Request
from starlette.responses import Response

from hub.errors import NotFound
from hub.exchange.mine_pages import private
from hub.participants.models import Person
from hub.projects.models import Project
from hub.projects.rights import Rights, rights_of
from hub.projects.showing import find_any, find_seen
from hub.web.templates import see_other


@dataclass(frozen=True, kw_only=True)
class Within:
    """`key`: of who has no account. `person`: in whose name things are done there."""

    project: Project
    rights: Rights
    person: Person
    key: str = ""

    @property
    def base(self) -> str:
        """Below which these pages are."""
        code = f"/{self.project.publication.code}"
        return f"/mine/{self.key}{code}" if self.key else code

    @property
    def own_acts(self) -> str:
        """Where the forms about oneself go."""
        return f"/mine/{self.key}/projects" if self.key else "/mine/projects"

    def answer(self, response: Response) -> Response:
        """An address with a key in it is kept nowhere."""
        return private(response) if self.key else response

    def see(self, page: str, said: str) -> Response:
        return self.answer(see_other(self.base + page, said=said))


async def find_within(request: Request) -> Within:
    """For those inside; for anybody else there is no such page. Raises NotFound."""
    key, viewer = request.path_params.get("key", ""), request.state.viewer
    project = await (find_any(request) if key else find_seen(request))
    rights = await rights_of(project, None if key else viewer, key)
    if not rights.is_inside:
        raise NotFound
    if not key:
        person = Person(name=viewer.name, member_id=viewer.member_id, locale=request.state.locale)
        return Within(project=project, rights=rights, person=person)
    if rights.mine is None or (project.publication.hidden_at and not rights.sees_hidden(project)):
        raise NotFound
    holder = rights.mine.participant
    person = Person(name=holder.name, mail=holder.mail, phone=holder.phone, locale=request.state.locale)
    return Within(project=project, rights=rights, person=person, key=key)


async def find_carrying(request: Request) -> Within:
    """For those who carry it. Raises NotFound."""
    found = await find_within(request)
    if not found.rights.carries:
        raise NotFound
    return found
