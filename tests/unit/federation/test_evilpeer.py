"""The rig itself, as tests of a running hub use it: from another process, by address, with its authority."""

import subprocess
import sys
from pathlib import Path

from tests.evilpeer import NEIGHBOUR, PEER, answers, running_evil_peer

ASK = """
import asyncio, ipaddress, pathlib, sys
from federation.client import Client
from federation.origin import parse_uri

async def main():
    networks = [ipaddress.ip_network("127.0.0.0/8")]
    trusted = pathlib.Path(sys.argv[1])
    async with Client("https://hub.example", version="1", peer_networks=networks, ca_file=trusted) as client:
        for uri in sys.argv[2:]:
            print((await client.get_json(parse_uri(uri))).document["id"])

asyncio.run(main())
"""


def test_another_process_reaches_the_peer_by_its_addresses(tmp_path: Path) -> None:
    with running_evil_peer() as peer:
        peer.on("/actor", answers.document({"id": "any"}))
        peer.on("/actor", answers.document({"id": "neighbour"}), host=NEIGHBOUR)
        uris = [peer.uri("/actor"), peer.uri("/actor", host=NEIGHBOUR), peer.uri("/actor", listener="plain")]
        command = [sys.executable, "-c", ASK, str(peer.ca_file(tmp_path)), *map(str, uris)]
        said = subprocess.run(command, check=True, capture_output=True, text=True, timeout=60).stdout
        assert said.split() == ["any", "neighbour", "any"]
        assert [request.address for request in peer.requests] == [PEER, NEIGHBOUR, PEER]
        assert peer.asked("/inbox") == []
