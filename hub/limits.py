"""Every number that bounds what others may ask of us, and the counter behind the rates.

The counter is a row, so that all processes of a village share it. The library that counts
(`limits`) keeps it in memory or in Redis: see docs/decisions/0007-rates-in-the-database.md.
"""

import ipaddress
import time
from dataclasses import dataclass
from typing import Self

from tortoise import fields
from tortoise.models import Model

from hub.db import transaction
from hub.errors import TooMany

FORM_BYTES = 1024 * 1024
PHOTO_BYTES = 12 * 1024 * 1024
PHOTOS_FORM_BYTES = 4 * PHOTO_BYTES + FORM_BYTES
FORM_FIELDS = 300
FORM_FILES = 4
FIELD_BYTES = 256 * 1024
TEXT_LENGTH = 5000
IMPORT_ROWS = 500
BLOCK_LIST_ROWS = 5000
PASSKEYS_PER_MEMBER = 10
SESSIONS_PER_MEMBER = 20
LINK_MINUTES = 15
CHALLENGE_MINUTES = 5
CONFIRMED_MINUTES = 15
INVITATION_DAYS = 14
SLIP_DAYS = 7
SESSION_DAYS = 90
GUEST_DAYS = 30
CONTACT_DAYS = 30  # after all is over, of who took part
NOTICE_DAYS = 180  # of what somebody was told
SUBSCRIBERS = 1_000  # servers that take what the relay passes on, or ask to
SUBSCRIBERS_PER_HOST = 3
PIN_MINUTES = 10
PIN_TRIES = 5
WANTED = 10_000  # people, seats, things: what one need can ask for
SLOTS_PER_PROPOSAL = 12
SHIFTS_PER_EVENT = 20
DATES_PER_POLL = 6
TASKS_PER_PROJECT = 200
LINES_PER_EVENT = 40  # of "who brings what"
DAYS_AHEAD = 366
CALENDAR_BYTES = 5 * 1024 * 1024  # of a file or an address, as hub.agenda.calendar_reader takes it
CALENDAR_EVENTS = 200  # to come, of one calendar
CALENDAR_ROUNDS_DAYS = 60  # how far ahead what comes again is taken from a calendar that is read each day
CALENDAR_SECONDS = 10  # until an address has given all of it
CALENDARS_PER_ORGANISATION = 5
TOGETHER = 20  # people who come to an event by one form
QUESTIONS_PER_TEMPLATE = 5
PROPOSALS_WAITING = 50  # agreements that other hubs propose, until somebody here decides
SILENT_HOURS = 48  # without an answer: then a need asks further, where its author agreed
SILENT_HOURS_SOON = 12  # where its day is near
SOON_DAYS = 4
SUGGESTIONS_TOLD = 3  # in one message
SUGGESTIONS_SHOWN = 5
PEOPLE_FLOOR = 5  # a smaller number of people is not said in open data: one could tell who they are
OPEN_DATA_ROWS = 250  # looked through for one page of open data
OPEN_DATA_HOURS = 6  # between two writings of the files
OPEN_DATA_KEPT_HOURS = 24  # an older file is not given any more: what was withdrawn may be in it
EMBED_HOSTS = 20  # sites that may show a part of the board
EMBED_ROWS = 20


@dataclass(frozen=True)
class Rate:
    """`burst` at once, then one more each `seconds`."""

    name: str
    burst: int
    seconds: float


