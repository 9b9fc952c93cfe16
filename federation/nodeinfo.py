"""What a server says of itself to machines: NodeInfo 2.1, and host-meta for those who still look there."""

from dataclasses import dataclass, field
from xml.sax.saxutils import quoteattr

from federation.vocabulary import ACTIVITY_STREAMS, Json

SCHEMA = "http://nodeinfo.diaspora.software/ns/schema/2.1"
# FEP-2677: the server actor, found without knowing a name.
APPLICATION = f"{ACTIVITY_STREAMS}#Application"


@dataclass(frozen=True)
class Usage:
    """Members who were here in the last 30 and 180 days; posts and comments written here."""

    members: int
    active_month: int
    active_half_year: int
    posts: int
    comments: int = 0


@dataclass(frozen=True)
class Software:
    """`name` in lower-case letters, digits and hyphens."""

    name: str
    version: str
    repository: str
    homepage: str


@dataclass(frozen=True)
class Presence:
    """`name` and `description` of the village, as text."""

    software: Software
    usage: Usage
    open_registrations: bool
    name: str
    description: str = ""
    languages: tuple[str, ...] = field(default=("fr",))


def well_known(document_url: str, *, server_actor: str) -> Json:
    """Of /.well-known/nodeinfo."""
    return {
        "links": [
            {"rel": SCHEMA, "href": document_url},
            {"rel": APPLICATION, "href": server_actor},
        ]
    }


def nodeinfo(presence: Presence) -> Json:
    software, usage = presence.software, presence.usage
    return {
        "version": "2.1",
        "software": {
            "name": software.name,
            "version": software.version,
            "repository": software.repository,
            "homepage": software.homepage,
        },
        "protocols": ["activitypub"],
        "services": {"inbound": [], "outbound": []},
        "openRegistrations": presence.open_registrations,
        "usage": {
            "users": {
                "total": usage.members,
                "activeMonth": usage.active_month,
                "activeHalfyear": usage.active_half_year,
            },
            "localPosts": usage.posts,
            "localComments": usage.comments,
        },
        "metadata": {
            "nodeName": presence.name,
            "nodeDescription": presence.description,
            "langs": list(presence.languages),
        },
    }


def host_meta(origin: str) -> str:
    """XRD that leads to WebFinger; `origin` without a slash at its end."""
    template = quoteattr(f"{origin}/.well-known/webfinger?resource={{uri}}")
    return (
        '<?xml version="1.0" encoding="UTF-8"?>\n'
        '<XRD xmlns="http://docs.oasis-open.org/ns/xri/xrd-1.0">\n'
        f'  <Link rel="lrdd" type="application/jrd+json" template={template}/>\n'
        "</XRD>\n"
    )
