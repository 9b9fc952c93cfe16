"""A whole site, and somebody who is at home on a server elsewhere, which answers on the loopback."""

import re
from dataclasses import dataclass

import pytest
import pytest_asyncio

from federation.outgoing import ActorDraft, Server, actor
from hub.actors.hosts import policies_changed
from hub.exchange.templates import establish_templates
from hub.participants.guests import send_number
from tests import factories
from tests.others import sent
from tests.unit.hub.network.conftest import Elsewhere
from tests.unit.hub.network.conftest import elsewhere as elsewhere
from tests.unit.hub.network.conftest import visitors as visitors
from tests.unit.hub.village.visitors import Browser, Visitors


@dataclass
class Account:
    """`@rosa@HOST`; `uri` is the actor behind it."""

    uri: str
    handle: str


def describe(there: Elsewhere, name: str = "rosa", *, kind: str = "Person") -> Account:
    """An account over there: its document, and what WebFinger says of it."""
    uri, handle = f"{there.url}/a/{name}", f"{name}@{there.host}"
    there.answers[f"/a/{name}"] = actor(
        ActorDraft(
            uri=uri,
            kind=kind,
            handle=handle,
            name=name.capitalize(),
            url=f"{there.url}/@{name}",
            server=Server(uri, "x", f"{there.url}/inbox"),
            rsa_pem="",
            ed25519_multibase="",
        )
    )
    there.answers[f"/.well-known/webfinger?resource=acct:{handle}"] = {
        "subject": f"acct:{handle}",
        "links": [{"rel": "self", "type": "application/activity+json", "href": uri}],
    }
    return Account(uri, f"@{handle}")


@pytest_asyncio.fixture(autouse=True)
async def village(visitors: Visitors):
    found = await factories.village(locale="en")
    await establish_templates()
    policies_changed()
    yield found
    policies_changed()


@pytest.fixture
def rosa(elsewhere: Elsewhere) -> Account:
    return describe(elsewhere)


async def messages(account: Account) -> list[str]:
    """What was written to an account, in private, the oldest first."""
    notes = [one["object"] for one in await sent("Create")]
    return [note["content"] for note in notes if note["to"] == [account.uri]]


async def number_for(account: Account) -> str:
    """The number of the last message."""
    found = re.search(r"\b[0-9]{6}\b", (await messages(account))[-1])
    assert found is not None
    return found[0]


async def ask_number(browser: Browser, handle: str, **fields: str):
    """The form, and what the worker does then."""
    answer = await browser.post("/guest", address=handle, **fields)
    await factories.do_jobs(send_number)
    return answer


async def comes_in(browser: Browser, account: Account) -> Browser:
    await ask_number(browser, account.handle)
    answer = await browser.post("/guest/number", number=await number_for(account))
    assert answer.status_code == 303, answer.text
    return browser


@pytest_asyncio.fixture
async def guest(visitors: Visitors, rosa: Account) -> Browser:
    """Rosa's browser, in which she came in."""
    return await comes_in(await visitors.browser(), rosa)
