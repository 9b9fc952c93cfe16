"""A mail on its way: as a message, as a file, to a server, and when that server is down."""

import asyncio
import os
import stat
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from email import message_from_bytes, policy
from email.message import EmailMessage
from ipaddress import ip_address
from pathlib import Path
from ssl import PROTOCOL_TLS_SERVER, SSLContext
from typing import Any

import pytest
from aiosmtpd.smtp import SMTP, AuthResult, Envelope, Session
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from hub.config import Config
from hub.jobs import Away, Job, backoff, enqueue, run_worker
from hub.members import mails
from hub.members.models import Link
from hub.notifications.mail import compose, forget_files, send, use_config, write_file
from hub.observations import Observation, Seen
from hub.text import speaking
from tests import factories
from tests.mail import Mailbox
from tests.site import free_port
from tests.waiting import GUARD

ACCENTS = "Saint-Étienne-d'Août, « & » <Cie>"


def read(message: EmailMessage | bytes) -> EmailMessage:
    """The message as its reader's program understands it."""
    content = message if isinstance(message, bytes) else bytes(message)
    return message_from_bytes(content, _class=EmailMessage, policy=policy.default)


def composed(
    sender: str = "Valbrume", to: str = "rosa@example.fr", words: str = "Hello\n\nYou.\n"
) -> EmailMessage:
    return compose(Config(), sender=sender, to=to, words=words)


def test_a_mail_arrives_as_it_was_written() -> None:
    mail = read(
        composed(words="Été : réunion\n\nÀ bientôt, « Rosa » !\n\nhttp://localhost:8000/x\n\nŒuvre 𝄞\n")
    )
    assert mail["Subject"] == "Été : réunion"
    assert mail["To"] == "rosa@example.fr"
    assert mail.get_content_type() == "text/plain"
    assert mail.get_content() == "À bientôt, « Rosa » !\n\nhttp://localhost:8000/x\n\nŒuvre 𝄞\n"
    assert mail["Auto-Submitted"] == "auto-generated"
    assert abs(mail["Date"].datetime - datetime.now(UTC)) < timedelta(minutes=1)
    assert str(mail["Message-ID"]).endswith("@localhost>")


def test_each_mail_has_a_name_of_its_own() -> None:
    assert len({composed()["Message-ID"] for _ in range(20)}) == 20


@pytest.mark.parametrize("name", ["Valbrume", ACCENTS, '"; drop', "Ville @ Port", "村", "a" * 120])
def test_the_sender_is_the_village_by_its_name(name: str) -> None:
    sender = read(composed(sender=name))["From"].addresses
    assert [(each.display_name, each.addr_spec) for each in sender] == [(name, "lavoir@localhost")]


@pytest.mark.parametrize(
    ("settings", "sender"),
    [
        ({"origin": "https://hub.example.fr"}, "lavoir@hub.example.fr"),
        ({"origin": "https://hub.example.fr:8443"}, "lavoir@hub.example.fr"),
        ({"origin": "http://[::1]:8000"}, "lavoir@localhost"),
        ({"smtp_url": "smtp://mairie%40example.fr:secret@smtp.example.fr"}, "mairie@example.fr"),
        ({"smtp_url": "smtp://relay:secret@smtp.example.fr"}, "lavoir@localhost"),
    ],
)
def test_the_sender_has_an_address_that_the_server_may_use(settings: dict[str, Any], sender: str) -> None:
    mail = compose(Config(**settings), sender="Valbrume", to="rosa@example.fr", words="a\n\nb")
    assert mail["From"].addresses[0].addr_spec == sender
    assert "secret" not in str(mail)


def test_only_the_first_line_is_the_subject() -> None:
    mail = read(composed(words="  A  subject\twith \x0b spaces\nBcc: all@example.fr\n\nHello\n"))
    assert mail["Subject"] == "A subject with spaces"
    assert mail["Bcc"] is None
    assert mail.get_content() == "Bcc: all@example.fr\n\nHello\n"


