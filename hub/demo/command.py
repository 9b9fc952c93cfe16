"""`lavoir demo`: start the hubs, tell their story where the folder is new, say where to look, and serve."""

import asyncio
import contextlib
import json
import shutil
import signal
import socket
import sys
from collections.abc import Sequence
from datetime import timedelta
from pathlib import Path

from hub.db import close_database, open_database
from hub.demo.acts import mail_of
from hub.demo.ageing import is_quiet, let_pass
from hub.demo.browsing import eventually
from hub.demo.elsewhere import OtherServer
from hub.demo.running import Hub, config_of, running
from hub.demo.telling import days_ago, story_of, tell_story
from hub.errors import ConfigError
from hub.members.links import make_link
from hub.members.models import Member, Purpose, mail_key

NAMES = ("saint-martin", "vaubelle", "val-de-lavande")
READY = "ready.json"
ELSEWHERE = "open-network.json"
A_DAY = timedelta(days=1)
# Who one can be, and what that is called; the part of somebody without an account needs no link.
PARTS = (
    (
        ("Marie Vasseur", "secretary of the town hall"),
        ("Rosa Teixeira", "resident, and an association"),
        ("Lucette Armand", "resident, the club of the elders"),
    ),
    (("Hélène Prat", "secretary of the town hall"), ("Bruno Keller", "resident, and an association")),
    (("Jeanne Costa", "the network's office"),),
)
WHERE = """
Two villages and their region are ready, and exchange what they publish:

  Saint-Martin-sur-Lavande   {one}
  Vaubelle                   {other}
  Val de Lavande (network)   {region}/region

Each link signs in once, as somebody who lives there:
"""
AGAIN = """
Three things to try:

  As Rosa, hang a need: a moment later it is on the board of Vaubelle and in the network.
  As Marie, read what waits (/moderation), and take Jonas's answer to the letters for help: asked in private
  on his own server, he says yes.
  Without signing in, say "Je peux aider" in one village to a need of the other.

Enter: new links. Ctrl-C ends all of it; the data stays, and the next start is quick.
"""


async def demo(*, ports: Sequence[int], data: Path) -> None:
    """Until a signal comes. Raises ConfigError where the folder or the ports are not for this."""
    is_new = _prepare(ports, data)
    hubs = [Hub(name, port=port, data=data / name) for name, port in zip(NAMES, ports, strict=True)]
    elsewhere = OtherServer(_last(ports), data / ELSEWHERE)
    stop = _stop_on_signal()
    async with elsewhere.running():
        living = asyncio.create_task(_live(hubs, elsewhere, data=data, is_new=is_new))
        stopping = asyncio.create_task(stop.wait())
        await asyncio.wait({living, stopping}, return_when=asyncio.FIRST_COMPLETED)
        for task in (stopping, living):
            task.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await living


async def _live(hubs: list[Hub], elsewhere: OtherServer, *, data: Path, is_new: bool) -> None:
    async with running(hubs):
        if is_new:
            print("A story is being told; the first time this takes half a minute.", flush=True)
            await tell_story(hubs, elsewhere)
            await asyncio.to_thread(_let_days_pass, [hub.data / "lavoir.sqlite3" for hub in hubs])
            told = {"ports": [hub.port for hub in hubs]}
            (data / READY).write_text(json.dumps(told), encoding="utf-8")
        await asyncio.gather(_say_where_again_and_again(hubs), *(hub.wait() for hub in hubs))


def _let_days_pass(databases: list[Path]) -> None:
    """Once everybody has heard everything: what comes later would be of today."""
    eventually(lambda: all(map(is_quiet, databases)))
    for database in databases:
        let_pass(database, days_ago())


def _stop_on_signal() -> asyncio.Event:
    stop = asyncio.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    return stop


def _prepare(ports: Sequence[int], data: Path) -> bool:
    """Whether the story is still to be told; what an interrupted start left is taken away."""
    for port in (*ports, _last(ports)):
        _check_free(port)
    if (data / READY).exists():
        known = json.loads((data / READY).read_text(encoding="utf-8"))["ports"]
        if known != list(ports):
            raise ConfigError(
                [f"--ports: this demo lives at {','.join(map(str, known))}; or take another --data"]
            )
        return False
    try:
        _empty(data)
    except OSError as error:
        raise ConfigError([f"--data: {data} cannot be written ({error.strerror})"]) from error
    return True


def _last(ports: Sequence[int]) -> int:
    """The port of the open network's other server."""
    return max(ports) + 1


def _check_free(port: int) -> None:
    try:
        socket.create_server(("127.0.0.1", port)).close()
    except (OSError, OverflowError) as error:
        raise ConfigError([f"--ports: {port} cannot be had ({error})"]) from error


def _empty(data: Path) -> None:
    """A folder for the demo alone. Raises ConfigError where something else is in it."""
    data.mkdir(parents=True, exist_ok=True)
    if {each.name for each in data.iterdir()} - {*NAMES, ELSEWHERE}:
        raise ConfigError([f"--data: {data} has other things in it, and is no folder of a demo"])
    for name in NAMES:
        if (data / name).exists():
            shutil.rmtree(data / name)
    (data / ELSEWHERE).unlink(missing_ok=True)


async def _say_where_again_and_again(hubs: list[Hub]) -> None:
    """Links are used up: whoever sits before the screen gets new ones by the Enter key."""
    pressed = asyncio.Event()
    if sys.stdin.isatty():
        asyncio.get_running_loop().add_reader(sys.stdin, _take_line, pressed)
    while True:
        await _say_where(hubs)
        await pressed.wait()
        pressed.clear()


def _take_line(pressed: asyncio.Event) -> None:
    sys.stdin.readline()
    pressed.set()


async def _say_where(hubs: list[Hub]) -> None:
    """Where to look, and a link for each part that one can play."""
    one, other, region = hubs
    print(WHERE.format(one=one.origin, other=other.origin, region=region.origin), flush=True)
    for hub, parts in zip(hubs, PARTS, strict=True):
        for (name, what), link in zip(parts, await _links(hub, [name for name, _ in parts]), strict=True):
            print(f"  {name}, {what}\n    {link}")
    print(AGAIN, flush=True)


async def _links(hub: Hub, names: Sequence[str]) -> list[str]:
    """A link that signs each of them in, as the operator makes them; the ones before do not work any more."""
    story, links = story_of(hub.name), []
    await open_database(config_of(hub))
    try:
        for name in names:
            member = await Member.get(mail_key=mail_key(mail_of(story, name)))
            token = await make_link(Purpose.SIGN_IN, member.id, ends_in=A_DAY, next="/")
            links.append(f"{hub.origin}/sign-in/{token}")
    finally:
        await close_database()
    return links
