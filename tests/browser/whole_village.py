"""A village with something of everything, made by its own forms: for tests that look at all of it."""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from io import BytesIO
from pathlib import Path

from PIL import Image

from tests.attacks.board import SAID, publish
from tests.attacks.village import Village, new_database, running_village
from tests.attacks.visitor import Visitor, filled, form_of, heading, page
from tests.interop.rig import Helper, Hub
from tests.interop.tls import Authority, Proxy

IDA = {"name": "Ida Lambert", "contact": "ida@example.fr"}
PAUL = {"name": "Paul", "contact": "paul@example.fr"}
ALTS = {f"photo{number}__alt": "La haie" for number in range(2, 5)}
PLACE = {"place": "12, chemin des Combes", "area": "Les Combes"}


@dataclass(frozen=True)
class Whole:
    """The village, and what the parameters of its routes stand for."""

    village: Village
    things: dict[str, str]


@contextmanager
def whole_village(folder: Path) -> Iterator[Whole]:
    with (
        new_database(folder / "data", None) as database,
        running_village(database, latitude="44,36", longitude="5,13") as village,
    ):
        yield Whole(village, _fill(village, folder))


def _fill(village: Village, folder: Path) -> dict[str, str]:
    authority = Authority(folder)  # nobody else is there: what would speak with them is never opened
    hub = Hub(village, authority, Proxy(authority.server_context("127.0.0.1"), "127.0.0.1"), name="Valbrume")
    try:
        things = {**_news(hub), **_board(hub), **_project(hub), **_agenda(hub)}
        return {**things, **_invited(hub), **_moderated(hub), "neighbour": _neighbour(village)}
    finally:
        hub.close()


def _news(hub: Hub) -> dict[str, str]:
    handle = hub.list_association("Club des Tilleuls")
    return {"news": hub.publish("Coupure d’eau", "Jeudi de 9 h à midi.\n\n#eau"), "handle": handle}


def _board(hub: Hub) -> dict[str, str]:
    """Needs and offers of the town hall, and one of Ida, who has no account: her page is behind a link."""
    village = hub.village
    need = hub.ask_for_help("Rentrer le bois", "Huit stères, à deux pas.", wanted=5, **PLACE)
    for name in ("Paul", "Luc"):
        helper = hub.can_help(need, name=name, contact=f"{name.lower()}@example.fr", message="Volontiers.")
    hub.decide("accept", "Paul", need)
    visitor = village.visitor()
    hedge = publish(
        village, visitor, photos=_photos(), **SAID, **ALTS, **IDA, title="Tailler la haie", area="Le pré"
    )
    village.administrator.post(f"{hedge.path}/hang-up", {})
    letter = village.site.mailbox.next(to=IDA["contact"])
    return {
        "need": need,
        "offer": hub.offer("Une remorque", "Avec son conducteur.", wanted=1, **PLACE),
        "hedge": hedge.code,
        "helper": _key(helper),
        "key": _after(letter.text, "/mine/"),
        "stop": _after(letter.text, "/stop/"),
    }


def _project(hub: Hub) -> dict[str, str]:
    """One that Ida helps to carry, by her link; and one that is done, with what it taught."""
    code = hub.begin_project("Le four banal", "Le remettre en route, pour le pain.")
    carrier = hub.join_project(code, **IDA, message="Avec ma truelle.")
    _press(hub.agent, f"/{code}/people", "make-carrier", contact_shown="ida@example.fr")
    done = hub.begin_project("La fontaine", "Elle coule de nouveau.")
    hub.close_project(done, stage="done", remains="nothing", thanks="Merci à toutes et à tous !")
    facts = {"context": "Elle était à sec.", "steps": "Trois samedis.", "pitfalls": "La pompe."}
    answer = hub.agent.submit(f"/{done}/experience", to=f"/{done}/experience", **facts)
    assert answer.status_code == 303, heading(answer)
    experience = answer.headers["location"].partition("?")[0].strip("/")
    return {"project": code, "done": done, "experience": experience, "carrier": _key(carrier)}


