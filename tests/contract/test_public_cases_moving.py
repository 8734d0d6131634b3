"""import_tables: inputs from other systems' bug reports (the number beside each), each refused by name, on both databases."""

import io
import json

import pytest
from django.core.management import CommandError, call_command

from apps.accounts.models import Entity
from apps.parts.models import Part
from apps.transfer.escapes import HalfCharacter, WholeCharacters

pytestmark = pytest.mark.django_db

ENTITY = {"entity_id": 500, "name": "New", "bboxx_company_flag": True}
PART = {"part_id": 1, "part_type_id": 77}
BIG = 89883030000000000017


def deep(levels):
    return json.loads('{"a":' * levels + "1" + "}" * levels)


@pytest.mark.parametrize(
    ("case", "data", "words"),
    [
        ("143", {"entities": ENTITY}, "entities: must be a list of rows"),
        ("143", {"entities": "x"}, "entities: must be a list of rows"),
        ("144a", {"entities": None}, "entities: must be a list of rows"),
        ("144b", {"entitiess": []}, "entitiess: no such table"),
        ("144", {"entities": [None]}, "entities: a row must be an object"),
        ("144", {"entities": [[ENTITY]]}, "entities: a row must be an object"),
        ("144", None, "must be one JSON object"),
        ("146, 147", {"entities": [ENTITY, ENTITY | {"name": "Twin"}]}, "entities 500: stands in the file twice"),
        ("146", f'{{"entities": [{json.dumps(ENTITY)}], "hubs": [], "entities": [{json.dumps(ENTITY)}]}}', "500: stands in the file twice"),
        ("11", {"parts": [PART | {"serial_number": 8.988303e18}]}, "parts 1: serial_number must be a text"),
        ("11", {"parts": [PART | {"serial_number": 5}]}, "parts 1: serial_number must be a text"),
        ("8", f'{{"parts": [{{"part_id": 1, "part_type_id": 77, "serial_number": {BIG}}}]}}', ""),
        ("36", {"entities": [ENTITY | {"created_at": "2016-11-25 10:51:30 CAT"}]}, "created_at must be a whole time"),
        ("31", {"entities": [ENTITY | {"created_at": "12"}]}, "created_at must be a whole time"),
        ("37", {"entities": [ENTITY | {"created_at": "2016-11-25T10:51:30 02:00"}]}, "created_at must be a whole time"),
        ("24", {"entities": [ENTITY | {"created_at": "05/06/2016"}]}, "created_at must be a whole time"),
        ("point 10", {"parts": [PART | {"properties": deep(40)}]}, "properties is nested deeper than 32 levels"),
        ("point 10", {"parts": [PART | {"properties": deep(400)}]}, "properties is nested deeper than 32 levels"),
        ("point 10", f'{{"parts": [{{"part_id": 1, "part_type_id": 77, "properties": {{"n": {BIG}}}}}]}}', ""),
        ("point 12", '{"parts": [{"part_id": 1, "part_type_id": 77, "properties": {"n": 1e999}}]}', ""),
        ("point 12", '{"parts": [{"part_id": 1, "part_type_id": 77, "properties": NaN}]}', "no JSON"),
        ("point 12", '{"parts": [{"part_id": 1, "part_type_id": 77, "properties": {"a": "\\u0000"}}]}', "cannot be stored"),
    ],
)  # fmt: skip
def test_what_says_nothing_or_too_much_is_refused(db, tmp_path, case, data, words):
    before = Entity.objects.count()
    path = tmp_path / "in.json"
    path.write_text(data if isinstance(data, str) else json.dumps(data))
    with pytest.raises(CommandError, match="Nothing was imported") as refused:
        call_command("import_tables", str(path))
    assert words in str(refused.value), case
    assert (Entity.objects.count(), Part.objects.count()) == (before, 0)


@pytest.mark.parametrize("before", ["", "x", r"\u00e9", r"\\"])
@pytest.mark.parametrize("run", [r"\ud83d\ude00" * 900, "\\\\" * 5000, "\\\\" * 2500 + r"\ud83d\ude00" * 400])
@pytest.mark.parametrize("size", [4093, 4099, 5000, 65536])
def test_a_long_run_of_escapes_is_cut_at_no_half(before, run, size):
    def read(text):
        source, whole = WholeCharacters(io.BytesIO(f'["{text}"]'.encode())), b""
        while piece := source.read(size):
            whole += piece
        return json.loads(whole)[0]

    assert read(before + run) == json.loads(f'"{before}{run}"')
    with pytest.raises(HalfCharacter):
        read(before + run + r"\ud800")


def test_the_same_key_in_two_tables_and_empty_lists_are_no_twins(db, tmp_path):
    path = tmp_path / "in.json"
    hub = {"hub_id": 500, "name": "Hub", "entity_id": 500}
    path.write_text(json.dumps({"shops": [], "hubs": [hub], "entities": [ENTITY]}))
    call_command("import_tables", str(path))
    call_command("import_tables", str(path))  # once more replaces
    assert Entity.objects.get(pk=500).name == "New"


HALVES = [r"\ud800", r"\udc00", r"\ud83d x", r"\\\ud83d", r"\udc00\ud83d", r"\ud83d\u0041"]
WHOLE = [r"\ud83d\ude00", r"\\ud800", r"\u00e9\ud83d\ude00\u00e9", r"\\\\ud800", "\\\\"]


@pytest.mark.parametrize("text", [*HALVES, *WHOLE])
@pytest.mark.parametrize("size", [1, 2, 5, 7, 64])
def test_half_a_character_is_seen_wherever_a_piece_ends(text, size):
    """The parser makes a question mark of it."""
    source = WholeCharacters(io.BytesIO(f'{{"entities": [{{"name": "{text}"}}]}}'.encode()))

    def all_of_it():
        while source.read(size):
            pass

    if text in HALVES:
        with pytest.raises(HalfCharacter):
            all_of_it()
    else:
        all_of_it()
