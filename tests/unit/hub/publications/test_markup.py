"""What somebody typed, as HTML that every reader may be given."""

import pytest

from hub.publications.markup import hashtags_of, html_of


@pytest.mark.parametrize(
    ("typed", "html"),
    [
        ("One\ntwo", "<p>One<br>\ntwo</p>"),
        ("**Bold** and *soft*", "<p><strong>Bold</strong> and <em>soft</em></p>"),
        ("# Big", "<h2>Big</h2>"),
        ("- one\n- two", "<ul>\n<li>one</li>\n<li>two</li>\n</ul>"),
        ("<b onclick=x>", "<p>&lt;b onclick=x&gt;</p>"),
        ("![alt](https://a.example/x.png)", None),
        ("[x](javascript:alert(1))", "<p>[x](javascript:alert(1))</p>"),
    ],
)
def test_markdown_becomes_plain_html(typed, html):
    made = html_of(typed)
    assert "<img" not in made
    assert html is None or made == html


@pytest.mark.parametrize(
    ("typed", "address", "after"),
    [
        ("See https://a.example/x_y_z.", "https://a.example/x_y_z", ".</p>"),
        ("(https://a.example/?a=1&b=2)", "https://a.example/?a=1&amp;b=2", ")</p>"),
        ("« https://a.example »", "https://a.example", " »</p>"),
    ],
)
def test_an_address_becomes_a_link_without_the_marks_around_it(typed, address, after):
    link = f'<a href="{address}" rel="noopener noreferrer">{address}</a>{after}'
    assert html_of(typed).endswith(link)


def test_a_link_is_not_linked_twice():
    made = html_of("[https://a.example](https://a.example) <https://b.example>")
    assert made.count("<a ") == 2


def test_hashtags_are_words_each_once_and_no_numbers():
    found = hashtags_of("#Fête at #3 o'clock, #fête, a#b https://a.example/#no &#39; #été_2026")
    assert [tag.name for tag in found] == ["Fête", "été_2026"]
    assert found[0].url == "http://localhost:8000/news?tag=F%C3%AAte"


def test_a_last_line_of_hashtags_is_shown_apart():
    assert html_of("Come!\n\n#feast #music") == "<p>Come!</p>"
    assert html_of("#alone") == "<p>#alone</p>"
    assert html_of("Come to the #feast") == "<p>Come to the #feast</p>"
