"""The page of an organisation shows what it asks, offers and announces: in its own name, and no more."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from hub.agenda.actions import publish_event
from hub.agenda.models import EventDraft
from hub.exchange.actions import publish_proposal
from hub.exchange.models import Mode, ProposalDraft, Voice
from hub.exchange.templates import establish_templates
from hub.organisations.actions import list_organisation
from hub.organisations.models import Organisation, OrganisationDraft, Spokesperson
from hub.participants.models import Person
from hub.publications.models import Kind, Scope
from tests.unit.hub.organisations.conftest import Town

WORDS: dict[str, Any] = {"text": "Two hours, in good company.", "scope": Scope.PUBLIC}


async def need(title: str, person: Person, club: Organisation, **facts: Any) -> None:
    draft = ProposalDraft(kind=Kind.NEED, title=title, mode=Mode.GIFT, template="hand", **{**WORDS, **facts})
    await publish_proposal(draft, person, voice=Voice.ORGANISATION, organisation_id=club.id, trusted=True)


@pytest.mark.asyncio
async def test_its_page_shows_its_needs_and_its_next_dates(town: Town) -> None:
    await establish_templates()
    lucette = await town.member("Lucette")
    person = Person(name="Lucette", member_id=lucette.id)
    club = await list_organisation(OrganisationDraft(name="Club des Tilleuls"))
    await Spokesperson.create(organisation=club, member=lucette)
    await need("Carry the benches", person, club)
    await need("For us alone", person, club, scope=Scope.VILLAGE)
    own = ProposalDraft(kind=Kind.NEED, title="My own radio", template="hand", **WORDS)
    await publish_proposal(own, person, trusted=True)
    soon = datetime.now(UTC) + timedelta(days=3)
    dance = EventDraft(title="Tea dance", starts_at=soon, ends_at=soon + timedelta(hours=2), **WORDS)
    await publish_event(dance, person, voice=Voice.ORGANISATION, organisation_id=club.id, trusted=True)
    seen = (await (await town.browser()).get(f"/@{club.handle}")).text
    for title, is_shown in (
        ("Carry the benches", True),
        ("Tea dance", True),
        ("For us alone", False),
        ("My own radio", False),
    ):
        assert (title in seen) is is_shown, title
    assert "For us alone" in (await (await town.browser(lucette)).get(f"/@{club.handle}")).text
