"""The board: what is shown to whom, how it is narrowed, in which order, and what it asks of the database."""

from datetime import UTC, datetime, timedelta
from itertools import count

import pytest

from hub.actors.models import Actor
from hub.announcements.actions import AnnouncementDraft, publish_announcement
from hub.exchange import actions, pledges
from hub.exchange.models import Moment, Proposal, ProposalDraft, Slot, SlotDraft, State, Step, Voice
from hub.feed import board
from hub.feed.choices import Choice
from hub.feed.jobs import index_the_rest
from hub.feed.lots import lots_of
from hub.organisations.actions import list_organisation
from hub.organisations.models import OrganisationDraft, Spokesperson
from hub.participants.models import Person
from hub.publications import search
from hub.publications.models import Kind, Publication, Scope
from tests import factories
from tests.unit.hub.exchange.conftest import PAUL, ROSA, hands, in_days, need
from tests.unit.hub.village.visitors import Browser, Visitors, page, statements, words

_numbers = count(1)


def titles(response) -> list[str]:
    """What hangs on the board of this page, in its order; not what is finished, below."""
    return [title.text for title in page(response).select("main > h2.sr + ul.grid a.title")]


async def elsewhere(
    title: str, *, host: str = "vaubelle.example", scope: Scope = Scope.PUBLIC, **facts
) -> Proposal:
    """A need of another village, as it is kept here."""
    uri = f"https://{host}/a/vaubelle"
    author = await Actor.get_or_none(uri=uri) or await Actor.create(
        uri=uri,
        host=host,
        name="vaubelle",
        display_name="Vaubelle",
        kind="Organization",
        inbox=f"{uri}/inbox",
    )
    number = next(_numbers)
    publication = await Publication.create(
        uri=f"https://{host}/o/{number}",
        code=f"bcdf{number:02}".replace("0", "g").replace("1", "h"),
        author=author,
        kind=Kind.NEED,
        type="Note",
        scope=scope,
        title=title,
        published_at=datetime.now(UTC),
    )
    usual = {
        "state": State.OPEN,
        "expires_at": in_days(30),
        "latitude": 44.63,
        "longitude": 5.13,
        "area": "Vaubelle",
    }
    proposal = await Proposal.create(publication=publication, **(usual | facts))
    await Step.create(proposal=proposal, state=proposal.state)
    return proposal


async def test_needs_and_offers_hang_on_their_boards_and_on_the_one_of_both(visitor: Browser) -> None:
    await need()
    await need(kind=Kind.OFFER, title="Une remorque")
    assert titles(await visitor.get("/needs")) == ["Rentrer le bois"]
    assert titles(await visitor.get("/offers")) == ["Une remorque"]
    for path in ("/board", "/needs?kind=offer", "/board?kind=nonsense"):
        shown = await visitor.get(path)
        assert {"Une remorque"} <= set(titles(shown)), path
    assert "1 need, 1 offer." in words(await visitor.get("/board"))


async def test_a_card_says_what_when_where_who_and_how_many(visitor: Browser) -> None:
    wood = await need()
    await pledges.accept(await pledges.pledge(wood, hands(2), PAUL))
    card = page(await visitor.get("/needs")).select_one("li.notice.need")
    said = " ".join(card.get_text(" ").split())
    day = f"{in_days(7):%A} {in_days(7).day} {in_days(7):%B}"
    for part in ("Need", "Under way", "Rentrer le bois", day, "Hameau des Combes", "Rosa, from the village"):
        assert part in said
    assert card.select_one("strong").text == "2 of 5"
    assert [("on" in place.get("class", [])) for place in card.select(".slots i")] == [True] * 2 + [False] * 3
    assert len(card.select("a")) == 1
    assert "chemin des Combes" not in (await visitor.get("/needs")).text, "the exact place is for helpers"


