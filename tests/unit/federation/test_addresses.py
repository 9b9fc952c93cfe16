"""Rows FET-01 to FET-03 and rule D.5: only globally routable addresses are public, in whatever cover."""

import pytest

from federation.addresses import is_public, read_address

PRIVATE = """
    0.0.0.0 0.1.2.3 10.0.0.1 10.255.255.255 100.64.0.1 100.127.255.255 127.0.0.1 127.255.255.255
    169.254.0.1 169.254.169.254 172.16.0.1 172.31.255.255 192.0.0.1 192.0.0.8 192.0.0.9 192.0.0.170 192.0.2.1
    192.88.99.1 192.168.0.1 192.168.255.255 198.18.0.1 198.19.255.255 198.51.100.1 203.0.113.1 224.0.0.1
    239.255.255.255 240.0.0.1 255.255.255.254 255.255.255.255
    :: ::1 ::127.0.0.1 ::8.8.8.8 ::ffff:127.0.0.1 ::ffff:10.0.0.1 ::ffff:169.254.169.254 ::ffff:0:127.0.0.1
    64:ff9b::127.0.0.1 64:ff9b::8.8.8.8 64:ff9b:1::10.0.0.1 100::1 100:0:0:1::1
    2001::1 2001:0:4136:e378:8000:63bf:3fff:fdd2 2001:2::1 2001:10::1 2001:20::1 2001:db8::1
    2002:7f00:1::1 2002:808:808::1 3fff::1 5f00::1 fc00::1 fd12:3456:789a::1 fe80::1 fe80::1%lo fec0::1
    ff02::1 ff0e::1 4000::1 e000::1
""".split()


@pytest.mark.parametrize("text", PRIVATE)
def test_an_address_that_not_everybody_reaches_is_not_public(text: str) -> None:
    address = read_address(text)
    assert address is not None
    assert not is_public(address)


@pytest.mark.parametrize(
    "text",
    "1.1.1.1 8.8.8.8 100.63.255.255 100.128.0.0 172.15.255.255 172.32.0.0 223.255.255.255"
    " 2001:4860:4860::8888 2a00:1450:4007::1 2620:fe::fe ::ffff:8.8.8.8".split(),
)
def test_an_address_that_everybody_reaches_is_public(text: str) -> None:
    address = read_address(text)
    assert address is not None
    assert is_public(address)


@pytest.mark.parametrize("text", ["localhost", "village.example", "127.1", "2130706433", "0177.0.0.1", ""])
def test_anything_else_is_a_name(text: str) -> None:
    assert read_address(text) is None
