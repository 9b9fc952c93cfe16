"""The sheet keeps what the look promises: contrast in every set of colours, size, nothing from elsewhere."""

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[3]
STATIC = ROOT / "hub" / "web" / "static"
SHEET = (STATIC / "lavoir.css").read_text(encoding="utf-8")
TEMPLATES = sorted((ROOT / "templates").rglob("*.html"))

AAA, PART = 7.0, 3.0  # text; the border of a field, or a sign without which nothing is understood
KINDS = ("need", "offer", "project", "event", "idea")
TEXT = [
    *(("ink", ground) for ground in ("paper", "sheet", "sunk", "bad-w", "good-w")),
    *(("ink", f"{kind}-w") for kind in KINDS),
    *(("soft", ground) for ground in ("paper", "sheet", "sunk")),
    *(("act", ground) for ground in ("paper", "sheet", "sunk")),
    ("on-btn", "btn"),
    ("foam", "deep"),
    *((kind, "sheet") for kind in KINDS),
    *(("on", f"{kind}-f") for kind in KINDS),
    *((state, ground) for state in ("bad", "good") for ground in ("paper", "sheet", f"{state}-w")),
]
PARTS = [
    *(("edge", ground) for ground in ("paper", "sheet", "bad-w")),
    *(("act", ground) for ground in ("paper", "sheet")),
    *(("btn", ground) for ground in ("paper", "sheet")),
    *((kind, ground) for kind in KINDS for ground in ("paper", "sheet", f"{kind}-w")),
    *((state, f"{state}-w") for state in ("bad", "good")),
]


def colours_of(css: str, selector: str) -> dict[str, str]:
    block = re.search(rf"(?<![\w-]){re.escape(selector)}\{{([^}}]*)\}}", css)
    assert block, f"the sheet has no rule for {selector}"
    return dict(re.findall(r"--([a-z-]+):(#[0-9a-f]{3,6})\b", block[1]))


def dark(css: str) -> str:
    """What the sheet says for people who prefer the dark."""
    marks = re.split(r"@media screen and \(prefers-color-scheme:dark\)\{", css)[1:]
    return "".join(re.match(r"(?:[^{}]*\{[^{}]*\})*", block)[0] for block in marks)  # type: ignore[index]


def tokens(scheme: str, palette: str) -> dict[str, str]:
    """Every colour as the browser ends up with it."""
    light = re.sub(r"@media[^{]*\{(?:[^{}]*\{[^{}]*\})*\s*\}", "", SHEET)
    found = colours_of(light, ":root")
    if scheme == "dark":
        found |= colours_of(dark(SHEET), ":root")
    if palette != "water":
        found |= colours_of(light, f".{palette}")
        if scheme == "dark":
            found |= colours_of(dark(SHEET), f".{palette}")
    return found


def luminance(colour: str) -> float:
    """WCAG 2, relative luminance."""
    digits = colour.removeprefix("#")
    if len(digits) == 3:
        digits = "".join(digit * 2 for digit in digits)
    parts = [int(digits[i : i + 2], 16) / 255 for i in (0, 2, 4)]
    linear = [part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def contrast(one: str, other: str) -> float:
    high, low = sorted((luminance(one), luminance(other)), reverse=True)
    return (high + 0.05) / (low + 0.05)


def test_contrast_is_measured_as_wcag_does() -> None:
    assert round(contrast("#000", "#ffffff"), 2) == 21
    assert round(contrast("#777777", "#fff"), 2) == 4.48


@pytest.mark.parametrize("palette", ["water", "slate", "vine"])
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_every_text_and_every_edge_is_strong_enough(scheme: str, palette: str) -> None:
    colour = tokens(scheme, palette)
    pairs = [*((pair, AAA) for pair in TEXT), *((pair, PART) for pair in PARTS)]
    weak = {
        f"{front} on {ground}": round(contrast(colour[front], colour[ground]), 2)
        for (front, ground), least in pairs
        if contrast(colour[front], colour[ground]) < least
    }
    assert weak == {}


def test_every_colour_of_a_text_is_one_that_was_measured() -> None:
    screen = SHEET.partition("@media print")[0]  # paper: black on white
    used = re.findall(r"(?<![\w-])color:(?:var\(--([\w-]+)\)|([^;}]+))", screen)
    named = {name for name, _ in used if name}
    assert named <= {front for front, _ in TEXT} | {"k", "paper"}
    assert {value for _, value in used if value} <= {"inherit"}


@pytest.mark.parametrize("palette", ["slate", "vine"])
def test_a_set_of_colours_changes_no_kind_and_no_state(palette: str) -> None:
    free = {"act", "btn", "on-btn", "deep", "foam", "tile"}
    assert colours_of(SHEET, f".{palette}").keys() <= free
    assert colours_of(dark(SHEET), f".{palette}").keys() <= free


def test_the_sheet_is_light() -> None:
    assert len(SHEET.encode()) <= 20_000


def test_the_sheet_loads_nothing_but_its_own_font() -> None:
    addresses = re.findall(r"url\(\s*['\"]?([^)'\"]+)", SHEET)
    assert addresses == ["fonts/atkinson-next.woff2"]
    assert (STATIC / addresses[0]).stat().st_size < 40_000
    assert "@import" not in SHEET
    assert "//" not in re.sub(r"/\*.*?\*/", "", SHEET)


# A tick inside a ring, and the words of drawings, which grow with them.
DRAWN = {".tl .done::before", ".rings text", ".rings .km"}


def test_no_text_is_smaller_than_sixteen_pixels() -> None:
    screen = SHEET.partition("@media print")[0]
    small = set()
    for selectors, rules in re.findall(r"([^{}]+)\{([^{}]*)\}", screen):
        for size, unit in re.findall(r"font(?:-size)?:[^;}]*?(?<![\w.-])(\d*\.?\d+)(rem|px|em)\b", rules):
            rem = float(size) / 18 if unit == "px" else float(size)
            if rem < 0.889:
                small.add(re.sub(r"/\*.*?\*/", "", selectors).strip())
    assert {selector.split(".km")[0] for selector in small} <= {each.split(".km")[0] for each in DRAWN}


CLASS = re.compile(r'class="((?:\{\{.*?\}\}|\{%.*?%\}|[^"{])*)"')
PLACE = re.compile(r"\{\{.*?\}\}|\{%.*?%\}")


def classes_in(template: str) -> set[str]:
    """Every class that a template may give, those in its conditions included."""
    found: list[str] = re.findall(r"\{% block width %\}(\w+)\{%", template)
    for value in CLASS.findall(template):
        found += PLACE.sub(" ", value).split()
        for place in PLACE.findall(value):
            for words, tested in re.findall(r'"([^"]*)"(\s*:|\s+in\b)?', place):
                found += [] if tested else words.split()
    return set(found)


@pytest.mark.parametrize("template", TEMPLATES, ids=lambda path: f"{path.parent.name}-{path.stem}")
def test_every_class_of_a_template_means_something(template: Path) -> None:
    meant = set(re.findall(r"\.(-?[a-zA-Z_][\w-]*)", SHEET))
    hooks = set(re.findall(r"querySelector(?:All)?\(['\"]\.([\w-]+)", (STATIC / "passkeys.js").read_text()))
    assert classes_in(template.read_text(encoding="utf-8")) <= meant | hooks


def test_classes_in_conditions_are_found() -> None:
    assert classes_in('<a class="btn{{ " quiet" if x == y }} {{ {"a": "need", "b": "offer"}[k] }}">') == {
        *("btn", "quiet", "need", "offer")
    }
