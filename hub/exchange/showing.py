"""What the pages of needs and offers show: who speaks, how far it is, who answered, what a reader may do."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime

from starlette.requests import Request

from hub.actors.models import Actor
from hub.actors.peers import is_on
from hub.errors import NotFound
from hub.exchange.models import (
    COMMITTED,
    LIVING,
    OVER,
    Pledge,
    PledgeState,
    Proposal,
    Slot,
    State,
    Step,
    Support,
    Template,
    Voice,
    Wish,
    words_in,
)
from hub.exchange.settling import free_nights
from hub.exchange.words import (
    STATE_LOOKS,
    STATE_NAMES,
    count_words,
    nights_between,
    slot_words,
    when_words,
    where_words,
)
from hub.organisations.models import Spokesperson
from hub.participants.models import Participant
from hub.participants.people import Somebody
from hub.publications.models import Kind, Publication, Scope
from hub.publications.showing import reader_of
from hub.publications.visibility import may_have, may_know_gone, may_see
from hub.text import N_, NO_BREAK, current_locale, day_name, gettext
from hub.web.viewer import Viewer

ARCHES = 12  # one for each place; above, a bar
MOST_CHOICES = 5  # of people who come together; above, a number is written
PEOPLE = frozenset({"people", "person", "personne", "personnes"})
TOGETHER = (N_("Just me"), N_("Two of us"), N_("Three of us"), N_("Four of us"), N_("Five of us"))

PLEDGE_NAMES = {
    PledgeState.PROPOSED: N_("Waits for an answer"),
    PledgeState.ASKED: N_("Waits for their yes"),
    PledgeState.ACCEPTED: N_("Confirmed"),
    PledgeState.DECLINED: N_("Not this time"),
    PledgeState.WITHDRAWN: N_("Taken back"),
    PledgeState.DONE: N_("Done"),
}
# Look of the pill, and its icon.
PLEDGE_LOOKS = {
    PledgeState.PROPOSED: ("go", "clock"),
    PledgeState.ASKED: ("", "clock"),
    PledgeState.ACCEPTED: ("ok", "done"),
    PledgeState.DECLINED: ("", "stop"),
    PledgeState.WITHDRAWN: ("", "stop"),
    PledgeState.DONE: ("ok", "heart"),
}
_STEPS = {
    State.REVIEW: N_("Written, to be read first"),
    State.OPEN: N_("Open"),
    State.UNDER_WAY: N_("Somebody said yes"),
    State.COVERED: N_("Covered"),
    State.THANKED: N_("Done, and thanked"),
    State.CLOSED: N_("Closed"),
    State.EXPIRED: N_("Its time has passed"),
    State.REFUSED: N_("Set aside"),
}
_READ_BY, _BY = N_("read by %(name)s"), N_("by %(name)s")


@dataclass(frozen=True, kw_only=True)
class Stage:
    """A line of "where it stands"; `look`: done, now or next."""

    look: str
    words: str
    at: datetime
    by: str = ""
    note: str = ""


@dataclass(frozen=True, kw_only=True)
class Nights:
    """Nights in a row with as many places left; none: complete."""

    first: date
    last: date
    left: int


@dataclass(frozen=True, kw_only=True)
class Sheet:
    """A need or an offer with everything that its pages say of it."""

    proposal: Proposal
    pledges: Sequence[Pledge]
    slots: Sequence[Slot]
    template: Template | None
    timezone: str

    @property
    def publication(self) -> Publication:
        return self.proposal.publication

    @property
    def is_offer(self) -> bool:
        return self.publication.kind is Kind.OFFER

    @property
    def pill(self) -> tuple[str, str, str]:
        """Look, icon and words of the state; an offer of nights without one left is complete."""
        if self.proposal.nights and self.proposal.state is State.COVERED:
            return "ok", "done", gettext("Full")
        look, sign = STATE_LOOKS[self.proposal.state]
        return look, sign, gettext(STATE_NAMES[self.proposal.state])

    @property
    def is_ours(self) -> bool:
        return self.proposal.owner is not None

    @property
    def is_living(self) -> bool:
        return self.proposal.state in LIVING

    @property
    def committed(self) -> list[Pledge]:
        return [each for each in self.pledges if each.state in COMMITTED]

    @property
    def waiting(self) -> list[Pledge]:
        """Those that wait for the author."""
        return [each for each in self.pledges if each.state is PledgeState.PROPOSED]

    @property
    def when(self) -> str:
        return when_words(self.proposal, self.timezone)

    @property
    def where(self) -> str:
        return where_words(self.proposal)

    @property
    def count(self) -> str:
        return count_words(self.proposal)

    @property
    def arches(self) -> list[bool]:
        """One for each place, True where somebody said yes; none above twelve."""
        wanted = self.proposal.wanted
        if wanted is None or not 1 < wanted <= ARCHES or self.proposal.nights:
            return []
        return [number < self.proposal.promised for number in range(wanted)]

    @property
    def has_bar(self) -> bool:
        return (self.proposal.wanted or 0) > ARCHES and not self.proposal.nights

    def share(self, count: int) -> str:
        """Of what is wanted, for the width of a bar."""
        return f"{min(100.0, 100 * count / (self.proposal.wanted or 1)):.1f}%"

    def slot_words(self, slot: Slot) -> str:
        return slot_words(slot, self.timezone)

    @property
    def free(self) -> dict[date, int]:
        """Nights with places left."""
        return free_nights(self.proposal, self.committed)

    @property
    def nights(self) -> list[Nights]:
        """The whole time of an offer of nights, in spans."""
        proposal, free, spans = self.proposal, self.free, list[Nights]()
        if not proposal.nights or proposal.starts_at is None or proposal.ends_at is None:
            return spans
        for night in nights_between(proposal.starts_at.date(), proposal.ends_at.date()):
            left = free.get(night, 0)
            if spans and spans[-1].left == left:
                spans[-1] = Nights(first=spans[-1].first, last=night, left=left)
            else:
                spans.append(Nights(first=night, last=night, left=left))
        return spans

    @property
    def answers(self) -> list[tuple[str, str]]:
        """What the template asked besides, and what was said."""
        asked = self.template.questions if self.template is not None else []
        labels = {str(one["name"]): words_in(one["label"], current_locale()) for one in asked}
        details = self.proposal.details
        return [(label, details[name]) for name, label in labels.items() if details.get(name)]

    @property
    def notice(self) -> str:
        """The law's words about this kind."""
        return words_in(self.template.notices, current_locale()) if self.template is not None else ""

    @property
    def speaker(self) -> str:
        """Who speaks, and what they are."""
        proposal = self.proposal
        if proposal.owner is None:
            return display_name(self.publication.author)
        if proposal.voice is Voice.TOWN_HALL:
            return gettext("The town hall")
        if proposal.organisation is None:
            return gettext("%(name)s, from the village") % {"name": proposal.owner.name}
        kind = gettext(proposal.organisation.kind_name)
        return gettext("%(name)s, for %(organisation)s (%(kind)s)") % {
            "name": proposal.owner.name,
            "organisation": proposal.organisation.name,
            "kind": kind[:1].lower() + kind[1:],
        }

    @property
    def answerer(self) -> str:
        """Who says yes or no to a pledge, in a sentence."""
        proposal = self.proposal
        if proposal.owner is None:
            return display_name(self.publication.author)
        return gettext("the town hall") if proposal.voice is Voice.TOWN_HALL else first_name(proposal.owner)

    @property
    def most(self) -> int | None:
        """How many one answer may bring; None: as many as there are."""
        if self.slots:
            return max(slot.missing for slot in self.slots)
        return self.proposal.wanted if self.proposal.nights else self.proposal.missing

    @property
    def counts_people(self) -> bool:
        return self.proposal.unit.lower() in PEOPLE

    @property
    def choices(self) -> list[tuple[int, str]]:
        """How many come, where a few choices say it; none where a number is written."""
        if self.most is None or self.most > (MOST_CHOICES if self.counts_people else MOST_CHOICES // 2):
            return []
        words = [gettext(one) for one in TOGETHER] if self.counts_people else list("12345")
        return list(enumerate(words[: self.most], start=1))

    def pass_on(self, url: str, phone: str) -> str:
        """Words to copy into any application, or to read aloud."""
        facts = [self.publication.title, self.when, self.where, "" if self.is_offer else self.count]
        phone = phone.replace(" ", NO_BREAK)
        way = gettext("%(url)s or %(phone)s") % {"url": url, "phone": phone} if phone else url
        return " ".join(f"{fact.rstrip('.')}." for fact in facts if fact) + f" {way}"

    def pledge_facts(self, pledge: Pledge) -> str:
        """`3 personnes, samedi 18 avril, de 9 h à 12 h`: what one of many promised."""
        facts = [f"{pledge.quantity} {self.proposal.unit}".strip() if pledge.quantity > 1 else ""]
        if pledge.slot is not None:
            facts.append(self.slot_words(pledge.slot))
        if pledge.first_night is not None and pledge.last_night is not None:
            facts.append(nights_words(pledge.first_night, pledge.last_night))
        return ", ".join(fact for fact in facts if fact)


def nights_words(first: date, last: date) -> str:
    if first == last:
        return gettext("the night of %(day)s") % {"day": day_name(first)}
    return gettext("the nights from %(first)s to %(last)s") % {
        "first": day_name(first),
        "last": day_name(last),
    }


def display_name(actor: Actor) -> str:
    return actor.display_name or actor.name


def first_name(participant: Participant) -> str:
    """Enough to be greeted by; of associations the whole name."""
    return participant.name if participant.actor_id else participant.name.split(" ", 1)[0]


async def find(request: Request) -> Proposal | None:
    """The need or offer of this address; None if one may know that it is gone. Raises NotFound."""
    publication = await Publication.of_code(request.path_params["code"])
    if publication is None or publication.kind not in (Kind.NEED, Kind.OFFER):
        raise NotFound
    reader = reader_of(request.state.viewer)
    if may_see(publication, reader):
        return await proposal_of(publication)
    if may_know_gone(publication, reader) and publication.hidden_at is None:
        return None
    raise NotFound


async def find_seen(request: Request) -> Proposal:
    """The need or offer of this address, for a form on its page."""
    proposal = await find(request)
    if proposal is None:
        raise NotFound
    return proposal


async def find_known(request: Request) -> Proposal:
    """The same, also where this reader may know no more than its title: it asks around."""
    publication = await Publication.of_code(request.path_params["code"])
    if publication is None or publication.kind not in (Kind.NEED, Kind.OFFER):
        raise NotFound
    if not may_have(publication, reader_of(request.state.viewer)):
        raise NotFound
    return await proposal_of(publication)


def is_whole(request: Request, proposal: Proposal) -> bool:
    """Whether this reader may read all of it."""
    return may_see(proposal.publication, reader_of(request.state.viewer))


async def find_any(request: Request) -> Proposal:
    """The same for its author, who sees it also before the others do; rights are the caller's business."""
    publication = await Publication.of_code(request.path_params["code"])
    if publication is None or publication.deleted_at is not None:
        raise NotFound
    return await proposal_of(publication)


async def proposal_of(publication: Publication) -> Proposal:
    """With its owner and organisation."""
    found = (
        await Proposal.filter(publication_id=publication.id).select_related("owner", "organisation").first()
    )
    if found is None:
        raise NotFound
    found.publication = publication
    return found


async def sheet_of(proposal: Proposal, timezone: str) -> Sheet:
    pledges = Pledge.filter(proposal_id=proposal.id).select_related("participant__actor", "slot")
    return Sheet(
        proposal=proposal,
        pledges=await pledges.order_by("id"),
        slots=await Slot.filter(proposal_id=proposal.id).order_by("starts_at", "id"),
        template=await Template.get_or_none(key=proposal.template) if proposal.template else None,
        timezone=timezone,
    )


async def stages(proposal: Proposal) -> list[Stage]:
    """Where it stands, and how it came there; last what comes next."""
    steps = await Step.filter(proposal_id=proposal.id).order_by("id")
    shown = [_stage(step, before) for before, step in zip([None, *steps], steps, strict=False)]
    if steps and proposal.state not in OVER:
        shown[-1] = replace(shown[-1], look="now")
    if steps and proposal.state in LIVING:
        shown.append(Stage(look="next", words=gettext("Closes by itself"), at=proposal.expires_at))
    return shown


def _stage(step: Step, before: Step | None) -> Stage:
    words = gettext(_STEPS[step.state])
    if before is not None and before.state is State.COVERED and step.state in LIVING:
        words = gettext("Open again, somebody cannot come")
    if before is not None and before.state is State.UNDER_WAY and step.state is State.OPEN:
        words = gettext("Open again, somebody cannot come")
    by = gettext(_READ_BY if step.state is State.OPEN else _BY) % {"name": step.by}
    return Stage(look="done", words=words, at=step.at, by=by if step.by else "", note=step.note)


async def wishes(proposal: Proposal) -> dict[Wish, int]:
    """How many share it, and how many want to look after it."""
    said = [support.wish for support in await Support.filter(proposal_id=proposal.id).only("id", "wish")]
    return {wish: said.count(wish) for wish in Wish}


def is_out(publication: Publication) -> bool:
    """Whether other servers may ask for its document."""
    if publication.hidden_at is not None or not publication.author.is_local:
        return False
    return publication.scope is Scope.PUBLIC and is_on()


async def is_author(proposal: Proposal, viewer: Viewer | None) -> bool:
    """Who may learn how to reach helpers: its author, who speaks for its organisation; of what the town hall
    publishes for somebody, agents too.
    """
    if viewer is None or proposal.owner is None:
        return False
    if proposal.owner.member_id == viewer.member_id:
        return True
    if proposal.voice is Voice.TOWN_HALL:
        return viewer.is_agent
    if proposal.voice is not Voice.ORGANISATION:
        return False
    mine = Spokesperson.filter(member_id=viewer.member_id, organisation_id=proposal.organisation_id)
    return await mine.exists()


def mine_among(pledges: Iterable[Pledge], who: Somebody | None) -> list[Pledge]:
    """What they promised here, and did not take back."""
    if who is None:
        return []
    gone = (PledgeState.WITHDRAWN, PledgeState.DECLINED)
    theirs = [each for each in pledges if _is_of(each, who)]
    return [each for each in theirs if each.state not in gone]


def _is_of(pledge: Pledge, who: Somebody) -> bool:
    if isinstance(who, Actor):
        return bool(pledge.participant.actor_id == who.id)
    return bool(pledge.participant.member_id == who.member_id)