async def test_many_are_a_bar_and_times_are_counted(visitor: Browser) -> None:
    await need(title="Pots", wanted=300, unit="pots")
    at = in_days(9)
    slots = tuple(
        SlotDraft(starts_at=at + timedelta(hours=n), ends_at=at + timedelta(hours=n + 1), wanted=2)
        for n in range(4)
    )
    await need(title="Buvette", starts_at=None, ends_at=None, slots=slots)
    cards = {
        card.select_one("a.title").text: card for card in page(await visitor.get("/needs")).select(".notice")
    }
    assert cards["Pots"].select_one("svg.bar") is not None
    assert "0 of 300 pots found" in " ".join(cards["Pots"].get_text(" ").split())
    assert "4 times" in cards["Buvette"].text


async def test_who_speaks_is_named_with_what_they_are(visitors: Visitors, visitor: Browser) -> None:
    rosa = await factories.member("Rosa")
    club = await list_organisation(OrganisationDraft(name="Club des Tilleuls"))
    await Spokesperson.create(organisation=club, member=rosa)
    await actions.publish_proposal(
        draft("Chaises"), Person(name="Rosa", member_id=rosa.id), voice=Voice.ORGANISATION,
        organisation_id=club.id, trusted=True,
    )  # fmt: skip
    await need(
        title="Courses", voice=Voice.TOWN_HALL, person=Person(name="Odette Discrète", phone="06 12 34 56 79")
    )
    shown = words(await visitor.get("/needs"))
    assert "Club des Tilleuls, association" in shown
    assert "Published by the town hall" in shown
    assert "Odette" not in (await visitor.get("/needs")).text
    assert "Odette" not in words(await visitor.get("/search?q=Odette")).replace("“Odette”", "")


def draft(title: str) -> ProposalDraft:
    return ProposalDraft(
        kind=Kind.NEED, title=title, text="Trente chaises.", scope=Scope.PUBLIC, category="things"
    )


async def test_members_see_what_is_for_the_village_and_visitors_do_not(
    visitor: Browser, resident: Browser
) -> None:
    await need(title="Chat perdu", scope=Scope.VILLAGE)
    await elsewhere("Broyeur", scope=Scope.NEIGHBOURS)
    for path in (
        "/",
        "/needs",
        "/board",
        "/search?q=chat+perdu",
        "/search?q=broyeur",
        "/needs?q=chat",
        "/needs?state=urgent",
    ):
        shown = await visitor.get(path)
        assert "Chat perdu" not in shown.text, path
        assert "Broyeur" not in shown.text, path
    assert "1 hidden" not in words(await visitor.get("/needs?q=x")), "no count of what one may not see"
    assert set(titles(await resident.get("/needs"))) == {"Chat perdu", "Broyeur"}


async def test_what_is_read_first_hangs_nowhere(visitor: Browser, resident: Browser) -> None:
    await need(title="Premier mot", trusted=False)
    for browser in (visitor, resident):
        for path in ("/", "/board", "/needs", "/search?q=premier", "/feed.atom", "/needs?state=done"):
            assert "Premier mot" not in (await browser.get(path)).text


async def test_a_neighbour_s_need_bears_its_village_and_how_far_it_is(visitor: Browser) -> None:
    await elsewhere("Broyeur")
    shown = words(await visitor.get("/needs"))
    assert "Vaubelle (vaubelle.example)" in shown
    assert "Vaubelle, 6 km away" in shown
    assert "Vaubelle 6 km 1: Broyeur" in shown
    assert "At our neighbours'" in words(await visitor.get("/"))


