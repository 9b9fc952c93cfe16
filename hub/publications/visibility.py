"""Who may see what: the one place that says it, for pages, documents, feeds, mails and searches.

What somebody may not see does not exist for them: same status, same body, same headers (PRV-02).
"""

from dataclasses import dataclass

from tortoise.expressions import Q

from hub.actors.models import Actor
from hub.publications.models import Publication, Scope


@dataclass(frozen=True, kw_only=True)
class Reader:
    """Who asks: a visitor of the pages, or the actor who signed a request for a document.

    `neighbour`: its server is one that we follow and that follows us.
    """

    member: bool = False
    agent: bool = False
    actor: Actor | None = None
    neighbour: bool = False


ANYBODY = Reader()

# Here "village" means: the people who signed in. What was sent to us alone is for agents.
_OF_MEMBERS = frozenset({Scope.PUBLIC, Scope.NEIGHBOURS, Scope.VILLAGE})
_OF_NEIGHBOURS = frozenset({Scope.PUBLIC, Scope.NEIGHBOURS})
_OF_ANYBODY = frozenset({Scope.PUBLIC})


def scopes(reader: Reader) -> frozenset[Scope]:
    """Of what this reader may see at all."""
    if reader.agent:
        return frozenset(Scope)
    if reader.member:
        return _OF_MEMBERS
    return _OF_NEIGHBOURS if reader.neighbour else _OF_ANYBODY


def may_see(publication: Publication, reader: Reader) -> bool:
    """Its text; of what is deleted nobody sees more than that it is gone."""
    if publication.deleted_at is not None:
        return False
    if publication.hidden_at is not None and not reader.agent:
        return False
    return publication.scope in scopes(reader)


def may_have(publication: Publication, reader: Reader) -> bool:
    """Its document, as it is served: of what asks around, more people than see its page."""
    if may_see(publication, reader):
        return True
    is_shown = publication.deleted_at is None and publication.hidden_at is None
    return is_shown and publication.reach in scopes(reader)


def may_know_gone(publication: Publication, reader: Reader) -> bool:
    """Whether it may be said that this was here once: only where it could be seen, or had."""
    return publication.deleted_at is not None and publication.reach in scopes(reader)


def visible_to(reader: Reader) -> Q:
    """may_see() as a condition of a query on publications."""
    seen = Q(deleted_at=None, scope__in=[scope.value for scope in scopes(reader)])
    return seen if reader.agent else seen & Q(hidden_at=None)


def visible_sql(reader: Reader) -> str:
    """The same as a condition in SQL on the table `publication`, where a query is written by hand."""
    seen = ", ".join(f"'{scope.value}'" for scope in sorted(scopes(reader)))
    shown = "" if reader.agent else " AND publication.hidden_at IS NULL"
    return f"publication.deleted_at IS NULL AND publication.scope IN ({seen}){shown}"


def told_sql(reader: Reader) -> str:
    """Whose documents this reader may have: where they are brief these are more than may see the page."""
    told = ", ".join(f"'{scope.value}'" for scope in sorted(scopes(reader)))
    shown = "publication.deleted_at IS NULL AND publication.hidden_at IS NULL"
    return f"{shown} AND COALESCE(publication.told_to, publication.scope) IN ({told})"
