"""How long a page takes, and how much memory a village that nobody writes to."""

import http.client
import subprocess
import sys
import threading
import time
from statistics import median, quantiles

from tests.bench.engines import Engine
from tests.bench.machine import memory
from tests.bench.options import Options
from tests.bench.village import Hub, running_hub
from tests.site import ROOT

ANSWERS, WARM_UP = 500, 50
CONNECTIONS, SECONDS = 8, 4


def measure(engine: Engine, options: Options) -> None:
    with running_hub(engine, options) as hub:
        list_associations(hub)
        time.sleep(2)
        print(f"{'memory at rest, set up (RSS)':42} {memory(*hub.pids):8.1f} MB   (at most 110 MB)")
        measure_pages(hub)
        print(f"{'memory after all that (RSS)':42} {memory(*hub.pids):8.1f} MB")


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


def measure_pages(hub: Hub) -> None:
    print(f"\n{'one after the other, one connection':42} {'median':>8} {'p95':>8}")
    pages = {
        "/health": ("/health", ""),
        "home, a visitor": ("/", ""),
        "home, signed in": ("/", hub.session),
        "associations": ("/associations", ""),
        "charter": ("/charter", ""),
        "me": ("/me", hub.session),
    }
    medians = {}
    for name, (path, cookie) in pages.items():
        times = answers(hub, path, cookie)
        medians[name] = median(times)
        p95 = quantiles(times, n=20)[-1]
        ratio = medians[name] / medians["/health"]
        print(f"{name:42} {medians[name]:5.2f} ms {p95:5.2f} ms   {ratio:5.1f} times /health", flush=True)
    print(f"\n{CONNECTIONS} connections at once:")
    base = None
    for name in ("/health", "home, a visitor", "home, signed in"):
        rate = pages_per_second(hub, *pages[name])
        base = base or rate
        print(f"{name:42} {rate:8.0f} /s   {rate / base:5.2f} of /health", flush=True)
    print()


def answers(hub: Hub, path: str, cookie: str) -> list[float]:
    """Milliseconds of each answer over one connection that is kept."""
    connection = http.client.HTTPConnection(*hub.address, timeout=30)
    times = []
    for number in range(WARM_UP + ANSWERS):
        began = time.perf_counter()
        ask(connection, path, cookie)
        if number >= WARM_UP:
            times.append((time.perf_counter() - began) * 1000)
    connection.close()
    return times


def ask(connection: http.client.HTTPConnection, path: str, cookie: str) -> None:
    connection.request("GET", path, headers={"Cookie": cookie} if cookie else {})
    answer = connection.getresponse()
    answer.read()
    assert answer.status == 200, f"{path} answers {answer.status}"


def pages_per_second(hub: Hub, path: str, cookie: str) -> float:
    counts, ends = [0] * CONNECTIONS, time.perf_counter() + SECONDS

    def one(number: int) -> None:
        connection = http.client.HTTPConnection(*hub.addresses[number % len(hub.addresses)], timeout=30)
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


def list_associations(hub: Hub) -> None:
    """Twenty, so that home and directory have something to show."""
    for number in range(20):
        hub.send("/associations/new", name=f"Club {number}", activity="sport", kind="association")
