"""Words and what they are about: the list is sound, and slips of spelling do not matter."""

import pytest

from hub.exchange.categories import CATEGORIES
from hub.matching.meaning import days_in, meaning
from hub.matching.scoring import categories
from hub.matching.spelling import sound
from hub.matching.thesaurus import thesaurus


def test_topics_name_only_each_other_and_categories_that_there_are():
    topics = thesaurus().topics
    for topic in topics.values():
        assert not set(topic.near) - topics.keys()
        assert topic.category in {"", *CATEGORIES}
        assert 0 < topic.broad <= 1
        assert len(topic.key) <= 40


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("débrousailleuse", "débroussailleuse"),
        ("tondeuze", "tondeuse"),
        ("betoniere", "bétonnière"),
        ("fauteil roulant", "fauteuil roulant"),
        ("robinnet", "robinet"),
        ("ordinatuer", "ordinateur"),
        ("aspirateurs", "aspirateur"),
        ("plonberie", "plomberie"),
    ],
)
def test_a_misspelled_word_is_about_what_was_meant(written, meant):
    assert meaning("", written, "fr").terms.keys() & meaning("", meant, "fr").terms.keys()


def test_words_of_one_sound_have_one_key_and_accents_tell_the_market_from_a_walk():
    assert sound("tondeuses") == sound("tondeuze")
    assert "shopping" in meaning("", "marché", "fr").terms
    assert "walk" in meaning("", "marche", "fr").terms


def test_phrases_are_read_as_a_whole_and_small_words_between_do_not_matter():
    assert "sewingmachine" in meaning("", "machine à coudre", "fr").terms
    assert "firewood" in meaning("", "rentrer tout le bois", "fr").terms
    assert "hardship" in meaning("", "nous n'avons pas les moyens", "fr").terms
    assert "give" not in meaning("", "la chambre est trop petite", "fr").terms


def test_what_only_says_please_says_nothing():
    assert meaning("Bonjour", "Merci d'avance à toutes et à tous, cordialement", "fr").terms == {}
    assert meaning("", "", "fr").terms == {}
    assert meaning("Hello", "Could somebody please help me, thank you", "en").terms == {}


def test_the_category_is_guessed_from_the_words():
    guessed = categories(meaning("Mon robinet goutte", "", "fr"))
    assert max(guessed, key=guessed.__getitem__) == "works"
    assert categories(meaning("", "", "fr")) == {}


def test_days_of_the_week_are_read():
    assert days_in("le samedi ou le dimanche matin") == {5, 6}
    assert days_in("on Monday") == {0}
    assert days_in("n'importe quand") == frozenset()


def test_a_very_long_text_is_read_to_a_limit_and_a_strange_one_harms_nothing():
    assert len(meaning("Vélo", "é" * 5000 + " vélo" * 2000, "fr").terms) < 10
    assert meaning("𝕍élo 🚲 <script>", "\x00 %s {} ' OR 1=1", "xx").days == frozenset()
