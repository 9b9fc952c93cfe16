"""What suits what: in which words, how far, when, how many; found by an index on both engines."""

from datetime import UTC, datetime, timedelta

import pytest

from hub.actors.models import Actor
from hub.app import use_slices
from hub.db import dialect, rows
from hub.exchange.actions import publish_proposal
from hub.exchange.models import Proposal, ProposalDraft, State
from hub.jobs import Job
from hub.matching import finding, looking
from hub.matching.finding import suggest
from hub.matching.looking import look_again, look_around
from hub.matching.models import Suggestion, Trait
from hub.participants.models import Participant, Person
from hub.publications.models import Kind, Publication, Scope
from hub.village.models import Village
from tests import factories
from tests.matching.valley import DAY, hang, on_its_day

DIE, LUC, GRENOBLE = (44.7533, 5.3703), (44.6156, 5.4492), (45.1885, 5.7245)
SATURDAY = datetime(2027, 4, 10, 8, tzinfo=UTC)


@pytest.fixture(autouse=True)
def _in_spring():
    with on_its_day():
        yield


async def offer(title, text="", *, at=DIE, **facts):
    proposal = await hang(
        Kind.OFFER, {"title": title, "text": text, "latitude": at[0], "longitude": at[1], **facts}
    )
    await look_around(proposal.id)
    return proposal


async def need(title, text="", *, at=DIE, **facts):
    return await hang(
        Kind.NEED, {"title": title, "text": text, "latitude": at[0], "longitude": at[1], **facts}
    )


async def offered_at(host):
    proposal = await hang(
        Kind.OFFER, {"title": "Débroussailleuse à prêter", "latitude": DIE[0], "longitude": DIE[1]}
    )
    uri = f"https://{host}/u/1"
    usual = {"host": host, "name": "u1", "kind": "Person", "inbox": f"{uri}/inbox"}
    author, _ = await Actor.get_or_create(uri=uri, defaults=usual)
    await Publication.filter(id=proposal.publication_id).update(author=author)
    await look_around(proposal.id)


async def titles(proposal):
    return [one.proposal.publication.title for one in await suggest(proposal)]


@pytest.mark.parametrize(
    ("asked", "offered"),
    [
        ("Mon robinet goutte", "Petite plomberie"),
        ("Cherche débrousailleuse", "Débroussailleuse à prêter"),
        ("besoin d'une betoniere", "Bétonnière"),
        ("I need a lift to the hospital", "J'emmène chez le médecin"),
        ("Quelqu'un pour garder ma minette", "Je nourris votre chat"),
        ("Je n'ai plus de bois pour me chauffer", "Deux stères de chêne"),
    ],
)
async def test_everyday_words_misspellings_and_the_other_language_are_understood(database, asked, offered):
    await offer(offered)
    await offer("Cours de guitare")
    assert await titles(await need(asked)) == [offered]


async def test_nothing_is_suggested_where_nothing_suits(database):
    await offer("Cours de guitare pour débutants")
    assert await titles(await need("Fuite sous l'évier")) == []


async def test_reasons_say_category_words_distance_day_and_number(database):
    await offer(
        "Barnums et tables",
        at=LUC,
        category="things",
        wanted=20,
        unit="objets",
        starts=SATURDAY,
        ends=SATURDAY + timedelta(hours=9),
    )
    asked = await need("Des tables", category="things", wanted=10, unit="objets", starts=SATURDAY)
    [found] = await suggest(asked)
    assert found.reasons == {
        "category": "things",
        "words": ["tables"],
        "km": 17,
        "day": "2027-04-10",
        "number": 20,
    }


async def test_the_day_of_both_is_that_of_the_village(database):
    """In Papeete it is still Saturday evening when Greenwich has Sunday."""
    await Village.filter(id=1).update(timezone="Pacific/Tahiti")
    evening = {"starts": SATURDAY + timedelta(hours=20), "ends": SATURDAY + timedelta(hours=22)}
    await offer("Barnums et tables", **evening)
    [found] = await suggest(await need("Des tables", **evening))
    assert found.reasons["day"] == "2027-04-10"


async def test_the_nearer_one_comes_first_and_what_is_too_far_not_at_all(database):
    await offer("Remorque à prêter à Luc", at=LUC)
    await offer("Remorque à prêter à Grenoble", at=GRENOBLE)
    await offer("Remorque à prêter à Die")
    assert await titles(await need("Une remorque")) == ["Remorque à prêter à Die", "Remorque à prêter à Luc"]


async def test_what_needs_no_place_is_found_from_anywhere(database):
    await offer("Traduction de l'allemand", at=GRENOBLE, at_distance=True)
    assert await titles(await need("Traduire une lettre en allemand")) == ["Traduction de l'allemand"]


async def test_another_day_counts_less_and_days_of_the_week_are_read(database):
    await offer("Au marché", starts=SATURDAY + timedelta(days=3), ends=SATURDAY + timedelta(days=3))
    await offer("J'emmène au marché, le samedi")
    found = await suggest(await need("Aller au marché", starts=SATURDAY))
    assert found[0].proposal.publication.title == "J'emmène au marché, le samedi"
    assert found[0].reasons["weekdays"] == [5]


