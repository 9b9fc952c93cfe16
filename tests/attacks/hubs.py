"""Other hubs, as attackers: a server that agrees with ours, the village behind it, what is open there."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

from tests.attacks.fediverse import CONTEXT, NEIGHBOUR, Answer, Attacker, Fediverse, Json

KINDS = ("need", "offer", "event", "project", "experience")


class Hub(Attacker):
    """The server actor, at /actor; `village` writes. Both may lie as every attacker."""

    def __init__(self, fediverse: Fediverse, *, host: str = NEIGHBOUR, key: int = 1) -> None:
        super().__init__(fediverse, "server", host=host, key=key, path="/actor")
        self.ours = f"{fediverse.origin}/actor"
        self.open = self.place("open")  # a new one each time: what failed is not asked for again
        self.publish()
        self.lists([])
        self.village = self.somebody("village", type="Organization")

    def document(self, **facts: object) -> Json:
        usual: Json = {
            "type": "Application",
            "implements": [{"type": "Link", "href": "https://w3id.org/lavoir#profile-1"}],
            "lavoir:open": self.open,
        }
        return super().document(**usual | facts)

    def somebody(self, name: str, **facts: object) -> Attacker:
        """Another actor of the same hub."""
        somebody = Attacker(self.fediverse, name, host=self.host, key=self.key_number)
        somebody.publish(**facts)
        return somebody

    def lists(self, *pages: Sequence[Json | str], following: str | None = None) -> None:
        """What is open there; `following` is what the last page names."""
        uris = [f"{self.open}?after={number}" for number in range(len(pages))]
        self.serve(self.open, {"id": self.open, "type": "OrderedCollection", "first": uris[0]})
        for uri, items, after in zip(uris, pages, [*uris[1:], following], strict=True):
            page = {"id": uri, "type": "OrderedCollectionPage", "partOf": self.open, "orderedItems": items}
            self.serve(uri, {**page, **({"next": after} if after else {})})

    def elsewhere(self) -> None:
        """Another address for what is open."""
        self.open = self.place("open")
        self.publish()
        self.lists([])

    def notice(self, title: str, **facts: object) -> Json:
        """A need of its village, for everybody."""
        uri = self.place("o")
        one = {"hasUnit": "one", "hasNumericalValue": "1"}
        intent = {"type": "Intent", "action": "deliverService", "resourceQuantity": one}
        usual: Json = {
            "id": uri,
            "name": title,
            "purpose": "request",
            "unitBased": True,
            "publishes": {**intent, "id": f"{uri}#primary", "availableQuantity": one, "finished": False},
            "lavoir:kind": "need",
            "lavoir:status": "open",
            "lavoir:wanted": "1",
            "hasEnd": (datetime.now(UTC) + timedelta(days=20)).strftime("%Y-%m-%dT%H:%M:%SZ"),
        }
        need = self.village.note(title, **usual | facts)
        self.serve(need["id"], {"@context": CONTEXT, **need})
        return need

    # ------------------------------------------------------------ the agreement

    @property
    def row(self) -> str:
        """The number of the agreement here."""
        return self.fediverse.value(f"SELECT id FROM neighbour WHERE host = '{self.netloc}'")

    @property
    def state(self) -> str:
        """As the village has it; empty where it knows of none."""
        return "".join(self.fediverse.rows(f"SELECT state FROM neighbour WHERE host = '{self.netloc}'"))

    @property
    def follow_of_ours(self) -> str:
        """The id under which it follows our server."""
        return self._follow("follower_id")

    @property
    def followed_by_ours(self) -> str:
        """The id under which our server follows it."""
        return self._follow("followed_id")

    def _follow(self, side: str) -> str:
        joined = f"SELECT follow.uri FROM follow JOIN actor ON actor.id = {side}"
        return self.fediverse.value(f"{joined} WHERE actor.uri = '{self.uri}'")

    def propose(self, **terms: str) -> Answer:
        """It follows our server."""
        answer = self.post(self.follow(self.ours, **{"lavoir:sends": list(KINDS)} | terms))
        self.fediverse.settle()
        return answer

    def be_asked(self, *kinds: str) -> Json:
        """The village proposes; its Follow, as it came here."""
        sends = {f"sends_{kind}": "yes" for kind in kinds or KINDS}
        self.fediverse.press("/neighbours/new", address=self.netloc, **sends)
        self.fediverse.settle()
        return self.told("Follow")[-1]

    def agree(self, *kinds: str) -> None:
        """The village proposes, this hub says yes, and follows back unless it is a region."""
        asked = self.be_asked(*kinds)
        assert self.post(self.activity("Accept", object=asked["id"])).status == 202
        self.fediverse.settle()
        self.propose()
        assert self.state == "agreed"

    def decide(self, what: str, **fields: str) -> None:
        """A button of the village's page about this hub."""
        self.fediverse.press(f"/neighbours/{self.row}/{what}", **fields)
        self.fediverse.settle()

    def be_read(self) -> None:
        """The village reads what is open there: it does so after a pause."""
        self.decide("pause")
        self.decide("resume")

    def be_forgotten(self) -> None:
        """As if the village had never heard of it."""
        mine = f"(SELECT id FROM actor WHERE host = '{self.netloc}')"
        for statement in (
            f"DELETE FROM receipt WHERE neighbour_id IN (SELECT id FROM neighbour WHERE actor_id IN {mine})",
            f"DELETE FROM neighbour WHERE actor_id IN {mine}",
            f"DELETE FROM follow WHERE follower_id IN {mine} OR followed_id IN {mine}",
            f"DELETE FROM block WHERE by_id IN {mine}",
        ):
            self.fediverse.rows(statement)
        self.fediverse.village.rest("proposals-host:%")
