"""Open data as JSON, CSV and GeoJSON: each written piece by piece, so that its length does not matter."""

import csv
import io
import json
from collections.abc import Sequence
from typing import Protocol

from hub.region.data import LICENCE, LICENCE_PAGE, Dataset
from hub.region.tables import Record, Rows, Value
from hub.text import safe_cell

BYTE_ORDER_MARK = "\ufeff"  # without it Excel shows no accents


class Format(Protocol):
    """`head`, then `piece` for each page of rows, then `tail`. `is_first`: nothing was written yet."""

    media_type: str

    def head(self, dataset: Dataset, source: str) -> str: ...

    def piece(self, dataset: Dataset, records: Sequence[Record], *, is_first: bool) -> str: ...

    def tail(self, dataset: Dataset, next_page: str | None) -> str: ...


class Json:
    """One object; the records stand under `records`, `next` is the address of the next page."""

    media_type = "application/json"

    def head(self, dataset: Dataset, source: str) -> str:
        facts = {"dataset": dataset.name, "source": source, "licence": LICENCE, "licence_url": LICENCE_PAGE}
        return f'{_json(facts)[:-1]},"schema":{_json(source + "open-data/datapackage.json")},"records":[\n'

    def piece(self, dataset: Dataset, records: Sequence[Record], *, is_first: bool) -> str:
        return _joined([_json(dict(record)) for record in records], is_first=is_first)

    def tail(self, dataset: Dataset, next_page: str | None) -> str:
        return f'\n],"next":{_json(next_page)}}}\n'


class GeoJson:
    """RFC 7946. What has no known place has no geometry."""

    media_type = "application/geo+json"

    def head(self, dataset: Dataset, source: str) -> str:
        facts = {"type": "FeatureCollection", "source": source, "licence": LICENCE}
        return f'{_json(facts)[:-1]},"features":[\n'

    def piece(self, dataset: Dataset, records: Sequence[Record], *, is_first: bool) -> str:
        return _joined([_json(_feature(record)) for record in records], is_first=is_first)

    def tail(self, dataset: Dataset, next_page: str | None) -> str:
        return f'\n],"next":{_json(next_page)}}}\n'


class Csv:
    """RFC 4180, and nothing in it that a spreadsheet would calculate (HTM-18)."""

    media_type = "text/csv"

    def head(self, dataset: Dataset, source: str) -> str:
        return BYTE_ORDER_MARK + _line([field.name for field in dataset.fields])

    def piece(self, dataset: Dataset, records: Sequence[Record], *, is_first: bool) -> str:
        names = [field.name for field in dataset.fields]
        return "".join(_line([_cell(record[name]) for name in names]) for record in records)

    def tail(self, dataset: Dataset, next_page: str | None) -> str:
        return ""


FORMATS: dict[str, Format] = {"json": Json(), "csv": Csv(), "geojson": GeoJson()}


def formats_of(dataset: Dataset) -> dict[str, Format]:
    return {name: each for name, each in FORMATS.items() if dataset.has_points or name != "geojson"}


def whole(format_: Format, dataset: Dataset, rows: Rows, *, source: str, next_page: str | None) -> str:
    """One page by itself."""
    piece = format_.piece(dataset, rows.records, is_first=True)
    return format_.head(dataset, source) + piece + format_.tail(dataset, next_page)


def _json(value: object) -> str:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))


def _joined(texts: Sequence[str], *, is_first: bool) -> str:
    return ("" if is_first or not texts else ",\n") + ",\n".join(texts)


def _feature(record: Record) -> dict[str, object]:
    facts = {name: value for name, value in record.items() if name not in ("latitude", "longitude")}
    north, east = record["latitude"], record["longitude"]
    point = None if north is None or east is None else {"type": "Point", "coordinates": [east, north]}
    return {"type": "Feature", "id": record["id"], "geometry": point, "properties": facts}


def _line(cells: Sequence[str]) -> str:
    out = io.StringIO()
    csv.writer(out, lineterminator="\r\n").writerow(cells)
    return out.getvalue()


def _cell(value: Value) -> str:
    if value is None:
        return ""
    if isinstance(value, str):
        return safe_cell(value)
    return str(value).lower() if isinstance(value, bool) else repr(value)
