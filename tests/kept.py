"""What no test needs made anew for itself: how the models look on an engine, and RSA keys."""

from copy import copy
from typing import Any

from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey
from tortoise.apps import Apps

import hub.actors.keys
from federation.signatures.keys import generate_rsa

KEYS = 50  # more than any one test makes: no two actors that meet have the same

# What Tortoise works out of a model when a database is opened, the same for each database of an engine.
WORKED_OUT = (
    "filters",
    "db_native_fields",
    "db_default_fields",
    "db_complex_fields",
    "basetable",
    "basequery",
    "basequery_all_fields",
)


class Looks:
    """How the models look on each engine; kept from the first database on."""

    def __init__(self) -> None:
        self._work_out = Apps._build_initial_querysets
        self._by_engine: dict[str, list[tuple[Any, dict[str, Any]]]] = {}

    def put_on(self, apps: Apps) -> None:
        """In place of what would work them out."""
        metas = [model._meta for model in apps.get_models_iterable()]
        engine = metas[0].default_connection or ""
        if engine not in self._by_engine:
            for meta in metas:  # Tortoise changes some in place: those of the other engine stay as they are
                _put(meta, {name: copy(value) for name, value in _facts(meta).items()})
            self._work_out(apps)
            self._by_engine[engine] = [(meta, _facts(meta)) for meta in metas]
        for meta, facts in self._by_engine[engine]:
            _put(meta, facts)


def _facts(meta: Any) -> dict[str, Any]:
    return {name: getattr(meta, name) for name in WORKED_OUT}


def _put(meta: Any, facts: dict[str, Any]) -> None:
    for name, value in facts.items():
        setattr(meta, name, value)


class Keys:
    """RSA keys, each made when it is first needed; after the last one the first is lent again."""

    def __init__(self) -> None:
        self._made: list[RSAPrivateKey] = []
        self._lent = 0

    def lend(self) -> RSAPrivateKey:
        if self._lent == len(self._made) < KEYS:
            self._made.append(generate_rsa())
        key = self._made[self._lent]
        self._lent = (self._lent + 1) % KEYS
        return key


def keep() -> None:
    """For the whole test process; the hubs that tests start as processes of their own know nothing of it."""
    looks = Looks()
    # A function, for a bound method would not be handed the Apps.
    Apps._build_initial_querysets = lambda apps: looks.put_on(apps)  # type: ignore[method-assign]  # noqa: PLW0108
    hub.actors.keys.generate_rsa = Keys().lend
