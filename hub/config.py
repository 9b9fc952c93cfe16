"""The settings, read once from the environment; every problem is reported at the same time.

What people change at run time (name of the village, charter, who may sign up) is a row of
the database, not a setting. docs/admin/settings.md explains each name; a test compares.
"""

import ipaddress
import os
import re
import ssl
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from ipaddress import IPv4Network, IPv6Network
from pathlib import Path
from typing import TypeVar
from urllib.parse import SplitResult, parse_qs, urlsplit

from hub.errors import ConfigError

Network = IPv4Network | IPv6Network
T = TypeVar("T")


@dataclass(frozen=True, kw_only=True)
class Config:
    """One village's settings; the names in docs/admin/settings.md carry `LAVOIR_` before them."""

    origin: str = "http://localhost:8000"
    bind: tuple[str, int] = ("127.0.0.1", 8000)
    data: Path = Path("./data")
    database_url: str | None = None
    database_pool: int = 10
    media_url: str | None = None
    media_key_id: str | None = None
    media_secret: str | None = None
    workers: int = 1
    smtp_url: str | None = None
    federation: str = "open"
    peer_networks: tuple[Network, ...] = ()
    ca_file: Path | None = None
    trusted_proxies: tuple[Network, ...] = (ipaddress.ip_network("127.0.0.1/32"),)
    metrics: bool = False
    metrics_bind: tuple[str, int] = ("127.0.0.1", 9000)
    log: str = "plain"
    backup_folder: Path | None = None
    backup_keep: tuple[int, ...] = (7, 4)
    backup_key: str | None = None
    map_tiles: str | None = None
    map_file: Path | None = None
    map_credit: str = "© OpenStreetMap"

    @property
    def secure(self) -> bool:
        """Whether people reach the site over TLS, so that cookies may insist on it."""
        return self.origin.startswith("https://")

    @property
    def host(self) -> str:
        """Host and, if unusual, port: the part of handles behind the second @."""
        return urlsplit(self.origin).netloc


def read_config(environ: Mapping[str, str] = os.environ) -> Config:
    """Read every `LAVOIR_…` variable; `LAVOIR_…_FILE` names a file that holds the value.

    Raises ConfigError with one line for each problem, unknown names included.
    """
    problems: list[str] = []
    values = _raw_values(environ, problems)
    fields: dict[str, object] = {}
    for name, text in values.items():
        try:
            fields[name] = READERS[name](text)
        except (ValueError, OSError) as error:
            problems.append(f"LAVOIR_{name.upper()}: {error}")
    config = Config(**fields)  # type: ignore[arg-type]  # READERS give each field its type
    problems.extend(_contradictions(config))
    if problems:
        raise ConfigError(problems)
    return config


def _raw_values(environ: Mapping[str, str], problems: list[str]) -> dict[str, str]:
    values: dict[str, str] = {}
    for variable, text in sorted(environ.items()):
        if not variable.startswith("LAVOIR_") or variable.startswith("LAVOIR_TEST_"):
            continue
        name = variable.removeprefix("LAVOIR_").lower()
        if name.endswith("_file") and name not in READERS:
            name = name.removesuffix("_file")
            if text.strip() and name in values:
                problems.append(f"{variable}: LAVOIR_{name.upper()} is set too, leave one of them out")
            text = _secret(variable, text.strip(), problems)
        if name not in READERS:
            problems.append(f"{variable}: no such setting")
        elif text.strip():
            values[name] = text.strip()
    return values


def _secret(variable: str, path: str, problems: list[str]) -> str:
    """An empty file is a mistake: without its key, backups would no longer be encrypted, and nobody told."""
    if not path:
        return ""
    try:
        text = Path(path).read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        problems.append(f"{variable}: cannot read {path} ({error})")
        return ""
    if not text.strip():
        problems.append(f"{variable}: {path} is empty")
    return text