CHOICES = [
    ("/needs?q=stères", {"Bois"}),
    ("/needs?q=STERE+combes", {"Bois"}),
    ("/needs?q=%23coupdemain", {"Bois", "Loin"}),
    ("/needs?q=hirondelle", set()),
    ("/needs?q=%22", set()),
    ("/needs?category=transport", {"Trajet"}),
    ("/needs?category=nonsense", {"Bois", "Trajet", "Lettres", "Loin"}),
    ("/needs?minutes=60", {"Trajet"}),
    ("/needs?minutes=240", {"Trajet", "Bois"}),
    ("/needs?within=0", {"Bois", "Trajet", "Lettres"}),
    ("/needs?within=10", {"Bois", "Trajet", "Lettres"}),
    ("/needs?within=25", {"Bois", "Trajet", "Lettres", "Loin"}),
    ("/needs?near=44.78,5.13&within=10", {"Loin", "Lettres"}),
    ("/needs?near=north&within=-1&minutes=soon&page=x", {"Bois", "Trajet", "Lettres", "Loin"}),
    ("/needs?state=urgent", {"Trajet"}),
    ("/needs?state=thanked", {"Fini"}),
    ("/needs?state=done", {"Fini"}),
    ("/needs?state=review", {"Bois", "Trajet", "Lettres", "Loin"}),
    ("/needs?area=Hameau+des+Combes", {"Bois"}),
    ("/needs?starts={3}&ends={3}", {"Trajet", "Lettres", "Loin"}),
    ("/needs?starts={10}&ends={11}", {"Bois", "Lettres", "Loin"}),
    ("/needs?starts={12}", {"Lettres", "Loin"}),
    ("/needs?ends={9}", {"Trajet", "Lettres", "Loin"}),
    ("/needs?starts=2026-02-31&ends=9999-12-31", {"Bois", "Trajet", "Lettres", "Loin"}),
]


async def test_each_choice_narrows_the_board(visitor: Browser) -> None:
    await need(title="Bois", text="Huit stères.", starts_at=in_days(10), ends_at=in_days(11), minutes=180)
    await need(
        title="Trajet",
        text="Au marché.",
        starts_at=in_days(3),
        ends_at=in_days(3, 11),
        minutes=30,
        category="transport",
        area="Bourg",
    )
    await need(
        title="Lettres",
        text="Aux Glycines.",
        starts_at=None,
        ends_at=None,
        at_distance=True,
        area="",
        category="company",
    )
    await elsewhere("Loin", latitude=44.78, category="hand")
    await index_the_rest()
    fini = await need(title="Fini", text="x", wanted=1)
    await actions.thank(fini, "Merci !")
    for path, expected in CHOICES:
        days = {str(n): str(in_days(n).date()) for n in range(13)}
        for n, day in days.items():
            path = path.replace("{" + n + "}", day)
        shown = await visitor.get(path)
        assert shown.status_code == 200
        assert set(titles(shown)) == expected, path


async def test_what_choices_hide_is_counted_and_can_be_shown(visitor: Browser) -> None:
    await need(title="Bois")
    await need(title="Trajet", category="transport")
    shown = await visitor.get("/needs?category=transport")
    assert "1 need. 1 hidden by your choices, show all ." in words(shown)
    assert page(shown).select_one('main .between a[href="/needs"]') is not None
    empty = await visitor.get("/needs?category=food")
    assert "2 hidden by your choices" in words(empty)
    assert page(empty).select_one('section.empty a[href="/new/need"]') is not None


async def test_the_choices_stay_in_the_form_and_on_the_next_page(visitor: Browser) -> None:
    for number in range(30):
        await need(title=f"Bois {number}", minutes=30)
    shown = await visitor.get("/board?q=bois&kind=need&minutes=60&within=10&starts=2026-01-01")
    form = page(shown).select_one("form[role=search]")
    assert form.select_one("[name=q]")["value"] == "bois"
    picked = {
        select["name"]: select.select_one("[selected]")["value"]
        for select in form.select("select:has([selected])")
    }
    assert {"kind": "need", "minutes": "60", "within": "10"}.items() <= picked.items()
    onward = page(shown).select_one("p.pager a")["href"]
    assert onward == "/board?q=bois&kind=need&minutes=60&starts=2026-01-01&within=10&page=2"
    rest = await visitor.get(onward)
    assert len(titles(rest)) == board.PER_PAGE
    assert not set(titles(rest)) & set(titles(shown))


