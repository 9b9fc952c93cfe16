"""JSON of another server, read so that no two programs can read it differently.

Refused are: what is not UTF-8, a key that comes twice in one object (DOS-05), nesting beyond JSON_DEPTH
(DOS-02), NaN, infinities and integers beyond 2^53 (DOS-03; RFC 7493), half surrogates and the character
U+0000, which no database stores.
"""

import json
import math
import re
from collections.abc import Iterator
from typing import Any, NoReturn

from federation.errors import InvalidDocument
from federation.limits import JSON_DEPTH, JSON_INTEGER, JSON_NUMBER_CHARS
from federation.vocabulary import Json

# The only ways to write U+0000 and half surrogates in valid UTF-8: as raw bytes both are refused before.
_SUSPECT = re.compile(rb"\\u(?:0000|d[89a-f])", re.IGNORECASE)


def parse_json(body: bytes) -> Json:
    """The object that `body` is; raise InvalidDocument for anything else. The caller bounds its size."""
    try:
        value = _DECODER.decode(body.decode())
    except (ValueError, RecursionError):  # RecursionError: some thousand brackets
        raise InvalidDocument("not strict JSON") from None
    if not isinstance(value, dict):
        raise InvalidDocument("not a JSON object")
    # What cannot be in these bytes need not be looked for in the value, which takes ten times as long.
    if body.count(b"{") + body.count(b"[") > JSON_DEPTH or _SUSPECT.search(body):
        _check(value)
    return value


def _check(document: Json) -> None:
    """Depth and characters, level by level: no recursion, so nesting cannot exhaust it."""
    level: list[Json | list[Any]] = [document]
    for _ in range(JSON_DEPTH):
        level = [inner for container in level for inner in _containers(container)]
        if not level:
            return
    raise InvalidDocument("JSON is nested too deeply")


def _containers(container: Json | list[Any]) -> Iterator[Json | list[Any]]:
    """The objects and arrays directly inside; texts are checked on the way."""
    if isinstance(container, dict):
        for key in container:
            _check_text(key)
        container = list(container.values())
    for value in container:
        if isinstance(value, str):
            _check_text(value)
        elif isinstance(value, dict | list):
            yield value


def _check_text(text: str) -> None:
    if "\0" in text:
        raise InvalidDocument("JSON with the character U+0000")
    try:
        text.encode()
    except UnicodeEncodeError:
        raise InvalidDocument("JSON with half a surrogate") from None


def _integer(text: str) -> int:
    if len(text) > JSON_NUMBER_CHARS or abs(number := int(text)) > JSON_INTEGER:
        raise ValueError("integer out of range")
    return number


def _decimal(text: str) -> float:
    if len(text) > JSON_NUMBER_CHARS or not math.isfinite(number := float(text)):
        raise ValueError("number out of range")
    return number


def _constant(text: str) -> NoReturn:
    raise ValueError(f"{text} is not JSON")


def _object(pairs: list[tuple[str, Any]]) -> Json:
    document = dict(pairs)
    if len(document) != len(pairs):
        raise ValueError("a key comes twice")
    return document


_DECODER = json.JSONDecoder(
    object_pairs_hook=_object, parse_int=_integer, parse_float=_decimal, parse_constant=_constant
)
