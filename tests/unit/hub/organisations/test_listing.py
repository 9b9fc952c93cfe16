"""Tables as town halls really write them, read or named by the line that is wrong."""

import pytest

from hub import limits
from hub.errors import InvalidInput
from hub.organisations import listing
from hub.organisations.models import Kind


def facts(content: bytes | str) -> list[dict[str, object]]:
    table = listing.read(listing.decode(content.encode() if isinstance(content, str) else content))
    assert not table.broken
    return [dict(entry.facts) for entry in table.entries]


def broken(text: str) -> list[tuple[int, str, str]]:
    table = listing.read(listing.decode(text.encode()))
    return [(each.line, each.column, each.reason) for each in table.broken]


def refusal(content: bytes) -> str:
    with pytest.raises(InvalidInput) as refused:
        listing.read(listing.decode(content))
    return refused.value.by_field["file"]


@pytest.mark.parametrize("delimiter", [";", ",", "\t"])
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "cp1252", "utf-16"])
@pytest.mark.parametrize("line_end", ["\n", "\r\n", "\r"])
def test_the_usual_shapes_of_a_csv_file_give_the_same_facts(delimiter, encoding, line_end):
    lines = ["Nom|Activité|Téléphone", "Comité des fêtes|fête|0465712014", ""]
    content = line_end.join(lines).replace("|", delimiter).encode(encoding)
    assert facts(content) == [
        {"name": "Comité des fêtes", "activity": "fête", "phone": "04 65 71 20 14"},
    ]


def test_column_names_forgive_capitals_accents_and_order():
    text = "ACTIVITE;COURRIEL;  Nom ;Adresse e-mail\nsport;club@example.fr;Foyer;second@example.fr\n"
    assert facts(text) == [{"name": "Foyer", "activity": "sport", "mail": "club@example.fr"}]


def test_english_column_names_are_known_too():
    assert facts("name,kind,website\nBakery,company,example.org\n") == [
        {"name": "Bakery", "kind": Kind.COMPANY, "website": "https://example.org"},
    ]


def test_a_column_that_is_not_known_is_named_and_left_out():
    table = listing.read("nom;SIRET;lieu;Téléphone;Portable\nFoyer;123;Le bourg;0465712014;0639981405\n")
    assert list(table.ignored) == ["SIRET", "Portable"]
    assert dict(table.entries[0].facts) == {"name": "Foyer", "area": "Le bourg", "phone": "04 65 71 20 14"}


@pytest.mark.parametrize(
    ("word", "kind"),
    [
        ("Association", Kind.ASSOCIATION),
        ("MAIRIE", Kind.TOWN_HALL),
        ("Collectivité", Kind.TOWN_HALL),
        ("entreprise", Kind.COMPANY),
        ("collectif informel", Kind.GROUP),
    ],
)
def test_the_kind_is_read_in_words(word, kind):
    assert facts(f"nom;type\nX;{word}\n") == [{"name": "X", "kind": kind}]


def test_the_zero_that_a_spreadsheet_took_from_a_phone_number_is_put_back():
    assert facts("nom;tel\nFoyer;465712014\n") == [{"name": "Foyer", "phone": "04 65 71 20 14"}]


def test_a_cell_may_hold_the_delimiter_quotes_and_line_ends():
    text = 'nom;texte\n"Jeux; et ""thé""";"Mardi\nJeudi"\n'
    assert facts(text) == [{"name": 'Jeux; et "thé"', "text": "Mardi\nJeudi"}]


def test_a_line_that_names_the_delimiter_is_passed_over():
    text = "sep=,\nnom,tel\nFoyer,12\n"
    ((line, column, problem),) = broken(text)
    assert (line, column) == (3, "tel")
    assert problem.startswith("This is not a whole phone number.")


def test_control_and_direction_marks_are_taken_out():
    assert facts("nom;lieu\nFo\x07yer\u202e;Le\u200b bourg\n") == [{"name": "Foyer", "area": "Le bourg"}]


def test_empty_lines_are_no_rows_and_do_not_shift_the_line_numbers():
    text = "nom;courriel\n\n;;\nFoyer;foyer@example.fr\n\nClub;nobody\n"
    assert broken(text) == [(6, "courriel", "This is not a mail address. It looks like name@example.fr.")]


def test_a_row_after_one_with_line_ends_inside_is_named_by_its_own_line():
    text = 'nom;texte;tel\nFoyer;"un\ndeux\ntrois";0465712014\nClub;x;1\n'
    assert [line for line, _, _ in broken(text)] == [5]


def test_every_broken_cell_of_every_row_is_named():
    text = "nom;courriel;site;type\n;x;y;z\nClub;club@example.fr;javascript:alert(1);\n"
    assert [(line, column) for line, column, _ in broken(text)] == [
        *[(2, "type"), (2, "site"), (2, "nom"), (2, "courriel")],
        (3, "site"),
    ]


def test_a_name_that_stands_twice_is_named():
    text = "nom\nLes Paniers du Vallon\nLES PANIERS, DU VALLON\n"
    assert broken(text) == [(3, "nom", listing.TWICE)]


def test_a_row_with_more_cells_than_names_is_named():
    assert broken("nom;lieu\nFoyer;Le bourg;oops\nClub;;\n") == [(2, "", listing.MORE_CELLS)]


@pytest.mark.parametrize(
    "text", ['nom;texte\nClub;x\nFoyer;"never closed\nA;b\n', 'nom\nClub\n"Foyer" rural\n']
)
def test_quotation_marks_that_do_not_fit_are_named_by_the_line_where_they_begin(text):
    assert broken(text) == [(3, "", listing.OPEN_QUOTES)]


def test_a_file_without_a_name_column_is_refused():
    assert refusal(b"ville;tel\nX;12\n") == listing.NO_NAMES
    assert refusal(b"") == listing.NO_NAMES


def test_a_file_with_names_only_is_refused():
    assert refusal(b"nom;tel\n\n") == listing.NO_ROWS


def test_a_spreadsheet_file_that_is_not_csv_is_refused():
    assert refusal(b"PK\x03\x04\x00\x00\x08\x00") == listing.NOT_CSV
    assert refusal(b"\x81\x8d\xff") == listing.NOT_CSV


def test_too_many_rows_are_refused():
    rows = "\n".join(f"c{number}" for number in range(limits.IMPORT_ROWS + 1))
    assert refusal(f"nom\n{rows}\n".encode()) == listing.TOO_BIG


def test_a_file_that_would_not_fit_into_the_form_of_the_preview_is_refused():
    assert refusal(b"nom;texte\nFoyer;" + b"x" * limits.FIELD_BYTES) == listing.TOO_BIG


@pytest.mark.parametrize("locale", ["fr", "en"])
def test_the_example_can_be_taken_over_as_it_is(locale):
    table = listing.read(listing.decode(listing.example(locale)))
    assert (len(table.entries), list(table.broken), list(table.ignored)) == (2, [], [])
