"""Reading forms: what people type becomes what is meant, or a message at its field."""

from collections.abc import Callable, Mapping

import pytest
from hypothesis import given
from hypothesis import strategies as st
from starlette.datastructures import FormData

from hub.errors import InvalidInput
from hub.web.fields import (
    MISSING,
    NOT_A_CHOICE,
    NOT_A_CONTACT,
    NOT_A_MAIL,
    NOT_A_PAGE,
    NOT_A_PHONE,
    TOO_LONG,
    Form,
    local_path,
    mail_address,
    page_address,
    page_number,
    phone_number,
    plain_text,
)


def problems(data: Mapping[str, object], read: Callable[[Form], object]) -> dict[str, str]:
    form = Form(data)
    read(form)
    return form.problems


def test_every_problem_is_told_at_once() -> None:
    form = Form({"name": " ", "contact": "nobody", "kind": "x"})
    form.text("name")
    form.mail("contact")
    form.choice("kind", ("a", "b"))
    with pytest.raises(InvalidInput) as raised:
        form.check()
    assert raised.value.by_field == {"name": MISSING, "contact": NOT_A_MAIL, "kind": NOT_A_CHOICE}


def test_the_first_problem_of_a_field_is_the_one_that_is_shown() -> None:
    assert problems({}, lambda form: (form.mail("contact"), form.wrong("contact", "later"))) == {
        "contact": MISSING
    }


def test_a_form_without_a_problem_raises_nothing() -> None:
    form = Form(FormData([("name", " Rosa  ")]))
    assert form.text("name") == "Rosa"
    form.check()


@pytest.mark.parametrize(("length", "found"), [(80, {}), (81, {"name": TOO_LONG})])
def test_a_text_is_as_long_as_it_may_be(length: int, found: dict[str, str]) -> None:
    assert problems({"name": "x" * length}, lambda form: form.text("name", max_length=80)) == found


def test_what_may_be_absent_is_empty() -> None:
    form = Form({})
    assert form.text("text", required=False) == ""
    assert form.mail("mail", required=False) is None
    assert form.phone("phone", required=False) is None
    assert form.page("page", required=False) is None
    assert not form.ticked("box")
    assert form.problems == {}


def test_a_file_where_a_text_should_be_is_nothing() -> None:
    assert problems({"name": object()}, lambda form: form.text("name")) == {"name": MISSING}


def test_a_choice_is_one_of_those_that_were_offered() -> None:
    form = Form({"kind": "b"})
    assert form.choice("kind", ("a", "b")) == "b"
    assert form.choice("other", ("a", "b"), default="a") == "a"
    assert form.problems == {}
    assert problems({}, lambda form: form.choice("kind", ("a",))) == {"kind": NOT_A_CHOICE}
    assert problems({"kind": "c"}, lambda form: form.choice("kind", ("a",), default="a")) == {
        "kind": NOT_A_CHOICE
    }


@pytest.mark.parametrize(
    ("typed", "contact"),
    [
        ("rosa@example.fr", ("rosa@example.fr", None)),
        (" 0465712014 ", (None, "04 65 71 20 14")),
    ],
)
def test_a_contact_is_a_mail_address_or_a_phone_number(
    typed: str, contact: tuple[str | None, str | None]
) -> None:
    assert Form({"contact": typed}).contact("contact") == contact


def test_a_contact_that_is_neither_says_what_it_could_be() -> None:
    assert problems({"contact": "Rosa"}, lambda form: form.contact("contact")) == {"contact": NOT_A_CONTACT}
    assert problems({"contact": "rosa@"}, lambda form: form.contact("contact")) == {"contact": NOT_A_MAIL}
    assert problems({}, lambda form: form.contact("contact")) == {"contact": MISSING}


def test_a_parser_may_say_itself_what_is_wrong() -> None:
    def parse(text: str) -> int:
        raise ValueError("Not today.")

    assert problems({"day": "x"}, lambda form: form.parsed("day", parse)) == {"day": "Not today."}


@pytest.mark.parametrize(
    ("typed", "kept"),
    [
        ("  Rosa \t", "Rosa"),
        ("a\x00b\x1bc\x7f", "abc"),
        ("a\u202eb\u200bc\ufeffd", "abcd"),
        ("e\u0301", "é"),
        ("one\r\ntwo\rthree", "onetwothree"),
        ("\ue000\ud7ff", ""),
    ],
)
def test_what_nobody_sees_is_left_out(typed: str, kept: str) -> None:
    assert plain_text(typed) == kept


