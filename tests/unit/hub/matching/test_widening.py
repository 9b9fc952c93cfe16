"""A need that nobody answers asks further, where its author agreed: the village, those around, the region."""

import json
from datetime import UTC, datetime, timedelta

import pytest
import pytest_asyncio

from federation.documents import parse_document
from hub import limits
from hub.actors.models import Actor
from hub.app import use_slices
from hub.errors import Conflict
from hub.exchange import actions, pledges, reading
from hub.exchange.models import Pledge, PledgeState, Proposal, SlotDraft, State
from hub.fediverse.keeping import may_meet
from hub.fediverse.models import Activity, AgreementState, Delivery, Neighbour
from hub.fediverse.serving import serve
from hub.matching import acts, widening
from hub.members.models import Role
from hub.notifications.models import Notice
from hub.notifications.people import Holder
from hub.participants.models import Person
from hub.publications.models import Publication, Scope
from tests import factories
from tests.others import create, somebody
from tests.unit.hub.exchange.conftest import hands, in_days, need
from tests.unit.hub.exchange.next_door import follow, hear, hung, their_need
from tests.unit.hub.matching.conftest import REGION, VALLEY, hub_at
from tests.unit.hub.village.visitors import sent_again, words
from tests.unit.hub.village.visitors import visitors as visitors

LUCIE = Person(name="Lucie", mail="lucie@example.fr")
QUIET = {"scope": Scope.VILLAGE, "widens": True}


def after(hours):
    return datetime.now(UTC) + timedelta(hours=hours, minutes=1)


async def silence(times=1):
    """As long as it takes until it asks further, so many times."""
    for number in range(1, times + 1):
        await widening.widen_silent(after(number * (limits.SILENT_HOURS + 1)))


async def of(proposal):
    return await Proposal.get(id=proposal.id).select_related("publication__author")


async def told(host):
    """Activities that go to a host, the latest last."""
    deliveries = await Delivery.filter(host=host).order_by("id").select_related("activity")
    return [json.loads(one.activity.body) for one in deliveries]


async def test_after_two_silent_days_the_villages_around_read_title_and_hamlet_alone(valley, region):
    wood = await need(**QUIET, text="Je suis seule et malade.", details={"why": "Mon dos."})
    assert await Delivery.all().count() == 0
    await widening.widen_silent(after(limits.SILENT_HOURS - 1))
    assert (await of(wood)).widened_at is None
    await silence()
    ours = await of(wood)
    assert (ours.publication.scope, ours.publication.reach) == (Scope.VILLAGE, Scope.NEIGHBOURS)
    [created] = await told(VALLEY)
    assert await told(REGION) == []
    text = json.dumps(created, ensure_ascii=False)
    assert created["type"] == "Create"
    assert "Rentrer le bois" in text
    assert "Hameau des Combes" in text
    for word in ("malade", "Mon dos", "Rosa", "personnes", "12, chemin", "rosa@example.fr"):
        assert word not in text
    published = json.dumps(created["object"]["publishes"])
    assert str(in_days(7).date()) not in published
    assert "availableQuantity" not in published


async def test_what_others_read_of_it_is_a_need_again(valley):
    wood = await need(**QUIET)
    await silence()
    read = reading.read(parse_document((await of(wood)).publication.document, now=datetime.now(UTC)))
    assert read.is_brief
    assert (read.draft.title, read.draft.category) == ("Rentrer le bois", "hand")
    assert read.draft.area.startswith("Hameau des Combes")
    assert (read.draft.starts_at, read.draft.wanted) == (None, None)
    assert read.state is State.OPEN


async def test_its_author_hears_of_it_once_and_can_stop_it_by_the_mail(valley):
    wood = await need(**QUIET)
    await Notice.all().delete()
    for _ in range(2):
        await widening.widen_silent(after(limits.SILENT_HOURS))
    notice = await Notice.get()
    assert notice.kind == "widened"
    assert "villages around" in notice.subject
    [act] = notice.acts
    await acts.ACTS[act["name"]](Holder(name="Rosa"), **act["arguments"])
    assert not (await of(wood)).widens


