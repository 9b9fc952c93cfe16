"""Pictures for the story: flat landscapes and things of a village, drawn when they are needed.

Drawn, so that nothing has to be shipped, nobody can be recognised, and nobody's rights are touched.
"""

import io
import math
from collections.abc import Callable

from PIL import Image, ImageDraw

WIDTH, HEIGHT = 1200, 800
FINER = 2  # drawn larger, then made small: no jagged edges

Colour = tuple[int, int, int]
SKY: tuple[Colour, Colour] = ((196, 222, 232), (250, 238, 214))
NIGHT: tuple[Colour, Colour] = ((25, 42, 78), (196, 112, 88))
STONE, ROOF, WOOD, DARK = (226, 208, 178), (186, 84, 50), (142, 98, 60), (54, 44, 40)
GREEN, LEAF, LAVENDER, EARTH = (118, 142, 82), (72, 108, 62), (128, 112, 172), (168, 132, 96)
CREAM, RED, BLUE, YELLOW = (252, 246, 232), (168, 58, 42), (52, 96, 136), (236, 190, 84)


class Sheet:
    """Something to draw on, in the units of the finished picture."""

    def __init__(self, sky: tuple[Colour, Colour] = SKY) -> None:
        self.image = Image.new("RGB", (1, 2))
        self.image.putdata(list(sky))
        size = (WIDTH * FINER, HEIGHT * FINER)
        self.image = self.image.resize(size, Image.Resampling.BILINEAR)
        self._draw = ImageDraw.Draw(self.image)

    def shape(self, colour: Colour, *points: tuple[float, float]) -> None:
        self._draw.polygon([(x * FINER, y * FINER) for x, y in points], fill=colour)

    def box(self, colour: Colour, left: float, top: float, wide: float, high: float) -> None:  # noqa: PLR0917
        self.shape(colour, (left, top), (left + wide, top), (left + wide, top + high), (left, top + high))

    def disc(self, colour: Colour, x: float, y: float, radius: float, *, flat: float = 1) -> None:  # noqa: PLR0917
        edges = ((x - radius) * FINER, (y - radius * flat) * FINER)
        self._draw.ellipse((*edges, (x + radius) * FINER, (y + radius * flat) * FINER), fill=colour)

    def line(self, colour: Colour, *points: tuple[float, float], wide: float = 6) -> None:
        scaled = [(x * FINER, y * FINER) for x, y in points]
        self._draw.line(scaled, fill=colour, width=round(wide * FINER), joint="curve")

    def hill(self, colour: Colour, top: float, *, waves: float, shift: float) -> None:
        along = range(0, WIDTH + 1, 20)
        ridge = [(x, top + 40 * math.sin(x / WIDTH * math.tau * waves + shift)) for x in along]
        self.shape(colour, *ridge, (WIDTH, HEIGHT), (0, HEIGHT))

    def jpeg(self) -> bytes:
        small = self.image.resize((WIDTH, HEIGHT), Image.Resampling.BOX)
        file = io.BytesIO()
        small.save(file, "JPEG", quality=82)
        return file.getvalue()


def drawn(name: str) -> bytes:
    """A JPEG file."""
    return SCENES[name]().jpeg()


def _land(sky: tuple[Colour, Colour] = SKY) -> Sheet:
    sheet = Sheet(sky)
    sheet.disc(YELLOW if sky is SKY else CREAM, 940, 170, 62)
    for colour, top, waves, shift in (
        ((158, 172, 186), 350, 1.2, 0.4),
        ((136, 156, 132), 420, 0.9, 2.2),
        (GREEN, 500, 0.7, 4.0),
    ):
        sheet.hill(colour, top, waves=waves, shift=shift)
    return sheet


def _house(sheet: Sheet, left: float, ground: float, wide: float, high: float) -> None:  # noqa: PLR0917
    sheet.box(STONE, left, ground - high, wide, high)
    edge, top = wide * 0.08, ground - high
    sheet.shape(ROOF, (left - edge, top), (left + wide + edge, top), (left + wide / 2, top - wide * 0.4))
    sheet.box(WOOD, left + wide * 0.4, ground - high * 0.5, wide * 0.22, high * 0.5)
    for at in (0.12, 0.72):
        sheet.box(BLUE, left + wide * at, ground - high * 0.8, wide * 0.17, high * 0.24)


