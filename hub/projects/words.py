"""How far a project is, and who is who in it: in words, in the language of the moment."""

from hub.projects.models import Remains, Sort, Stage
from hub.text import N_

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
