"""The village's digest: a mail on Friday morning that starts with what concerns its reader.

It says what everybody in the village may see, one telephone screen for each theme, and nothing where
nothing is new.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from tortoise.expressions import Q
from tortoise.queryset import QuerySet

from hub.agenda.models import Attendance, Event, Presence, Standing
from hub.agenda.words import summary_words
from hub.db import transaction
from hub.exchange.models import LIVING, Pledge, PledgeState, Proposal, State
from hub.exchange.words import count_words, when_words, where_words
from hub.jobs import asked_already, enqueue
from hub.members.models import Member, Rhythm
from hub.members.told import account_of
from hub.notifications.actions import digest_sent
from hub.notifications.mail import send
from hub.notifications.mails import (
    Letter,
    Reader,
    letters_of,
    reader_of_account,
    release,
    sent,
    stop_token,
    take,
)
from hub.notifications.models import STOP_DIGEST, Digest, Notice
from hub.notifications.rhythm import EVENING, MORNING, last_issue
from hub.publications.models import Kind, Publication
from hub.publications.visibility import Reader as Public
from hub.publications.visibility import scopes, visible_to
from hub.text import N_, gettext, ngettext, speaking
from hub.village.models import Village

MOST = 5  # lines of a theme: with its heading, what a telephone shows at once
TOO_OLD = timedelta(days=2)  # a server that was down sends Friday's digest on Saturday, not on Tuesday
SPANS = {Rhythm.WEEKLY: timedelta(days=7), Rhythm.MONTHLY: timedelta(days=31)}
THEMES = (
    (Kind.NEED, N_("New needs"), "/needs"),
    (Kind.OFFER, N_("New offers"), "/offers"),
    (Kind.EVENT, N_("In the agenda"), "/agenda"),
    (Kind.PROJECT, N_("New projects"), "/projects"),
    (Kind.ANNOUNCEMENT, N_("News"), "/news"),
)


@dataclass(frozen=True, kw_only=True)
class Line:
    words: str
    path: str


@dataclass(frozen=True, kw_only=True)
class Theme:
    """`count`: of all that is new, of which `lines` are some."""

    kind: Kind
    title: str
    lines: Sequence[Line]
    count: int
    path: str


async def send_digests(now: datetime | None = None) -> None:
    """Have it written for everybody for whom it is time, but those whose own waits for the mail server."""
    now = now or datetime.now(UTC)
    village = await Village.current()
    if village is None or not _is_day(village, now):
        return
    for rhythm in SPANS:
        issue = last_issue(now, rhythm, timezone=village.timezone)
        if issue is None or now - issue > TOO_OLD:
            continue
        async with transaction():
            asked = [each["member_id"] for each in await asked_already(send_digest)]
            for member_id in await _due(rhythm, issue).exclude(id__in=asked).values_list("id", flat=True):
                await enqueue(send_digest, member_id=member_id)


def _is_day(village: Village, now: datetime) -> bool:
    return MORNING <= now.astimezone(ZoneInfo(village.timezone)).time() < EVENING


def _due(rhythm: Rhythm, issue: datetime) -> QuerySet[Member]:
    """Who had no digest since, and was here by then."""
    return Member.filter(
        Q(digest__until__isnull=True) | Q(digest__until__lt=issue),
        rhythm=rhythm,
        mail__not_isnull=True,
        suspended_at=None,
        joined_at__lt=issue,
    )


async def send_digest(member_id: int, now: datetime | None = None) -> None:
    """Write to one member what is new since they were last told. Raises OSError: then it is tried again."""
    now = now or datetime.now(UTC)
    member, village = await Member.get_or_none(id=member_id), await Village.current()
    if member is None or village is None:
        return
    issue = last_issue(now, member.rhythm, timezone=village.timezone)
    if issue is None or now - issue > TOO_OLD:  # it waited for the mail server
        return
    if not await _due(member.rhythm, issue).filter(id=member_id).exists():
        return
    since = await _claim(member, now)
    try:
        await _send(member, village, since=since, now=now)
    except Exception:
        await Digest.filter(member_id=member_id).update(until=since)
        raise


async def _claim(member: Member, now: datetime) -> datetime:
    """From when on things are new to this member; another worker finds that it is done."""
    async with transaction():
        last = await Digest.get_or_none(member_id=member.id)
        await digest_sent(member.id, now)
        earliest = now - SPANS[member.rhythm]
        return max(last.until if last else member.joined_at, earliest)


async def _send(member: Member, village: Village, *, since: datetime, now: datetime) -> None:
    account = account_of(member)
    reader = reader_of_account(account, locale=village.locale, timezone=village.timezone)
    assert reader is not None, "those who are due have a mail address"
    _, notices, _ = await take(reader.key, now, weekly_too=True)
    try:
        with speaking(reader.locale):
            await _write(
                reader, notices, await _themes(member, since=since, now=now, timezone=village.timezone)
            )
    except Exception:
        await release(notices)
        raise
    await sent(notices, now)


async def _write(reader: Reader, notices: Sequence[Notice], themes: Sequence[Theme]) -> None:
    if not themes and not notices:
        return
    letters = await letters_of(notices)
    await send(
        reader.mail,
        locale=reader.locale,
        template="digest",
        stop=await stop_token(STOP_DIGEST, reader),
        subject=_subject(letters, themes),
        name=reader.name,
        letters=letters,
        yours=await _yours(reader),
        themes=themes,
    )


def _subject(letters: Sequence[Letter], themes: Sequence[Theme]) -> str:
    """`2 besoins, 1 offre`: what is in it."""
    if not themes:
        return letters[0].subject
    return ", ".join(_counted(theme) for theme in themes)


def _counted(theme: Theme) -> str:
    count = theme.count
    words = {
        Kind.NEED: ngettext("%(count)s need", "%(count)s needs", count),
        Kind.OFFER: ngettext("%(count)s offer", "%(count)s offers", count),
        Kind.EVENT: ngettext("%(count)s date", "%(count)s dates", count),
        Kind.PROJECT: ngettext("%(count)s project", "%(count)s projects", count),
        Kind.ANNOUNCEMENT: ngettext("%(count)s piece of news", "%(count)s pieces of news", count),
    }
    return words[theme.kind] % {"count": count}


async def _themes(member: Member, *, since: datetime, now: datetime, timezone: str) -> list[Theme]:
    """What is new, without what the reader wrote, and what is going on; in the language of the moment."""
    found = [
        await _dates(member, now=now, timezone=timezone)
        if kind is Kind.EVENT
        else await _theme(kind, member, since=since, timezone=timezone)
        for kind, _, _ in THEMES
    ]
    return [theme for theme in found if theme.lines]


async def _theme(kind: Kind, member: Member, *, since: datetime, timezone: str) -> Theme:
    title, path = next((title, path) for each, title, path in THEMES if each is kind)
    new = Publication.filter(visible_to(Public(member=True)), kind=kind, published_at__gt=since)
    if kind is Kind.ANNOUNCEMENT:
        new = new.filter(author__host="")
    elif kind is Kind.PROJECT:
        new = new.filter(author__host="", project__is_reviewed=True)
    else:
        mine = [each.publication_id for each in await Proposal.filter(owner__member_id=member.id)]
        new = new.filter(proposal__state__in=list(LIVING)).exclude(id__in=[0, *mine])
    shown = await new.order_by("-published_at", "-id").limit(MOST).select_related("author")
    lines = await _lines(shown, timezone)
    return Theme(kind=kind, title=gettext(title), lines=lines, count=await new.count(), path=path)


async def _dates(member: Member, *, now: datetime, timezone: str) -> Theme:
    """What begins in the village until the next digest, the soonest first."""
    title, path = next((title, path) for each, title, path in THEMES if each is Kind.EVENT)
    seen = [one.value for one in scopes(Public(member=True))]
    ahead = Event.filter(
        publication__deleted_at=None,
        publication__hidden_at=None,
        publication__scope__in=seen,
        standing=Standing.PLANNED,
        owner_id__not_isnull=True,
        starts_at__gt=now,
        starts_at__lt=now + SPANS[member.rhythm],
    )
    shown = await ahead.order_by("starts_at", "id").limit(MOST).select_related("publication")
    lines = [_date(event, timezone) for event in shown]
    return Theme(kind=Kind.EVENT, title=gettext(title), lines=lines, count=await ahead.count(), path=path)


def _date(event: Event, timezone: str) -> Line:
    facts = (event.publication.title, summary_words(event, timezone))
    return Line(words=", ".join(fact for fact in facts if fact), path=f"/{event.publication.code}")


async def _lines(publications: Sequence[Publication], timezone: str) -> list[Line]:
    asked = Proposal.filter(publication_id__in=[each.id for each in publications])
    proposals = {each.publication_id: each for each in await asked}
    lines = []
    for publication in publications:
        facts, proposal = [publication.title], proposals.get(publication.id)
        if proposal is not None:
            proposal.publication = publication
            facts += [when_words(proposal, timezone), where_words(proposal)]
        lines.append(Line(words=", ".join(fact for fact in facts if fact), path=f"/{publication.code}"))
    return lines


async def _yours(reader: Reader) -> list[Line]:
    """How it stands with what the reader asks, offers or has promised."""
    own = Proposal.filter(
        owner__member_id=reader.member_id, state__in=list(LIVING), publication__deleted_at=None
    )
    waiting = Pledge.filter(proposal__owner__member_id=reader.member_id, state=PledgeState.PROPOSED)
    waits_for = set(await waiting.values_list("proposal_id", flat=True))
    lines = []
    for proposal in await own.select_related("publication").order_by("id").limit(MOST):
        waits = gettext("somebody waits for your answer") if proposal.id in waits_for else ""
        facts = (proposal.publication.title, count_words(proposal), waits)
        path = f"/{proposal.publication.code}"
        lines.append(Line(words=", ".join(fact for fact in facts if fact), path=path))
    return [*lines, *await _promised(reader), *await _coming(reader)]


async def _promised(reader: Reader) -> list[Line]:
    ahead = Q(proposal__ends_at__isnull=True) | Q(proposal__ends_at__gt=datetime.now(UTC))
    promised = Pledge.filter(
        ahead,
        participant__member_id=reader.member_id,
        state=PledgeState.ACCEPTED,
        proposal__state__in=[*LIVING, State.COVERED],
        proposal__publication__deleted_at=None,
    )
    found = await promised.select_related("proposal__publication").order_by("id").limit(MOST)
    return [_promise(pledge.proposal, reader.timezone) for pledge in found]


def _promise(proposal: Proposal, timezone: str) -> Line:
    words = gettext("You promised: %(title)s") % {"title": proposal.publication.title}
    when = when_words(proposal, timezone)
    return Line(words=f"{words}, {when}" if when else words, path=f"/{proposal.publication.code}")


async def _coming(reader: Reader) -> list[Line]:
    """Where they said that they come."""
    found = Attendance.filter(
        participant__member_id=reader.member_id,
        presence=Presence.COMING,
        event__standing=Standing.PLANNED,
        event__ends_at__gt=datetime.now(UTC),
        event__publication__deleted_at=None,
    )
    listed = await found.select_related("event__publication").order_by("event__starts_at", "id").limit(MOST)
    dates = [_date(attendance.event, reader.timezone) for attendance in listed]
    return [
        Line(words=gettext("You are coming: %(what)s") % {"what": date.words}, path=date.path)
        for date in dates
    ]
