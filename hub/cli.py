"""The commands of `lavoir`."""

import argparse
import asyncio
import errno
import json
import re
import sys
from collections.abc import Callable, Coroutine
from dataclasses import fields
from pathlib import Path
from typing import Any

import hub
from hub.config import READERS, Config, read_config
from hub.errors import ConfigError, HubError, InvalidInput, Unusable
from hub.log import start_logging

THE_MACHINE = (errno.ENOSPC, errno.EDQUOT, errno.EROFS, errno.EACCES, errno.EPERM)  # nothing of ours
Command = Callable[[Config, argparse.Namespace], Coroutine[Any, Any, int]]


def main() -> None:
    """Run one command; exit status 0 if all is well, 2 if it was refused with nothing touched, 1 if not.

    130, as shells have it, after Ctrl-C: what began is taken back or swept up, there is nothing to trace.
    """
    arguments = _parser().parse_args()
    try:
        config = read_config()
        start_logging(config.log)
        sys.exit(_run(arguments.run, config, arguments))
    except KeyboardInterrupt:
        print("ended before it was done", file=sys.stderr)
        sys.exit(130)
    except (ConfigError, HubError, OSError) as error:
        if isinstance(error, OSError) and error.errno not in THE_MACHINE:
            raise
        print("\n".join(_told(error)), file=sys.stderr)
        sys.exit(2 if _is_refusal(error) else 1)


def _is_refusal(error: Exception) -> bool:
    """The same again until somebody changes what is named; a full disk may be empty again."""
    if isinstance(error, OSError):
        return error.errno not in (errno.ENOSPC, errno.EDQUOT)
    return isinstance(error, (ConfigError, InvalidInput, Unusable))


def _told(error: Exception) -> list[str]:
    if isinstance(error, ConfigError):
        return ["Lavoir cannot start with these settings:", *(f"  {problem}" for problem in error.problems)]
    if isinstance(error, InvalidInput):
        return [f"--{field}: {message}" for field, message in error.by_field.items()]
    if isinstance(error, OSError):
        return [f"{error.filename or 'this machine'}: {error.strerror}"]
    return [str(error) or type(error).__name__]


def _run(command: Command, config: Config, arguments: argparse.Namespace) -> int:
    import uvloop

    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        return runner.run(command(config, arguments))


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="lavoir", description="A community hub for one village.")
    parser.add_argument("--version", action="version", version=f"lavoir {hub.__version__}")
    commands = parser.add_subparsers(required=True, metavar="COMMAND")

    def add(name: str, run: Command, words: str) -> argparse.ArgumentParser:
        command = commands.add_parser(name, help=words, description=words)
        command.set_defaults(run=run)
        return command

    add("serve", serve, "answer on the web, and do what is due")
    add("work", work, "only do what is due; any number of these, on PostgreSQL")
    _describe_set_up(add("setup", set_up, "set the village up, or change what is given"))
    link = add("sign-in-link", sign_in_link, "print a link that signs a member in, once")
    link.add_argument("email", help="the member's mail address")
    link.add_argument(
        "--without-second-factor",
        action="store_true",
        help="first remove their passkeys and codes (a lost phone); they are told",
    )
    migration = add("migrate", migrate, "bring the database up to date, after a backup")
    migration.add_argument("--no-backup", action="store_true", help="where there is no room, or no pg_dump")
    add("backup", backup, "write everything into one file").add_argument("file", type=Path)
    add("backup-key", backup_key, "print a new key to encrypt backups with")
    restoring = add("restore", restore, "put a backup back; the program must not be running")
    restoring.add_argument("file", type=Path)
    restoring.add_argument(
        "--try",
        action="store_true",
        dest="is_trial",
        help="into a place that is thrown away",
    )
    moving = add("move", move, "take the village to another database; the program must not be running")
    moving.add_argument("to", help="an empty PostgreSQL, postgres://…; or sqlite: the file in LAVOIR_DATA")
    doctor_command = add("doctor", doctor, "say what is not well, and what to do")
    doctor_command.add_argument("--json", action="store_true", help="for machines")
    demo_command = add("demo", demo, "two villages and their region with a story in them, to look around in")
    demo_command.add_argument("--ports", default="8001,8002,8003", help="where the three of them answer")
    demo_command.add_argument("--data", type=Path, default=Path("./demo-data"))
    add("check-config", check_config, "read the settings and say what they mean")
    return parser


