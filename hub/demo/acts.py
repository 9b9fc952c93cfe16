"""What people of the demo do, each act by the pages of their village: the verbs of the story."""

from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from hub.demo.browsing import Browser, DemoFailed, Form, Mailbox, Page, eventually
from hub.demo.drawing import drawn
from hub.demo.running import Hub

ZONE = ZoneInfo("Europe/Paris")
KINDS = ("need", "offer", "event", "project", "experience")
Facts = Mapping[str, Any]


class Village:
    """A hub, its people and their browsers; what was published here by its title."""

    def __init__(self, hub: Hub, story: Facts, *, number: int) -> None:
        self.hub = hub
        self.story = story
        self.name = str(story["name"])
        self.codes: dict[str, str] = {}
        self.handles: dict[str, str] = {}
        self._pledges: dict[tuple[str, str], str] = {}  # by what they are for and who helps
        self._number = number
        self._mailbox = Mailbox(hub.data / "mail")
        self._browsers: dict[str, Browser] = {}

    # ------------------------------------------------------------ who is here

    def of(self, name: str) -> Browser:
        """The browser of somebody; who was never here before opens one."""
        if name not in self._browsers:
            address = f"10.{self._number}.{len(self._browsers) // 250}.{len(self._browsers) % 250 + 1}"
            self._browsers[name] = Browser(self.hub.port, address=address)
        return self._browsers[name]

    @property
    def agent(self) -> Browser:
        """Of whoever looks after the site."""
        return self.of(self.story["people"][0]["name"])

    def mail_of(self, name: str) -> str:
        return mail_of(self.story, name)

    def set_up(self) -> None:
        """The first minute, by the wizard; then the facts about the town hall."""
        first, place = self.story["people"][0], self.story["place"]
        fields = {name: str(place[name]) for name in ("latitude", "longitude", "publisher")}
        fields |= {"name": self.name, "handle": self.story["handle"], "administrator": first["name"]}
        fields |= {"contact": self.mail_of(first["name"]), "phone": place["phone"]}
        if self.story.get("region"):
            fields["is_region"] = "yes"
        link = eventually(lambda: self.hub.set_up_link)
        self.agent.submit(f"{link}&insee=none", **fields)
        self.agent.submit(self._mailbox.link(self.mail_of(first["name"]), with_path="/sign-in/"))
        facts = {name: place[name] for name in ("address", "hours", "mail") if name in place}
        self.agent.submit("/admin", to="/admin", **facts)

    def invite(self) -> None:
        """Everybody else of the story; each accepts by the link of the mail."""
        others = self.story["people"][1:]
        for one in others:
            fields = {"name": one["name"], "contact": self.mail_of(one["name"])}
            self.agent.post("/invitations", fields | {"role": one.get("role", "resident")})
        for one in others:
            link = self._mailbox.link(self.mail_of(one["name"]), with_path="/invitation/")
            self.of(one["name"]).submit(link, charter="yes")

    def list_associations(self) -> None:
        for one in self.story.get("associations", ()):
            fields = {name: value for name, value in one.items() if name != "manager"}
            self.handles[one["name"]] = self.agent.post("/associations/new", fields).removeprefix("/@")
            if "manager" in one:
                handle = self.handles[one["name"]]
                self._give_keys(handle, one["manager"])

    def _give_keys(self, handle: str, name: str) -> None:
        """Somebody says that they look after this association, and the town hall knows them."""
        claimed = f"J’ai les clés et le cahier de {name.split()[0]}."
        self.of(name).post(f"/@{handle}/claim", {"message": claimed})
        waiting = self.agent.get("/associations/claims")
        link = next(href for href, _ in waiting.links if href.startswith("/associations/claims/"))
        self.agent.post(link, {"decision": "grant"})

    # ------------------------------------------------------------ the board

    def hang(self, facts: Facts) -> None:
        """A need or an offer, with its answers and how they ended."""
        fields = self._voiced(facts) | _when(facts) | {"screen": "you", "go": "publish", "scope": "public"}
        fields |= {name: str(facts[name]) for name in _PROPOSAL if name in facts}
        fields |= {f"q_{name}": words for name, words in facts.get("asked", {}).items()}
        if "project" in facts:
            fields["project"] = self.codes[facts["project"]]
        fields |= self._who(facts["by"])
        self._publish(f"/new/{facts.get('kind', 'need')}", facts, fields)
        for wish in facts.get("me_too", ()):
            self._share(facts["title"], wish)
        for answer in facts.get("answers", ()):
            self.answer(facts["title"], answer, author=facts["by"])
        if "thanks" in facts:
            self.finish(facts["title"], author=facts["by"], thanks=facts["thanks"])

    def _share(self, title: str, name: str) -> None:
        fields = {"wish": "me-too"} | self._who(name)
        self.of(name).post(f"/{self.codes[title]}/support", fields)

    def answer(self, title: str, answer: Facts, *, author: str) -> None:
        """Somebody helps; the author says yes, and later that it was done, with a word of thanks."""
        code, by = self.code_of(title), self.of(answer["by"])
        fields = {"quantity": str(answer.get("quantity", 1)), "message": answer.get("message", "")}
        by.post(f"/{code}/help", fields | self._who(answer["by"]))
        for deed in answer.get("then", ()):
            self.decide(title, deed, author=author, helper=answer["by"], words=answer.get("thanks", ""))

    def decide(self, title: str, deed: str, *, author: str, helper: str, words: str = "") -> None:
        """accept, done, thank: a button of the author, beside the answer of somebody."""
        path, by = f"/{self.code_of(title)}/manage", self.of(author)
        pledge = self._pledges.get((title, helper))
        if pledge is not None:  # the page was looked at before
            by.post(path, {"do": deed, "pledge": pledge, "words": words})
            return

        def found() -> Form | None:
            return next((form for form in by.get(path).forms if form.offers(deed, helper)), None)

        form = eventually(found)
        assert form is not None
        if "pledge" in form.fields:
            self._pledges[title, helper] = form.fields["pledge"]
        by.press(form, path, do=deed)

    def finish(self, title: str, *, author: str, thanks: str) -> None:
        """It is done: thanks that everybody reads."""
        self.of(author).post(f"/{self.codes[title]}/thank", {"thanks": thanks})

    def code_of(self, title: str) -> str:
        """The code of what was published here, or came from a neighbour."""
        if title not in self.codes:
            self.codes[title] = eventually(lambda: self._find(title))
        return self.codes[title]

    def _find(self, title: str) -> str:
        page = self.agent.get(f"/board?q={title.split()[0]}")
        return next((href.strip("/") for href, words in page.links if title in words), "")

    # ------------------------------------------------------------ the agenda, the news

    def announce(self, facts: Facts) -> None:
        """A date, once or again and again, with who comes."""
        fields = self._voiced(facts) | _when(facts) | {"go": "publish", "scope": "public", "join": "free"}
        fields |= {name: str(facts[name]) for name in _EVENT if name in facts}
        if "project" in facts:
            fields["project"] = self.codes[facts["project"]]
        if "repeats" in facts:
            fields |= {"repeats": facts["repeats"], "until": _day(facts["until_in"])}
        for row, (name, wanted) in enumerate(facts.get("tasks", ()), start=1):
            fields |= {f"shift{row}_name": name, f"shift{row}_wanted": str(wanted)}
        self._publish("/new/event", facts, fields)
        code = self.codes[facts["title"]]
        for name in facts.get("coming", ()):
            self.of(name).post(f"/{code}/coming", self._who(name))

    def tell(self, facts: Facts) -> None:
        """The town hall's news."""
        fields = {"text": facts["text"], "scope": "public"}
        self._publish("/new/announcement", facts, fields)

    def _publish(self, path: str, facts: Facts, fields: dict[str, str]) -> None:
        photo = None
        if "photo" in facts:
            photo = drawn(facts["photo"])
            fields |= {"photo1-alt": facts["alt"], "photo-consent": "nobody"}
        leads_to = self.of(facts["by"]).post(path, fields | {"title": facts["title"]}, photo)
        if leads_to.startswith("/new/"):  # the town hall reads it first
            if "waits" not in facts:
                raise DemoFailed(f"{facts['title']} has to be read first")
            return
        self.codes[facts["title"]] = leads_to.strip("/")

    # ------------------------------------------------------------ projects

    def begin(self, facts: Facts) -> None:
        """A project: its beginning, its story so far, who is in it, and what it answers."""
        fields = {name: str(facts[name]) for name in _PROJECT if name in facts}
        fields |= self._voiced(facts) | {"scope": "public", "stage": facts["story"][0]["stage"]}
        self._publish("/new/project", facts, fields)
        code = self.codes[facts["title"]]
        self._tell_story(code, facts)
        for name in facts.get("people", ()):
            self.of(name).post(f"/{code}/join", self._who(name))
        self._cover(code, facts)
        self._share_out(code, facts)

    def _tell_story(self, code: str, facts: Facts) -> None:
        """The oldest first; the first chapter is there already, of today."""
        by, first = self.of(facts["by"]), True
        for chapter in facts["story"]:
            words = {"title": chapter["title"], "text": chapter.get("text", ""), "on": _day(-chapter["ago"])}
            if first:
                by.post(self._first_chapter(by, code), words)
            elif "stage" in chapter:
                by.post(f"/{code}/stage", words | {"stage": chapter["stage"]})
            else:
                by.post(f"/{code}/chapters/new", words)
            first = False

    @staticmethod
    def _first_chapter(by: Browser, code: str) -> str:
        links = [href for href, _ in by.get(f"/{code}").links]
        return next(href for href in links if href.startswith(f"/{code}/chapters/") and "new" not in href)

    def _cover(self, code: str, facts: Facts) -> None:
        """Which need that was heard is answered by which part."""
        by, parts = self.of(facts["by"]), facts.get("parts", ())
        if not parts:
            return
        by.post(f"/{code}/coverage", {f"part{row}": name for row, name in enumerate(parts, start=1)})
        boxes = _boxes(by.get(f"/{code}/coverage/new"))
        for heard in facts["heard"]:
            fields = {"title": heard["title"], "covered": heard["covered"]}
            fields |= {f"said_{sort}": str(number) for sort, number in heard["said_by"].items()}
            fields |= {boxes[parts.index(name)]: "yes" for name in heard.get("parts", ())}
            by.post(f"/{code}/coverage/new", fields)

    def _share_out(self, code: str, facts: Facts) -> None:
        """What the group does among itself: tasks, a date to be found, what was agreed."""
        by, path = self.of(facts["by"]), f"/{code}/work"
        for task, due_in in facts.get("tasks", ()):
            by.post(path, {"do": "add-task", "task": task, "task_due": _day(due_in)})
        for what, days in facts.get("dates", {}).items():
            fields = {"do": "ask-dates", "what": what}
            for row, ahead in enumerate(days, start=1):
                fields |= {f"d{row}_day": _day(ahead), f"d{row}_from": "18 h", f"d{row}_to": "20 h"}
            by.post(path, fields)
        if "agreed" in facts:
            by.post(path, {"do": "agree", "agreements": facts["agreed"], "review": _day(90)})

    def close(self, facts: Facts) -> None:
        """A project ends; what it taught is for everybody."""
        code, by = self.codes[facts["title"]], self.of(facts["by"])
        by.submit(f"/{code}/closing", to=f"/{code}/closing", **facts["closing"])
        by.post(f"/{code}/experience", dict(facts["experience"]))

    # ------------------------------------------------------------ neighbours

    def propose_to(self, other: "Village", why: str) -> None:
        self.agent.post("/neighbours/new", {"address": other.hub.origin, "why": why, **_sends()})

    def accept(self, why: str) -> None:
        """Says yes to a proposal, as soon as it is here."""

        def number() -> str:
            page = self.agent.get("/neighbours")
            accepting = [form.action for form in page.forms if form.action.endswith("/accept")]
            return next(iter(accepting), "")

        self.agent.post(eventually(number), {"why": why, **_sends()})

    def agrees_with_both(self) -> bool:
        """Each of the three has two agreements, that both sides know of."""
        return self.agent.get("/neighbours").text.count("Des deux côtés") == 2

    # ------------------------------------------------------------ small things

    def _who(self, name: str) -> dict[str, str]:
        """Members are known; others leave a name and a way to reach them."""
        if any(one["name"] == name for one in self.story["people"]):
            return {}
        return {"name": name, "contact": self.mail_of(name)}

    def _voiced(self, facts: Facts) -> dict[str, str]:
        """In whose name: their own, an association's, the town hall's."""
        voice = facts.get("as", "self")
        return {"as": f"@{self.handles[voice]}" if voice in self.handles else voice}


