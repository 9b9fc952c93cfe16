"""Lines of numbers, with what the number should be beside those that have a goal."""

from collections.abc import Sequence

from tests.bench.load import Answers
from tests.bench.machine import Spent, memory, peak_memory
from tests.bench.sink import Tally


def heading(text: str) -> None:
    print(f"\n{text}", flush=True)


def line(name: str, value: float, unit: str, *, goal: str = "", digits: int = 0) -> None:
    beside = f"   ({goal})" if goal else ""
    print(f"{name:42} {value:8.{digits}f} {unit}{beside}", flush=True)


def work(name: str, number: int, spent: Spent, *, rate: float = 0, cpu: float = 0) -> None:
    """`number` pieces of work; `rate` per second and `cpu` milliseconds each are the goals, if any."""
    line(name, number / spent.seconds, "/s", goal=f"at least {rate:g} /s" if rate else "")
    goal = f"at most {cpu:g} ms" if cpu else ""
    line(f"{name}, CPU each", spent.cpu * 1000 / max(number, 1), "ms", goal=goal, digits=2)


def remark(text: str) -> None:
    print(f"  {text}", flush=True)


def others(name: str, answers: Answers) -> None:
    """Nothing where all went as it should."""
    if told := answers.others():
        remark(f"{name}: {told}")


def unknown(tally: Tally) -> None:
    """What the hub asked of other servers and did not get, by the first part of its path."""
    asked = sorted({path.split("?")[0] for path in tally.unknown})
    if asked:
        remark(f"{tally.unknown.total()} of them are not there, such as {', '.join(asked[:3])}")


def busy(*, hub: Spent, generator: Spent | None = None, sink: float | None = None) -> None:
    """Whose processor was the limit; `sink` is its part of one core.

    What the hub's core did beside the hub is the work of programs that have nothing to do with this.
    """
    told = [f"hub {hub.cpu / hub.seconds:.0%} (its core {hub.hub_core:.0%}, the other {hub.other_core:.0%})"]
    told += [f"generator {generator.cpu / generator.seconds:.0%}"] if generator else []
    told += [f"sink {sink:.0%}"] if sink is not None else []
    remark(f"of one core: {', '.join(told)}")


def memory_under_load(pids: Sequence[int], rest: float) -> None:
    """Of the largest process, where there are several."""
    line("memory before (RSS)", rest, "MB", goal="at most 110 MB", digits=1)
    line("memory under load, highest (VmHWM)", peak_memory(*pids), "MB", goal="at most 200 MB", digits=1)
    line("memory after (RSS)", memory(*pids), "MB", digits=1)
