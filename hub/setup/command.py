"""`lavoir setup`: the wizard's work from a command line; repeated, it changes only what is given."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from hub.actors.models import handle_of
from hub.config import Config
from hub.db import transaction
from hub.errors import InvalidInput
from hub.places.communes import find_commune
from hub.setup.actions import FirstMinute, add_administrator, administrator_name
from hub.setup.actions import set_up as set_up_village
from hub.text import N_
from hub.village.actions import change_village
from hub.village.forms import as_typed, parse_village
from hub.village.models import Village, VillageDraft
from hub.web.fields import MISSING, NOT_A_MAIL, mail_address

UNKNOWN_COMMUNE = "No commune has this code."
FINAL = N_("The short name of a village cannot be changed.")


async def set_up(config: Config, given: Mapping[str, Any]) -> str:
    """Do it, and say in one line what was done. Raises InvalidInput by option."""
    village = await Village.current()
    if village is None:
        first = _first_minute(_with_commune(given))
        await set_up_village(first)
        name, mail = first.village.name, first.administrator_mail
        return f"{name} is set up at {config.origin}; a sign-in link goes to {mail}"
    if given.get("handle", village.handle) != village.handle:
        raise InvalidInput({"handle": FINAL})
    async with transaction():
        facts = {name: value for name, value in given.items() if name != "admin_email"}
        draft = _checked(replace(village.draft(), **facts))
        await change_village(draft)
        if "admin_email" in given:
            await _let_administer(given["admin_email"], draft)
    return f"{draft.name}: changed what was given"


async def _let_administer(mail: str, village: VillageDraft) -> None:
    try:
        await add_administrator(administrator_name(village), _mail(mail))
    except InvalidInput as problem:  # the wizard's field has another name
        raise InvalidInput({"admin-email": str(problem)}) from problem


def _with_commune(given: Mapping[str, Any]) -> dict[str, Any]:
    commune = find_commune(given["insee"]) if "insee" in given else None
    if commune is None:
        return dict(given)
    known = {"name": commune.name, "latitude": commune.latitude, "longitude": commune.longitude}
    return known | dict(given)


def _first_minute(given: Mapping[str, Any]) -> FirstMinute:
    missing = [name for name in ("name", "admin_email") if name not in given]
    if missing:
        problems = {name.replace("_", "-"): MISSING for name in missing}
        if "insee" in given and "name" in problems:  # it would have given the name
            problems["insee"] = UNKNOWN_COMMUNE
            del problems["name"]
        raise InvalidInput(problems)
    locale = given.get("locale", "fr")
    facts = {name: value for name, value in given.items() if name != "admin_email"}
    handle = given.get("handle") or handle_of(given["name"])
    defaults = {"locale": locale, "publisher": given["name"], "visibility": "public", "handle": handle}
    defaults |= {"insee": None, "latitude": None, "longitude": None}
    village = _checked(VillageDraft(**(defaults | facts)))
    return FirstMinute(village, administrator_name(village), _mail(given["admin_email"]))


def _checked(draft: VillageDraft) -> VillageDraft:
    """The same checks as the page of settings."""
    data = {name: as_typed(value) for name, value in vars(draft).items()}
    return parse_village(data, handle=draft.handle)


def _mail(text: str) -> str:
    try:
        return mail_address(text)
    except ValueError:
        raise InvalidInput({"admin-email": NOT_A_MAIL}) from None
