"""How far a project is, and who is who in it: in words, in the language of the moment."""

from hub.projects.models import CostBand, Remains, Sort, Stage
from hub.text import N_, ngettext

STAGE_NAMES = {
    Stage.OBSERVED: N_("Observed"),
    Stage.EXPLORED: N_("Thought about"),
    Stage.DECIDED: N_("Decided"),
    Stage.RUNNING: N_("Work under way"),
    Stage.DONE: N_("Done"),
    Stage.KEPT_ALIVE: N_("It goes on"),
    Stage.ENDED: N_("Ended"),
}
# Look of the stage's pill, and its icon.
STAGE_LOOKS = {
    Stage.OBSERVED: ("go", "open"),
    Stage.EXPLORED: ("go", "open"),
    Stage.DECIDED: ("go", "half"),
    Stage.RUNNING: ("go", "half"),
    Stage.DONE: ("ok", "done"),
    Stage.KEPT_ALIVE: ("ok", "heart"),
    Stage.ENDED: ("", "stop"),
}
SORT_NAMES = {
    Sort.RESIDENT: N_("resident"),
    Sort.ASSOCIATION: N_("association"),
    Sort.TOWN_HALL: N_("town hall or public body"),
    Sort.COMPANY: N_("company"),
    Sort.GROUP: N_("informal group"),
}
REMAINS_NAMES = {
    Remains.ASSOCIATION: N_("An association takes over"),
    Remains.COOPERATIVE: N_("A cooperative takes over"),
    Remains.MUNICIPAL: N_("The town hall takes over"),
    Remains.INFORMAL: N_("A group of people goes on"),
    Remains.NOTHING: N_("Nothing: it is finished"),
}


def count_words(sort: Sort, count: int) -> str:
    """`58 habitants`, `3 associations`."""
    words = {
        Sort.RESIDENT: ngettext("%(count)s resident", "%(count)s residents", count),
        Sort.ASSOCIATION: ngettext("%(count)s association", "%(count)s associations", count),
        Sort.TOWN_HALL: ngettext("%(count)s public body", "%(count)s public bodies", count),
        Sort.COMPANY: ngettext("%(count)s company", "%(count)s companies", count),
        Sort.GROUP: ngettext("%(count)s informal group", "%(count)s informal groups", count),
    }
    return words[sort] % {"count": count}


SORT_PLURALS = {
    Sort.RESIDENT: N_("Residents"),
    Sort.ASSOCIATION: N_("Associations"),
    Sort.TOWN_HALL: N_("Town halls and public bodies"),
    Sort.COMPANY: N_("Companies"),
    Sort.GROUP: N_("Informal groups"),
}
COST_NAMES = {
    CostBand.NOTHING: N_("It cost nothing"),
    CostBand.SMALL: N_("Under 1,000 euros"),
    CostBand.MEDIUM: N_("From 1,000 to 10,000 euros"),
    CostBand.LARGE: N_("From 10,000 to 100,000 euros"),
    CostBand.GREAT: N_("More than 100,000 euros"),
}
