"""A village whose shops are gone builds a place to meet: from what is wrong to what remains (V1 to V10).

One village on SQLite, through its pages and its mails alone; months go by between the workshops. The next
village, on PostgreSQL, follows it, reads what it learnt, and begins from there. The first steps are taken by
what there is for them: news, needs that others share, and a project.
"""

import re
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from urllib.parse import urlsplit

import httpx
import pytest

from tests.attacks.visitor import Visitor, filled, heading, page
from tests.factories import zone_at_noon
from tests.interop.rig import Hub, new_hub
from tests.interop.tls import Authority
from tests.postgres import Cluster
from tests.stories.months import let_pass
from tests.waiting import eventually

CONSTAT = "Pour une baguette, je fais vingt-deux kilomètres"
NEEDS = {"Acheter le quotidien à pied": 46, "Se retrouver, surtout l’hiver": 34, "Fabriquer et réparer": 20}
COMPTOIR = "Le Comptoir du lavoir"
WORKSHOPS = (
    ("Qui est concerné", "actor-map", "Le Club des Tilleuls cherche une salle."),
    ("Les tables qui tournent", "world-cafe", "Trois usages dans la même maison."),
    ("Ce que nous pouvons porter", "three-questions", "L’épicerie sera tenue par des bénévoles."),
    ("On décide", "consent", "Nous demandons l’ancienne école à la mairie."),
)


@pytest.fixture(scope="module")
def valbrume(authority: Authority, folder: Path) -> Iterator[Hub]:
    with new_hub(authority, "127.0.0.24", folder / "lieu-valbrume", name="Valbrume") as hub:
        by_day(hub)
        yield hub


@pytest.fixture(scope="module")
def montclair(authority: Authority, folder: Path, postgres_cluster: Cluster) -> Iterator[Hub]:
    data = folder / "lieu-montclair"
    with new_hub(authority, "127.0.0.25", data, cluster=postgres_cluster, name="Montclair") as hub:
        by_day(hub)
        yield hub


def by_day(hub: Hub) -> None:
    """Wherever it is noon now: at night no invitation is mailed."""
    hub.village.database.run(f"UPDATE village SET timezone = '{zone_at_noon()}'")


def test_a_village_builds_a_place_to_meet_and_another_begins_from_what_it_learnt(
    valbrume: Hub, montclair: Hub
) -> None:
    montclair.follow(valbrume.handle)
    eventually(lambda: valbrume.followers() == 1)

    # V1. Somebody says what is wrong, not what to do about it.
    valbrume.publish(CONSTAT, "Écrit sur papier et déposé en mairie par une habitante.")

    # V2. A hundred answers: three needs, each with its count.
    codes = {title: need(valbrume, title) for title in NEEDS}
    hundred_answers(valbrume, codes)

    # V3. The results are shared, here and next door.
    results = "\n".join(f"- {title} : {count} personnes" for title, count in NEEDS.items())
    valbrume.publish("Cent réponses, trois besoins", f"Voici ce que vous avez dit.\n\n{results}")

    # V4. A call for people to think about it; six answer, and it stays open.
    ines = resident(valbrume, "ines@example.fr", "Inès Cordier")
    project = begin(
        valbrume, title=COMPTOIR, text=f"{CONSTAT}.", call="Six personnes pour réfléchir", stage="observed"
    )
    for name in ("Paul", "Sam", "Luc", "Nina", "Marc"):
        join(valbrume, project, name)
    submit(ines, f"/{project}/join")
    story = valbrume.page(f"/{project}")
    assert "6 personnes dans le groupe. On peut encore le rejoindre." in story, story

    # V5. Associations and companies are invited: one click, no account.
    invite(valbrume, project)
    for mail, answer in (("club@example.fr", "Oui"), ("menuiserie@example.fr", "Peut-être")):
        answer_invitation(valbrume, mail, answer)
    eventually(valbrume.shows("1 oui, 1 peut-être, 0 non", on=f"/{project}"))

    # V6. Four workshops over some months; who was away reads what happened.
    move_on(valbrume, project, stage="explored")
    four_workshops(valbrume, project, ines)

    # V7, V8. An idea from elsewhere is taken up and improved; who added what stays written.
    improve(ines, project, "Un tiers-lieu dans l’ancienne école.", change="L’idée d’un tiers-lieu")
    improve(valbrume.agent, project, "Et un salon de thé.", change="Le salon de thé du club", source=False)
    versions = valbrume.page(f"/{project}/versions")
    assert re.search("L’idée d’un tiers-lieu.*Inès Cordier|Inès Cordier.*L’idée d’un tiers-lieu", versions)
    assert "La Recyclerie de Crest" in versions
    first = valbrume.page(f"/{project}/versions/1")
    assert CONSTAT in first
    assert "tiers-lieu" not in first

    # V9. Which need is answered by what, and which is not yet.
    cover(valbrume, project)
    table = valbrume.page(f"/{project}")
    for words in ("Épicerie", "Salon de thé", *NEEDS, "46 habitants", "Pas encore"):
        assert words in table

    # It is decided and done; the need that is still open waits on the page.
    move_on(valbrume, project, stage="decided", title="Le conseil dit oui")
    move_on(valbrume, project, stage="running")
    shelves = need(valbrume, "Poser les étagères", project=project)
    assert "Poser les étagères" in valbrume.page(f"/{project}")
    assert valbrume.document(valbrume.uri(shelves))["publishes"]["plannedWithin"] == valbrume.uri(project)
    let_pass(valbrume.village, days=60)

    # It closes: what remains, whom to ask, thanks. Then what it taught.
    submit(
        valbrume.agent,
        f"/{project}/closing",
        stage="kept-alive",
        remains="association",
        remains_words="Le Comptoir, association d’habitants.",
        remains_contact="Inès Cordier, comptoir@example.fr",
        thanks="Merci aux trente et une paires de mains.",
    )
    ended = valbrume.page(f"/{project}")
    assert "Merci aux trente et une paires de mains." in ended
    assert "comptoir@example.fr" in ended
    lesson = submit(
        valbrume.agent,
        f"/{project}/experience",
        context="Plus un commerce depuis dix ans.",
        steps="Cent réponses, quatre ateliers, une école.",
        pitfalls="Compter deux fois le temps prévu.",
        cost="under-100000",
        months="18",
        people="31",
    )

    # V10. Another village finds it, and begins from it; the credit stays when the origin withdraws it.
    there = eventually(lambda: sheet_of(montclair, COMPTOIR))
    copy = begin(montclair, experience=there, title="La Grange de Montclair")
    credited(montclair, copy)
    submit(valbrume.agent, f"/{project}/remove")
    assert not valbrume.page(lesson)
    eventually(lambda: not sheet_of(montclair, COMPTOIR))
    credited(montclair, copy)


