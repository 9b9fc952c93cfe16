"""Who may open a page: the whole of it in one table."""

import pytest

from hub.errors import HubError, NotFound, SignInRequired
from hub.web.viewer import Access, Site, Viewer, check_access

PUBLIC, CLOSED = Site(set_up=True), Site(set_up=True, open_to_visitors=False)
NEWCOMER = Viewer(member_id=1, session_id=1, name="Newcomer")
TRUSTED = Viewer(member_id=2, session_id=2, name="Member", trusted=True)
AGENT = Viewer(member_id=3, session_id=3, name="Agent", trusted=True, is_agent=True)
ADMINISTRATOR = Viewer(
    member_id=4, session_id=4, name="Rosa", trusted=True, is_agent=True, is_administrator=True
)


def refusal(
    viewer: Viewer | None, site: Site, access: Access, *, is_guest: bool = False
) -> type[HubError] | None:
    try:
        check_access(viewer, site, access, is_guest=is_guest)
    except HubError as error:
        return type(error)
    return None


@pytest.mark.parametrize("site", [PUBLIC, CLOSED], ids=["public", "closed"])
@pytest.mark.parametrize(
    ("viewer", "reaches"),
    [
        (NEWCOMER, {Access.ALWAYS, Access.VISITOR, Access.GUEST, Access.MEMBER}),
        (TRUSTED, {Access.ALWAYS, Access.VISITOR, Access.GUEST, Access.MEMBER, Access.TRUSTED}),
        (AGENT, set(Access) - {Access.ADMINISTRATOR}),
        (ADMINISTRATOR, set(Access)),
    ],
    ids=["newcomer", "trusted", "agent", "administrator"],
)
def test_a_member_reaches_what_the_role_allows_and_the_rest_does_not_exist(
    viewer: Viewer, reaches: set[Access], site: Site
) -> None:
    for access in Access:
        assert refusal(viewer, site, access) is (None if access in reaches else NotFound), access


def test_a_visitor_is_asked_to_sign_in_where_that_could_help() -> None:
    for site, reaches in ((PUBLIC, {Access.ALWAYS, Access.VISITOR}), (CLOSED, {Access.ALWAYS})):
        for access in Access:
            assert refusal(None, site, access) is (None if access in reaches else SignInRequired), access


def test_a_guest_is_a_visitor_with_a_page_of_their_own_where_visitors_are_let_in() -> None:
    open_pages = {Access.ALWAYS, Access.VISITOR, Access.GUEST}
    for site, reaches in ((PUBLIC, open_pages), (CLOSED, {Access.ALWAYS})):
        for access in Access:
            refused = None if access in reaches else SignInRequired
            assert refusal(None, site, access, is_guest=True) is refused, access
