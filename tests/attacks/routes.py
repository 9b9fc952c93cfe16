"""Who may see and do what: every route of the program, and the least role that it is for.

A new route without a line here fails test_access.py, and so does a line that is not true.
"""

from enum import IntEnum


class Role(IntEnum):
    """Each may do what those before it may."""

    VISITOR = 0
    NEWCOMER = 1  # has an account; nobody vouched for them yet
    MEMBER = 2  # somebody vouched for them
    MANAGER = 3  # looks after the page of the association in question
    AGENT = 4  # of the town hall
    ADMINISTRATOR = 5


CASE_ACTS = ("take", "hide", "show", "decide", "pass-on")
ANYONE = None  # visitors too, and also on a site that only members see
VISITOR, NEWCOMER, MEMBER, MANAGER, AGENT, ADMINISTRATOR = Role

LEAST: dict[str, Role | None] = {
    # the boards
    "GET /": VISITOR,
    "GET /needs": VISITOR,
    "GET /offers": VISITOR,
    "GET /agenda": VISITOR,
    "GET /agenda.ics": VISITOR,
    "GET /{code}.ics": VISITOR,
    "GET /calendar/{token}.ics": ANYONE,
    "GET /calendar/{token}/mine.ics": ANYONE,
    "GET /board": VISITOR,
    # open data, and a part of the board for other sites
    "GET /open-data/": VISITOR,
    "GET /open-data": VISITOR,
    "GET /data": VISITOR,
    "GET /open-data/{file}": VISITOR,
    "GET /embed": VISITOR,
    "GET /search": VISITOR,
    # the network at a glance
    "GET /region": VISITOR,
    "GET /region/silent": VISITOR,
    "GET /region/at-home": VISITOR,
    "GET /region/{host}": VISITOR,
    "GET /map": VISITOR,
    "GET /map.json": VISITOR,
    "GET /map/background.pmtiles": VISITOR,
    "GET /feed.atom": VISITOR,
    "GET /needs.atom": VISITOR,
    "GET /offers.atom": VISITOR,
    "GET /agenda.atom": VISITOR,
    "GET /@{handle}.atom": VISITOR,
    # coming in
    "GET /sign-in": ANYONE,
    "POST /sign-in": ANYONE,
    "GET /sign-in/sent": ANYONE,
    "GET /sign-in/{token}": ANYONE,
    "POST /sign-in/{token}": ANYONE,
    "GET /sign-in/second-factor": ANYONE,
    "POST /sign-in/second-factor": ANYONE,
    "POST /sign-in/passkey": ANYONE,
    "POST /passkeys/challenge": ANYONE,
    "GET /guest": VISITOR,
    "POST /guest": VISITOR,
    "GET /guest/number": VISITOR,
    "POST /guest/number": VISITOR,
    "POST /guest/leave": VISITOR,
    "GET /sign-up": ANYONE,
    "POST /sign-up": ANYONE,
    "GET /sign-up/{token}": ANYONE,
    "POST /sign-up/{token}": ANYONE,
    "GET /invitation/{token}": ANYONE,
    "POST /invitation/{token}": ANYONE,
    "GET /sign-out": ANYONE,
    "POST /sign-out": ANYONE,
    "GET /setup": ANYONE,
    "POST /setup": ANYONE,
    # words that the law wants to be seen
    "GET /about": ANYONE,
    "GET /charter": ANYONE,
    "GET /legal": ANYONE,
    "GET /privacy": ANYONE,
    "GET /accessibility": ANYONE,
    "GET /language": ANYONE,
    "POST /language": ANYONE,
    "GET /source": ANYONE,
    # news
    "GET /news": VISITOR,
    "GET /{code}": VISITOR,
    "GET /{code}/interact": VISITOR,
    "POST /{code}/interact": VISITOR,
    "GET /@{handle}/follow": VISITOR,
    "POST /@{handle}/follow": VISITOR,
    "GET /authorize_interaction": NEWCOMER,
    # needs and offers: written, changed, read before they show
    "GET /new": VISITOR,
    # workshops: methods, minutes, what is printed
    "GET /methods": VISITOR,
    "GET /methods/{method}": VISITOR,
    "GET /{code}/minutes": NEWCOMER,
    "POST /{code}/minutes": NEWCOMER,
    "GET /{code}/kit": NEWCOMER,
    # projects: how they end, and what they taught
    "GET /{code}/closing": NEWCOMER,
    "POST /{code}/closing": NEWCOMER,
    "GET /experiences": VISITOR,
    "GET /{code}/experience": NEWCOMER,
    "POST /{code}/experience": NEWCOMER,
    "GET /admin/methods": AGENT,
    "GET /admin/methods/new": AGENT,
    "POST /admin/methods/new": AGENT,
    "GET /admin/methods/{method_id}": AGENT,
    "POST /admin/methods/{method_id}": AGENT,
    "POST /admin/methods/{method_id}/withdraw": AGENT,
    "POST /admin/methods/{method_id}/bring-back": AGENT,
    "GET /new/need": VISITOR,
    "POST /new/need": VISITOR,
    "GET /new/offer": VISITOR,
    "POST /new/offer": VISITOR,
    "GET /new/sent": VISITOR,
    **{
        f"{method} /{{code}}/{deed}": NEWCOMER
        for deed in ("change", "renew", "close", "thank", "remove")
        for method in ("GET", "POST")
    },
    **{
        f"{method} /mine/{{key}}/{deed}": ANYONE
        for deed in ("change", "renew", "close", "thank", "remove")
        for method in ("GET", "POST")
    },
    # events: announced, changed, read before they show
    "GET /new/event": VISITOR,
    "POST /new/event": VISITOR,
    "GET /new/event/sent": VISITOR,
    "GET /{code}/cancel": NEWCOMER,
    "POST /{code}/cancel": NEWCOMER,
    **{
        f"{method} /mine/{{key}}/{{code}}/{deed}": ANYONE
        for deed in ("change", "cancel", "remove")
        for method in ("GET", "POST")
    },
    "GET /moderation/events": AGENT,
    # projects: begun, told, changed, read before they show
    "GET /projects": VISITOR,
    "GET /new/project": NEWCOMER,
    "POST /new/project": NEWCOMER,
    "GET /{code}/stage": NEWCOMER,
    "POST /{code}/stage": NEWCOMER,
    "GET /{code}/chapters/new": NEWCOMER,
    "POST /{code}/chapters/new": NEWCOMER,
    "GET /{code}/chapters/{chapter_id}": NEWCOMER,
    "POST /{code}/chapters/{chapter_id}": NEWCOMER,
    "POST /{code}/chapters/{chapter_id}/remove": NEWCOMER,
    "GET /{code}/story": VISITOR,
    "GET /{code}/versions": VISITOR,
    "GET /{code}/versions/{number}": VISITOR,
    "POST /{code}/versions/{number}/contest": NEWCOMER,
    "POST /{code}/versions/{number}/bring-back": NEWCOMER,
    "POST /{code}/versions/{number}/take-out": AGENT,
    "GET /{code}/coverage": NEWCOMER,
    "POST /{code}/coverage": NEWCOMER,
    "GET /{code}/coverage/new": NEWCOMER,
    "POST /{code}/coverage/new": NEWCOMER,
    "GET /{code}/coverage/{need_id}": NEWCOMER,
    "POST /{code}/coverage/{need_id}": NEWCOMER,
    "POST /{code}/coverage/{need_id}/remove": NEWCOMER,
    "GET /moderation/projects": AGENT,
    # projects: who takes part, and what the group does among itself
    "GET /{code}/join": VISITOR,
    "POST /{code}/join": VISITOR,
    "GET /{code}/people": NEWCOMER,
    "POST /{code}/people": NEWCOMER,
    "GET /{code}/invite": NEWCOMER,
    "POST /{code}/invite": NEWCOMER,
    "GET /{code}/together": NEWCOMER,
    "POST /{code}/together": NEWCOMER,
    "GET /{code}/work": NEWCOMER,
    "POST /{code}/work": NEWCOMER,
    "POST /mine/projects": NEWCOMER,
    **{
        f"{method} /mine/{{key}}/{{code}}/{deed}": ANYONE
        for deed in ("people", "invite", "work")
        for method in ("GET", "POST")
    },
    "POST /mine/{key}/projects": ANYONE,
    "GET /moderation": AGENT,
    # needs and offers: answered
    "GET /{code}/leave": VISITOR,
    "GET /{code}/help": VISITOR,
    "POST /{code}/help": VISITOR,
    "GET /{code}/support": VISITOR,
    "POST /{code}/support": VISITOR,
    "POST /{code}/count": NEWCOMER,
    "GET /{code}/manage": NEWCOMER,
    "POST /{code}/manage": NEWCOMER,
    "POST /{code}/suggestion": NEWCOMER,
    "POST /{code}/circle": NEWCOMER,
    # who comes to an event, and what its team sees
    "GET /{code}/coming": VISITOR,
    "POST /{code}/coming": VISITOR,
    "GET /{code}/door/{token}": ANYONE,
    "POST /{code}/door/{token}": ANYONE,
    "POST /mine/events": NEWCOMER,
    "GET /{code}/team": NEWCOMER,
    "POST /{code}/team": NEWCOMER,
    "GET /{code}/team/{paper}": NEWCOMER,
    "GET /mine/{key}/{code}/team": ANYONE,
    "POST /mine/{key}/{code}/team": ANYONE,
    "GET /mine/{key}/{code}/team/{paper}": ANYONE,
    "POST /mine/{key}/events": ANYONE,
    "GET /mine": NEWCOMER,
    "POST /mine": NEWCOMER,
    "POST /mine/{key}/suggestion": ANYONE,
    "POST /mine/{key}/circle": ANYONE,
    "GET /mine/{key}": ANYONE,
    "POST /mine/{key}": ANYONE,
    # needs and offers: read by the town hall
    "POST /{code}/hang-up": AGENT,
    "POST /{code}/set-aside": AGENT,
    "GET /admin/templates": AGENT,
    "GET /admin/templates/new": AGENT,
    "POST /admin/templates/new": AGENT,
    "GET /admin/templates/{template_id}": AGENT,
    "POST /admin/templates/{template_id}": AGENT,
    "POST /admin/templates/{template_id}/withdraw": AGENT,
    "POST /admin/templates/{template_id}/bring-back": AGENT,
    "GET /new/announcement": AGENT,
    "POST /new/announcement": AGENT,
    "GET /{code}/edit": AGENT,
    "POST /{code}/edit": AGENT,
    "GET /{code}/delete": AGENT,
    "POST /{code}/delete": AGENT,
    "GET /{code}/answer": AGENT,
    "POST /{code}/answer": AGENT,
    **{
        f"POST /{{code}}/{deed}": AGENT
        for deed in ("pin", "unpin", "hide", "show", "like", "unlike", "boost", "unboost")
    },
    "GET /network": AGENT,
    "POST /network/follow": AGENT,
    "POST /network/unfollow": AGENT,
    # agreements with other villages
    "GET /neighbours": VISITOR,
    "GET /neighbours/new": ADMINISTRATOR,
    "POST /neighbours/new": ADMINISTRATOR,
    "GET /neighbours/{neighbour_id}": VISITOR,
    "POST /neighbours/{neighbour_id}/object": MEMBER,
    "POST /neighbours/objections/{objection_id}/answer": AGENT,
    "POST /neighbours/{neighbour_id}/accept": ADMINISTRATOR,
    "POST /neighbours/{neighbour_id}/refuse": ADMINISTRATOR,
    "POST /neighbours/{neighbour_id}/delay": ADMINISTRATOR,
    "POST /neighbours/{neighbour_id}/terms": ADMINISTRATOR,
    "POST /neighbours/{neighbour_id}/pause": ADMINISTRATOR,
    "POST /neighbours/{neighbour_id}/resume": ADMINISTRATOR,
    "POST /neighbours/{neighbour_id}/end": ADMINISTRATOR,
    "POST /neighbours/{neighbour_id}/withdraw": ADMINISTRATOR,
    # other servers, as the town hall sees them
    "GET /media/{name}.webp": ANYONE,
    "GET /photos/{name}.webp": ANYONE,  # each photo: as its publication
    "GET /admin/network": ADMINISTRATOR,
    "POST /admin/network/hosts": ADMINISTRATOR,
    "GET /admin/network/hosts/{name}": ADMINISTRATOR,
    "POST /admin/network/hosts/{name}/block": ADMINISTRATOR,
    "POST /admin/network/hosts/{name}/silence": ADMINISTRATOR,
    "POST /admin/network/hosts/{name}/release": ADMINISTRATOR,
    "POST /admin/network/hosts/{name}/try": ADMINISTRATOR,
    "GET /admin/network/import": ADMINISTRATOR,
    "POST /admin/network/import": ADMINISTRATOR,
    "POST /admin/network/import/confirm": ADMINISTRATOR,
    "GET /admin/network/export.csv": ADMINISTRATOR,
    "GET /admin/network/keys": ADMINISTRATOR,
    "GET /admin/network/relay": ADMINISTRATOR,
    "POST /admin/network/relay": ADMINISTRATOR,
    "POST /admin/network/relay/{follow_id}/accept": ADMINISTRATOR,
    "POST /admin/network/relay/{follow_id}/refuse": ADMINISTRATOR,
    "POST /admin/network/relay/{follow_id}/forgive": ADMINISTRATOR,
    "POST /admin/network/keys": ADMINISTRATOR,
    "POST /admin/network/followers/{handle}/approval": ADMINISTRATOR,
    "GET /admin/network/followers": AGENT,
    "GET /admin/network/followers/{handle}": AGENT,
    "POST /admin/network/followers/{follow_id}/accept": AGENT,
    "POST /admin/network/followers/{follow_id}/remove": AGENT,
    # what should not be here
    "GET /report": ANYONE,
    "POST /report": ANYONE,
    "GET /report/{number}": ANYONE,
    "GET /{code}/report": VISITOR,
    "POST /{code}/report": VISITOR,
    "GET /contest/{key}": ANYONE,
    "POST /contest/{key}": ANYONE,
    "GET /transparency": ANYONE,
    "GET /moderation/cases": AGENT,
    "GET /moderation/silent": AGENT,
    "GET /moderation/cases/{case_id}": AGENT,
    **{f"POST /moderation/cases/{{case_id}}/{act}": AGENT for act in CASE_ACTS},
    "GET /moderation/actors/{actor_id}": AGENT,
    **{
        f"POST /moderation/actors/{{actor_id}}/{act}": AGENT
        for act in ("silence", "hear", "block", "unblock")
    },
    "POST /moderation/members/{member_id}/silence": AGENT,
    "GET /moderation/journal": ADMINISTRATOR,
    # machines
    "GET /health": ANYONE,
    "GET /robots.txt": ANYONE,
    "GET /favicon.ico": ANYONE,
    "GET /static": ANYONE,
    # what somebody is told
    "GET /notices": NEWCOMER,
    "GET /act/{token}": ANYONE,
    "POST /act/{token}": ANYONE,
    "GET /stop/{token}": ANYONE,
    "POST /stop/{token}": ANYONE,
    "GET /calls": AGENT,
    **{f"POST /calls/{{notice_id}}/{deed}": AGENT for deed in ("done", "missed", "later", "acts/{number}")},
    # one's own account
    "GET /me": NEWCOMER,
    "POST /me": NEWCOMER,
    "GET /me/calendar": NEWCOMER,
    "POST /me/calendar": NEWCOMER,
    "POST /me/calendar/revoke": NEWCOMER,
    "GET /me/mail": NEWCOMER,
    "POST /me/mail": NEWCOMER,
    "GET /me/mail/{token}": NEWCOMER,
    "POST /me/mail/{token}": NEWCOMER,
    "POST /me/sessions/end": NEWCOMER,
    "POST /me/sessions/{session_id}/end": NEWCOMER,
    "GET /me/export": NEWCOMER,
    "GET /me/erase": NEWCOMER,
    "POST /me/erase": NEWCOMER,
    "GET /me/passkeys": NEWCOMER,
    "POST /me/passkeys": NEWCOMER,
    "POST /me/passkeys/challenge": NEWCOMER,
    "POST /me/passkeys/{passkey_id}/remove": NEWCOMER,
    "GET /confirm": NEWCOMER,
    "POST /confirm": NEWCOMER,
    "POST /confirm/link": NEWCOMER,
    "GET /me/codes": AGENT,
    "POST /me/codes": AGENT,
    "POST /me/codes/off": AGENT,
    # people
    "GET /invitations": MEMBER,
    "POST /invitations": MEMBER,
    "POST /invitations/{invitation_id}/withdraw": MEMBER,
    "POST /invitations/{invitation_id}/renew": MEMBER,
    "GET /members": AGENT,
    "GET /members/{member_id}": AGENT,
    "POST /members/{member_id}/trust": AGENT,
    "POST /members/{member_id}/suspend": AGENT,
    "POST /members/{member_id}/readmit": AGENT,
    "POST /members/{member_id}/access": AGENT,
    "POST /members/{member_id}/role": ADMINISTRATOR,
    "POST /members/{member_id}/forget-second-factor": ADMINISTRATOR,
    # associations
    "GET /associations": VISITOR,
    "GET /associations/new": AGENT,
    "POST /associations/new": AGENT,
    "GET /associations/import": AGENT,
    "POST /associations/import": AGENT,
    "POST /associations/import/confirm": AGENT,
    "GET /associations/import/example.csv": AGENT,
    "GET /associations/claims": AGENT,
    "GET /associations/claims/{claim_id}": AGENT,
    "POST /associations/claims/{claim_id}": AGENT,
    "GET /@{handle}": VISITOR,
    "GET /@{handle}/claim": MEMBER,
    "POST /@{handle}/claim": MEMBER,
    "GET /@{handle}/edit": MANAGER,
    "POST /@{handle}/edit": MANAGER,
    "GET /@{handle}/calendars": MANAGER,
    "POST /@{handle}/calendars": MANAGER,
    "GET /@{handle}/calendars/{calendar_id}": MANAGER,
    "POST /@{handle}/calendars/{calendar_id}": MANAGER,
    "POST /@{handle}/calendars/{calendar_id}/read": MANAGER,
    "POST /@{handle}/calendars/{calendar_id}/stop": MANAGER,
    "GET /@{handle}/people": MANAGER,
    "POST /@{handle}/people": MANAGER,
    "POST /@{handle}/people/{member_id}": MANAGER,
    "POST /@{handle}/people/{member_id}/remove": MANAGER,
    "GET /@{handle}/remove": AGENT,
    "POST /@{handle}/remove": AGENT,
    # the village
    "GET /admin": ADMINISTRATOR,
    "GET /admin/status": AGENT,
    "POST /admin": ADMINISTRATOR,
    "GET /admin/texts/{key}/{locale}": ADMINISTRATOR,
    "POST /admin/texts/{key}/{locale}": ADMINISTRATOR,
}