def credited(hub: Hub, project: str) -> None:
    """What was taken over stands there, and whose it was."""
    told = hub.page(f"/{project}")
    assert "Valbrume" in told
    assert "Compter deux fois le temps prévu." in told


def need(hub: Hub, title: str, *, project: str = "") -> str:
    """On its three screens, in the name of the town hall; its code."""
    path = f"/new/need{f'?project={project}' if project else ''}"
    answer = hub.agent.get(path)
    for target, fields in (
        ("when", {"title": title, "text": "Dit par beaucoup."}),
        ("you", {"wanted": "3"}),
        ("publish", {"scope": "public"}),
    ):
        answer = hub.agent.send("POST", "/new/need", data=of_form(answer) | {"go": target} | fields)
    return done(answer).strip("/")


def hundred_answers(hub: Hub, codes: dict[str, str]) -> None:
    """Each need says how many have it."""
    for title, count in NEEDS.items():
        for number in range(count):
            share(hub, codes[title], f"Habitant {number + 1}", f"{codes[title]}.{number}@example.fr")
    for title, count in NEEDS.items():
        assert str(count) in hub.page(f"/{codes[title]}")


def join(hub: Hub, project: str, name: str) -> None:
    """Somebody without an account takes part."""
    submit(hub.village.visitor(), f"/{project}/join", name=name, contact=f"{name.lower()}@example.fr")


def four_workshops(hub: Hub, project: str, ines: Visitor) -> None:
    """Each is announced, come to, printed for, held, and told in the story of the project."""
    for title, method, decision in WORKSHOPS:
        code = workshop(hub, project, title=title, method=method)
        submit(ines, f"/{code}/coming")
        assert "Signature" in hub.page(f"/{code}/kit")
        let_pass(hub.village, days=35)
        facts = {"minutes": "On s’est écoutés.", "decisions": decision, "came": "14"}
        submit(hub.agent, f"/{code}/minutes", next_step="On se revoit dans un mois.", **facts)
        assert decision in hub.page(f"/{project}")


def share(hub: Hub, code: str, name: str, contact: str) -> None:
    """Somebody without an account has this need as well."""
    submit(hub.village.visitor(), f"/{code}/support", wish="me-too", name=name, contact=contact)


def resident(hub: Hub, mail: str, name: str) -> Visitor:
    visitor = hub.village.invited(mail)
    submit(visitor, "/me", name=name)
    return visitor