def _agenda(hub: Hub) -> dict[str, str]:
    """An event of the town hall, to which people come, and one that Ida announced."""
    day = (datetime.now(UTC) + timedelta(days=9)).date()
    event = hub.announce_event("Bal au lavoir", "Musique et crêpes.", day=day, capacity=20)
    guest = hub.come(event, **PAUL)
    visitor, village = hub.village.visitor(), hub.village
    fields = {"title": "Belote", "text": "À deux.", "starts": day.isoformat(), "from": "14 h", "to": "17 h"}
    fields |= {"place": "Salle des fêtes", "join": "free", "scope": "public", "go": "publish", **IDA}
    typed = filled(form_of(page(visitor.get("/new/event")))) | fields
    assert visitor.send("POST", "/new/event", data=typed).status_code == 303
    cards = village.database.value("SELECT code FROM publication WHERE title = 'Belote'")
    village.administrator.post(f"/{cards}/hang-up", {})
    mine = _mail(village, IDA["contact"], "Belote")
    door = village.database.value("SELECT check_in FROM event ORDER BY id LIMIT 1")
    return {
        "event": event,
        "guest": _key(guest),
        "cards": cards,
        "team": _after(mine, "/mine/"),
        "door": door,
    }


def _invited(hub: Hub) -> dict[str, str]:
    """Links that wait in a mailbox."""
    village = hub.village
    village.administrator.post("/invitations", {"name": "Rose", "contact": "rose@example.fr"})
    village.visitor().post("/sign-up", {"name": "Léo", "contact": "leo@example.fr", "charter": "yes"})
    links = {name: village.mailed_link(f"{name}@example.fr") for name in ("rose", "leo")}
    return {
        "invitation": links["rose"].rpartition("/")[2],
        "sign_up": links["leo"].rpartition("/")[2],
        "sign_in": village.printed_link().rpartition("/")[2],
    }


def _moderated(hub: Hub) -> dict[str, str]:
    """Somebody said that a thing has no place here, and it was taken away; its author may contest that."""
    village = hub.village
    bad = publish(village, village.visitor(), kind="offer", title="Crédit facile", **IDA)
    village.administrator.post(f"{bad.path}/hang-up", {})
    told = {"ground": "hurts", "explanation": "Une arnaque.", "good_faith": "yes"}
    answer = village.visitor().submit(f"{bad.path}/report", **told, **PAUL)
    assert answer.status_code == 303, heading(answer)
    case, key = village.database.value("SELECT id || '|' || key FROM moderation_case").split("|")
    decision = {"outcome": "hide", "basis": "charter", "reason": "C’est une arnaque."}
    assert village.administrator.post(f"/moderation/cases/{case}/decide", decision).status_code == 303
    number = answer.headers["location"].partition("?")[0].rpartition("/")[2]
    return {"report": number, "contest": key, "gone": bad.code}


def _neighbour(village: Village) -> str:
    """A row as an agreement leaves it: its other side is nowhere."""
    actor, now = "(SELECT min(id) FROM actor)", "'2026-11-20 10:00:00+00:00'"
    village.database.run(
        "INSERT INTO neighbour (id, actor_id, host, state, is_region, name, sends, receives, why, their_why,"
        " asked_at, changed_at, by_us) SELECT 1,"
        f" {actor}, 'val.example', 'agreed', false, 'Val', 'need', 'need', '', '', {now}, {now}, false"
    )
    return "1"


def _photos() -> dict[str, tuple[str, bytes, str]]:
    """As a telephone makes them: large, and no two pixels alike; as many as a notice may have."""
    return {f"photo{number}": ("haie.jpg", _photo(), "image/jpeg") for number in range(1, 5)}


def _photo() -> bytes:
    noise = Image.effect_noise((400, 300), 90).resize((1600, 1200), Image.Resampling.BICUBIC)
    slope = Image.linear_gradient("L").resize((1600, 1200))
    out = BytesIO()
    Image.merge("RGB", (noise, slope, noise)).save(out, "JPEG", quality=88)
    return out.getvalue()


def _press(who: Visitor, path: str, deed: str, **fields: str) -> None:
    button = page(who.get(path)).select_one(f"button[value={deed}]")
    form = button and button.find_parent("form")
    assert form is not None, f"no button {deed} at {path}"
    answer = who.send("POST", str(form["action"]), data=filled(form) | {"do": deed} | fields)
    assert answer.status_code == 303, heading(answer)


def _mail(village: Village, to: str, words: str) -> str:
    while words not in (letter := village.site.mailbox.next(to=to)).subject:
        pass
    return letter.text


def _key(helper: Helper) -> str:
    return helper._path.rpartition("/")[2]


def _after(text: str, path: str) -> str:
    """The secret of the first link that has this path."""
    found = re.search(f"{path}([A-Za-z0-9_-]{{43}})", text)
    assert found is not None, text
    return found[1]
