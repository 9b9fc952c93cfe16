"""The wizard: which village, then one form, then a mail."""

import asyncio
from urllib.parse import urlencode

from starlette.requests import Request
from starlette.responses import Response

from hub.actors.models import handle_of
from hub.errors import InvalidInput, LinkSpent, NotFound
from hub.members.models import Link, Purpose, hash_of
from hub.places.communes import ATTRIBUTION, Commune, find_commune, search_communes
from hub.setup import actions, forms
from hub.village.models import Village
from hub.web.templates import render, see_other
from hub.web.viewer import Access, Page

BY_HAND = "none"


async def wizard(request: Request) -> Response:
    """Look a commune up by name or postcode, or go on to the form with what was chosen."""
    key = request.query_params.get("key", "")
    if (answer := await _refusal(request, key)) is not None:
        return answer
    insee, words = request.query_params.get("insee"), request.query_params.get("q", "").strip()[:80]
    if insee is not None:
        commune = await asyncio.to_thread(find_commune, insee) if insee != BY_HAND else None
        return _form(request, key, values=_first_values(request, commune), commune=commune)
    found = await asyncio.to_thread(search_communes, words, 40) if words else []
    return render(
        request,
        "setup/place.html",
        key=key,
        words=words,
        nothing_typed="q" in request.query_params and not words,
        communes=found,
        by_hand=BY_HAND,
        attribution=ATTRIBUTION,
    )


async def _refusal(request: Request, key: str) -> Response | None:
    """Who has no valid key learns only where to find it; after the set-up there is no such page."""
    if await Village.exists():
        return await _done(request, key)
    if not await Link.living(key, Purpose.SET_UP).exists():
        return render(request, "setup/no_key.html", status=403 if key else 200)
    return None


async def _done(request: Request, key: str) -> Response:
    """For who has the link: they, or somebody who saw it before them, have used it. Raises NotFound."""
    if not await Link.exists(token_hash=hash_of(key), purpose=Purpose.SET_UP):
        raise NotFound
    return render(request, "setup/done.html", status=LinkSpent.status)


def _first_values(request: Request, commune: Commune | None) -> dict[str, str]:
    values = {"locale": request.state.locale, "visibility": "public"}
    if request.query_params.get("region") == "yes":
        values["is_region"] = "yes"
    if commune is not None:
        values |= {
            "name": commune.name,
            "insee": commune.insee,
            "latitude": f"{commune.latitude:.5f}",
            "longitude": f"{commune.longitude:.5f}",
            "handle": handle_of(commune.name),
        }
    return values


def _form(
    request: Request,
    key: str,
    *,
    values: object,
    commune: Commune | None = None,
    errors: dict[str, str] | None = None,
) -> Response:
    return render(
        request,
        "setup/form.html",
        status=422 if errors else 200,
        key=key,
        values=values,
        commune=commune,
        errors=errors or {},
        config=request.state.config,
    )


async def set_up(request: Request) -> Response:
    form = request.state.form
    key = str(form.get("key", ""))
    if (answer := await _refusal(request, key)) is not None:
        return answer
    try:
        await actions.set_up(forms.parse_first_minute(form), token=key)
    except InvalidInput as problem:
        return _form(request, key, values=form, errors=problem.by_field)
    except LinkSpent:  # somebody else was faster: what this request knows of the village is of before
        return see_other(f"/setup?{urlencode({'key': key})}")
    return see_other("/sign-in/sent")


routes = [
    Page("/setup", wizard, access=Access.ALWAYS),
    Page("/setup", set_up, access=Access.ALWAYS, methods=["POST"]),
]
