"""Rows DOS-02, DOS-03, DOS-05: JSON that two programs could read differently, or that breaks one."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from federation.errors import InvalidDocument
from federation.limits import JSON_DEPTH, JSON_INTEGER
from federation.strict_json import parse_json


def nested(levels: int, *, inner: str = '"x"') -> bytes:
    """An object whose deepest array or object is on this level."""
    return ('{"a":' + "[" * (levels - 1) + inner + "]" * (levels - 1) + "}").encode()


def test_a_document_is_read() -> None:
    body = '{"type": "Note", "content": "Épicerie \\ud83c\\udf3b", "to": [], "n": -1.5e3, "x": null}'.encode()
    assert parse_json(body) == {"type": "Note", "content": "Épicerie 🌻", "to": [], "n": -1500.0, "x": None}


@pytest.mark.parametrize("inner", ['"x"', "", "{}"])
def test_nesting_is_read_up_to_its_limit(inner: str) -> None:
    deepest = JSON_DEPTH - (inner == "{}")
    assert parse_json(nested(deepest, inner=inner))
    with pytest.raises(InvalidDocument, match="deeply"):
        parse_json(nested(deepest + 1, inner=inner))


@pytest.mark.parametrize("opening", ["[", '{"a":'])
def test_a_hundred_thousand_brackets_are_refused(opening: str) -> None:
    with pytest.raises(InvalidDocument):
        parse_json(b'{"a":' + opening.encode() * 100_000)
    with pytest.raises(InvalidDocument):
        parse_json(b'{"a":' + b"[" * 100_000 + b"]" * 100_000 + b"}")


def test_integers_are_read_up_to_what_every_program_holds() -> None:
    assert parse_json(f'{{"n": {JSON_INTEGER}}}'.encode()) == {"n": JSON_INTEGER}
    assert parse_json(f'{{"n": {-JSON_INTEGER}}}'.encode()) == {"n": -JSON_INTEGER}


@pytest.mark.parametrize(
    "number",
    [
        str(JSON_INTEGER + 1),
        str(-JSON_INTEGER - 1),
        "1" * 100_000,
        "0." + "1" * 100_000,
        "1e999",
        "-1e999",
        "NaN",
        "Infinity",
        "-Infinity",
        "0x10",
        "01",
        "1_000",
    ],
)
def test_numbers_that_no_two_programs_agree_on_are_refused(number: str) -> None:
    with pytest.raises(InvalidDocument):
        parse_json(f'{{"n": {number}}}'.encode())


@pytest.mark.parametrize(
    "body",
    [
        b'{"actor": "https://a.example/", "actor": "https://b.example/"}',
        b'{"object": {"id": 1, "id": 2}}',
        b'{"actor": 1, "\\u0061ctor": 2}',
    ],
)
def test_a_key_that_comes_twice_is_refused(body: bytes) -> None:
    with pytest.raises(InvalidDocument):
        parse_json(body)


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"null",
        b"[]",
        b'"text"',
        b"5",
        b"{",
        b"{} {}",
        b"{'a': 1}",
        b'{"a": 1,}',
        b'{"a": "\n"}',
        b'{"a": "\xff"}',
        b'\xef\xbb\xbf{"a": 1}',
        '{"a": 1}'.encode("utf-16"),
        b'{"a": "\\u0000"}',
        b'{"\\u0000": 1}',
        b'{"a": ["\\ud800"]}',
        b'{"a": {"\\udfff": 1}}',
    ],
)
def test_anything_but_a_plain_object_is_refused(body: bytes) -> None:
    with pytest.raises(InvalidDocument):
        parse_json(body)


@given(
    st.binary(max_size=60)
    | st.text(alphabet='{}[]",:0123456789eE.-\\u\0dnulltrueNaN ', max_size=60).map(str.encode)
)
def test_any_bytes_are_an_object_or_refused(body: bytes) -> None:
    try:
        document = parse_json(body)
    except InvalidDocument:
        return
    assert json.loads(body) == document


_values: st.SearchStrategy[Any] = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-JSON_INTEGER, JSON_INTEGER)
    | st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"])),
    lambda inner: (
        st.lists(inner)
        | st.dictionaries(st.text(st.characters(codec="ascii", exclude_characters="\0")), inner)
    ),
    max_leaves=10,
)


@pytest.mark.slow
@given(st.dictionaries(st.text(st.characters(codec="ascii", exclude_characters="\0")), _values))
def test_what_a_decent_program_writes_is_read(document: dict[str, Any]) -> None:
    assert parse_json(json.dumps(document).encode()) == document
