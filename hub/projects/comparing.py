"""What changed between two texts, as people read it: sentences that came and went, and words inside them."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher

KEPT, ADDED, GONE = "kept", "added", "gone"

_SENTENCE = re.compile(r"[^.!?…\n]+[.!?…]*[ \t]*|[.!?…]+[ \t]*|\n+")
_WORD = re.compile(r"\s+|\w+(?:['’-]\w+)*|[^\w\s]")
_ALIKE = 0.5  # below, a sentence is another one and not the same with other words
MOST_PARTS = 400  # sentences or words: what has more is shown as a whole


@dataclass(frozen=True, kw_only=True)
class Part:
    """A piece of the two texts; `look`: kept, added or gone."""

    look: str
    text: str


def compare(before: str, after: str) -> list[Part]:
    """In the order of the text that is newer; put together, kept and added are that text."""
    return list(_joined(_parts(_split(before), _split(after))))


def _split(text: str) -> list[str]:
    sentences = _SENTENCE.findall(text)
    return sentences if len(sentences) <= MOST_PARTS else [text]


def _parts(before: Sequence[str], after: Sequence[str]) -> Iterator[Part]:
    for look, first, second in _steps(before, after):
        if look == "equal":
            yield Part(look=KEPT, text="".join(second))
        elif look == "replace":
            yield from _inside("".join(first), "".join(second))
        else:
            yield from _swapped("".join(first), "".join(second))


def _inside(before: str, after: str) -> Iterator[Part]:
    """Word by word, where it is still the same sentence."""
    first, second = _WORD.findall(before), _WORD.findall(after)
    if max(len(first), len(second)) > MOST_PARTS:
        yield from _swapped(before, after)
        return
    if SequenceMatcher(None, first, second).quick_ratio() < _ALIKE:
        yield from _swapped(before, after)
        return
    for look, gone, came in _steps(first, second):
        if look == "equal":
            yield Part(look=KEPT, text="".join(came))
        else:
            yield from _swapped("".join(gone), "".join(came))


def _swapped(gone: str, came: str) -> Iterator[Part]:
    if gone:
        yield Part(look=GONE, text=gone)
    if came:
        yield Part(look=ADDED, text=came)


def _steps(before: Sequence[str], after: Sequence[str]) -> Iterator[tuple[str, Sequence[str], Sequence[str]]]:
    for look, low, high, start, end in SequenceMatcher(None, before, after).get_opcodes():
        yield look, before[low:high], after[start:end]


def _joined(parts: Iterator[Part]) -> Iterator[Part]:
    """Neighbours of the same look are one."""
    held: Part | None = None
    for part in parts:
        if held is not None and held.look == part.look:
            held = Part(look=held.look, text=held.text + part.text)
            continue
        if held is not None:
            yield held
        held = part
    if held is not None:
        yield held