# Three mails at once and one each twelve minutes: five in any half hour at the most, and
# whoever floods a mailbox leaves a link in it that is still valid, so no owner is locked out.
LINKS_PER_MAIL = Rate("links-mail", 3, 12 * 60)
LINKS_PER_ADDRESS = Rate("links-address", 25, 12)
SIGN_UPS_PER_ADDRESS = Rate("sign-ups-address", 5, 6 * 60)
TOKENS_PER_ADDRESS = Rate("tokens-address", 25, 12)
CODES_PER_MEMBER = Rate("codes-member", 5, 3 * 60)
INVITATIONS_PER_MEMBER = Rate("invitations-member", 20, 60 * 60)
LOOK_UPS_PER_ADDRESS = Rate("look-ups-address", 10, 30)
# Numbers for guests. Each is a private message to somebody elsewhere, whoever asked for it: of one person
# eleven in a day at the most, with five tries each, of a million.
PINS_PER_ADDRESS = Rate("pins-address", 5, 10 * 60)
PINS_PER_HOST = Rate("pins-host", 20, 3 * 60)
PINS_PER_ACTOR = Rate("pins-actor", 3, 3 * 60 * 60)
PIN_TRIES_PER_ADDRESS = Rate("pin-tries-address", 20, 60)
LOOK_UPS_PER_MEMBER = Rate("look-ups-member", 60, 10)
CLAIMS_PER_MEMBER = Rate("claims-member", 5, 24 * 60 * 60)
PLEDGES_PER_ADDRESS = Rate("pledges-address", 20, 60)  # a whole club may sit behind one address
CALENDARS_PER_MEMBER = Rate("calendars-member", 10, 60)  # each makes us fetch or read one
JOINS_PER_ADDRESS = Rate("joins-address", 20, 60)
POLLS_PER_PROJECT = Rate("polls-project", 5, 60 * 60)  # each is a mail to the whole group
ASKED_PER_PROJECT = Rate("asked-project", 10, 10 * 60)  # rounds of invitations
ARRIVALS_PER_ADDRESS = Rate("arrivals-address", 100, 5)  # a whole hall behind one address
SUPPORTS_PER_ADDRESS = Rate("supports-address", 20, 60)
# A form with photos is counted before it is read: it takes room on the disk until its end.
UPLOADS_PER_ADDRESS = Rate("uploads-address", 20, 60)
PHOTOS_PER_ADDRESS = Rate("photos-address", 30, 60)
PHOTOS_PER_MEMBER = Rate("photos-member", 30, 60)
PROPOSALS_PER_ADDRESS = Rate("proposals-address", 5, 10 * 60)
PROPOSALS_PER_MEMBER = Rate("proposals-member", 20, 3 * 60)

KEPT_PER_HUB = Rate("kept-hub", 300, 30)  # of what comes by an agreement; the rest is read once a day
DELAYS_PER_HOST = Rate("delays-host", 2, 24 * 60 * 60)  # of answers to a proposal; each is a mail to agents
PROPOSALS_PER_HOST = Rate("proposals-host", 5, 60 * 60)  # of agreements; each makes us ask who it is
PASSED_ON_PER_VILLAGE = Rate("passed-on-village", 100, 60)  # by a region, to all who follow it
FETCHED_PER_HOST = Rate("fetched-host", 200, 20)  # of one site, because a region names it
FETCHED_PER_REGION = Rate("fetched-region", 1_000, 20)  # things of others that a region names
COMPLAINTS_PER_ADDRESS = Rate("complaints-address", 10, 3 * 60)


class Allowance(Model):
    """When a key would be back to rest (generic cell rate algorithm: one number is enough)."""

    key = fields.CharField(max_length=200, primary_key=True)
    rests_at = fields.FloatField(description="Unix time in seconds")

    class Meta:
        table = "allowance"

    @classmethod
    async def of(cls, key: str) -> Self:
        """The row of `key`, locked until the transaction ends."""
        await cls.bulk_create([cls(key=key, rests_at=0.0)], ignore_conflicts=True)
        return await cls.select_for_update().get(key=key)


async def spend(rate: Rate, key: str) -> None:
    """Count one act of `key`; raises TooMany with the seconds to wait when it is over the rate."""
    now = time.time()
    async with transaction():
        allowance = await Allowance.of(f"{rate.name}:{key}"[:200])
        rests_at = max(allowance.rests_at, now) + rate.seconds
        wait = rests_at - now - rate.burst * rate.seconds
        if wait <= 0:
            allowance.rests_at = rests_at
            await allowance.save(update_fields=["rests_at"])
    if wait > 0:
        raise TooMany(after=wait)


async def forget_rested() -> None:
    """Delete the counters that are back to rest."""
    await Allowance.filter(rests_at__lt=time.time()).delete()


def network_of(address: str) -> str:
    """The address that counts as one visitor: an IPv4 address, or the /64 of an IPv6 one."""
    try:
        ip = ipaddress.ip_address(address)
    except ValueError:
        return "unknown"
    if isinstance(ip, ipaddress.IPv6Address):
        if ip.ipv4_mapped is not None:
            return str(ip.ipv4_mapped)
        return str(ipaddress.ip_network((ip, 64), strict=False))
    return str(ip)