def _village() -> Sheet:
    sheet = _land()
    for left, ground, wide, high in ((150, 560, 150, 120), (330, 575, 180, 150), (700, 570, 170, 130)):
        _house(sheet, left, ground, wide, high)
    sheet.box(STONE, 555, 380, 90, 200)
    sheet.shape(ROOF, (545, 380), (655, 380), (600, 270))
    sheet.disc(DARK, 600, 430, 20)
    _lavender(sheet, top=600)
    return sheet


def _lavender(sheet: Sheet, *, top: float) -> None:
    sheet.box(EARTH, 0, top, WIDTH, HEIGHT - top)
    for row in range(-6, 7):
        bottom = 600 + row * 210
        head = 600 + row * 62
        sheet.shape(
            LAVENDER, (head - 14, top), (head + 14, top), (bottom + 66, HEIGHT), (bottom - 66, HEIGHT)
        )


def _lavoir() -> Sheet:
    sheet = _land()
    sheet.box(STONE, 200, 330, 800, 330)
    for left in (240, 490, 740):
        sheet.box(DARK, left, 470, 210, 190)
        sheet.disc(DARK, left + 105, 470, 105)
    sheet.shape(ROOF, (150, 340), (1050, 340), (940, 220), (260, 220))
    sheet.box((92, 148, 164), 120, 650, 960, 150)
    sheet.box(CREAM, 100, 640, 1000, 26)
    for x in (260, 520, 800):
        sheet.line((188, 222, 228), (x, 710), (x + 120, 710), wide=7)
    return sheet


def _wood() -> Sheet:
    sheet = _land()
    _house(sheet, 760, 600, 300, 240)
    sheet.box(GREEN, 0, 600, WIDTH, 200)
    for row in range(5):
        for column in range(9 - row):
            x, y = 130 + column * 74 + row * 37, 690 - row * 64
            sheet.disc(WOOD, x, y, 36)
            sheet.disc((206, 168, 120), x, y, 29)
            sheet.disc(WOOD, x, y, 13)
            sheet.disc((206, 168, 120), x, y, 9)
    return sheet


def _shop() -> Sheet:
    sheet = Sheet(((244, 232, 206), (232, 214, 180)))
    for top in (170, 330):
        sheet.box(WOOD, 120, top, 960, 18)
    for number in range(11):
        x = 160 + number * 84
        sheet.box((RED, GREEN, YELLOW, BLUE)[number % 4], x, 96, 54, 74)
        sheet.box(CREAM, x + 6, 120, 42, 26)
        sheet.disc((RED, YELLOW, LEAF)[number % 3], x + 26, 300, 30)
    sheet.box(ROOF, 60, 520, 1080, 280)
    sheet.box(WOOD, 40, 490, 1120, 40)
    for number in range(4):
        x = 170 + number * 120
        sheet.disc((206, 150, 84), x, 458, 60, flat=0.5)
        sheet.line(CREAM, (x - 20, 444), (x + 4, 462), wide=5)
    sheet.box((120, 130, 134), 800, 400, 190, 92)
    sheet.disc(CREAM, 895, 440, 34)
    return sheet


def _garden() -> Sheet:
    sheet = _land()
    sheet.box(EARTH, 0, 560, WIDTH, 240)
    for row in range(4):
        y = 600 + row * 56
        sheet.line((132, 98, 68), (0, y + 26), (WIDTH, y + 26), wide=12)
        for column in range(13):
            x = 60 + column * 92 + row * 22
            sheet.disc(LEAF if row % 2 else GREEN, x, y, 24, flat=0.8)
            if row % 2:
                sheet.disc(RED, x + 8, y - 4, 9)
    sheet.shape((120, 132, 140), (830, 430), (970, 430), (950, 560), (850, 560))
    sheet.line((120, 132, 140), (850, 470), (750, 400), wide=16)
    sheet.disc((120, 132, 140), 740, 394, 24)
    return sheet


