"""What needs and offers are about: few, fixed, each with an icon and an IRI that never changes."""

from dataclasses import dataclass

from federation.vocabulary import LAVOIR
from hub.text import N_

IRI = f"{LAVOIR.removesuffix('#')}/category/"


@dataclass(frozen=True)
class Category:
    """`name` is a catalogue source; `hashtag` by locale, without #."""

    key: str
    icon: str
    name: str
    hashtag: dict[str, str]

    @property
    def iri(self) -> str:
        return IRI + self.key


CATEGORIES = {
    category.key: category
    for category in (
        Category("hand", "need", N_("A hand"), {"fr": "coupdemain", "en": "lendahand"}),
        Category("works", "project", N_("Works and repairs"), {"fr": "travaux", "en": "repairs"}),
        Category("transport", "share", N_("Rides and transport"), {"fr": "covoiturage", "en": "carpool"}),
        Category("things", "offer", N_("Things to lend or give"), {"fr": "pret", "en": "lending"}),
        Category("food", "heart", N_("Meals and food"), {"fr": "repas", "en": "meals"}),
        Category("housing", "village", N_("Housing"), {"fr": "hebergement", "en": "housing"}),
        Category("children", "people", N_("Children and school"), {"fr": "enfants", "en": "children"}),
        Category("company", "person", N_("Company and visits"), {"fr": "visites", "en": "company"}),
        Category("learning", "idea", N_("Learning and advice"), {"fr": "entraide", "en": "learning"}),
        Category("garden", "place", N_("Garden and animals"), {"fr": "jardin", "en": "garden"}),
        Category("making", "pen", N_("Making things together"), {"fr": "fabrication", "en": "making"}),
        Category("money", "hall", N_("Gifts of money"), {"fr": "don", "en": "donation"}),
        Category("other", "list", N_("Something else"), {"fr": "entraide", "en": "mutualaid"}),
    )
}


def classified_as(key: str) -> list[str]:
    """For `resourceClassifiedAs`: the IRI of a category of ours, if it is one."""
    return [CATEGORIES[key].iri] if key in CATEGORIES else []


def category_of(iri: str) -> str:
    """The key of one of our IRIs; empty for any other."""
    key = iri.removeprefix(IRI) if iri.startswith(IRI) else ""
    return key if key in CATEGORIES else ""
