"""Forms of guests: what was sent -> checked values, or messages by field."""

import re
from collections.abc import Mapping
from typing import Any

from federation.errors import InvalidDocument
from federation.handles import Handle, parse_handle
from federation.origin import parse_uri
from hub.actors.minting import origin
from hub.text import N_
from hub.web.fields import Form

NOT_AN_ADDRESS = N_("Write your whole address, like @rosa@mastodon.example.")
OF_THIS_SITE = N_("This is an address of this very site. Sign in with your mail address instead.")
NOT_A_NUMBER = N_("The number has six digits.")


def parse_address(data: Mapping[str, Any]) -> Handle:
    """Who somebody says that they are, elsewhere."""
    form = Form(data)
    handle = form.parsed("address", _read)
    form.check()
    assert handle is not None
    return handle


def _read(text: str) -> Handle:
    """Raises ValueError with a sentence for people."""
    try:
        handle = parse_handle(text)
    except InvalidDocument:
        raise ValueError(NOT_AN_ADDRESS) from None
    if handle.host == parse_uri(origin(), plain=True).netloc:
        raise ValueError(OF_THIS_SITE)
    return handle


def parse_number(data: Mapping[str, Any]) -> str:
    """Six digits, however they were spaced."""
    form = Form(data)
    number = re.sub(r"[\s.-]", "", form.text("number", max_length=40))
    if number and not re.fullmatch("[0-9]{6}", number):
        form.wrong("number", NOT_A_NUMBER)
    form.check()
    return number