def _feast() -> Sheet:
    sheet = _land(NIGHT)
    for left in (120, 420, 760):
        _house(sheet, left, 560, 230, 170)
    sheet.box((96, 84, 78), 0, 560, WIDTH, 240)
    for start in (0, 400, 800):
        points = [(start + x, 210 + 60 * math.sin(x / 400 * math.pi)) for x in range(0, 401, 20)]
        sheet.line(DARK, *points, wide=4)
        for number, (x, y) in enumerate(points[1::3]):
            sheet.disc((YELLOW, RED, CREAM)[number % 3], x, y + 18, 14)
    for left in (140, 640):
        sheet.box(CREAM, left, 640, 420, 34)
        for leg in (20, 380):
            sheet.box(WOOD, left + leg, 674, 20, 90)
        for number in range(5):
            sheet.disc((RED, YELLOW, GREEN)[number % 3], left + 50 + number * 80, 630, 18)
    return sheet


def _road() -> Sheet:
    sheet = _land()
    sheet.shape((126, 122, 118), (520, 520), (600, 520), (980, 800), (240, 800))
    for top, wide in ((560, 6), (620, 10), (700, 16)):
        sheet.box(CREAM, 575 - wide, top, wide * 2, wide * 3)
    sheet.box(RED, 600, 440, 330, 170)
    sheet.shape(RED, (640, 440), (700, 360), (880, 360), (920, 440))
    sheet.shape((200, 226, 232), (660, 436), (710, 376), (780, 376), (780, 436))
    sheet.shape((200, 226, 232), (796, 436), (796, 376), (866, 376), (896, 436))
    for x in (680, 850):
        sheet.disc(DARK, x, 612, 44)
        sheet.disc((190, 190, 190), x, 612, 18)
    return sheet


def _apples() -> Sheet:
    sheet = _land()
    sheet.box(GREEN, 0, 600, WIDTH, 200)
    for x in (260, 620, 980):
        sheet.box(WOOD, x - 22, 420, 44, 230)
        for dx, dy, radius in ((-80, -10, 100), (80, -10, 100), (0, -80, 120)):
            sheet.disc(LEAF, x + dx, 400 + dy, radius)
        for number in range(9):
            sheet.disc(RED, x - 120 + number * 30, 350 + (number * 67) % 110, 13)
    for left in (360, 720):
        sheet.shape(WOOD, (left, 660), (left + 190, 660), (left + 165, 760), (left + 25, 760))
        for number in range(5):
            sheet.disc(RED, left + 30 + number * 32, 652, 20)
    return sheet


def _benches() -> Sheet:
    sheet = _land()
    sheet.box(GREEN, 0, 560, WIDTH, 240)
    for left in (130, 660):
        for top in (540, 580):
            sheet.box(WOOD, left, top, 400, 24)
        sheet.box((160, 112, 70), left - 10, 632, 420, 26)
        for leg in (30, 340):
            sheet.box(DARK, left + leg, 540, 20, 200)
    return sheet


def _sewing() -> Sheet:
    sheet = Sheet(((236, 226, 208), (222, 206, 180)))
    sheet.box(WOOD, 0, 600, WIDTH, 200)
    sheet.box(DARK, 300, 540, 560, 60)
    sheet.box(DARK, 720, 300, 130, 250)
    sheet.box(DARK, 330, 270, 520, 100)
    sheet.box(DARK, 330, 270, 90, 190)
    sheet.line((180, 184, 188), (375, 460), (375, 545), wide=10)
    sheet.disc(YELLOW, 850, 330, 52)
    sheet.disc(RED, 590, 246, 30, flat=1.2)
    sheet.shape(BLUE, (80, 560), (520, 560), (600, 640), (140, 700))
    for number in range(5):
        sheet.disc(CREAM, 180 + number * 76, 606 + number % 2 * 26, 12)
    return sheet


SCENES: dict[str, Callable[[], Sheet]] = {
    "apples": _apples,
    "benches": _benches,
    "feast": _feast,
    "garden": _garden,
    "lavoir": _lavoir,
    "road": _road,
    "sewing": _sewing,
    "shop": _shop,
    "village": _village,
    "wood": _wood,
}
