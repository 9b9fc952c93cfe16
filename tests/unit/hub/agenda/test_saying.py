"""What is a plain "je viens", and what is not."""

import pytest

from hub.participants.answers import says_coming


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ("Je viens !", True),
        ("@atelier@bourg.example J’y serai avec plaisir", True),
        ("On vient à deux", True),
        ("Je viens dimanche", True),
        ("Nous participerons", True),
        ("Comptez sur moi", True),
        ("I’m coming", True),
        ("I will be there", True),
        ("Je viens peut-être", False),
        ("Je viens si je trouve un vélo", False),
        ("Je ne viens pas", False),
        ("Je n’y serai pas", False),
        ("Je viens de lire votre annonce", False),
        ("Qui vient ?", False),
        ("Il viendra", False),
        ("Bravo", False),
        ("Je viens " + "et puis encore " * 40, False),
    ],
)
def test_what_is_a_plain_je_viens(words, said):
    assert says_coming(words) is said
