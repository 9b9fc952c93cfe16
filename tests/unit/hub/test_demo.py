"""The village to look around in has something of everything that people do in one."""

from hub import demo
from hub.agenda.methods import establish_methods
from hub.agenda.models import Attendance, Event, Shift
from hub.exchange.models import Proposal
from hub.exchange.templates import establish_templates
from hub.projects.models import Chapter, HeardNeed, Project, Stage
from hub.village.actions import establish_actors


async def test_the_village_has_a_board_a_project_with_its_story_and_an_agenda(database):
    for establish in (establish_actors, establish_templates, establish_methods):
        await establish()
    await demo.fill()
    project = await Project.get()
    assert (project.stage, project.members) == (Stage.RUNNING, 3)
    told = await Chapter.filter(project=project).order_by("on").values_list("stage", flat=True)
    assert told == [Stage.OBSERVED, None, Stage.EXPLORED, Stage.DECIDED, None, Stage.RUNNING]
    assert await HeardNeed.filter(project=project).count() == 4
    assert await Proposal.filter(project_id=project.publication_id).count() == 1
    workshop = await Event.get(project_id=project.publication_id)
    assert workshop.is_workshop
    assert await Shift.filter(event=workshop).count() == 2
    assert await Attendance.filter(event=workshop).count() == 2
    assert await Event.filter(series_id__not_isnull=True).count() > 5
