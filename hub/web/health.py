"""`/health`, for supervisors and reverse proxies; `/robots.txt`; the small icon that browsers ask for."""

from starlette.requests import Request
from starlette.responses import PlainTextResponse, RedirectResponse, Response
from starlette.routing import Route

from hub.web.static_files import static_url

CLOSED = ("/sign-in", "/sign-up", "/invitation", "/me", "/setup")
ROBOTS = "User-agent: *\n" + "".join(f"Disallow: {path}\n" for path in CLOSED)


async def health(request: Request) -> Response:
    """200 `ok`, or 503 with the reason in one line."""
    problem = await request.app.state.find_problem()
    return PlainTextResponse("ok\n") if problem is None else PlainTextResponse(problem + "\n", 503)


async def robots(request: Request) -> Response:
    return PlainTextResponse(ROBOTS)


async def icon(request: Request) -> Response:
    return RedirectResponse(static_url("icon.svg"), 301)


routes = [Route("/health", health), Route("/robots.txt", robots), Route("/favicon.ico", icon)]
