"""A server that plays many hosts and answers whatever a test scripts: slow, wrong, huge, hostile.

    async with EvilPeer() as peer:                       # in the test's own loop
        peer.on("/actor", answers.redirect("http://10.0.0.1/"))
        ... peer.uri("/actor"), peer.requests, peer.ca_file(folder), peer.names

    with running_evil_peer() as peer:                    # in a thread, for tests that are not async

Names exist only inside the test's process (`peer.names` is given to the client). For a hub in another
process use addresses: every one of peer.ADDRESSES is in the certificate, and names that end in .localhost
do not reach a loopback address everywhere (glibc without nss-myhostname asks the name server for them).

    with set_trap() as trap:                             # ports that nobody may ever connect to
        ... trap.port, trap.visits
"""

from tests.evilpeer import answers
from tests.evilpeer.names import Names
from tests.evilpeer.peer import ADDRESSES, NEIGHBOUR, PEER, STRANGER, EvilPeer, Received, running_evil_peer
from tests.evilpeer.trap import OUTSIDE, Trap, set_trap

__all__ = [
    "ADDRESSES",
    "NEIGHBOUR",
    "OUTSIDE",
    "PEER",
    "STRANGER",
    "EvilPeer",
    "Names",
    "Received",
    "Trap",
    "answers",
    "running_evil_peer",
    "set_trap",
]
