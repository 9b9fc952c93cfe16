"""What the tables of open data hold, for programs: a Data Package with Table Schemas (Frictionless)."""

from collections.abc import Mapping

from hub import limits
from hub.exchange.categories import CATEGORIES
from hub.region.data import DATASETS, LICENCE, LICENCE_NAME, LICENCE_PAGE, Dataset
from hub.region.formats import FORMATS, formats_of
from hub.region.sources import Source
from hub.region.tables import Field
from hub.text import N_, gettext

PACKAGE = "datapackage.json"
TITLE = N_("Open data of %(village)s")


def package(ours: Source, sizes: Mapping[str, tuple[int, int]]) -> dict[str, object]:
    """In the language of the moment. `sizes`: bytes and records of each file that was written."""
    return {
        "profile": "data-package",
        "name": "open-data",
        "title": gettext(TITLE) % {"village": ours.name},
        "homepage": f"{ours.site}open-data/",
        "licenses": [{"name": LICENCE, "title": LICENCE_NAME, "path": LICENCE_PAGE}],
        "sources": [{"title": ours.name, "path": ours.site}],
        "resources": [
            _resource(dataset, extension, sizes=sizes)
            for dataset in DATASETS.values()
            for extension in formats_of(dataset)
        ],
    }


def _resource(dataset: Dataset, extension: str, *, sizes: Mapping[str, tuple[int, int]]) -> dict[str, object]:
    file = f"{dataset.name}.{extension}"
    facts: dict[str, object] = {
        "name": f"{dataset.name}-{extension}",
        "path": file,
        "title": gettext(dataset.title),
        "description": gettext(dataset.words),
        "format": extension,
        "mediatype": FORMATS[extension].media_type,
        "encoding": "utf-8",
    }
    if file in sizes:
        facts["bytes"], facts["records"] = sizes[file]
    if extension == "csv":
        facts |= {"profile": "tabular-data-resource", "schema": schema(dataset)}
    return facts


def schema(dataset: Dataset) -> dict[str, object]:
    """Its Table Schema."""
    return {
        "fields": [
            {"name": field.name, "type": field.type.value, "description": words_of(field)}
            for field in dataset.fields
        ],
        "primaryKey": "id",
        "missingValues": [""],
    }


def words_of(field: Field) -> str:
    """What a column says, in the language of the moment."""
    return gettext(field.words) % {"keys": ", ".join(CATEGORIES), "floor": limits.PEOPLE_FLOOR}
