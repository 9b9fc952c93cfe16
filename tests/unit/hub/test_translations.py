"""The check of the catalogues, on a small catalogue of its own."""

from pathlib import Path

import pytest
from babel.messages.catalog import Catalog

from hub.translations.check import extract, for_network, problems_of, updated

CODE = 'SAVED = N_("Saved")\n'
TEMPLATE = """
<p>{{ _("Good morning %(name)s", name=name) }}</p>
{% trans count=people|length %}
  One person
{% pluralize %}
  %(count)s people
{% endtrans %}
"""
COMPLETE = """
msgid ""
msgstr "Content-Type: text/plain; charset=utf-8"

msgid "Good morning %(name)s"
msgstr "Bonjour %(name)s"

msgid "One person"
msgid_plural "%(count)s people"
msgstr[0] "Une personne"
msgstr[1] "%(count)s personnes"

msgid "Saved"
msgstr "Enregistré"
"""


@pytest.fixture
def wanted(tmp_path: Path) -> Catalog:
    code, templates = tmp_path / "code", tmp_path / "templates"
    (code / "members").mkdir(parents=True)
    (templates / "members").mkdir(parents=True)
    (code / "members" / "pages.py").write_text(CODE)
    (templates / "members" / "list.html").write_text(TEMPLATE.replace("%(count)s", "{{ count }}"))
    return extract(code, templates)


def problems(po: str, wanted: Catalog) -> list[str]:
    return problems_of(po.encode(), wanted, locale="fr")


def test_a_complete_catalogue_has_no_problem(wanted: Catalog) -> None:
    assert problems(COMPLETE, wanted) == []


def test_a_message_without_an_entry_is_missing(wanted: Catalog) -> None:
    found = problems(COMPLETE.replace('msgid "Saved"\nmsgstr "Enregistré"', ""), wanted)
    assert found == ["missing: 'Saved' (code/members/pages.py)"]


def test_an_entry_that_nothing_uses_is_obsolete(wanted: Catalog) -> None:
    found = problems(COMPLETE + '\nmsgid "Gone"\nmsgstr "Parti"\n', wanted)
    assert found == ["obsolete: 'Gone'"]


def test_a_commented_out_entry_is_obsolete(wanted: Catalog) -> None:
    assert problems(COMPLETE + '\n#~ msgid "Gone"\n#~ msgstr "Parti"\n', wanted) == ["obsolete: 'Gone'"]


def test_an_empty_translation_is_untranslated(wanted: Catalog) -> None:
    found = problems(COMPLETE.replace('"Enregistré"', '""'), wanted)
    assert found == ["untranslated: 'Saved' (code/members/pages.py)"]


def test_a_plural_with_one_form_missing_is_untranslated(wanted: Catalog) -> None:
    found = problems(COMPLETE.replace('msgstr[1] "%(count)s personnes"\n', ""), wanted)
    assert found == ["untranslated: 'One person' (templates/members/list.html)"]


def test_a_fuzzy_translation_has_to_be_confirmed(wanted: Catalog) -> None:
    found = problems(COMPLETE.replace('msgid "Saved"', '#, fuzzy\nmsgid "Saved"'), wanted)
    assert found == ["fuzzy, confirm it and remove the mark: 'Saved' (code/members/pages.py)"]


def test_another_placeholder_than_in_the_source_is_named(wanted: Catalog) -> None:
    found = problems(COMPLETE.replace("Bonjour %(name)s", "Bonjour %(nom)s"), wanted)
    assert found == ["placeholders differ (name, nom): 'Good morning %(name)s' (templates/members/list.html)"]


def test_updating_an_empty_catalogue_leaves_only_untranslated_messages(wanted: Catalog) -> None:
    found = problems(updated(b"", wanted, locale="fr").decode(), wanted)
    assert len(found) == 3
    assert all(problem.startswith("untranslated") for problem in found)


def test_updating_a_complete_catalogue_changes_no_translation(wanted: Catalog) -> None:
    once = updated(COMPLETE.encode(), wanted, locale="fr")
    assert problems(once.decode(), wanted) == []
    assert updated(once, wanted, locale="fr") == once


def test_what_names_a_town_hall_has_words_for_a_network(tmp_path: Path) -> None:
    (tmp_path / "pages.py").write_text('ASK = N_("Ask the town hall")\nSAVED = N_("Saved")\n')
    everything = extract(tmp_path, tmp_path)
    asked = for_network(b"", everything, locale="fr")
    assert problems_of(b"", asked, locale="fr") == [
        f"missing: 'Ask the town hall' ({tmp_path.name}/pages.py)"
    ]
    also = b'msgid "Saved"\nmsgstr "Not\\u00e9"\n'
    assert len(for_network(also, everything, locale="fr")) == 2
