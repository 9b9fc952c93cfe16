"""Errors travel into logs and memory: they must be harmless there."""

import gc
import logging
import weakref

import pytest

from federation.errors import FederationError, NotAuthentic, Unreachable
from federation.origin import parse_uri
from federation.resolver import FailedFetches


def test_words_of_others_stay_on_one_short_line() -> None:
    error = NotAuthentic("key does not fit", key="https://a.example/\n2026 ERROR fake\x1b[31m" + "x" * 9_000)
    assert "\n" not in str(error)
    assert "\x1b" not in str(error)
    assert len(str(error)) < 300


def test_facts_fit_into_a_log_line() -> None:
    logging.getLogger("test").warning("refused", extra=FederationError("no", actor="https://a.example").facts)
    with pytest.raises(ValueError, match="created"):
        FederationError("no", created="now")


def test_a_remembered_failure_holds_no_document() -> None:
    class Document(dict[str, str]):
        pass

    failures, document = FailedFetches(lambda: 0.0), Document(content="x" * 1000)
    uri = parse_uri("https://a.example/key")

    def fetch(document: Document) -> None:
        raise Unreachable("not now", str(uri), remote_status=503)

    try:
        fetch(document)
    except Unreachable as failure:
        failures.remember(uri, failure)
    held = weakref.ref(document)
    del document
    gc.collect()
    assert held() is None
    with pytest.raises(Unreachable) as again:
        failures.check(uri)
    assert (again.value.uri, again.value.remote_status) == (str(uri), 503)


def test_failures_of_the_past_are_forgotten_without_being_asked_for() -> None:
    now = 0.0
    failures = FailedFetches(lambda: now)
    for number in range(3):
        failures.remember(parse_uri(f"https://a.example/{number}"), NotAuthentic("no"))
    now = 10_000.0
    failures.remember(parse_uri("https://a.example/new"), NotAuthentic("no"))
    assert len(failures._failures) == 1