def _contradictions(config: Config) -> list[str]:
    problems = []
    if config.map_tiles is not None and config.map_file is not None:
        problems.append("LAVOIR_MAP_TILES: a map has one background; leave this out, or LAVOIR_MAP_FILE")
    if (config.media_key_id is None) is not (config.media_secret is None):
        problems.append("LAVOIR_MEDIA_SECRET: it goes with LAVOIR_MEDIA_KEY_ID, both or neither")
    if config.media_url is not None and config.media_key_id is None and config.media_secret is None:
        problems.append("LAVOIR_MEDIA_URL: it goes with LAVOIR_MEDIA_KEY_ID and LAVOIR_MEDIA_SECRET")
    if config.workers == 0 and config.database_url is None:
        problems.append("LAVOIR_WORKERS: 0 needs LAVOIR_DATABASE_URL, for only then can `lavoir work` help")
    if not config.secure and not _may_be_plain(config):
        problems.append(
            "LAVOIR_ORIGIN: use https://; http:// is for localhost"
            " and for the networks of LAVOIR_PEER_NETWORKS, which tests and the demo set"
        )
    return problems


def _may_be_plain(config: Config) -> bool:
    host = urlsplit(config.origin).hostname or ""
    if host == "localhost":
        return True
    try:
        address = ipaddress.ip_address(host)
    except ValueError:
        return False
    return address.is_loopback or any(address in network for network in config.peer_networks)


def _origin(text: str) -> str:
    parts = urlsplit(text)
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise ValueError("write it like https://village.example")
    if parts.path.strip("/") or parts.query or parts.fragment or "@" in parts.netloc:
        raise ValueError("only scheme, host and port, without a path")
    if parts.port is not None and not 0 < parts.port < 65536:
        raise ValueError("no such port")
    if parts.port == {"http": 80, "https": 443}[parts.scheme]:
        raise ValueError("leave the usual port out, as browsers do")
    if not re.fullmatch(r"[A-Za-z0-9.-]+|[0-9a-f:]+", parts.hostname):
        raise ValueError("letters without accents, digits, hyphens and dots; é and the like as xn--…")
    return f"{parts.scheme}://{parts.netloc.lower()}"


def _address(text: str) -> tuple[str, int]:
    parts = re.fullmatch(r"(?:([^\s:\[\]]+)|\[([0-9A-Fa-f:.]*:[0-9A-Fa-f:.]*)\]):([0-9]{1,5})", text)
    if parts is None or not 0 < int(parts[3]) < 65536:
        raise ValueError("write it like 127.0.0.1:8000, or [::1]:8000")
    return parts[1] or parts[2], int(parts[3])


def _count(text: str) -> int:
    if not text.isdecimal() or int(text) > 64:
        raise ValueError("a whole number from 0 to 64")
    return int(text)


def _pool(text: str) -> int:
    if not text.isdecimal() or not 2 <= int(text) <= 100:
        raise ValueError("a whole number from 2 to 100")
    return int(text)


def _networks(text: str) -> tuple[Network, ...]:
    return tuple(ipaddress.ip_network(part.strip()) for part in text.split(","))


def _url(*schemes: str) -> Callable[[str], str]:
    def read(text: str) -> str:
        parts = urlsplit(text)
        if not _has_port(parts):
            raise ValueError("no such port; in a password, / : @ are written %2F %3A %40")
        if parts.scheme not in schemes or not parts.hostname:
            raise ValueError(f"write it like {schemes[0]}://user:password@host/…")
        return text

    return read


def _mail_server(text: str) -> str:
    """A word that is not understood may have meant TLS, without which the password is for all to read."""
    _url("smtp", "smtps")(text)
    query = urlsplit(text).query
    if query not in ("", "starttls=0", "starttls=1"):
        raise ValueError("nothing but starttls=1 may stand behind the ?")
    return text


def _bucket(text: str) -> str:
    parts = urlsplit(text)
    options = parse_qs(parts.query, strict_parsing=True) if parts.query else {}
    if parts.scheme != "s3" or not parts.hostname or "@" in parts.netloc or options.keys() - BUCKET_OPTIONS:
        raise ValueError("write it like s3://bucket/prefix?endpoint=https://s3.example&region=fr-par")
    endpoint = urlsplit(options.get("endpoint", ["https://s3.example"])[-1])
    if endpoint.scheme not in ("https", "http") or not endpoint.hostname:
        raise ValueError("its endpoint is written like https://s3.example")
    return text