@pytest.mark.parametrize(
    "facts",
    [
        {"scope": Scope.VILLAGE},  # its author did not agree
        {"scope": Scope.PUBLIC, "widens": True},  # everybody reads it anyway
        {**QUIET, "trusted": False},  # nobody has read it yet
        {**QUIET, "slots": (SlotDraft(starts_at=in_days(7), ends_at=in_days(7, 12), wanted=2),)},
    ],
)
async def test_others_stay_where_they_are(valley, region, facts):
    wood = await need(**facts)
    before = await Delivery.all().count()
    await silence(2)
    ours = await of(wood)
    assert ours.publication.told_to is None
    assert not ours.brief
    assert await Delivery.all().count() == before


async def test_where_somebody_answered_or_it_is_over_nobody_else_is_asked(valley):
    asked, answered = await need(**QUIET), await need(**QUIET)
    await pledges.pledge(answered, hands(), LUCIE)
    await actions.close(asked)
    await silence()
    assert (await of(asked)).widened_at is None
    assert (await of(answered)).widened_at is None


async def test_a_day_that_is_near_does_not_wait_two_days(valley):
    wood = await need(**QUIET, starts_at=in_days(2), ends_at=in_days(2, 12))
    await widening.widen_silent(after(limits.SILENT_HOURS_SOON))
    assert (await of(wood)).brief


async def test_without_a_neighbour_that_takes_needs_nothing_happens(village):
    await hub_at("pause.example")
    await Neighbour.filter(host="pause.example").update(state=AgreementState.PAUSED)
    await hub_at("fete.example", sends="event")
    await hub_at("loin.example", within=10, latitude=48.8, longitude=2.3)
    wood = await need(**QUIET)
    await silence()
    assert (await of(wood)).publication.told_to is None


async def test_then_the_region_is_asked_and_everybody_may_know_the_title(valley, region, visitors):
    wood = await need(**QUIET)
    visitor = await visitors.browser()
    await silence()
    assert (await visitor.get(f"/{wood.publication.code}")).status_code == 404
    await silence(2)
    assert (await of(wood)).publication.reach is Scope.PUBLIC
    [updated] = await told(REGION)
    assert updated["type"] == "Update"  # its first word there
    shown = await visitor.get(f"/{wood.publication.code}")
    assert shown.status_code == 200
    for word in ("Rentrer le bois", "Hameau des Combes"):
        assert word in words(shown)
    for word in ("Huit stères", "Rosa", "personnes"):
        assert word not in shown.text
    assert (await visitor.get(f"/{wood.publication.code}/report")).status_code == 200
    assert "Rentrer le bois" not in (await visitor.get("/needs")).text
    assert "Rentrer le bois" not in (await visitor.get("/search?q=bois")).text
    served = await serve(wood.publication.uri, None)
    assert "Huit stères" not in json.dumps(served.document, ensure_ascii=False)


async def test_somebody_from_afar_answers_by_its_title_and_hears_the_rest_after(valley, region, visitors):
    wood = await need(**QUIET)
    await silence(3)
    visitor = await visitors.browser()
    form = await visitor.get(f"/{wood.publication.code}/help")
    assert "Rosa" not in form.text
    filled = sent_again(form) | {"name": "Lucie", "contact": "lucie@example.fr", "quantity": "1"}
    sent = await visitor.post(f"/{wood.publication.code}/help", **filled)
    assert sent.status_code == 303
    pledge = await Pledge.get()
    assert pledge.state is PledgeState.PROPOSED
    await pledges.accept(pledge)
    assert "12, chemin des Combes" in words(await visitor.get(sent.headers["location"]))


async def test_who_may_answer_from_elsewhere_grows_with_the_circle(valley, region):
    wood, stranger = await need(**QUIET), await Actor.get(host=REGION)
    neighbour = await Actor.get(host=VALLEY)
    assert not await may_meet((await of(wood)).publication, neighbour)
    await silence()
    asked = (await of(wood)).publication
    assert await may_meet(asked, neighbour)
    assert not await may_meet(asked, stranger)