def begin(hub: Hub, *, experience: str = "", **fields: str) -> str:
    """A project that its town hall carries; its code."""
    path = f"/new/project?experience={experience}" if experience else "/new/project"
    typed = {"contact_shown": f"mairie@{hub.name}.example.fr", "scope": "public"} | fields
    return submit(hub.agent, path, **typed).strip("/")


def invite(hub: Hub, project: str) -> None:
    for name, kind, mail in (
        ("Club des Tilleuls", "association", "club@example.fr"),
        ("Menuiserie Faure", "company", "menuiserie@example.fr"),
        ("Boulangerie du Pont", "company", "boulangerie@example.fr"),
    ):
        submit(hub.agent, "/associations/new", name=name, kind=kind, mail=mail)
    answer = hub.agent.get(f"/{project}/invite?kind=association&kind=company")
    soup = page(answer)
    ticked = [str(box["value"]) for box in soup.select("input[name=organisation]")]
    assert len(ticked) == 3
    (form,) = soup.select(f"form[action='/{project}/invite'][method=post]")
    fields = filled(form) | {"organisation": ticked, "kind": ["association", "company"]}
    done(hub.agent.send("POST", f"/{project}/invite", data=fields))


def answer_invitation(hub: Hub, mail: str, answer: str) -> None:
    """The link of the mail shows what it will do, and its button does it."""
    letter = hub.village.site.mailbox.next(to=mail)
    links = re.findall(r"https?://\S+/act/\S+", letter.text)
    assert len(links) == 3, letter.text
    for link in links:
        shown = hub.village.visitor().get(link)
        if answer in page(shown).select_one("main").text:  # type: ignore[union-attr]
            hub.village.visitor().submit(link)
            return
    raise AssertionError(f"no link says {answer!r} in {letter.text}")


def move_on(hub: Hub, project: str, *, stage: str, **fields: str) -> None:
    submit(hub.agent, f"/{project}/stage", stage=stage, **fields)


def workshop(hub: Hub, project: str, *, title: str, method: str) -> str:
    """In a month; its code."""
    path, day = f"/new/event?project={project}&method={method}", datetime.now(UTC) + timedelta(days=30)
    typed = {"starts": day.strftime("%d/%m/%Y"), "from": "18 h 30", "to": "20 h", "place": "Salle de l’école"}
    facts = {"title": title, "text": "On vient comme on est.", "join": "free", "scope": "public"}
    code = submit(hub.agent, path, **typed, **facts).strip("/")
    assert title in hub.page(f"/{project}")
    return code


def improve(who: Visitor, project: str, words: str, *, change: str, source: bool = True) -> None:
    """The words that were there, and these."""
    shown = who.get(f"/{project}/change")
    text = of_form(shown, to=f"/{project}/change")["text"]
    fields = {"text": f"{text}\n\n{words}", "change": change}
    if source:
        fields |= {"source_name": "La Recyclerie de Crest", "source_link": "https://recyclerie.example/"}
    submit(who, f"/{project}/change", **fields)


def cover(hub: Hub, project: str) -> None:
    """Needs by parts: the first is covered, the second in part, the third not yet."""
    submit(hub.agent, f"/{project}/coverage", part1="Épicerie", part2="Salon de thé")
    for covered, (title, count) in zip(("yes", "part", "no"), NEEDS.items(), strict=True):
        path = f"/{project}/coverage/new"
        boxes = [str(box["name"]) for box in page(hub.agent.get(path)).select("input[name^=by_]")]
        parts = {"yes": boxes[:1], "part": boxes[1:], "no": []}[covered]
        ticks = dict.fromkeys(parts, "yes")
        submit(hub.agent, path, title=title, covered=covered, said_resident=str(count), **ticks)


def sheet_of(hub: Hub, title: str) -> str:
    """The code of an experience on the list of this hub; empty where it is not there."""
    for link in page(hub.agent.get("/experiences")).select("li h2 a"):
        if link.text.strip() == title:
            return str(link["href"]).strip("/")
    return ""


def submit(who: Visitor, path: str, *, target: str = "", **fields: str) -> str:
    """Open a page, fill in the form that goes back to it, press its button; where it leads."""
    shown = who.get(path)
    assert shown.status_code == 200, f"{path}: {heading(shown)}"
    target = target or path.partition("?")[0]
    return done(who.send("POST", target, data=of_form(shown, to=target) | fields))


def of_form(answer: httpx.Response, *, to: str | None = None) -> dict[str, str]:
    """What the form would send as it is; one without an action goes to its own page."""
    forms = page(answer).select("form[method=post]")
    fitting = [form for form in forms if to is None or form.get("action") in (to, None)]
    assert fitting, heading(answer)
    return filled(fitting[0])


def done(answer: httpx.Response) -> str:
    assert answer.status_code == 303, heading(answer)
    return urlsplit(answer.headers["location"]).path