async def test_the_order_is_another_each_day_and_stays_while_one_turns_pages(
    visitor: Browser, resident: Browser
) -> None:
    """Nobody comes first for being liked, early or late; and nobody is missed between two pages."""
    for number in range(board.PER_PAGE + 10):
        await need(title=f"Need {number}")
    both = titles(await visitor.get("/needs")) + titles(await visitor.get("/needs?page=2"))
    assert sorted(both) == sorted(f"Need {number}" for number in range(board.PER_PAGE + 10))
    assert titles(await visitor.get("/needs")) == both[: board.PER_PAGE]
    assert titles(await resident.get("/needs")) != both[: board.PER_PAGE]
    by_date = [f"Need {number}" for number in range(board.PER_PAGE + 10)]
    assert both not in (by_date, by_date[::-1])


async def test_over_the_days_everybody_is_at_the_top_about_as_often(visitor: Browser) -> None:
    ids = [(await need(title=f"Need {number}")).id for number in range(8)]
    firsts = dict.fromkeys(ids, 0)
    day = datetime(2026, 1, 1, tzinfo=UTC).date()
    for number in range(240):
        found = board.Conditions(board.FROM)
        found.add("1 = 1")
        lots = await lots_of(day + timedelta(days=number), 0)
        [first] = await board.found_ids(found, lots.sql("proposal.id"), limit=1)
        firsts[first] += 1
    assert min(firsts.values()) >= 12, firsts


async def test_what_presses_is_marked_and_comes_soonest_first(visitor: Browser) -> None:
    await need(title="Demain", starts_at=None, ends_at=in_days(1, 12))
    soon = datetime.now(UTC) + timedelta(minutes=1)
    await need(title="Vite", starts_at=soon, ends_at=soon + timedelta(minutes=2), moment=Moment.HOURS)
    await need(title="Plus tard", starts_at=in_days(20), ends_at=in_days(20, 12))
    shown = await visitor.get("/needs?state=urgent")
    assert titles(shown) == ["Vite", "Demain"]
    assert [pill.text for pill in page(shown).select(".pill.late")][-1] == "Tomorrow"
    urgent = page(await visitor.get("/")).select_one("section[aria-labelledby=h-urgent]")
    assert [title.text for title in urgent.select("a.title")] == ["Vite", "Demain"]
    assert page(await visitor.get("/board")).select_one("select[name=state] option[value=urgent]") is not None


async def test_what_is_past_its_time_hangs_no_longer_though_nobody_closed_it_yet(visitor: Browser) -> None:
    old = await need()
    await Proposal.filter(id=old.id).update(expires_at=in_days(-1))
    assert titles(await visitor.get("/needs")) == []


async def test_finished_ones_are_shown_proudly(visitor: Browser) -> None:
    fence = await need(title="La clôture", wanted=1)
    await pledges.accept(await pledges.pledge(fence, hands(1), PAUL))
    assert "Covered, done, thank you Need Covered La clôture" in words(await visitor.get("/needs"))
    await actions.thank(fence, "Merci, les enfants ont choisi le bleu.")
    home = words(await visitor.get("/"))
    assert "La clôture 1 promise kept “Merci, les enfants ont choisi le bleu.” Rosa, from the village" in home
    assert "1 need was published, 1 covered." in home


@pytest.mark.parametrize(
    ("path", "sentence", "door"),
    [
        ("/needs", "No need hangs on the board yet.", "/new/need"),
        ("/offers", "No offer hangs on the board yet.", "/new/offer"),
        ("/board", "Nothing hangs on the board yet.", "/new/need"),
        ("/needs?q=vélo", "Nothing on the board fits these choices for now.", "/new/need"),
        ("/search?q=vélo", "Nothing here speaks of “vélo” for now.", "/new/need"),
    ],
)
@pytest.mark.parametrize("engine", ["sqlite"])  # words around what others ask of both
async def test_an_empty_board_has_one_thing_to_do(
    visitor: Browser, path: str, sentence: str, door: str
) -> None:
    shown = await visitor.get(path)
    assert sentence in words(shown)
    assert [link["href"] for link in page(shown).select(".empty a")] == [door]