async def test_what_neighbours_could_read_whole_is_shorter_once_the_region_is_asked(valley, region):
    wood = await need(scope=Scope.NEIGHBOURS, widens=True)
    await silence()
    assert (await of(wood)).publication.reach is Scope.PUBLIC
    created, updated = await told(VALLEY)
    assert "Huit stères" in json.dumps(created, ensure_ascii=False)
    assert "Huit stères" not in json.dumps(updated, ensure_ascii=False)


async def test_stopped_it_goes_everywhere_else_and_stays_here(valley, region, visitors):
    wood = await need(**QUIET)
    await silence(3)
    for _ in range(2):
        await widening.stop(wood)
    ours = await of(wood)
    assert (ours.publication.scope, ours.publication.reach) == (Scope.VILLAGE, Scope.VILLAGE)
    for host in (VALLEY, REGION):
        assert (await told(host))[-1]["type"] == "Delete"
    visitor = await visitors.browser()
    assert (await visitor.get(f"/{wood.publication.code}")).status_code == 404
    assert await serve(wood.publication.uri, None) is None
    assert await serve(f"{wood.publication.uri}/create", None) is None
    member = await visitors.browser(await factories.member("Paul"))
    assert "Huit stères" in words(await member.get(f"/{wood.publication.code}"))
    await silence(5)
    assert (await of(wood)).publication.told_to is None
    await actions.delete_proposal(ours)
    assert await Activity.filter(type="Delete").count() == 1


async def test_what_was_taken_back_asks_nobody_again_for_others_take_it_for_gone(valley, rosa):
    browser, person = rosa
    wood = await need(**QUIET, person=person)
    await silence()
    await widening.stop(wood)
    before = len(await told(VALLEY))
    with pytest.raises(Conflict) as refused:
        await widening.agree(wood)
    assert refused.value.message == widening.TAKEN_BACK
    await Proposal.filter(id=wood.id).update(widens=True)  # ticked before, in another tab
    await silence(3)
    assert (await of(wood)).publication.told_to is None
    assert len(await told(VALLEY)) == before
    shown = words(await browser.get(f"/{wood.publication.code}/manage"))
    assert "retirée" in shown
    assert "Oui, demander autour" not in shown


async def test_what_its_author_meant_for_the_neighbours_stays_theirs_when_it_asks_no_further(
    valley, region, rosa
):
    browser, person = rosa
    wood = await need(scope=Scope.NEIGHBOURS, widens=True, person=person)
    await silence()
    await browser.post(f"/{wood.publication.code}/circle", do="stop")
    ours = await of(wood)
    assert (ours.publication.scope, ours.widens) == (Scope.NEIGHBOURS, False)
    assert not await Activity.exists(type="Delete")
    shown = words(await browser.get(f"/{wood.publication.code}/manage"))
    assert "Elle reste là où on la connaît" in shown
    await actions.delete_proposal(ours)
    for host in (VALLEY, REGION):
        assert (await told(host))[-1]["type"] == "Delete"


async def test_its_author_reads_before_and_after_that_everybody_can_read_it_in_the_region(
    valley, region, rosa
):
    browser, person = rosa
    screen = await browser.post("/new/need", title="Un vélo", template="hand", go="you")
    assert "Tout le monde peut alors la lire" in words(screen)
    assert "plus tôt si le jour est proche" in words(screen)
    wood = await need(scope=Scope.VILLAGE, person=person)
    path = f"/{wood.publication.code}/manage"
    assert "tout le monde peut lire cela" in words(await browser.get(path))
    await widening.agree(wood)
    assert "tout le monde peut lire cela" in words(await browser.get(path))
    await Notice.all().delete()
    await silence(2)
    first, second = await Notice.all().order_by("id")
    assert "everybody can read" not in first.text
    assert "everybody can read" in second.text