@pytest.mark.parametrize("end", ["\r\n", "\n", "\r", "\r\n\r\n", "\u2028", "\x85"])
def test_no_name_or_address_adds_a_header(end: str) -> None:
    evil = f"Rosa{end}Bcc: all@example.fr"
    for facts in (
        {"sender": evil},
        {"to": f"rosa@example.fr{end}Bcc: all@example.fr"},
        {"words": f"{evil}\n\nx"},
    ):
        try:
            mail = read(composed(**facts))
        except ValueError:
            continue
        assert mail["Bcc"] is None
        assert [each.addr_spec for each in mail["To"].addresses if "@" in each.addr_spec] == [
            "rosa@example.fr"
        ]


def test_a_long_subject_stays_one_line_and_whole() -> None:
    subject = "Très long : " + "réunion " * 60
    message = composed(words=f"{subject}\n\nx")
    # Python 3.11 loses spaces where it folds encoded words (gh-92081): every letter arrives.
    assert read(message)["Subject"].replace(" ", "") == subject.replace(" ", "")
    assert max(len(line) for line in bytes(message).splitlines()) <= 998


def test_a_long_line_arrives_whole() -> None:
    line = "mot é " * 1000
    message = composed(words=f"a\n\n{line}")
    assert max(len(part) for part in bytes(message).splitlines()) <= 998
    assert read(message).get_content().strip() == line.strip()


def test_an_address_with_accents_in_its_host_is_written_as_servers_know_it() -> None:
    to = read(composed(to="rosa@café.example"))["To"].addresses[0]
    assert to.addr_spec == "rosa@xn--caf-dma.example"


def test_a_file_holds_one_whole_mail_for_the_operator_alone(tmp_path: Path) -> None:
    folder = tmp_path / "data" / "mail"
    for number in range(3):
        write_file(composed(words=f"{number}\n\nÀ bientôt\n"), folder)
    files = sorted(folder.iterdir())
    assert [read(file.read_bytes())["Subject"] for file in files] == ["0", "1", "2"]
    assert {file.suffix for file in files} == {".eml"}
    assert {stat.S_IMODE(file.stat().st_mode) for file in files} == {0o600}
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700


def test_a_mail_that_cannot_be_written_whole_is_not_there(tmp_path: Path) -> None:
    (tmp_path / "mail").write_text("a file where the folder should be")
    with pytest.raises(OSError, match="mail"):
        write_file(composed(), tmp_path / "mail")
    assert [path.name for path in tmp_path.iterdir()] == ["mail"]


@pytest.fixture
async def mailbox(database: Config) -> Mailbox:
    use_config(database)
    await factories.village(name="Saint-Martin-d'Août")
    return Mailbox(database.data / "mail")


async def test_a_mail_is_in_the_language_of_its_reader_not_of_the_page(mailbox: Mailbox) -> None:
    rosa, ana = await factories.member("Rosa", locale="en"), await factories.member("Ana", locale="fr")
    paul = await factories.member("Paul")
    with speaking("en"):
        for member in (rosa, ana, paul):
            await mails.sign_in_link(member.id, next_path="/")
    assert mailbox.next(to="rosa@").subject == "Your link to sign in at Saint-Martin-d'Août"
    assert "votre lien" in mailbox.next(to="ana@").subject
    assert "votre lien" in mailbox.next(to="paul@").subject


async def test_a_mail_in_french_is_set_as_french_is(mailbox: Mailbox) -> None:
    rosa = await factories.member("Rosa", locale="fr")
    await mails.sign_in_link(rosa.id, next_path="/")
    await mails.security_notice(rosa.id, to="rosa@example.fr", what="passkey-added")
    for mail in mailbox.unread():
        assert " :" not in mail.text
        assert " !" not in mail.text
        assert "\u00a0:" in mail.text
    notice = mailbox.unread()[1]
    assert "Une clé d’accès a été ajoutée à votre compte." in notice.text


@pytest.mark.parametrize("locale", ["fr", "en"])
async def test_names_stay_as_people_wrote_them(mailbox: Mailbox, locale: str) -> None:
    member = await factories.member("L'Été : <b>{{ 7*7 }}</b> & %(x)s", mail="rosa@example.fr", locale=locale)
    await mails.sign_in_link(member.id, next_path="/")
    (mail,) = mailbox.unread()
    assert "L'Été : <b>{{ 7*7 }}</b> & %(x)s" in mail.text
    assert "Saint-Martin-d'Août" in mail.text


