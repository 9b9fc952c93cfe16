"""Projects of other servers, in the dialects in which they write them."""

from federation.documents import Document


def recognises(document: Document) -> bool:
    """Whether it is one."""
    return False
