"""Where the client goes, and where it never does: addresses, names, ports, refused hosts."""

import pytest

from federation.client import Client
from federation.errors import Unsafe
from federation.origin import parse_uri
from tests.evilpeer import NEIGHBOUR, PEER, EvilPeer, answers
from tests.unit.federation.conftest import NewClient

ACTOR = {"id": "https://evil.example/actor", "type": "Person"}


@pytest.mark.parametrize(
    "address",
    "127.0.0.1 10.0.0.1 172.16.0.1 192.168.0.1 169.254.169.254 0.0.0.0 100.64.0.1 [::1] [64:ff9b::7f00:1]"
    " [2002:7f00:1::1] [fe80::1] [::127.0.0.1]".split(),
)
async def test_fet_01_02_a_private_address_is_not_connected_to(client: Client, address: str) -> None:
    for uri in (f"https://{address}/", f"http://{address}/", f"https://{address}:8443/"):
        with pytest.raises(Unsafe):
            await client.get_json(parse_uri(uri))
        with pytest.raises(Unsafe):
            await client.post(parse_uri(uri), b"{}", {})


async def test_fet_01_an_address_outside_the_peer_networks_gets_no_request(
    client: Client, peer: EvilPeer
) -> None:
    peer.on("/actor", answers.document(ACTOR))
    with pytest.raises(Unsafe):
        await client.get_json(peer.uri("/actor", host=NEIGHBOUR))
    assert peer.requests == []


@pytest.mark.parametrize("name", ["localhost", "hub.localhost", "intranet"])
async def test_fet_01_a_name_of_this_machine_is_not_even_looked_up(
    new_client: NewClient, peer: EvilPeer, name: str
) -> None:
    peer.names.lead(name, "127.0.0.1")
    async with new_client(networks=()) as client:
        for uri in (f"https://{name}/", f"http://{name}/", f"https://{name}:8443/"):
            with pytest.raises(Unsafe):
                await client.get_json(parse_uri(uri))


@pytest.mark.parametrize("address", [NEIGHBOUR, "::1", f"::ffff:{NEIGHBOUR}", "64:ff9b::7f00:1", "0.0.0.0"])
async def test_fet_05_a_name_that_leads_to_a_private_address_is_refused(
    client: Client, peer: EvilPeer, address: str
) -> None:
    peer.names.lead("evil.example", address)
    with pytest.raises(Unsafe):
        await client.get_json(peer.uri("/actor", host="evil.example"))
    with pytest.raises(Unsafe):
        await client.post(peer.uri("/inbox", host="evil.example"), b"{}", {})
    assert peer.names.asked
    assert peer.requests == []


async def test_fet_05_without_peer_networks_a_name_of_a_loopback_address_is_refused(
    new_client: NewClient, peer: EvilPeer
) -> None:
    async with new_client(networks=()) as client:
        with pytest.raises(Unsafe):
            await client.get_json(parse_uri("https://evil.example/actor"))
    assert peer.names.asked == ["evil.example"]


async def test_fet_06_a_name_that_changes_its_address_is_checked_each_time(
    client: Client, peer: EvilPeer
) -> None:
    peer.names.rebind("evil.example", PEER, NEIGHBOUR)
    peer.on("/actor", answers.body(b"{}", headers=[("Connection", "close")]))
    uri = peer.uri("/actor", host="evil.example")
    await client.get_json(uri)
    with pytest.raises(Unsafe):
        await client.get_json(uri)
    assert [request.address for request in peer.requests] == [PEER]


@pytest.mark.parametrize("addresses", [(PEER, NEIGHBOUR), (NEIGHBOUR, PEER), (PEER, "::1"), ("::1", PEER)])
async def test_fet_07_of_several_addresses_only_the_allowed_one_is_used(
    client: Client, peer: EvilPeer, addresses: tuple[str, ...]
) -> None:
    peer.names.lead("evil.example", *addresses)
    peer.on("/actor", answers.document(ACTOR))
    await client.get_json(peer.uri("/actor", host="evil.example"))
    assert [request.address for request in peer.requests] == [PEER]


async def test_fet_07_several_private_addresses_are_refused_together(client: Client, peer: EvilPeer) -> None:
    peer.names.lead("evil.example", NEIGHBOUR, "::1", "127.0.0.1")
    with pytest.raises(Unsafe):
        await client.get_json(peer.uri("/actor", host="evil.example"))


@pytest.mark.parametrize("port", [22, 25, 80, 6379, 8443])
async def test_fet_11_public_hosts_are_asked_on_port_443_only(new_client: NewClient, port: int) -> None:
    async with new_client(networks=()) as client:
        for host in ("8.8.8.8", "evil.example", "[2a00:1450:4007::1]"):
            with pytest.raises(Unsafe):
                await client.get_json(parse_uri(f"https://{host}:{port}/"))


async def test_fet_11_peer_networks_open_no_port_of_a_public_address(client: Client, peer: EvilPeer) -> None:
    peer.names.lead("evil.example", "8.8.8.8", "2a00:1450:4007::1")
    for uri in ("https://evil.example:22/", "https://evil.example:8443/", "http://8.8.8.8:22/"):
        with pytest.raises(Unsafe):
            await client.get_json(parse_uri(uri, plain=True))


@pytest.mark.parametrize("uri", ["http://evil.example/", "http://evil.example:443/", "http://8.8.8.8/"])
async def test_org_13_plain_http_never_reaches_a_public_address(
    client: Client, peer: EvilPeer, uri: str
) -> None:
    peer.names.lead("evil.example", "8.8.8.8")
    with pytest.raises(Unsafe):
        await client.get_json(parse_uri(uri, plain=True))


@pytest.mark.parametrize("uri", ["https://hub.example/inbox", "https://HUB.example:443/actor"])
async def test_fet_13_our_own_host_is_not_asked(client: Client, peer: EvilPeer, uri: str) -> None:
    peer.names.lead("hub.example", PEER)
    with pytest.raises(Unsafe):
        await client.get_json(parse_uri(uri))
    with pytest.raises(Unsafe):
        await client.post(parse_uri(uri), b"{}", {})
    assert peer.names.asked == []


async def test_fet_13_a_redirect_to_our_own_host_is_not_followed(client: Client, peer: EvilPeer) -> None:
    peer.on("/actor", answers.redirect("https://hub.example/inbox"))
    with pytest.raises(Unsafe):
        await client.get_json(peer.uri("/actor"))
    assert peer.names.asked == []


async def test_fed_02_a_refused_host_is_not_reached_by_a_redirect_either(
    new_client: NewClient, peer: EvilPeer
) -> None:
    hidden = peer.uri("/hidden", host="victim.example")
    peer.on("/actor", answers.redirect(str(hidden)))
    peer.on("/hidden", answers.document(ACTOR))
    async with new_client(refused=("victim.example",)) as client:
        with pytest.raises(Unsafe):
            await client.get_json(peer.uri("/actor"))
        with pytest.raises(Unsafe):
            await client.post(hidden, b"{}", {})
    assert peer.asked("/hidden") == []
