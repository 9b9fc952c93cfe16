"""What is a yes, what is a no, and what is neither: only a plain word commits anybody."""

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from hub.participants.answers import Said, understand


@pytest.fixture(autouse=True)
def templates():
    """No rows are needed here."""


YES = [
    "OUI",
    "oui",
    "Oui, avec plaisir !",
    "@saint-martin@bourg.example OUI",
    "@saint-martin Oui oui, bien sûr. Merci beaucoup !",
    "Bonjour, oui je confirme 👍",
    "Je confirme",
    "Oui, d'accord, à samedi !",
    "ouais",
    "OUI pas de souci",
    "Yes",
    "yes, of course, thank you!",
    "Yes please",
    "Hello, I confirm.",
    "**Oui**",
    "oui ✅",
]
NO = [
    "NON",
    "Non merci",
    "non, désolé",
    "@saint-martin@bourg.example Désolée, je ne peux plus",
    "Bonjour, finalement je ne pourrai pas venir, ma voiture est en panne.",
    "je peux pas",
    "annuler",
    "Je dois annuler, pardon",
    "No",
    "no, sorry",
    "Sorry, I can't make it",
    "I cannot come",
    "cancel",
]
NEITHER = [
    "",
    "peut-être",
    "Oui mais seulement à 10 h",
    "oui ?",
    "Oui ou non ?",
    "oui, si ma voisine vient",
    "Je vais voir",
    "Merci !",
    "OK",
    "pas de problème",
    "no problem",
    "C'est à quelle heure ?",
    "oui pour deux",
    "Non, je plaisante, oui !",
    "ouistiti",
    "nonante",
    "Je ne sais pas si je peux",
    "👍",
    "Je croyais que non seulement Paul mais toute sa famille venait",
]


@pytest.mark.parametrize("words", YES)
def test_a_plain_yes_is_understood_with_whatever_politeness(words):
    assert understand(words) is Said.YES


@pytest.mark.parametrize("words", NO)
def test_a_plain_no_is_understood_with_its_reason(words):
    assert understand(words) is Said.NO


@pytest.mark.parametrize("words", NEITHER)
def test_whatever_else_somebody_writes_is_neither(words):
    assert understand(words) is None


@given(st.text(max_size=300))
@example("oui" * 5_000)
def test_any_words_are_read_without_harm(words):
    assert understand(words) in (Said.YES, Said.NO, None)


@given(
    st.sampled_from(["oui", "yes", "je confirme"]),
    st.sampled_from(["", "@saint-martin@bourg.example ", "Bonjour, ", "« ", "\n"]),
    st.sampled_from(["", " !", ".", " merci !", ", avec plaisir", " 😀", " »"]),
    st.booleans(),
)
def test_a_yes_stays_one_in_any_dress(word, before, after, loud):
    assert understand(before + (word.upper() if loud else word) + after) is Said.YES


@given(st.text(max_size=60), st.text(max_size=60))
def test_who_says_both_has_said_neither(one, other):
    assert understand(f"{one} oui {other} non") is None
