"""How much memory and time a village takes: `python -m tests.bench`. It prints, and asserts nothing.

The site is pinned to one core and the measuring to another, where there are two. /health is asked
in the same run, so that the ratios can be compared between machines and days.
"""

import http.client
import os
import platform
import re
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path
from statistics import median, quantiles

from bs4 import BeautifulSoup

from tests.site import ROOT, Site

ANSWERS, WARM_UP = 500, 50
CONNECTIONS, SECONDS = 8, 4
SET_UP = ("setup", "--name", "Valbrume", "--admin-email", "rosa@example.fr", "--insee", "26314")


def main() -> None:
    cores = sorted(os.sched_getaffinity(0))
    print(f"Python {platform.python_version()}, {len(cores)} cores, {platform.machine()}\n")
    print(f"{'import hub.app, cold process':42} {import_time():8.0f} ms")
    with tempfile.TemporaryDirectory() as folder:
        site = Site(Path(folder) / "data")
        site.command(*SET_UP)
        site.command("setup", "--locale", "fr")
        site.start()
        try:
            session = sign_in(site)
            list_associations(site, session)
            for thread in Path(f"/proc/{site.pid}/task").iterdir():
                os.sched_setaffinity(int(thread.name), {cores[0]})
            os.sched_setaffinity(0, set(cores[1:]) or set(cores))
            time.sleep(2)
            print(f"{'memory at rest, set up (RSS)':42} {memory(site.pid):8.1f} MB")
            measure(site, session)
            print(f"{'memory after all that (RSS)':42} {memory(site.pid):8.1f} MB")
        finally:
            site.stop()


def import_time() -> float:
    """Milliseconds from an empty interpreter to the app, the interpreter's own start taken off."""
    took = {}
    for code in ("pass", "import hub.app"):
        runs = []
        for _ in range(5):
            began = time.perf_counter()
            subprocess.run([sys.executable, "-c", code], cwd=ROOT, check=True)
            runs.append(time.perf_counter() - began)
        took[code] = median(runs)
    return (took["import hub.app"] - took["pass"]) * 1000


def memory(pid: int) -> float:
    """Of the whole process, in MB."""
    status = Path(f"/proc/{pid}/status").read_text(encoding="utf-8")
    found = re.search(r"VmRSS:\s+(\d+) kB", status)
    assert found
    return int(found[1]) / 1024


def measure(site: Site, session: str) -> None:
    print(f"\n{'one after the other, one connection':42} {'median':>8} {'p95':>8}")
    pages = {
        "/health": ("/health", ""),
        "home, a visitor": ("/", ""),
        "home, signed in": ("/", session),
        "associations": ("/associations", ""),
        "charter": ("/charter", ""),
        "me": ("/me", session),
    }
    medians = {}
    for name, (path, cookie) in pages.items():
        times = answers(site, path, cookie)
        medians[name] = median(times)
        p95 = quantiles(times, n=20)[-1]
        ratio = medians[name] / medians["/health"]
        print(f"{name:42} {medians[name]:5.2f} ms {p95:5.2f} ms   {ratio:5.1f} times /health")
    print(f"\n{CONNECTIONS} connections at once:")
    base = None
    for name in ("/health", "home, a visitor", "home, signed in"):
        rate = pages_per_second(site, *pages[name])
        base = base or rate
        print(f"{name:42} {rate:8.0f} /s   {rate / base:5.2f} of /health")
    print()


def answers(site: Site, path: str, cookie: str) -> list[float]:
    """Milliseconds of each answer over one connection that is kept."""
    connection = http.client.HTTPConnection("127.0.0.1", site.port, timeout=30)
    times = []
    for number in range(WARM_UP + ANSWERS):
        began = time.perf_counter()
        ask(connection, path, cookie)
        if number >= WARM_UP:
            times.append((time.perf_counter() - began) * 1000)
    connection.close()
    return times


def ask(connection: http.client.HTTPConnection, path: str, cookie: str) -> bytes:
    connection.request("GET", path, headers={"Cookie": cookie} if cookie else {})
    answer = connection.getresponse()
    body = answer.read()
    assert answer.status == 200, f"{path} answers {answer.status}"
    return body


def pages_per_second(site: Site, path: str, cookie: str) -> float:
    counts, ends = [0] * CONNECTIONS, time.perf_counter() + SECONDS

    def one(number: int) -> None:
        connection = http.client.HTTPConnection("127.0.0.1", site.port, timeout=30)
        while time.perf_counter() < ends:
            ask(connection, path, cookie)
            counts[number] += 1
        connection.close()

    threads = [threading.Thread(target=one, args=(number,)) for number in range(CONNECTIONS)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return sum(counts) / SECONDS


def sign_in(site: Site) -> str:
    """The cookie of the administrator."""
    path = site.command("sign-in-link", "rosa@example.fr").stdout.strip().removeprefix(site.url)
    connection = http.client.HTTPConnection("127.0.0.1", site.port, timeout=30)
    connection.request("GET", path)
    answer = connection.getresponse()
    form, cookie = answer.read(), answer.getheader("set-cookie", "").partition(";")[0]
    connection.request("POST", path, f"_token={token_in(form)}", form_headers(cookie))
    answer = connection.getresponse()
    answer.read()
    connection.close()
    return str(answer.getheader("set-cookie")).partition(";")[0]


def list_associations(site: Site, session: str) -> None:
    """Twenty, so that home and directory have something to show."""
    connection = http.client.HTTPConnection("127.0.0.1", site.port, timeout=30)
    token = token_in(ask(connection, "/associations/new", session))
    for number in range(20):
        body = f"_token={token}&name=Club+{number}&activity=sport&kind=association"
        connection.request("POST", "/associations/new", body, form_headers(session))
        connection.getresponse().read()
    connection.close()


def form_headers(cookie: str) -> dict[str, str]:
    return {"Cookie": cookie, "Content-Type": "application/x-www-form-urlencoded"}


def token_in(page: bytes) -> str:
    field = BeautifulSoup(page, "html.parser").select_one("input[name=_token]")
    assert field is not None
    return str(field["value"])


if __name__ == "__main__":
    main()
