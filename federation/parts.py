"""The small parts of documents: tags, attachments, lines of a profile."""

from dataclasses import dataclass

from federation import properties
from federation.limits import ALT_CHARS, ATTACHMENTS, NAME_CHARS, PROFILE_FIELDS, TAGS
from federation.vocabulary import Json


@dataclass(frozen=True)
class Tag:
    """`type` is Mention, Hashtag, Emoji, Link or what others invented; a hashtag's name is without its #."""

    type: str
    name: str
    href: str | None
    media_type: str
    rel: tuple[str, ...]


@dataclass(frozen=True)
class Attachment:
    type: str
    url: str
    media_type: str
    alt: str
    width: int | None
    height: int | None


@dataclass(frozen=True)
class Field:
    """A line of a profile; `value` is HTML that nobody has cleaned yet."""

    name: str
    value: str


def tags(value: object) -> tuple[Tag, ...]:
    return tuple(_tag(entry) for entry in properties.mappings(value, TAGS))


def _tag(entry: Json) -> Tag:
    kind = next(iter(properties.types(entry)), "")
    name = properties.text(entry.get("name"), NAME_CHARS)
    icon = entry.get("icon")
    return Tag(
        type=kind,
        name=name.removeprefix("#") if kind == "Hashtag" else name,
        href=properties.image_url(icon) if kind == "Emoji" else properties.web_url(entry.get("href")),
        media_type=properties.word(entry.get("mediaType"), NAME_CHARS),
        rel=tuple(
            filter(
                None, (properties.word(rel, NAME_CHARS) for rel in properties.listed(entry.get("rel"), 10))
            )
        ),
    )


def attachments(value: object) -> tuple[Attachment, ...]:
    found = (_attachment(entry) for entry in properties.mappings(value, ATTACHMENTS))
    return tuple(entry for entry in found if entry is not None)


def _attachment(entry: Json) -> Attachment | None:
    """What has no address to show, as a PropertyValue, is no attachment."""
    address = properties.image_url(entry)
    if address is None:
        return None
    return Attachment(
        type=next(iter(properties.types(entry)), "Document"),
        url=address,
        media_type=properties.word(entry.get("mediaType"), NAME_CHARS),
        alt=properties.text(entry.get("summary") or entry.get("name"), ALT_CHARS),
        width=properties.count(entry.get("width")),
        height=properties.count(entry.get("height")),
    )


def fields(value: object) -> tuple[Field, ...]:
    entries = properties.mappings(value, PROFILE_FIELDS)
    found = (
        Field(
            properties.text(entry.get("name"), NAME_CHARS), properties.markup(entry.get("value"), NAME_CHARS)
        )
        for entry in entries
        if "PropertyValue" in properties.types(entry) or "schema:PropertyValue" in properties.types(entry)
    )
    return tuple(entry for entry in found if entry.name and entry.value)