async def test_who_has_answered_elsewhere_keeps_it(valley):
    wood = await need(**QUIET)
    await silence()
    uri = f"https://{VALLEY}/offers/1"
    await pledges.receive_pledge(await of(wood), hands(), await Actor.get(host=VALLEY), uri=uri)
    await widening.stop(wood)
    ours = await of(wood)
    assert not ours.widens
    assert ours.publication.reach is Scope.NEIGHBOURS


@pytest_asyncio.fixture
async def rosa(visitors):
    member = await factories.member("Rosa")
    return await visitors.browser(member), Person(name="Rosa", member_id=member.id)


async def test_the_author_s_page_says_how_far_it_asks_and_lets_them_decide(valley, region, rosa):
    browser, person = rosa
    wood = await need(scope=Scope.VILLAGE, person=person)
    path = f"/{wood.publication.code}"
    assert "Oui, demander autour" in words(await browser.get(f"{path}/manage"))
    await browser.post(f"{path}/circle", do="agree")
    assert (await of(wood)).widens
    shown = words(await browser.get(f"{path}/manage"))
    assert "Val" in shown
    assert "si personne ne répond" in shown
    await browser.post(f"{path}/circle", do="stop")
    assert not (await of(wood)).widens


async def test_only_its_author_and_the_town_hall_decide_it(valley, visitors):
    wood = await need(scope=Scope.VILLAGE)
    path = f"/{wood.publication.code}/circle"
    paul = await visitors.browser(await factories.member("Paul"))
    assert (await paul.post(path, do="agree")).status_code == 404
    marie = await visitors.browser(await factories.member("Marie", role=Role.AGENT))
    assert (await marie.post(path, do="dance")).status_code == 404
    assert (await marie.post(path, do="agree")).status_code == 303


async def test_it_is_too_late_for_what_is_over_and_useless_for_what_is_public(valley):
    over, public = await need(scope=Scope.VILLAGE), await need()
    await actions.close(over)
    for wood, why in ((over, widening.TOO_LATE), (public, widening.NOT_THIS)):
        with pytest.raises(Conflict) as refused:
            await widening.agree(wood)
        assert refused.value.message == why


async def test_the_form_asks_for_it_unticked_and_only_of_needs(valley, visitors, rosa):
    browser, _ = rosa
    screens = {"title": "Un vélo", "template": "hand", "go": "you"}
    need_form = await browser.post("/new/need", **screens)
    assert 'name="widens"' in need_form.text
    assert "checked" not in need_form.text.split('name="widens"')[1][:40]
    offer_form = await browser.post("/new/offer", **screens)
    assert 'name="widens"' not in offer_form.text
    form = sent_again(need_form) | {"as": "self", "scope": "village", "widens": "yes", "go": "publish"}
    assert (await browser.post("/new/need", **form)).status_code == 303
    assert (await Proposal.get()).widens
    assert (await Publication.get(kind="need")).scope is Scope.VILLAGE


async def test_what_another_village_asks_in_brief_is_shown_so_and_can_be_answered(village, visitors):
    use_slices()
    val = await somebody("val", VALLEY, kind="Organization", display_name="Val")
    await follow(val)
    document = their_need(val)
    kept = ("id", "type", "action")
    intent = {name: document["publishes"][name] for name in kept if name in document["publishes"]}
    await hear(create(val, {**document, "publishes": intent, "lavoir:brief": True}))
    need = await hung(document)
    assert need.brief
    member = await visitors.browser(await factories.member("Paul"))
    publication = await Publication.get(id=need.publication_id)
    shown = await member.get(f"/{publication.code}")
    assert "La personne dit le reste à ceux qui répondent" in words(shown)
    filled = sent_again(await member.get(f"/{publication.code}/help"))
    assert filled["quantity"] == "1"
    assert (await member.post(f"/{publication.code}/help", **filled)).status_code == 303
    assert (await Pledge.get()).uri is not None  # it is on its way to that village
