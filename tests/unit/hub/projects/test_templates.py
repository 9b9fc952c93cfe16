"""The processes that come with Lavoir are whole, in French and in English."""

from datetime import date

import pytest

from hub import limits
from hub.projects import forms
from hub.projects.templates import shipped


@pytest.mark.parametrize("template", shipped().values(), ids=lambda one: one.key)
@pytest.mark.parametrize("locale", ["fr", "en"])
def test_each_has_its_words_and_fits_the_form(template, locale):
    for words in (template.names, template.hints, template.texts, template.calls):
        assert words[locale].strip()
    assert len(template.text(locale)) <= limits.TEXT_LENGTH
    assert len(template.call(locale)) <= forms.CALL_LENGTH
    chapters = template.chapters(date(2026, 3, 1), locale)
    assert 0 < len(chapters) <= forms.STEPS
    assert [one.on for one in chapters] == sorted(one.on for one in chapters)
    assert all(one.title for one in chapters)


def test_la_creche_frames_first_and_answers_in_public_last():
    titles = [one.title for one in shipped()["creche"].chapters(date(2026, 3, 1), "fr")]
    assert titles == [
        "Le cadre est posé",
        "La carte des acteurs",
        "Les entretiens",
        "Le groupe mixte se réunit",
        "Les ateliers",
        "La restitution devant tous",
    ]
    assert "Ce qui n’est pas négociable" in shipped()["creche"].text("fr")
