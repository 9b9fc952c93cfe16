"""Rows ORG-12, ORG-13, FET-04 and FET-18: one reader, and nothing that could be read in two ways."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from federation.errors import InvalidDocument
from federation.origin import host_and_parents, host_of, parse_host, parse_uri, same_origin


@pytest.mark.parametrize(
    ("written", "spelling"),
    [
        ("https://village.example/a/needs", "https://village.example/a/needs"),
        ("https://village.example", "https://village.example"),
        ("HTTPS://Village.EXAMPLE/A/Needs", "https://village.example/A/Needs"),
        ("https://village.example:443/x", "https://village.example/x"),
        ("https://village.example:8443/x", "https://village.example:8443/x"),
        ("https://xn--villag-gva.example/", "https://xn--villag-gva.example/"),
        ("https://h.example/a?q=%2Fx&y=1#main-key", "https://h.example/a?q=%2Fx&y=1#main-key"),
        ("https://h.example/?", "https://h.example/?"),
        ("https://h.example/#", "https://h.example/#"),
        ("https://h.example/@needs", "https://h.example/@needs"),
        ("https://h.example/.well-known/webfinger", "https://h.example/.well-known/webfinger"),
        ("https://127.0.0.5:8443/x", "https://127.0.0.5:8443/x"),
        ("https://[2001:DB8:0:0:0:0:0:1]/x", "https://[2001:db8::1]/x"),
        ("http://127.0.0.1:8000/actor", "http://127.0.0.1:8000/actor"),
        ("http://localhost:8000/actor", "http://localhost:8000/actor"),
    ],
)
def test_a_uri_has_one_spelling(written: str, spelling: str) -> None:
    uri = parse_uri(written)
    assert str(uri) == spelling
    assert parse_uri(str(uri)) == uri


@pytest.mark.parametrize(
    "written",
    [
        # ORG-12: another host than it seems, or one that programs read differently
        "https://user@village.example/",
        "https://user:password@village.example/",
        "https://village.example\\@evil.example/",
        "https://village.example\\.evil.example/",
        "https:\\\\village.example/",
        "https://village.example\t/",
        "https://village\t.example/",
        "https://village.example\n/",
        "https://village.example/\n",
        "https://village.example\0/",
        " https://village.example/",
        "https://village.example /",
        "https://village.example./",
        "https://.village.example/",
        "https://village..example/",
        "https://village.example/%61/needs",
        "https://village.example/a/n%65eds",
        "https://village.example/a?x=%41",
        "https://-village.example/",
        "https://village-.example/",
        "https://vill_age.example/",
        "https://village%2eexample/",
        "https://village.example%00.evil.example/",
        "https://village\u2044.example/",
        "https://village.example\u2044.evil.example/",
        "https://\uff56illage.example/",
        "https://village\u3002example/",
        "https://village.example\uff0fx/",
        "https://villagé.example/",
        "https://xn--villag-/",
        "https://xn--a.example/",
        "https://xn--evil-n84a.example/",  # U+2044 in punycode
        "https://village.example:/",
        "https://village.example:0/",
        "https://village.example:0443/",
        "https://village.example:65536/",
        "https://village.example:+443/",
        "https://village.example:44\u0663/",
        "https://village.example:443:443/",
        "https://village.example,evil.example/",
        "https:///x",
        "https:/village.example/x",
        "//village.example/x",
        "village.example/x",
        "/x",
        "",
        f"https://{'a' * 64}.example/",
        f"https://{'a.' * 127}example/",
        # FET-04: numbers that some readers take for 127.0.0.1
        "https://2130706433/",
        "https://0x7f.1/",
        "https://0x7f000001/",
        "https://0177.0.0.1/",
        "https://127.1/",
        "https://127.0.1/",
        "https://127.0.0.1.0/",
        "https://127.0.0.256/",
        "https://village.example.1/",
        "https://village.example.0x1/",
        "https://\uff11\uff12\uff17.0.0.1/",
        "https://①②⑦.0.0.1/",
        "https://[::ffff:127.0.0.1]/",
        "https://[::1%25lo]/",
        "https://[127.0.0.1]/",
        "https://[::1/",
        "https://::1/",
        # FET-18: what would break out of the line that it is copied into
        "https://village.example/%0d%0aHost:%20evil.example",
        "https://village.example/x%00y",
        "https://village.example/x?y=%7F",
        "https://village.example/x#%1b",
        "https://village.example/a b",
        "https://village.example/a\r\nHost: evil.example",
        "https://village.example/a\\b",
        "https://village.example/100%",
        "https://village.example/%zz",
        "https://village.example/%u0041",
        "https://village.example/<script>",
        'https://village.example/"x"',
        "https://village.example/é",
        "https://village.example/a#b#c",
        "https://village.example/a/../b",
        "https://village.example/a/./b",
        "https://village.example/a/%2E%2e/b",
        "https://village.example/a/..",
        # ORG-13: other schemes
        "http://village.example/",
        "http://8.8.8.8/",
        "ftp://village.example/",
        "javascript://village.example/%0aalert(1)",
        "data:text/html,x",
        "acct:needs@village.example",
        # DOS-09
        "https://village.example/" + "x" * 2025,
    ],
)
def test_what_could_be_read_in_two_ways_is_refused(written: str) -> None:
    with pytest.raises(InvalidDocument):
        parse_uri(written)


@pytest.mark.parametrize(
    "value", [None, 1, True, [], ["https://village.example/"], {"id": "x"}, b"https://a.b/"]
)
def test_a_uri_is_a_text(value: object) -> None:
    with pytest.raises(InvalidDocument):
        parse_uri(value)


def test_the_longest_uri_is_read() -> None:
    longest = "https://village.example/" + "x" * 2024
    assert len(longest) == 2048
    assert str(parse_uri(longest)) == longest


def test_plain_http_of_a_public_host_is_read_only_where_people_follow_links() -> None:
    assert str(parse_uri("http://village.example/page", plain=True)) == "http://village.example/page"
    with pytest.raises(InvalidDocument):
        parse_uri("ftp://village.example/page", plain=True)


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ("https://village.example/a", "https://village.example:443/b#c", True),
        ("https://village.example/a", "https://VILLAGE.example/b", True),
        ("https://village.example/a", "https://village.example:8443/a", False),
        ("https://village.example/a", "https://www.village.example/a", False),
        ("https://localhost/a", "http://localhost/a", False),
        ("http://localhost:443/a", "https://localhost/a", False),
    ],
)
def test_an_origin_is_scheme_host_and_port(one: str, other: str, same: bool) -> None:
    assert same_origin(one, other) is same
    assert same_origin(parse_uri(other), one) is same


def test_what_is_no_uri_has_no_origin() -> None:
    with pytest.raises(InvalidDocument):
        same_origin("https://village.example/", "https://village.example\\@evil.example/")


def test_a_host_is_named_without_its_port() -> None:
    assert host_of("https://VILLAGE.example:8443/x") == "village.example"
    assert host_of("https://[2001:db8::1]:8443/x") == "2001:db8::1"


@pytest.mark.parametrize(
    ("text", "host"), [("Village.Example", "village.example"), ("a.example:443", "a.example")]
)
def test_a_host_alone_has_one_spelling_too(text: str, host: str) -> None:
    assert parse_host(text) == host


@pytest.mark.parametrize("text", ["", "a/b", "a?b", "a#b", "a@b", "a.example:", "a.example.", "a b"])
def test_more_than_a_host_is_no_host(text: str) -> None:
    with pytest.raises(InvalidDocument):
        parse_host(text)


@given(st.text(alphabet="htps:/\\@.#?%[]0123aAeé\u2044\uff0f\t\n xn-", max_size=40))
def test_whatever_is_read_is_read_again_as_the_same(text: str) -> None:
    try:
        uri = parse_uri(text.replace("h", "https://h.example", 1))
    except InvalidDocument:
        return
    assert parse_uri(str(uri)) == uri
    assert str(uri).isascii()
    assert str(uri).isprintable()


@pytest.mark.parametrize(
    ("host", "names"),
    [
        ("a.b.example", ("a.b.example", "b.example", "example")),
        ("localhost", ("localhost",)),
        ("127.0.0.5", ("127.0.0.5",)),
        ("2001:db8::1", ("2001:db8::1",)),
    ],
)
def test_fed_01_a_host_is_below_all_these(host: str, names: tuple[str, ...]) -> None:
    assert host_and_parents(host) == names