NOTICES = ("mail-changed", "role-changed", "passkey-added", "passkey-removed", "codes-on", "codes-off")


@pytest.mark.parametrize("locale", ["fr", "en"])
async def test_every_mail_says_who_writes_what_and_where_to_go(mailbox: Mailbox, locale: str) -> None:
    rosa = await factories.member("Rosa", locale=locale)
    await mails.sign_in_link(rosa.id, next_path="/")
    await mails.sign_up_link("Ana", "ana@example.fr", locale)
    await mails.new_mail_link(rosa.id, "new@example.fr")
    for what in NOTICES:
        await mails.security_notice(rosa.id, to="rosa@example.fr", what=what)
    written = mailbox.unread()
    assert len(written) == 3 + len(NOTICES)
    for mail in written:
        assert mail.subject
        assert mail.text.count("\n\n\n") == 0, mail.text
        assert "Saint-Martin-d" in mail.text
        assert mail.link.startswith("http://localhost:8000/")
        assert not mail.link.endswith((".", ",", ")"))
    assert len({mail.text for mail in written}) == len(written)


async def test_a_mail_to_somebody_who_left_is_not_written(mailbox: Mailbox) -> None:
    rosa = await factories.member("Rosa")
    await rosa.delete()
    await mails.sign_in_link(rosa.id, next_path="/")
    await mails.security_notice(rosa.id, to="rosa@example.fr", what="codes-on")
    assert mailbox.unread() == []


async def test_mails_in_files_are_kept_for_a_month(database: Config) -> None:
    """They hold telephone numbers and addresses that are erased everywhere else."""
    use_config(database)
    folder = database.data / "mail"
    for number in range(2):
        write_file(composed(words=f"Hello {number}\n\nYou."), folder)
    old, fresh = sorted(folder.iterdir())
    (folder / "notes.txt").write_text("of the operator")
    long_ago = (datetime.now(UTC) - timedelta(days=31)).timestamp()
    for file in (old, folder / "notes.txt"):
        os.utime(file, (long_ago, long_ago))
    await forget_files()
    assert sorted(file.name for file in folder.iterdir()) == sorted([fresh.name, "notes.txt"])
    use_config(replace(database, data=database.data / "nowhere"))
    await forget_files()


class Sink:
    """What a mail server took."""

    def __init__(self) -> None:
        self.taken: list[Envelope] = []
        self.names: list[tuple[bytes, bytes]] = []
        self.over_tls: list[bool] = []

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:  # noqa: N802
        self.taken.append(envelope)
        self.over_tls.append(session.ssl is not None)
        return "250 OK"

    def sign_in(self, server: SMTP, session: Any, envelope: Any, mechanism: str, data: Any) -> AuthResult:
        self.names.append((data.login, data.password))
        return AuthResult(success=data.password == b"s:cr&t")

    @property
    def mails(self) -> list[EmailMessage]:
        return [read(bytes(envelope.content or b"")) for envelope in self.taken]


@asynccontextmanager
async def mail_server(port: int, **options: Any) -> AsyncIterator[Sink]:
    """A server on the loopback, in this event loop."""
    sink, loop = Sink(), asyncio.get_running_loop()
    started: list[SMTP] = []

    def protocol() -> SMTP:
        started.append(SMTP(sink, hostname="localhost", loop=loop, authenticator=sink.sign_in, **options))
        return started[-1]

    server = await loop.create_server(protocol, "127.0.0.1", port)
    try:
        yield sink
    finally:
        server.close()
        await server.wait_closed()
        for each in started:
            if each.transport is not None:
                each.transport.close()
        await asyncio.sleep(0)


async def test_a_mail_goes_to_the_server_of_the_settings(database: Config) -> None:
    await factories.village(name=ACCENTS)
    port = free_port()
    use_config(replace(database, smtp_url=f"smtp://127.0.0.1:{port}"))
    async with mail_server(port) as sink:
        await send("Rosa@example.fr", locale="fr", template="sign_in", name="Rosa", token="t", minutes=15)
    (envelope,), (mail,) = sink.taken, sink.mails
    assert (envelope.mail_from, envelope.rcpt_tos) == ("lavoir@localhost", ["Rosa@example.fr"])
    assert mail["From"].addresses[0].display_name == ACCENTS
    assert "http://localhost:8000/sign-in/t" in mail.get_content()
    assert "Bonjour Rosa" in mail.get_content()
    assert not (database.data / "mail").exists()


