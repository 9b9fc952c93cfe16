"""The words that a project is found by."""

from hub.exchange.searching import category_words
from hub.projects.models import Experience, Project
from hub.publications import search


async def index_project(project: Project) -> None:
    """In the transaction that changed it; its publication must be loaded."""
    words = [project.area, project.call, *category_words(project.category)]
    await search.index(project.publication, words)


async def index_experience(experience: Experience) -> None:
    """The same of what a project taught."""
    await search.index(experience.publication, [experience.steps, experience.pitfalls])