_PROPOSAL = (
    "text template category wanted unit moment area place mode minutes distance beneficiary link".split()
)
_EVENT = "text category place address capacity method contributions".split()
_PROJECT = "text category area call contact_shown".split()


def mail_of(story: Facts, name: str) -> str:
    """An address that leads nowhere."""
    return f"{_plain(name.split()[0])}@{story['handle']}.example"


def _plain(name: str) -> str:
    import unicodedata

    parts = unicodedata.normalize("NFKD", name.lower())
    return "".join(mark for mark in parts if mark.isascii() and mark.isalnum())


def _when(facts: Facts) -> dict[str, str]:
    """Days are told as so many from today; a weekday (1 is Monday) means the next such day after that."""
    fields = {}
    if "in_days" in facts:
        fields["starts"] = _day(facts["in_days"], facts.get("weekday"))
    if "nights" in facts:
        fields["ends"] = _day(facts["in_days"] + facts["nights"])
    if "due_in" in facts:
        fields["due"] = _day(facts["due_in"])
    if "hours" in facts:
        fields["from"], fields["to"] = facts["hours"]
    return fields


def _day(days: int, weekday: int | None = None) -> str:
    return day_typed(datetime.now(ZONE), days, weekday=weekday)


def day_typed(today: datetime, days: int, *, weekday: int | None = None) -> str:
    """A day as people type it: so many from today, or the next such weekday (1 is Monday) after that."""
    day = today + timedelta(days=days)
    while weekday is not None and day.isoweekday() != weekday:
        day += timedelta(days=1)
    return day.strftime("%d/%m/%Y")


def _boxes(page: Page) -> list[str]:
    return [name for form in page.forms for name in form.choices if name.startswith("by_")]


def _sends() -> dict[str, str]:
    return {f"sends_{kind}": "yes" for kind in KINDS}


Act = Callable[[Village, Facts], None]
