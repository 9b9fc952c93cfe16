"""Cookies: for this host alone, for the server alone."""

from urllib.parse import urlsplit

from starlette.requests import Request
from starlette.responses import Response

from hub.config import Config


def cookie_name(config: Config, name: str) -> str:
    """`__Host-name`, which no other host or path can set; plain on a local http:// site.

    Browsers share cookies between the ports of a host: villages beside each other on one machine would sign
    people out of one another, so the name carries a port that is not the usual one.
    """
    port = urlsplit(config.origin).port
    own = f"{name}-{port}" if port else name
    return f"__Host-{own}" if config.secure else own


def set_cookie(
    request: Request, response: Response, *, name: str, value: str, seconds: int | None = None
) -> None:
    """A cookie for this host alone; without `seconds` it goes when the browser closes."""
    config = request.state.config
    response.set_cookie(
        cookie_name(config, name),
        value,
        max_age=seconds,
        secure=config.secure,
        httponly=True,
        samesite="lax",
    )


def drop_cookie(request: Request, response: Response, name: str) -> None:
    config = request.state.config
    response.delete_cookie(cookie_name(config, name), secure=config.secure, httponly=True, samesite="lax")