# What a person must have shown again in the last minutes who they are for.
DANGEROUS = {
    "GET /me/mail",
    "POST /me/mail",
    "GET /me/export",
    "GET /me/erase",
    "POST /me/erase",
    "POST /me/passkeys",
    "POST /me/passkeys/challenge",
    "POST /me/passkeys/{passkey_id}/remove",
    "GET /me/codes",
    "POST /me/codes",
    "POST /me/codes/off",
    "POST /members/{member_id}/suspend",
    "POST /members/{member_id}/access",
    "POST /members/{member_id}/role",
    "POST /members/{member_id}/forget-second-factor",
    "GET /@{handle}/remove",
    "POST /@{handle}/remove",
    "GET /admin",
    "POST /admin",
    "GET /neighbours/new",
    "POST /neighbours/new",
    "POST /neighbours/{neighbour_id}/accept",
    "POST /neighbours/{neighbour_id}/refuse",
    "POST /neighbours/{neighbour_id}/delay",
    "POST /neighbours/{neighbour_id}/terms",
    "POST /neighbours/{neighbour_id}/pause",
    "POST /neighbours/{neighbour_id}/resume",
    "POST /neighbours/{neighbour_id}/end",
    "POST /neighbours/{neighbour_id}/withdraw",
    "GET /admin/network",
    "POST /admin/network/hosts",
    "GET /admin/network/hosts/{name}",
    "POST /admin/network/hosts/{name}/block",
    "POST /admin/network/hosts/{name}/silence",
    "POST /admin/network/hosts/{name}/release",
    "POST /admin/network/hosts/{name}/try",
    "GET /admin/network/import",
    "POST /admin/network/import",
    "POST /admin/network/import/confirm",
    "GET /admin/network/export.csv",
    "GET /admin/network/keys",
    "GET /admin/network/relay",
    "POST /admin/network/relay",
    "POST /admin/network/relay/{follow_id}/accept",
    "POST /admin/network/relay/{follow_id}/refuse",
    "POST /admin/network/relay/{follow_id}/forgive",
    "POST /admin/network/keys",
}