async def test_what_is_over_hidden_deleted_or_private_is_not_suggested(database):
    for title in ("Un vélo", "Deux vélos", "Trois vélos", "Quatre vélos", "Cinq vélos"):
        await offer(title)
    now = datetime.now(UTC)
    ours = {one.publication.title: one for one in await Proposal.all().select_related("publication")}
    await Proposal.filter(id=ours["Un vélo"].id).update(state=State.CLOSED)
    await Proposal.filter(id=ours["Deux vélos"].id).update(expires_at=now)
    await Publication.filter(title="Trois vélos").update(hidden_at=now)
    await Publication.filter(title="Quatre vélos").update(deleted_at=now)
    await Publication.filter(title="Cinq vélos").update(scope=Scope.DIRECT)
    assert await titles(await need("Je cherche un vélo")) == []


async def test_nobody_is_offered_what_is_theirs(database):
    rosa = await Participant.create(name="Rosa")
    mine = await offer("Échelle à prêter")
    await Proposal.filter(id=mine.id).update(owner_id=rosa.id)
    asked = await need("Une échelle")
    assert await titles(asked) == ["Échelle à prêter"]
    asked.owner_id = rosa.id
    assert await titles(asked) == []


async def test_each_side_finds_the_other_whoever_comes_first_and_looking_twice_changes_nothing(database):
    asked = await need("Une machine à coudre")
    await look_around(asked.id)
    assert not await Suggestion.all().exists()
    offered = await offer("Machine à coudre à prêter")
    for again in (offered, asked, offered):
        await look_around(again.id)
    [one] = await Suggestion.all()
    assert (one.need_id, one.offer_id) == (asked.id, offered.id)
    assert one.reasons["km"] == 0


async def test_what_was_set_aside_stays_so_and_what_no_longer_suits_goes(database):
    offered, other = await offer("Tondeuse à prêter"), await offer("Tondeuse et débroussailleuse")
    asked = await need("Une tondeuse")
    await look_around(asked.id)
    await Suggestion.filter(offer_id=offered.id).update(dismissed_at=DAY)
    await Publication.filter(id=asked.publication_id).update(title="Un piano à accorder")
    await look_around(asked.id)
    assert await Suggestion.all().values_list("offer_id", flat=True) == [offered.id]
    await look_around(other.id)
    assert await Suggestion.all().count() == 1


async def test_what_ends_is_forgotten_and_what_was_missed_is_looked_at(database):
    offered, asked = await offer("Fumier de cheval"), await need("Du fumier pour mes rosiers")
    await look_again()
    assert await Suggestion.all().count() == 1
    await Proposal.filter(id=offered.id).update(state=State.EXPIRED)
    await look_again()
    assert not await Suggestion.all().exists()
    assert await Trait.all().distinct().values_list("proposal_id", flat=True) == [asked.id]


async def test_one_hub_does_not_fill_what_is_suggested_however_much_it_publishes(database):
    """Its author hears of so many from there, and of no more on any later day."""
    asked = await need("Cherche débrousailleuse")
    await look_around(asked.id)
    for number in range(looking.KEPT_OF_HOST + 2):
        await offered_at("loud.example")
        if number == 2:
            await Suggestion.all().update(told_at=datetime.now(UTC))
    assert await Suggestion.filter(need_id=asked.id).count() == looking.KEPT_OF_HOST
    for number in range(looking.KEPT):
        await offered_at(f"calm{number}.example")
    listed = Suggestion.filter(need_id=asked.id)
    assert await listed.count() == looking.KEPT
    assert await listed.filter(told_at__not_isnull=True).count() == 3


async def test_what_nothing_can_be_suggested_for_does_not_keep_others_from_being_looked_at(
    database, monkeypatch
):
    monkeypatch.setattr(looking, "AT_ONCE", 1)
    private, waiting = await need("Une échelle"), await need("Une brouette")
    await Publication.filter(id=private.publication_id).update(scope=Scope.DIRECT)
    await look_again()
    assert await Trait.exists(proposal_id=waiting.id)


async def test_candidates_are_found_by_the_index_alone(database):
    await offer("Remorque à prêter")
    statements = []

    async def explained(statement, *values):
        prefix = "EXPLAIN QUERY PLAN " if dialect() == "sqlite" else "EXPLAIN "
        if dialect() == "postgres":
            await rows("SET enable_seqscan = off")
        statements.append(" ".join(str(row) for row in await rows(prefix + statement, *values)))
        return await rows(statement, *values)

    plain, finding.rows = finding.rows, explained
    try:
        await suggest(await need("Une remorque"))
    finally:
        finding.rows = plain
    [plan] = statements
    assert "idx_trait_kind" in plan
    assert "SCAN trait" not in plan
    assert "Seq Scan on trait" not in plan


async def test_hearing_of_a_change_asks_for_one_job(database):
    bicycle, asked = await need("Un vélo"), Job.filter(name="matching.look_around")
    before = await asked.count()
    await looking.hear(bicycle)
    assert await asked.count() == before + 1
    assert all("proposal_id" in job.arguments for job in await asked)


async def test_what_people_publish_here_is_looked_for_by_itself(database):
    use_slices()
    for kind, title in ((Kind.OFFER, "Échelle à prêter"), (Kind.NEED, "Qui a une échelle ?")):
        draft = ProposalDraft(kind=kind, title=title, text="", expires_at=SATURDAY)
        await publish_proposal(draft, Person(name=title, mail=f"{kind}@example.fr"), trusted=True)
    assert await factories.do_jobs(look_around) == 2
    assert await Suggestion.all().count() == 1
