"""Phone numbers, mail and street addresses are found in what everybody would read, ordinary words not."""

import pytest

from hub.exchange.screening import MAIL, PHONE, STREET, screen


@pytest.fixture(autouse=True)
def templates():
    """Nothing here asks the database."""


@pytest.mark.parametrize(
    ("text", "what"),
    [
        ("Appelez le 06 12 34 56 78", PHONE),
        ("0612345678", PHONE),
        ("06.12.34.56.78 le soir", PHONE),
        ("tél : +33 6 12 34 56 78", PHONE),
        ("0033612345678", PHONE),
        ("+41 79 123 45 67", PHONE),
        ("rosa.m+bois@example.fr", MAIL),
        ("rosa (at) example.fr", MAIL),
        ("rosa arobase example.fr", MAIL),
        ("au 12, chemin des Combes", STREET),
        ("3 bis rue du Four", STREET),
        ("12 place du Lavoir", STREET),
    ],
)
def test_what_leads_to_a_person_is_found(text, what):
    (found,) = screen([text])
    assert found.what == what
    assert found.words in text


@pytest.mark.parametrize(
    "text",
    [
        "Rentrer 8 stères, de 9 h à 12 h 30, le 18/04/2026",
        "Le 18 04 2026, pour 5 personnes",
        "2 places dans la voiture, route de Die",
        "Suivez @lucie@mastodon.example",
        "https://associations.example/dons?id=12345678",
        "500 visières pour le 12 avril 2026 au plus tard",
        "Un village de 2 250 habitants à 1 200 m",
    ],
)
def test_ordinary_words_are_left_alone(text):
    assert screen([text]) == []


def test_an_area_that_begins_with_a_number_looks_like_an_address():
    assert [one.what for one in screen([], "12 les Combes")] == [STREET]
    assert len(screen([], "12, chemin des Combes")) == 1
    assert screen([], "Quartier 2") == screen([], "Hameau des Combes") == []


def test_each_thing_is_named_once():
    assert len(screen(["06 12 34 56 78", "encore le 06 12 34 56 78"])) == 1


@pytest.mark.parametrize("piece", ["a.", "0 1 ", "1 rue ", "+1", "a@a.", "12 bis "])
def test_long_texts_are_read_to_their_end(piece):
    found = screen([piece * (5000 // len(piece)) + " 06 12 34 56 78"])
    assert PHONE in {one.what for one in found if one.words.endswith("78")}
