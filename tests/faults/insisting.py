"""An agent who writes announcements, and sends each form until it is taken."""

import threading
import time

import httpx

from tests.attacks.village import Village
from tests.attacks.visitor import Visitor, filled, form_of, page
from tests.faults.queues import await_end

SAID = {"photo1-alt": "Le lavoir", "photo-consent": "nobody"}  # what a form with a photo says of it


def typed(visitor: Visitor, title: str) -> dict[str, str]:
    """The form of an announcement, filled in; sent twice, it makes one."""
    form = filled(form_of(page(visitor.get("/new/announcement"))))
    return form | {"title": title, "text": "La fontaine coule.", "scope": "public"}


def send(visitor: Visitor, form: dict[str, str]) -> httpx.Response:
    return visitor.send("POST", "/new/announcement", data=form)


class Insisting:
    """Somebody who sends one announcement after the other, each until it was taken."""

    def __init__(self, village: Village) -> None:
        self.village = village
        self.taken: list[str] = []
        self.statuses: set[int] = set()
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._insist, daemon=True)

    def __enter__(self) -> "Insisting":
        self._thread.start()
        return self

    def __exit__(self, *what: object) -> None:
        self._over.set()
        await_end(self._thread)

    def _insist(self) -> None:
        agent = self.village.administrator
        while not self._over.is_set():
            shown = agent.get("/new/announcement")
            self.statuses.add(shown.status_code)
            if shown.status_code == 200:
                self._insist_on(filled(form_of(page(shown))) | {"title": f"Sans cesse {len(self.taken)}"})

    def _insist_on(self, form: dict[str, str]) -> None:
        while not self._over.is_set():
            answer = send(self.village.administrator, form | {"text": "Toujours là.", "scope": "public"})
            self.statuses.add(answer.status_code)
            if answer.status_code == 303:
                self.taken.append(form["title"])
                return
            time.sleep(0.2)