# What those who may look get, where it is not a page as usual.
ANSWERS = {
    "GET /map/background.pmtiles": 404,  # no file is set
    "GET /sign-in/{token}": 410,
    "GET /sign-up/{token}": 410,
    "GET /invitation/{token}": 410,
    "GET /me/mail/{token}": 410,
    "GET /{code}.ics": 404,
    "GET /@{handle}/calendars/{calendar_id}": 404,
    "GET /calendar/{token}.ics": 404,
    "GET /calendar/{token}/mine.ics": 404,
    "GET /act/{token}": 410,
    "GET /stop/{token}": 410,
    "GET /sign-in/second-factor": 303,
    "GET /setup": 404,
    "GET /authorize_interaction": 404,
    "GET /media/{name}.webp": 404,
    "GET /report/{number}": 404,
    "GET /contest/{key}": 404,
    "GET /moderation/actors/{actor_id}": 404,
    "GET /photos/{name}.webp": 404,
    **{f"GET /{{code}}/{deed}": 404 for deed in ("change", "renew", "close", "thank", "remove")},
    **{f"GET /{{code}}/{deed}": 404 for deed in ("leave", "help", "support", "manage")},
    "GET /mine/{key}": 410,
    **{f"GET /mine/{{key}}/{deed}": 404 for deed in ("change", "renew", "close", "thank", "remove")},
    # what asks for an event or a project, of a piece of news
    **{f"GET /mine/{{key}}/{{code}}/{deed}": 410 for deed in ("change", "cancel", "remove")},
    **{f"GET /mine/{{key}}/{{code}}/{deed}": 404 for deed in ("people", "invite", "work")},
    **{
        f"GET /{{code}}/{deed}": 404
        for deed in (
            "cancel chapters/new chapters/{chapter_id} closing coverage coverage/new coverage/{need_id}"
            " experience invite join kit minutes people stage story together versions versions/{number} work"
        ).split()
    },
    **{
        f"GET /{path}": 404
        for path in (
            "{code}/coming",
            "{code}/door/{token}",
            "{code}/team",
            "{code}/team/{paper}",
            "mine/{key}/{code}/team",
            "mine/{key}/{code}/team/{paper}",
        )
    },
    "GET /favicon.ico": 301,
    "GET /open-data": 301,
    "GET /data": 301,
    "GET /static": 404,
}


def may(role: Role, least: Role | None, *, public: bool) -> bool:
    """Whether this role may see or do what is for `least` and greater ones, on a public site or another."""
    if least is ANYONE:
        return True
    return role >= (NEWCOMER if least is VISITOR and not public else least)


def address(route: str, things: dict[str, object]) -> tuple[str, str]:
    """Method and path, with real things for the parameters."""
    method, _, pattern = route.partition(" ")
    return method, pattern.format_map(things)