def _describe_set_up(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--name", help="of the village")
    parser.add_argument("--handle", help="its short name: @HANDLE@host")
    parser.add_argument("--locale", choices=("fr", "en"))
    parser.add_argument("--admin-email", help="of the administrator, who gets a sign-in link")
    parser.add_argument("--publisher", help="publication director, for the legal notice")
    parser.add_argument("--visibility", choices=("public", "members"))
    parser.add_argument("--latitude", type=float, help="degrees north, WGS 84")
    parser.add_argument("--longitude", type=float, help="degrees east, WGS 84")
    parser.add_argument("--insee", help="code of the commune; gives name and place if they are not given")
    parser.add_argument(
        "--region",
        dest="is_region",
        action=argparse.BooleanOptionalAction,
        help="a network that shows villages, and is none",
    )


async def serve(config: Config, arguments: argparse.Namespace) -> int:
    from hub.serve import serve

    await serve(config)
    return 0


async def work(config: Config, arguments: argparse.Namespace) -> int:
    if config.database_url is None:
        raise ConfigError(
            ["`lavoir work` needs LAVOIR_DATABASE_URL: two processes cannot share an SQLite file well"]
        )
    from hub.serve import work

    await work(config)
    return 0


async def set_up(config: Config, arguments: argparse.Namespace) -> int:
    from hub.setup.command import set_up
    from hub.setup.database import database

    given = {name: value for name, value in vars(arguments).items() if name != "run" and value is not None}
    async with database(config):
        print(await set_up(config, given))
    return 0


async def sign_in_link(config: Config, arguments: argparse.Namespace) -> int:
    from hub.members import second_factor
    from hub.members.links import make_link
    from hub.members.models import Member, Purpose, mail_key
    from hub.setup.database import database

    async with database(config):
        member = await Member.by_mail(mail_key(arguments.email))
        if member is None:
            raise Unusable(f"Nobody here signs in with {arguments.email}. {await _who_administers()}")
        if arguments.without_second_factor:
            await second_factor.forget(member.id)
        token = await make_link(Purpose.SIGN_IN, member.id, next="/me")
    print(f"{config.origin}/sign-in/{token}")
    return 0


async def _who_administers() -> str:
    from hub.members.models import Member, Role

    others = Member.filter(role=Role.ADMINISTRATOR, suspended_at=None).order_by("id")
    known = [mail or phone or name for mail, phone, name in await others.values_list("mail", "phone", "name")]
    another = "`lavoir setup --admin-email ADDRESS` makes somebody else one, too."
    return f"Administrators: {', '.join(known)}; {another}" if known else "The village is not set up yet."


async def migrate(config: Config, arguments: argparse.Namespace) -> int:
    from hub.setup.database import bring_up_to_date

    applied = await bring_up_to_date(config, backup=not arguments.no_backup)
    print("\n".join(f"applied {name}" for name in applied) or "nothing to do")
    return 0


async def backup(config: Config, arguments: argparse.Namespace) -> int:
    from hub.backups import save

    try:
        await save(config, arguments.file)
    except OSError as error:
        raise Unusable(f"{arguments.file} cannot be written ({error.strerror or error})") from error
    print(f"{arguments.file}: complete")
    return 0


async def backup_key(config: Config, arguments: argparse.Namespace) -> int:
    from hub.db.sealing import new_key

    print(new_key())
    return 0


async def restore(config: Config, arguments: argparse.Namespace) -> int:
    from hub.backups import put_back, restore_on_trial

    if arguments.is_trial:
        trial = await restore_on_trial(config, arguments.file)
        rows = sum(trial.about.rows.values())
        done = "restored" if trial.restored else "read (to restore it, the user must be allowed CREATEDB)"
        print(f"{arguments.file}: {done} on trial, {rows} rows and all files are as they were")
        return 0
    about = await put_back(config, arguments.file)
    print(f"{arguments.file}: restored, as it was on {about.created_at[:16].replace('T', ' at ')} (UTC).")
    print("What was deleted since then, and who left, is here again: docs/admin/backup.md says what to do.")
    return 0


async def move(config: Config, arguments: argparse.Namespace) -> int:
    from hub.db.moving import move_to_postgres, move_to_sqlite

    to, is_back = arguments.to, config.database_url is not None
    if not (to == "sqlite" if is_back else _is_postgres(to)):
        engine, wanted = (
            ("PostgreSQL", "sqlite") if is_back else ("SQLite", "postgres://user:password@host/name")
        )
        raise Unusable(f"the village is on {engine}: write lavoir move {wanted}")
    counts = await (move_to_sqlite(config) if is_back else move_to_postgres(config, to))
    print(f"{sum(counts.values())} rows in {len(counts)} tables were moved, each as it was.")
    print("Unset LAVOIR_DATABASE_URL" if is_back else "Set LAVOIR_DATABASE_URL to the new address", end="")
    print(", then start Lavoir. The old database is as it was: keep it until all is well.")
    return 0


def _is_postgres(address: str) -> bool:
    try:
        return bool(READERS["database_url"](address))
    except ValueError:
        return False


async def doctor(config: Config, arguments: argparse.Namespace) -> int:
    from hub.app import JOBS, LONG_JOBS
    from hub.health import examine

    findings = await examine(config, [*JOBS, *LONG_JOBS])
    if arguments.json:
        print(json.dumps([vars(finding) for finding in findings], indent=1))
    else:
        for finding in findings:
            print(
                f"{'ok  ' if finding.well else 'BAD '} {finding.what}"
                + (f": {finding.remedy}" if finding.remedy else "")
            )
    return 0 if all(finding.well for finding in findings) else 1


async def demo(config: Config, arguments: argparse.Namespace) -> int:
    from hub.demo.command import demo

    ports = arguments.ports.split(",")
    if len(ports) != 3 or not all(port.isdecimal() and 0 < int(port) < 65536 for port in ports):
        raise ConfigError([f"--ports: {arguments.ports} is not three ports, like 8001,8002,8003"])
    await demo(ports=[int(port) for port in ports], data=arguments.data)
    return 0


async def check_config(config: Config, arguments: argparse.Namespace) -> int:
    for field in fields(config):
        value = getattr(config, field.name)
        shown = "***" if value and field.name == "media_secret" else _shown(value)
        print(f"LAVOIR_{field.name.upper()}={shown}")
    return 0


def _shown(value: object) -> str:
    """As it is written in the environment, but for passwords."""
    if isinstance(value, str) and value.startswith("AGE-SECRET-KEY-"):
        return "***"
    if isinstance(value, tuple) and value and isinstance(value[0], str):
        host, port = value
        return f"[{host}]:{port}" if ":" in host else f"{host}:{port}"
    if isinstance(value, tuple):
        return ",".join(map(str, value))
    if isinstance(value, bool):
        return str(int(value))
    text = "" if value is None else re.sub(r"(?<=://)([^:@/]*):.*@", r"\1:***@", str(value))
    return re.sub(r"(?<=password=)[^&]+", "***", text)
