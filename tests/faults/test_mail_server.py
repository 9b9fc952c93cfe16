"""FLT-30: the mail server is down when people ask to sign in."""

import asyncio
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from email import message_from_bytes, policy
from email.message import EmailMessage
from pathlib import Path

from aiosmtpd.smtp import SMTP, Envelope, Session

from tests.attacks.fediverse import Fediverse
from tests.attacks.village import ADMINISTRATOR, new_database, running_village
from tests.faults.conftest import Seen
from tests.mail import LINK
from tests.site import free_port
from tests.waiting import wait_until


class Letters:
    """What a mail server took."""

    def __init__(self) -> None:
        self.taken: list[EmailMessage] = []

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:  # noqa: N802
        content = bytes(envelope.content or b"")
        self.taken.append(message_from_bytes(content, _class=EmailMessage, policy=policy.default))
        return "250 OK"

    def links(self, to: str) -> list[str]:
        texts = [letter.get_content() for letter in self.taken if letter["To"] == to]
        return [LINK.findall(text)[0] for text in texts]


@contextmanager
def mail_server(port: int) -> Iterator[Letters]:
    """In a thread of its own."""
    letters, loop = Letters(), asyncio.new_event_loop()
    thread = threading.Thread(target=loop.run_forever)
    thread.start()

    async def open_it() -> asyncio.Server:
        return await loop.create_server(
            lambda: SMTP(letters, hostname="localhost", loop=loop), "127.0.0.1", port
        )

    async def close_it(server: asyncio.Server) -> None:
        server.close()
        others = asyncio.all_tasks() - {asyncio.current_task()}
        for task in others:
            task.cancel()
        await asyncio.gather(*others, return_exceptions=True)

    server = asyncio.run_coroutine_threadsafe(open_it(), loop).result(30)
    try:
        yield letters
    finally:
        asyncio.run_coroutine_threadsafe(close_it(server), loop).result(30)
        loop.call_soon_threadsafe(loop.stop)
        thread.join(30)
        loop.close()


def test_flt_30_mails_wait_for_their_server_and_there_is_another_way_in(tmp_path: Path, seen: Seen) -> None:
    port = free_port()
    settings = {"LAVOIR_SMTP_URL": f"smtp://127.0.0.1:{port}"}
    with (
        new_database(tmp_path / "data", None) as database,
        running_village(database, settings=settings) as village,
    ):
        assert village.administrator.signed_in, "by the link that the command line prints"
        guests = [f"invitee-{number}@example.fr" for number in range(3)]
        for mail in guests:
            answer = village.administrator.post("/invitations", {"name": "Invitée", "contact": mail})
            assert answer.status_code == 303
        assert village.visitor().post("/sign-in", {"contact": ADMINISTRATOR}).status_code == 303
        tried = "SELECT count(*) FROM job WHERE periodic IS NULL AND attempts > 0 AND failed_at IS NULL"
        wait_until(lambda: int(database.value(tried)) >= len(guests) + 1)
        slip = village.administrator.post("/invitations", {"name": "Sans", "contact": "06 12 34 56 78"})
        assert slip.status_code == 200, "who has a telephone needs no mail"

        with mail_server(port) as letters:
            Fediverse(village, None).hurry()  # type: ignore[arg-type]
            wait_until(lambda: all(letters.links(mail) for mail in guests))
            wait_until(lambda: database.value("SELECT count(*) FROM job WHERE periodic IS NULL") == "0")
            assert [len(letters.links(mail)) for mail in guests] == [1, 1, 1]
            for mail in guests:
                visitor = village.visitor()
                visitor.come_in(letters.links(mail)[0], charter="yes")
                assert visitor.signed_in
            again = village.visitor()
            again.come_in(letters.links(ADMINISTRATOR)[-1])
            assert again.signed_in
        seen(
            f"{len(guests) + 1} mails waited, each came once, their links work; meanwhile the command's link"
        )