async def test_the_table_says_the_same_by_place(visitor: Browser) -> None:
    await need(title="Bois")
    await need(title="Foin")
    await need(title="Remorque", kind=Kind.OFFER, area="")
    await need(title="Lettres", at_distance=True, area="Ailleurs")
    table = page(await visitor.get("/board")).select_one("#by-place table")
    lines = [
        [" ".join(cell.get_text(" ").split()) for cell in line.select("th, td")]
        for line in table.select("tbody tr")
    ]
    assert lines[0] == ["Saint-Martin", "here", "none for now", "1: Remorque"]
    assert lines[1][:2] == ["Hameau des Combes", "here"]
    assert lines[1][2].startswith("2 of which")
    assert lines[2] == ["From afar", "everywhere", "1: Lettres", "none for now"]
    assert table.select_one('a[href="/board?area=Hameau+des+Combes"]') is not None


async def questions(browser: Browser, path: str) -> int:
    with statements() as asked:
        assert (await browser.get(path)).status_code == 200, path
    return len(asked)


@pytest.mark.slow
async def test_more_on_the_board_means_no_more_questions(visitor: Browser, resident: Browser) -> None:
    paths = (
        "/",
        "/board",
        "/needs",
        "/needs?q=bois",
        "/needs?state=urgent",
        "/search?q=bois",
        "/feed.atom",
        "/needs.atom",
    )
    author = await Actor.village()

    async def grow(numbers: range) -> None:
        for number in numbers:
            kind = Kind.OFFER if number % 3 == 0 else Kind.NEED
            one = await need(
                title=f"Bois {number}",
                kind=kind,
                area=f"Hameau {number % 5}",
                starts_at=in_days(2 + number % 9),
            )
            at = in_days(5)
            await Slot.create(proposal=one, starts_at=at, ends_at=at + timedelta(hours=1), wanted=2)
            await elsewhere(f"Bois d’ailleurs {number}")
            done = await need(title=f"Fini {number}", wanted=1, person=ROSA)
            await Proposal.filter(id=done.id).update(state=State.THANKED, thanks="Merci")
            await publish_announcement(
                author, AnnouncementDraft(title=f"Coupe de bois {number}", text="Mardi.")
            )
        await index_the_rest()

    await grow(range(3))
    few = {
        (browser, path): await questions(browser, path) for browser in (visitor, resident) for path in paths
    }
    await grow(range(3, 12))
    assert {key: await questions(*key) for key in few} == few
    assert max(few.values()) <= 11, {path: number for (_, path), number in few.items()}


async def test_old_rows_join_the_index_with_their_place_and_category(visitor: Browser) -> None:
    wood = await need()
    await search.forget(wood.publication)
    assert titles(await visitor.get("/needs?q=combes")) == []
    await index_the_rest()
    for text in ("combes", "steres", "%23coupdemain", "%23besoin", "%23need"):
        assert titles(await visitor.get(f"/needs?q={text}")) == ["Rentrer le bois"], text


ODD = [
    "q=%27%22%3B--",
    "page=9999",
    "page=0",
    "near=91,181&within=10",
    "within=99999999",
    "minutes=99999999999",
    "starts=0001-01-01&ends=0001-01-01",
    "kind[]=need&state[]=x",
    "q=" + "a%20" * 400,
    "area=%25_%27",
    "near=-90,180&within=25",
]


async def test_odd_choices_break_nothing(visitor: Browser) -> None:
    await need()
    for query in ODD:
        for path in ("/board", "/needs", "/search"):
            assert (await visitor.get(f"{path}?{query}")).status_code == 200, query


def test_an_address_says_what_was_chosen_and_nothing_else() -> None:
    chosen = Choice.of({"q": " bois  ", "kind": "need", "within": "0", "near": "44.5,5", "page": "3"})
    assert chosen.address("/board") == "/board?q=bois&kind=need&near=44.5%2C5&within=0"
    assert chosen.address("/needs", page=2) == "/needs?q=bois&near=44.5%2C5&within=0&page=2"
    assert not Choice.of({"kind": "need", "state": "done", "page": "2"}).narrows
