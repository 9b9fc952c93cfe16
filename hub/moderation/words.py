"""What is complained about and decided, in words: for pages, notices and the journal."""

from hub.cleaning import plain_text
from hub.moderation.models import Basis, Case, Ground, Outcome
from hub.publications.models import Kind, Publication
from hub.text import N_, gettext

TITLE_CHARS = 80

GROUNDS = {
    Ground.ILLEGAL: N_("It is against the law"),
    Ground.HURTS: N_("It hurts, insults or threatens somebody"),
    Ground.PERSONAL: N_("It tells something private about somebody"),
    Ground.MINOR: N_("A child or a teenager is in danger"),
    Ground.ADVERTISING: N_("It is advertising, or a swindle"),
    Ground.OTHER: N_("Something else"),
}
BASES = {
    Basis.CHARTER: N_("our charter"),
    Basis.LAW: N_("the law"),
}
OUTCOMES = {
    Outcome.KEEP: N_("It stays"),
    Outcome.WARN: N_("It stays, and its author is asked to be careful"),
    Outcome.HIDE: N_("It is no longer shown"),
    Outcome.REMOVE: N_("It is removed for good"),
}
HEADINGS = {
    Outcome.KEEP: N_("Stayed"),
    Outcome.WARN: N_("With a word"),
    Outcome.HIDE: N_("Taken off"),
    Outcome.REMOVE: N_("Removed"),
}
OUTCOMES_FOR_PEOPLE = {
    Outcome.KEEP: N_("Nothing changes"),
    Outcome.HIDE: N_("What they write here is read by the town hall first"),
    Outcome.REMOVE: N_("They are blocked: nothing of theirs comes here any more"),
}
OUTCOMES_FOR_PAGES = {
    Outcome.KEEP: N_("Nothing changes"),
    Outcome.WARN: N_("It was put right"),
}
ACTS = {
    "hidden": N_("took it off our pages"),
    "shown": N_("showed it again"),
    "decided-keep": N_("decided that it stays"),
    "decided-warn": N_("asked its author to be careful"),
    "decided-hide": N_("decided that it is not shown"),
    "decided-remove": N_("removed it for good"),
    "settled-keep": N_("decided on the contest: it stays"),
    "settled-warn": N_("decided on the contest: a word of care"),
    "settled-hide": N_("decided on the contest: not shown"),
    "settled-remove": N_("decided on the contest: removed for good"),
    "contested": N_("The author contests the decision"),
    "passed-on": N_("passed the report on to the other server"),
    "approved": N_("let it hang on the board"),
    "refused": N_("did not let it hang on the board"),
    "version-taken-out": N_("took an old version of a project out"),
    "member-silenced": N_("reads first what this person publishes"),
    "member-trusted": N_("knows this person"),
    "member-suspended": N_("closed the account for now"),
    "member-readmitted": N_("opened the account again"),
    "role-changed": N_("changed the role"),
    "factor-forgotten": N_("removed keys and codes"),
    "actor-silenced": N_("reads first what they write here"),
    "actor-heard": N_("no longer reads first what they write here"),
    "actor-blocked": N_("blocked them"),
    "actor-unblocked": N_("no longer blocks them"),
    "host-silenced": N_("silenced the server"),
    "host-blocked": N_("blocked the server"),
    "relay-accepted": N_("lets the server take what the relay passes on"),
    "relay-refused": N_("no longer lets the server take what the relay passes on"),
    "relay-forgiven": N_("lets the server ask for the relay again"),
    "host-allowed": N_("allowed the server"),
    "neighbour-proposed": N_("proposed an agreement"),
    "neighbour-accepted": N_("accepted an agreement"),
    "neighbour-refused": N_("refused an agreement"),
    "neighbour-delayed": N_("asked for time about an agreement"),
    "neighbour-withdrawn": N_("took a proposal back"),
    "neighbour-terms": N_("changed what is sent to a neighbour"),
    "neighbour-paused": N_("paused an agreement"),
    "neighbour-resumed": N_("took an agreement up again"),
    "neighbour-ended": N_("ended an agreement"),
    "objection-answered": N_("answered an objection to an agreement"),
    "host-released": N_("undid what was decided about the server"),
}
_KINDS = {
    Kind.NEED: N_("Need"),
    Kind.OFFER: N_("Offer"),
    Kind.EVENT: N_("Event"),
    Kind.PROJECT: N_("Project"),
    Kind.EXPERIENCE: N_("Experience"),
    Kind.ANNOUNCEMENT: N_("Announcement"),
    Kind.ANSWER: N_("An answer"),
    Kind.MESSAGE: N_("Message"),
    Kind.POST: N_("Post"),
}


def outcomes_of(case: Case) -> dict[Outcome, str]:
    """What can be decided about this case, in words."""
    if case.publication is not None:
        return OUTCOMES
    return OUTCOMES_FOR_PEOPLE if case.actor is not None and not case.actor.is_local else OUTCOMES_FOR_PAGES


def title_of(case: Case) -> str:
    """What the case is about, in a line; publication and actor must be loaded."""
    if case.publication is not None:
        return name_of(case.publication)
    if case.actor is not None:
        return case.actor.display_name or case.actor.full_handle
    return case.path


def name_of(publication: Publication) -> str:
    """Its title, or its first words, or what it was."""
    words = publication.title or plain_text(publication.html) or gettext(_KINDS[publication.kind])
    return words if len(words) <= TITLE_CHARS else f"{words[:TITLE_CHARS].rsplit(' ', 1)[0]}…"


def about_of(case: Case) -> str:
    """How the journal names it: where it is, never its words."""
    if case.publication is not None:
        return f"/{case.publication.code}" if case.publication.code else case.publication.uri
    if case.actor is not None:
        return f"/@{case.actor.name}" if case.actor.is_local else case.actor.full_handle
    return case.path
