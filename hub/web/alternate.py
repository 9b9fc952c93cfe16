"""Pages that are also documents: who asks for which, and where each finds the other."""

from starlette.requests import Request
from starlette.responses import Response

from federation.media_types import Wanted, negotiate
from federation.vocabulary import ACTIVITY_JSON


def asks_for_document(request: Request) -> bool:
    """Whether a server asks, which names a type of documents and likes it better than a page."""
    accept = request.headers.get("accept", "")
    return ("activity+json" in accept or "ld+json" in accept) and negotiate(accept) is not Wanted.PAGE


def point_to_document(response: Response, uri: str) -> Response:
    """Tell where the document of this page is; a page says the same in its head."""
    response.headers["link"] = f'<{uri}>; rel="alternate"; type="{ACTIVITY_JSON}"'
    response.headers["vary"] = "Accept"
    return response
