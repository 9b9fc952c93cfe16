"""Every page answers on PostgreSQL too: what test_access.py asks of SQLite."""

import pytest

from tests.attacks.people import People
from tests.attacks.routes import ANSWERS, LEAST, Role, address, may

ENGINES = ("postgres",)


@pytest.mark.parametrize("role", [Role.MANAGER, Role.ADMINISTRATOR], ids=lambda role: role.name.lower())
def test_every_page_answers(people: People, role: Role) -> None:
    wrong = []
    for route, least in LEAST.items():
        method, path = address(route, people.things)
        if method == "GET" and may(role, least, public=True):
            answer = people.by_role[role].get(path)
            if answer.status_code != ANSWERS.get(route, 200):
                wrong.append(f"{route} ({path}): {answer.status_code}")
    assert wrong == []