BUCKET_OPTIONS = {"endpoint", "region"}


def _has_port(parts: SplitResult) -> bool:
    """The library would repeat what it takes for the port, which may be a part of a password."""
    try:
        return parts.port != 0
    except ValueError:
        return False


def _folder(text: str) -> Path:
    """It may still be made."""
    if Path(text).exists() and not Path(text).is_dir():
        raise ValueError(f"{text} is no folder")
    return Path(text)


def _existing_file(text: str) -> Path:
    if not Path(text).is_file():
        raise ValueError(f"there is no file {text}")
    return Path(text)


def _certificates(text: str) -> Path:
    path = _existing_file(text)
    try:
        ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT).load_verify_locations(cafile=path)
    except (ssl.SSLError, OSError) as error:
        raise ValueError(f"{text} holds no certificate in the format PEM ({error})") from error
    return path


def _keep(text: str) -> tuple[int, ...]:
    """How many nights, and how many weeks."""
    parts = text.split(",")
    if len(parts) != 2 or not all(part.strip().isdecimal() and int(part) <= 999 for part in parts):
        raise ValueError("two numbers: the nights and the weeks to keep, such as 7,4; 0,0 for no backups")
    return tuple(int(part) for part in parts)


def _backup_key(text: str) -> str:
    from pyrage import IdentityError, x25519  # type: ignore[import-untyped]  # not at the top: few encrypt

    try:
        x25519.Identity.from_str(text)
    except IdentityError as error:
        raise ValueError("no key: `lavoir backup-key` makes one") from error
    return text


def _tiles(text: str) -> str:
    parts = urlsplit(text)
    local = parts.hostname in ("localhost", "127.0.0.1")
    if not parts.hostname or parts.scheme not in (("https", "http") if local else ("https",)):
        raise ValueError("write it like https://tiles.example/{z}/{x}/{y}.png")
    if not re.fullmatch(r"[a-z0-9.-]+(:\d{1,5})?", parts.netloc):  # it is written into a header
        raise ValueError("only a host, without names of users and without {s}: browsers ask that one alone")
    if any(text.count(part) != 1 for part in ("{z}", "{x}", "{y}")):
        raise ValueError("{z}, {x} and {y} stand for the zoom, the column and the row of a picture")
    return text


def _map_file(text: str) -> Path:
    """A PMTiles archive, version 3 (https://github.com/protomaps/PMTiles/blob/main/spec/v3/spec.md)."""
    path = _existing_file(text)
    try:
        with path.open("rb") as file:
            head = file.read(127)
    except OSError as error:
        raise ValueError(f"cannot read {text} ({error.strerror})") from error
    if len(head) < 127 or head[:7] != b"PMTiles" or head[7] != 3:
        raise ValueError(f"{text} is no PMTiles file of version 3")
    return path


def _one_of(*choices: str) -> Callable[[str], str]:
    def read(text: str) -> str:
        if text not in choices:
            raise ValueError("one of " + ", ".join(choices))
        return text

    return read


def _switch(text: str) -> bool:
    return _one_of("0", "1")(text) == "1"


READERS: dict[str, Callable[[str], object]] = {
    "origin": _origin,
    "bind": _address,
    "data": _folder,
    "database_url": _url("postgres", "postgresql"),
    "database_pool": _pool,
    "media_url": _bucket,
    "media_key_id": str,
    "media_secret": str,
    "workers": _count,
    "smtp_url": _mail_server,
    "federation": _one_of("open", "neighbours", "off"),
    "peer_networks": _networks,
    "ca_file": _certificates,
    "trusted_proxies": _networks,
    "metrics": _switch,
    "metrics_bind": _address,
    "log": _one_of("plain", "json"),
    "backup_folder": _folder,
    "backup_keep": _keep,
    "backup_key": _backup_key,
    "map_tiles": _tiles,
    "map_file": _map_file,
    "map_credit": str,
}
