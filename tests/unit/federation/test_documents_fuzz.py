"""Anything at all is read, or refused as InvalidDocument; nothing else ever comes out."""

from copy import deepcopy

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from federation.documents import (
    Activity,
    Actor,
    Collection,
    Document,
    Tombstone,
    parse,
    parse_activity,
    parse_actor,
    parse_collection,
    parse_document,
)
from federation.errors import InvalidDocument
from tests.unit.federation.recorded import NOW, all_recorded, recorded

pytestmark = pytest.mark.slow

SOFTWARE = (
    "akkoma bonfire bridgy flohmarkt friendica gancio gotosocial lavoir lemmy mastodon mbin misskey mitra "
    "mobilizon peertube piefed pixelfed pleroma snac streams wordpress"
).split()


URIS = st.sampled_from(
    [
        "https://bourg.example/a/lea",
        "https://bourg.example/o/1",
        "https://evil.example/x",
        "as:Public",
        "http://[",
        "https://",
    ]
)
WORDS = st.sampled_from(
    "Note Person Group Create Undo Collection OrderedCollectionPage Tombstone Mention Image Link".split()
)
KEYS = st.sampled_from(
    "id type actor object attributedTo to cc url href name content contentMap summary tag attachment icon "
    "image inbox endpoints sharedInbox publicKey owner publicKeyPem assertionMethod preferredUsername "
    "webfinger published updated replies likes totalItems first items orderedItems inReplyTo target result "
    "instrument generator implements alsoKnownAs formerType deleted mediaType rel".split()
)
LEAVES = (
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False)
    | st.text(max_size=20)
    | URIS
    | WORDS
)
ANYTHING = st.recursive(
    LEAVES,
    lambda inner: (
        st.lists(inner, max_size=4) | st.dictionaries(KEYS | st.text(max_size=5), inner, max_size=8)
    ),
    max_leaves=30,
)
MUCH = settings(max_examples=300, deadline=None, suppress_health_check=[HealthCheck.too_slow])


@MUCH
@given(raw=ANYTHING)
def test_anything_is_read_or_refused(raw: object) -> None:
    for read in (parse, parse_activity, parse_actor, parse_document, parse_collection):
        try:
            read(raw, now=NOW)
        except InvalidDocument:
            continue


@MUCH
@given(name=st.sampled_from(all_recorded()), data=st.data())
def test_a_real_document_with_anything_in_one_place_is_read_or_refused(
    name: str, data: st.DataObject
) -> None:
    raw = deepcopy(recorded(name))
    holder = raw
    while True:
        key = data.draw(st.sampled_from(sorted(holder)))
        inner = holder[key]
        if isinstance(inner, dict) and inner and data.draw(st.booleans()):
            holder = inner
            continue
        holder[key] = data.draw(ANYTHING)
        break
    try:
        found = parse(raw, now=NOW)
    except InvalidDocument:
        return
    assert isinstance(found, Activity | Actor | Collection | Document | Tombstone)
