import re
from xml.etree import ElementTree

from federation.handles import read_host_meta
from federation.nodeinfo import Presence, Software, Usage, host_meta, nodeinfo, well_known
from tests.unit.federation.recorded import assert_expected

PRESENCE = Presence(
    software=Software("lavoir", "0.2.0", "https://code.example/lavoir", "https://lavoir.example"),
    usage=Usage(members=120, active_month=30, active_half_year=70, posts=412, comments=98),
    open_registrations=True,
    name="Bourg",
    description="La vie du village",
)


def test_a_server_says_what_it_is() -> None:
    assert_expected("nodeinfo", nodeinfo(PRESENCE))


def test_the_name_of_the_software_is_one_that_the_schema_allows() -> None:
    assert re.fullmatch(r"[a-z0-9-]+", nodeinfo(PRESENCE)["software"]["name"])


def test_the_server_actor_is_found_without_knowing_a_name() -> None:
    assert_expected(
        "nodeinfo_links",
        well_known("https://bourg.example/nodeinfo/2.1", server_actor="https://bourg.example/actor"),
    )


def test_host_meta_leads_to_webfinger() -> None:
    template = read_host_meta(host_meta("https://bourg.example").encode())
    assert template == "https://bourg.example/.well-known/webfinger?resource={uri}"
    assert ElementTree.fromstring(host_meta('https://"&<')) is not None
