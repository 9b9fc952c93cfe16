"""The HTML of others, as it stands on our pages: HTM-02, -06, -07, ORG-20, ORG-23, DOS-21, DOS-22."""

import re

import pytest
from bs4 import BeautifulSoup
from hypothesis import given
from hypothesis import strategies as st

from hub.cleaning import MARKUP_CHARS, TAGS, clean_html, plain_text


@pytest.mark.parametrize(
    ("html", "cleaned"),
    [
        ("<p>Bonjour<br>à tous</p>", "<p>Bonjour<br>à tous</p>"),
        ("<p class=modal id=x style=position:fixed lang=fr>a</p>", '<p lang="fr">a</p>'),
        ("<script>a</script><style>b</style>c<img src=x onerror=a>", "c"),
        ("<svg><style><img src=x onerror=alert(1)></style></svg>", ""),
        ("<h2>Titre</h2>suite", "<p><strong>Titre</strong></p>suite"),
        ("5 < 6 & 7", "5 &lt; 6 &amp; 7"),
        ("<a href='javascript:alert(1)'>ici</a>", "ici"),
        ("<a href='data:text/html,x'>ici</a>", "ici"),
        ("<a href='/sign-in'>ici</a>", "ici"),
        ("<a href='https://ami@evil.example/'>ici</a>", "ici"),
        ("<a href='https://social.example/tags/fete'>#<span>fete</span></a>", "#<span>fete</span>"),
        ("a\x00b\u202ec", "abc"),
    ],
)
def test_only_plain_markup_is_left(html, cleaned):
    assert clean_html(html) == cleaned


@pytest.mark.parametrize(
    ("html", "shown"),
    [
        ("<a href='https://evil.example'>https://bank.example</a>", "https://bank.example (evil.example)"),
        ("<a href='https://evil.example/bank.example'>bank.example</a>", "bank.example (evil.example)"),
        (
            "<a href='https://bank.example.evil.example'>bank.example</a>",
            "bank.example (bank.example.evil.example)",
        ),
        ("<a href='https://evil.example'>\u202eelpmaxe.knab</a>", "elpmaxe.knab (evil.example)"),
        ("<a href='https://evil.example'>bank.example (bank.example)</a>", None),
        ("<a href='https://social.example/@ana'>@<span>ana</span></a>", "@ana (social.example)"),
        (
            "<a href='https://a.example/b'><span class=invisible>https://</span>a.example/b</a>",
            "https://a.example/b",
        ),
    ],
)
def test_a_link_shows_the_host_that_it_leads_to(html, shown):
    link = BeautifulSoup(clean_html(html), "html.parser").a
    assert link is not None
    assert link.get_text() == (shown or "bank.example (bank.example) (evil.example)")
    assert link["rel"] == ["nofollow", "noopener", "noreferrer", "ugc"]


def test_an_address_with_letters_of_french_still_leads_there():
    cleaned = clean_html("<a href='https://fr.wikipedia.org/wiki/Évian'>Évian</a>")
    assert 'href="https://fr.wikipedia.org/wiki/%C3%89vian"' in cleaned


TRICKS = [
    *("<p>", "</p>", "<b>", "</b>", "<a href='https://x.example'>", "</a>", '<a href="javascript:a">'),
    *("<svg>", "<math>", "<mtext>", "<style>", "</style>", "<noscript>", "</noscript>", "<title>"),
    *("<textarea>", "<table>", "<tr>", "<td>", "<template>", "<object>", "<select>", "<option>", "<h1>"),
    *("</h1>", "<!--", "-->", "<![CDATA[", "&lt;", "&#0;", "&amp", '"', "'", "<ul>", "<li>", "<form>", "x"),
    *(" ", "\n", "<img src=x onerror=alert(1)>", "<iframe srcdoc='<script>'>", "<xmp>", "\u00a0"),
    '<p title="</noscript><img src=x onerror=alert(1)>">',
]


@pytest.mark.filterwarnings("ignore::bs4.MarkupResemblesLocatorWarning")  # of words such as "x.txt"
@given(st.lists(st.sampled_from(TRICKS), max_size=30).map("".join) | st.text(max_size=200))
def test_cleaning_again_changes_nothing_and_nothing_active_is_left(html):
    cleaned = clean_html(html)
    assert clean_html(cleaned) == cleaned
    tags = {tag.name: tag.attrs for tag in BeautifulSoup(cleaned, "html.parser").find_all()}
    assert tags.keys() <= set(
        "p br span a del s pre blockquote code b strong u i em ul ol li ruby rt rp".split()
    )
    assert all(set(attributes) <= {"href", "rel", "lang", "start", "value"} for attributes in tags.values())
    assert all(attributes.get("href", "https://").startswith("http") for attributes in tags.values())


@pytest.mark.parametrize(
    "piece", ["<b>", "<div>", "<ul><li>", "<a href=https://x.example>", "((((", "&amp", "<h1>"]
)
def test_what_is_nested_without_end_ends_as_words(piece):
    cleaned = clean_html(piece * 60_000)
    assert cleaned.count("<") <= TAGS
    assert len(cleaned) > MARKUP_CHARS or clean_html(cleaned) == cleaned


@pytest.mark.parametrize(
    ("name", "shown"),
    [
        ("Tom & Jerry <3", "Tom & Jerry <3"),
        ("<b>Ana</b><script>x</script>", "Ana"),
        ("A\u202eB\x07\nC", "AB C"),
        ("&lt;script&gt;", "<script>"),
    ],
)
def test_a_name_is_one_line_of_text(name, shown):
    assert plain_text(name) == shown


@given(st.text(max_size=100))
def test_a_name_never_holds_what_turns_it_around(name):
    assert re.search("[\x00-\x08\u202a-\u202e\u2066-\u2069]", plain_text(name)) is None