@pytest.mark.parametrize(
    ("phone", "signed"), [("04 65 71 20 14", "Saint-Martin, 04 65 71 20 14"), ("", "Saint-Martin")]
)
async def test_below_a_mail_stands_whom_to_call(database: Config, phone: str, signed: str) -> None:
    await factories.village(phone=phone)
    use_config(database)
    await send("rosa@example.fr", locale="fr", template="sign_in", name="Rosa", token="t", minutes=15)
    (file,) = (database.data / "mail").iterdir()
    last = read(file.read_bytes()).get_content().strip().splitlines()[-1]
    assert last.replace("\xa0", " ") == signed


async def test_a_server_that_takes_seven_bits_only_gets_every_letter(database: Config) -> None:
    await factories.village()
    port = free_port()
    use_config(replace(database, smtp_url=f"smtp://127.0.0.1:{port}"))
    async with mail_server(port, decode_data=True) as sink:
        await send("rosa@example.fr", locale="fr", template="sign_in", name="Éloïse", token="t", minutes=15)
    content = sink.taken[0].content
    assert isinstance(content, str)
    assert content.isascii()
    assert "Éloïse" in read(content.encode()).get_content()


@pytest.mark.filterwarnings("ignore:Requiring AUTH while not requiring TLS")
async def test_name_and_password_of_the_address_are_used(database: Config) -> None:
    await factories.village()
    port = free_port()
    url = f"smtp://mairie%40example.fr:s%3Acr%26t@127.0.0.1:{port}"
    use_config(replace(database, smtp_url=url))
    async with mail_server(port, auth_required=True, auth_require_tls=False) as sink:
        await send("rosa@example.fr", locale="fr", template="sign_in", name="Rosa", token="t", minutes=15)
    assert sink.names == [(b"mairie@example.fr", b"s:cr&t")]
    assert sink.taken[0].mail_from == "mairie@example.fr"


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A certificate for 127.0.0.1 and its key, in one file."""
    key, now = ec.generate_private_key(ec.SECP256R1()), datetime.now(UTC)
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "localhost")])
    made = (
        x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.IPAddress(ip_address("127.0.0.1"))]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .sign(key, hashes.SHA256())
    )
    file = tmp_path_factory.mktemp("tls") / "server.pem"
    kind = serialization.PrivateFormat.PKCS8
    pem = key.private_bytes(serialization.Encoding.PEM, kind, serialization.NoEncryption())
    file.write_bytes(pem + made.public_bytes(serialization.Encoding.PEM))
    return file


def tls_of(certificate: Path) -> SSLContext:
    context = SSLContext(PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate)
    return context


@pytest.mark.parametrize("trusted", [True, False])
async def test_starttls_hides_the_mail_or_sends_none(
    database: Config, certificate: Path, monkeypatch: pytest.MonkeyPatch, trusted: bool
) -> None:
    await factories.village()
    port = free_port()
    use_config(
        replace(database, smtp_url=f"smtp://mairie%40example.fr:s%3Acr%26t@127.0.0.1:{port}?starttls=1")
    )
    if trusted:
        monkeypatch.setenv("SSL_CERT_FILE", str(certificate))
    async with mail_server(port, tls_context=tls_of(certificate), require_starttls=True) as sink:
        try:
            await send("rosa@example.fr", locale="fr", template="sign_in", name="Rosa", token="t", minutes=15)
        except OSError as error:
            assert not trusted, error
    assert sink.over_tls == ([True] if trusted else [])
    assert len(sink.names) == len(sink.taken)


async def test_starttls_is_not_given_up_where_a_server_offers_none(database: Config) -> None:
    await factories.village()
    port = free_port()
    use_config(replace(database, smtp_url=f"smtp://127.0.0.1:{port}?starttls=1"))
    async with mail_server(port) as sink:
        with pytest.raises(OSError, match="STARTTLS"):
            await send("rosa@example.fr", locale="fr", template="sign_in", name="Rosa", token="t", minutes=15)
    assert sink.taken == []


async def work_until(done: Any) -> None:
    """A worker as in `lavoir serve`, until what is waited for has come."""
    stop = asyncio.Event()
    async with asyncio.timeout(GUARD), asyncio.TaskGroup() as tasks:
        tasks.create_task(run_worker([mails.sign_in_link], stop))
        while not await done():
            await asyncio.sleep(0.02)
        stop.set()


async def test_a_mail_waits_for_a_server_that_is_down(database: Config) -> None:
    await factories.village()
    rosa, port = await factories.member("Rosa"), free_port()
    use_config(replace(database, smtp_url=f"smtp://127.0.0.1:{port}"))
    await enqueue(mails.sign_in_link, member_id=rosa.id, next_path="/")
    before = datetime.now(UTC)
    await work_until(lambda: Job.exists(attempts=1, lease_until=None))
    job = await Job.get()
    assert job.failed_at is None
    assert "Connect" in job.last_error
    assert before + backoff(1, jitter=0) <= job.due_at <= datetime.now(UTC) + backoff(1, jitter=1)
    await Job.all().update(due_at=datetime.now(UTC))
    async with mail_server(port) as sink:
        await work_until(_none_waits)
    (mail,) = sink.mails
    assert mail["To"] == "rosa@example.fr"
    assert await Link.all().count() == 1


async def test_a_server_that_is_away_is_one_line_and_its_mails_go_as_soon_as_it_is_back(
    database: Config, caplog: pytest.LogCaptureFixture
) -> None:
    await factories.village()
    people, port = [await factories.member(name) for name in ("Rosa", "Ana", "Paul")], free_port()
    use_config(replace(database, smtp_url=f"smtp://127.0.0.1:{port}"))
    for each in people[:2]:
        await enqueue(mails.sign_in_link, member_id=each.id, next_path="/")
    await work_until(lambda: _are(2))
    assert [line.getMessage() for line in caplog.records if line.levelname != "INFO"] == [
        "mail server takes no mails"
    ]
    await Job.all().update(due_at=datetime.now(UTC) + timedelta(hours=6))
    async with mail_server(port) as sink:
        await enqueue(mails.sign_in_link, member_id=people[2].id, next_path="/")
        await work_until(_none_waits)
    assert {mail["To"] for mail in sink.mails} == {f"{name}@example.fr" for name in ("rosa", "ana", "paul")}


async def _are(waiting: int) -> bool:
    return await Job.filter(attempts__gte=1, lease_until=None).count() == waiting


async def test_a_server_that_lets_wait_in_vain_is_left_alone_for_a_while(
    database: Config, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What it says later is said of it; other jobs do not wait behind each of its mails."""
    await factories.village()
    monkeypatch.setattr("hub.notifications.mail.REST", 10_000)  # also where the next mail takes long to write
    asked: list[object] = []

    async def answer_late(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        asked.append(writer)
        await asyncio.sleep(0.2)
        writer.close()

    server = await asyncio.start_server(answer_late, "127.0.0.1", port := free_port())
    use_config(replace(database, smtp_url=f"smtp://127.0.0.1:{port}"))
    async with server:
        for _ in range(3):
            with pytest.raises(Away):
                await send("r@example.fr", locale="fr", template="sign_in", name="R", token="t", minutes=15)
    assert len(asked) == 1
    seen = await Observation.of(Seen.MAIL)
    assert seen is not None
    assert "a moment ago" not in seen.said["reason"]


async def _none_waits() -> bool:
    return not await Job.exists()


@pytest.mark.parametrize("answer", ["450 later", "550 no such mailbox", "421 closing"])
async def test_a_mail_that_a_server_refuses_is_tried_again(database: Config, answer: str) -> None:
    await factories.village()
    rosa, port = await factories.member("Rosa"), free_port()
    use_config(replace(database, smtp_url=f"smtp://127.0.0.1:{port}"))
    await enqueue(mails.sign_in_link, member_id=rosa.id, next_path="/")
    async with mail_server(port) as sink:
        sink.handle_RCPT = lambda *_: _say(answer)  # type: ignore[attr-defined]
        await work_until(lambda: Job.exists(attempts=1, lease_until=None))
    assert sink.taken == []
    assert answer[4:] in (await Job.get()).last_error


async def _say(answer: str) -> str:
    return answer
