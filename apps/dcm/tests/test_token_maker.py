"""The package openpaygo behind its wrapper: its own vectors, and each of its traps."""

import pytest
from openpaygo import decode_token, generate_token

from apps.dcm.tokens import ADD_TIME, COUNTER_SYNC, DISABLE_PAYG, MOST_COUNT, SET_TIME, OpenPaygo

KEY, CODE = "a29ab82edc5fbbc41ec9530f6dac86b1", "123456789"
VECTORS = [
    (ADD_TIME, 1, 0, "662486790", 2), (ADD_TIME, 5, 2, "797734794", 4), (SET_TIME, 0, 4, "026348789", 5),
    (COUNTER_SYNC, 0, 5, "962558788", 7), (DISABLE_PAYG, 0, 5, "650975787", 7),
]  # fmt: skip
# Those of the package, for its first key and count 1, then its second and count 10: plain and of four digits.
PACKAGE = {
    ("bc41ec9530f6dac86b1a29ab82edc5fb", "516959010", 1): [
        (ADD_TIME, 1, 2, "588224011", "314114432231134"), (ADD_TIME, 2, 2, "639704012", "323131212344141"),
        (ADD_TIME, 5, 2, "177073015", "133314243342424"), (ADD_TIME, 995, 2, "944829005", "431221144132142"),
        (SET_TIME, 1, 3, "380589011", "223334422144214"), (SET_TIME, 2, 3, "618165012", "321423124141221"),
        (SET_TIME, 5, 3, "691966015", "332144332111444"), (SET_TIME, 995, 3, "586420005", "313442111441322"),
        (DISABLE_PAYG, 0, 3, "190942008", "134231231341431"), (COUNTER_SYNC, 0, 3, "160440009", "132321112434132"),
    ],
    ("dac86b1a29ab82edc5fbbc41ec9530f6", "432435255", 10): [
        (ADD_TIME, 1, 12, "579194256", "313312241423211"), (ADD_TIME, 2, 12, "134447257", "131111431113232"),
        (ADD_TIME, 5, 12, "589568260", "314132112321121"), (ADD_TIME, 995, 12, "379163250", "223323232132413"),
        (SET_TIME, 1, 11, "241554256", "143232242142211"), (SET_TIME, 2, 11, "628716257", "322243224134312"),
        (SET_TIME, 5, 11, "519034260", "243434442223221"), (SET_TIME, 995, 11, "664193250", "324322341314313"),
        (DISABLE_PAYG, 0, 11, "418174253", "231434142221342"), (COUNTER_SYNC, 0, 11, "648453254", "323332332413123"),
    ],
}  # fmt: skip


@pytest.mark.parametrize(("kind", "units", "after", "digits", "count"), VECTORS)
def test_the_vectors_of_the_contract(kind, units, after, digits, count):
    token = OpenPaygo(KEY, CODE).make(kind, units, after=after)
    assert (token.digits, token.count) == (digits, count)


@pytest.mark.parametrize(("given", "rows"), PACKAGE.items(), ids=lambda item: "")
def test_the_vectors_of_the_package(given, rows):
    key, code, after = given
    for kind, units, count, plain, restricted in rows:
        for digits, four in ((plain, False), (restricted, True)):
            token = OpenPaygo(key, code, restricted=four).make(kind, units, after=after)
            assert (token.digits, token.count) == (digits, count), (kind, units, four)


def test_traps_of_the_package_are_none_here():
    """Each first as the package does it: where it no longer does, the wrapper can be less careful."""
    raw = {"secret_key": KEY, "starting_code": int(CODE), "count": 4}
    made = OpenPaygo(KEY, CODE)
    assert generate_token(**raw, value=-2, token_type=2) == generate_token(**raw, token_type=3)
    assert generate_token(**raw, value=-1, token_type=2) == generate_token(**raw, token_type=4)
    count, token = generate_token(**raw, value=-2, token_type=1)
    assert decode_token(token=token, secret_key=KEY, count=4, used_counts=[0], starting_code=int(CODE))[0] == 998
    for kind, units in (
        (SET_TIME, -2), (SET_TIME, -1), (ADD_TIME, -2), (ADD_TIME, 0), (ADD_TIME, 996), (SET_TIME, 998), (ADD_TIME, True),
        (ADD_TIME, 1.5), (ADD_TIME, "1"), (COUNTER_SYNC, 1), ("GIFT", 0),
    ):  # fmt: skip
        with pytest.raises(ValueError, match="units|token"):
            made.make(kind, units, after=4)
    for after in (-1, MOST_COUNT + 1):
        with pytest.raises(ValueError, match="count"):
            made.make(ADD_TIME, 1, after=after)
    with pytest.raises(TypeError):
        generate_token(**raw | {"starting_code": CODE}, value=1, token_type=1)
    assert generate_token(**raw | {"starting_code": 0}, value=1) == generate_token(
        **raw | {"starting_code": None}, value=1
    )
    assert OpenPaygo(KEY, "0").make(ADD_TIME, 1, after=4) == OpenPaygo(KEY).make(ADD_TIME, 1, after=4)
    for key, code, divider in (("ab", CODE, 1), (KEY.upper(), CODE, 1), ("z" * 32, CODE, 1), (KEY, "", 1), (KEY, "x", 1),
                               (KEY, "1" * 10, 1), (KEY, CODE, 0), (KEY, CODE, 256)):  # fmt: skip
        with pytest.raises(ValueError, match="must be"):
            OpenPaygo(key, code, divider)
    assert KEY not in repr(made)


@pytest.mark.parametrize(
    ("seconds", "divider", "units"),
    [(86_400, 1, 1), (86_400, 24, 24), (3600, 24, 1), (86_400 * 995, 1, 995), (86_400 * 996, 1, None), (1, 1, None),
     (86_399, 1, None), (0, 1, None), (43_200, 1, None), (43_200, 2, 1)],
)  # fmt: skip
def test_only_whole_units_are_expressed(seconds, divider, units):
    made = OpenPaygo(KEY, CODE, divider)
    assert made.units_of(seconds) == units
    if units is not None:
        assert made.seconds_of(units) == seconds