def test_a_text_of_several_lines_keeps_them() -> None:
    assert plain_text(" one\r\ntwo\r\n\rthree\x00 ", lines=True) == "one\ntwo\n\nthree"


@given(st.text())
def test_a_plain_text_is_plain_already(typed: str) -> None:
    once = plain_text(typed)
    assert plain_text(once) == once
    assert "\0" not in once
    assert "\n" not in once


@pytest.mark.parametrize(
    "typed",
    ["rosa", "rosa@", "@example.fr", "a b@example.fr", "rosa@exa mple.fr", "rosa@localhost", "a@b@c.fr"],
)
def test_what_is_no_mail_address_is_refused(typed: str) -> None:
    assert problems({"mail": typed}, lambda form: form.mail("mail")) == {"mail": NOT_A_MAIL}


def test_a_mail_address_is_kept_as_it_is_written_to() -> None:
    assert mail_address("Rosa.T@Example.FR") == "Rosa.T@example.fr"


@pytest.mark.parametrize(
    ("typed", "number"),
    [
        ("0465712014", "04 65 71 20 14"),
        ("04.65.71.20.14", "04 65 71 20 14"),
        ("04-65-71-20-14", "04 65 71 20 14"),
        ("04\u202f65\u00a071 20 14", "04 65 71 20 14"),
        ("+33 4 65 71 20 14", "+33 4 65 71 20 14"),
        ("+33 (0)4 65 71 20 14", "+33 0 4 65 71 20 14"),
        ("0033 4 65 71 20 14", "0033 4 65 71 20 14"),
        ("01632 960105", "01632 960105"),
        ("112", "112"),
        ("3639", "3639"),
    ],
)
def test_a_phone_number_is_written_as_people_read_it(typed: str, number: str) -> None:
    assert phone_number(typed) == number


@pytest.mark.parametrize(
    "typed",
    [
        "12",
        "Rosa",
        "04 65 71 20 14 x",
        "06 12 34",
        "04 65 71 20 1",
        "04 65 71 20 1400",
        "+",
        "1" * 16,
        "04+65",
    ],
)
def test_what_is_no_phone_number_is_refused(typed: str) -> None:
    form = Form({"phone": typed})
    form.phone("phone")
    assert form.problems == {"phone": NOT_A_PHONE}


@pytest.mark.parametrize(
    ("typed", "address"),
    [
        ("example.fr", "https://example.fr"),
        ("http://example.fr/a?b=c", "http://example.fr/a?b=c"),
        ("https://example.fr", "https://example.fr"),
    ],
)
def test_the_address_of_a_page_may_come_without_its_scheme(typed: str, address: str) -> None:
    assert page_address(typed) == address


@pytest.mark.parametrize(
    "typed",
    [
        "javascript:alert(1)",
        "javascript://example.fr/%0aalert(1)",
        "data:text/html,x",
        "ftp://example.fr",
        "https://",
        "https://localhost",
        "https://me:secret@example.fr",
        "https://[::1",
    ],
)
def test_what_is_no_page_is_refused(typed: str) -> None:
    assert problems({"page": typed}, lambda form: form.page("page")) == {"page": NOT_A_PAGE}


@pytest.mark.parametrize("path", ["/", "/me", "/@club/edit?said=x&b=1", "/a//b", "/caf%C3%A9"])
def test_a_path_of_this_site_is_followed(path: str) -> None:
    assert local_path(path) == path


@pytest.mark.parametrize(
    "path",
    [
        None,
        "",
        "me",
        "//evil.example",
        "/\\evil.example",
        "\\\\evil.example",
        "https://evil.example",
        "javascript:alert(1)",
        "/\tevil",
        "/me\r\nset-cookie: x",
        "/é",
        " /me",
    ],
)
def test_what_leads_anywhere_else_leads_home(path: str | None) -> None:
    assert local_path(path) == "/"


@given(st.text())
def test_no_path_ever_leaves_this_site(text: str) -> None:
    path = local_path(text)
    assert path.startswith("/")
    assert not path.startswith(("//", "/\\"))
    assert path.isprintable()


@pytest.mark.parametrize(
    ("typed", "number"),
    [("1", 1), ("12", 12), ("0", 1), ("-1", 1), ("x", 1), ("", 1), ("²", 1), ("٣", 1), ("9" * 5000, 1)],
)
def test_an_odd_page_number_is_the_first_page(typed: str, number: int) -> None:
    assert page_number({"page": typed}) == number
    assert page_number({}) == 1
