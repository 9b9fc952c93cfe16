"""How we ask a server that wants to know who asks: signed in the way that most know, or else in the other.

Some know draft-cavage alone and some RFC 9421 alone, and refuse the one that they do not know.
"""

from collections import OrderedDict

from federation.client import Budget, Client, Fetched, Sign
from federation.errors import FetchFailed
from federation.limits import DOMAINS_REMEMBERED
from federation.origin import Uri

# 401 and 403 also mean: this server does not know that kind of signature.
OTHER_KIND_MAY_HELP = frozenset({400, 401, 403})


class Knock:
    """Signs in the `usual` way, and where that is refused in the `other`; remembers who took that."""

    def __init__(self, usual: Sign, other: Sign) -> None:
        self._usual = usual
        self._other = other
        self._takes_other: OrderedDict[str, None] = OrderedDict()

    async def get_json(self, client: Client, uri: Uri, *, budget: Budget | None) -> Fetched:
        """As client.get_json(), signed."""
        knows_other = uri.netloc in self._takes_other
        first, second = (self._other, self._usual) if knows_other else (self._usual, self._other)
        try:
            return await client.get_json(uri, sign=first, budget=budget)
        except FetchFailed as failure:
            if failure.remote_status not in OTHER_KIND_MAY_HELP:
                raise
        fetched = await client.get_json(uri, sign=second, budget=budget)
        self._learn(uri.netloc, takes_other=not knows_other)
        return fetched

    def _learn(self, host: str, *, takes_other: bool) -> None:
        self._takes_other.pop(host, None)
        if takes_other:
            self._takes_other[host] = None
        if len(self._takes_other) > DOMAINS_REMEMBERED:
            self._takes_other.popitem(last=False)
