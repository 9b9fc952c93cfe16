"""An authority of our own, and the certificates a host may show: good, too old, of another, of nobody."""

import ssl
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import cache
from pathlib import Path

import trustme


@dataclass(frozen=True)
class Certificates:
    """One server context for each way of being trusted or not."""

    authority: trustme.CA
    valid: ssl.SSLContext
    expired: ssl.SSLContext
    of_another_host: ssl.SSLContext
    self_made: ssl.SSLContext

    def write_authority(self, folder: Path) -> Path:
        """What `LAVOIR_CA_FILE` and `Client(ca_file=…)` name."""
        path = folder / "authority.pem"
        self.authority.cert_pem.write_to_path(path)
        return path


@cache
def make_certificates(names: tuple[str, ...]) -> Certificates:
    """For the whole test process: nobody changes them."""
    authority = trustme.CA()
    yesterday = datetime.now(UTC) - timedelta(days=1)
    return Certificates(
        authority,
        valid=_context(authority.issue_cert(*names)),
        expired=_context(authority.issue_cert(*names, not_before=yesterday, not_after=yesterday)),
        of_another_host=_context(authority.issue_cert("another.example")),
        self_made=_context(trustme.CA().issue_cert(*names)),
    )


def _context(certificate: trustme.LeafCert) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    certificate.configure_cert(context)
    return context
