"""Parts wanted, stock, what to order, fates, labels and the sheet, through the browser's doors."""

import datetime as dt

import pytest
from django.test import Client
from django.utils import timezone

from apps.core.levels import Level
from apps.repairs.models import CentreStock, PartProductLinker, RepairPartTypeLinker, StockMove
from apps.repairs.tests.standing import BATTERY, AtFitting, a_battery, centre_of, in_repair, wish

pytestmark = pytest.mark.django_db


@pytest.fixture
def centre(cast):
    return centre_of(cast.a, cast.tina)


@pytest.fixture
def repair(cast, centre):
    return in_repair("010101234560013", cast.a, cast.tina)


class Bench:
    def __init__(self, user):
        self.client = Client(raise_request_exception=False)
        self.client.force_login(user)

    def get(self, where, **headers):
        answer = self.client.get(where, **headers)
        assert answer.status_code == 200, answer.content
        return " ".join(answer.content.decode().split())

    def post(self, where, status=302, **given):
        answer = self.client.post(where, given)
        assert answer.status_code == status, answer.content.decode()[:3000]
        return answer.content.decode()


@pytest.fixture
def bench(cast):
    return Bench(cast.tina)


def shelf():
    row = CentreStock.objects.get()
    return row.in_stock, row.low_mark


def count(bench, centre, in_stock, low_mark=0, reason="Counted on Monday", **more):
    return bench.post(
        "/bench/stock/count", centre=centre.pk, part_type=BATTERY, in_stock=in_stock, low_mark=low_mark, reason=reason,
        **more,
    )  # fmt: skip


def receive(bench, centre, number, **more):
    return bench.post("/bench/stock/receive", centre=centre.pk, part_type=BATTERY, number=number, **more)


def test_a_wish_waits_is_offered_what_comes_and_is_released(cast, bench, centre, repair):
    assert "No repair waits for a part" in bench.get("/bench/parts")
    asked = wish(repair, cast.tina)
    shown = bench.get("/bench/parts")
    assert repair.product.serial_number in shown
    assert "State check" in shown
    assert "to be ordered" in shown
    assert "Contrôle de l’état" in bench.get("/bench/parts", HTTP_ACCEPT_LANGUAGE="fr")
    receive(bench, centre, 2)
    asked.refresh_from_db()
    assert asked.reserved_at is not None
    assert ">reserved<" in bench.get("/bench/parts")
    for _again in range(2):  # pressed twice: once
        bench.post("/bench/parts/release", wish=asked.pk)
    asked.refresh_from_db()
    assert asked.reserved_at is None
    bench.post("/bench/parts/reserve", wish=asked.pk)
    asked.refresh_from_db()
    assert asked.reserved_at is not None
    assert shelf() == (2, 0)


def test_what_comes_is_for_who_waits_longest_and_nobody_is_promised_what_is_not_there(cast, bench, centre, repair):
    other = in_repair("010101234560021", cast.a, cast.tina)
    late = wish(other, cast.tina)
    early = wish(repair, cast.tina, at=timezone.now() - dt.timedelta(days=3))
    receive(bench, centre, 1)
    early.refresh_from_db(), late.refresh_from_db()
    assert (early.reserved_at is None, late.reserved_at is None) == (False, True)
    assert "none of this type is free" in bench.post("/bench/parts/reserve", wish=late.pk, status=400)
    receive(bench, centre, 1)
    late.refresh_from_db()
    assert late.reserved_at is not None
    count(bench, centre, 1, reason="One was broken")  # the promise made last goes
    early.refresh_from_db(), late.refresh_from_db()
    assert (early.reserved_at is None, late.reserved_at is None) == (False, True)
    assert "One was broken" in bench.get("/bench/stock")


def test_fitting_uses_the_reservation_up_and_undo_puts_it_back(cast, call, bench, centre, repair):
    walk = AtFitting(call, cast.tina, repair).ask_for_a_battery()
    a_battery("NEW-1")
    receive(bench, centre, 2)
    asked = RepairPartTypeLinker.objects.get()
    assert asked.reserved_at is not None
    walk.fit("NEW-1")
    assert shelf() == (1, 0)
    assert "No repair waits for a part" in bench.get("/bench/parts")
    walk.send("undo")
    assert shelf() == (2, 0)
    asked.refresh_from_db()
    assert (asked.reserved_at is None, asked.replaced_date, asked.from_stock) == (False, None, None)
    moves = StockMove.objects.order_by("pk").values_list("kind", "change", "left")
    assert list(moves) == [("received", 2, 2), ("fitted", -1, 1), ("put_back", 1, 2)]


def test_a_part_that_the_books_do_not_have_is_fitted_all_the_same(cast, call, bench, centre, repair):
    walk = AtFitting(call, cast.tina, repair).ask_for_a_battery()
    a_battery("NEW-1")
    count(bench, centre, 0)
    walk.fit("NEW-1")
    assert shelf() == (0, 0)
    walk.send("undo")
    assert shelf() == (0, 0)  # nothing was taken from here


@pytest.mark.parametrize(
    ("given", "text"),
    [
        ({"in_stock": "-1"}, "In stock: must be a whole number"),
        ({"in_stock": "many"}, "In stock: must be a whole number"),
        ({"in_stock": "100001"}, "must lie between 0 and 100000"),
        ({"reason": " "}, "Reason: is required"),
        ({"low_mark": ""}, "Low mark: must be a whole number"),
        ({"part_type": ""}, "The part: is required"),
    ],
)
def test_a_bad_count_is_refused_by_its_field(bench, centre, given, text):
    right = {"centre": centre.pk, "part_type": BATTERY, "in_stock": 3, "low_mark": 0, "reason": "First count"}
    assert text in bench.post("/bench/stock/count", status=400, **right | given)
    assert not CentreStock.objects.exists()


def test_what_is_to_be_ordered_and_as_a_file(cast, bench, centre, repair):
    assert "Nothing to order" in bench.get("/bench/order")
    wish(repair, cast.tina)
    count(bench, centre, 0, low_mark=3)
    shown = bench.get("/bench/order")
    assert "<dt>To order</dt><dd>4</dd>" in shown
    assert '<span class="pill wrong">low</span>' in bench.get("/bench/stock")
    answer = bench.client.get("/bench/order.csv", HTTP_ACCEPT_LANGUAGE="fr")
    lines = answer.content.decode("utf-8-sig").splitlines()
    assert answer["Content-Type"].startswith("text/csv")
    assert len(lines) == 2
    assert ";4;1;0;0;3" in lines[1]


def test_other_entities_see_and_change_nothing(cast, bench, centre, repair):
    asked = wish(repair, cast.tina)
    receive(bench, centre, 1)
    stranger = Bench(cast.users["B", Level.TECHNICAL])
    assert repair.product.serial_number not in stranger.get("/bench/parts")
    assert "Workshop of Entity A" not in stranger.get(f"/bench/stock?centre={centre.pk}")
    receive(stranger, centre, 5, status=404)
    count(stranger, centre, 5, status=404)
    stranger.post("/bench/parts/release", wish=asked.pk, status=404)
    assert stranger.client.get("/bench/order.csv").content.decode().count("\n") == 1
    assert shelf() == (1, 0)
    reader = Bench(cast.bob)
    assert reader.client.get("/bench/parts").status_code == 403


def test_pages_ask_as_often_however_long_they_are(cast, bench, centre, repair, django_assert_max_num_queries):
    for number in range(12):
        wish(in_repair(f"01010123457{number:04d}", cast.a, cast.tina), cast.tina)
    with django_assert_max_num_queries(16):
        bench.get("/bench/parts")


def test_what_becomes_of_a_part_its_label_and_the_tree(cast, call, bench, centre, repair):
    walk = AtFitting(call, cast.tina, repair).ask_for_a_battery()
    a_battery("NEW-1")
    where = f"/bench/repairs/{repair.pk}"
    assert "Nothing has been taken out" in bench.get(f"{where}/parts")
    walk.fit("NEW-1")
    shown = bench.get(f"{where}/parts")
    assert shown.index("NEW-1") > shown.index("In the unit")
    assert shown.count("OLD-010101234560013") == 2  # taken out; and replaced by what sits in the unit
    row = PartProductLinker.objects.get(removed_repair=repair)
    bench.post(f"{where}/parts", fitting=row.pk, fate="reuse")
    assert shelf() == (1, 0)
    label = bench.get(f"{where}/labels")
    assert "OLD-010101234560013" in label
    assert "to be reused" in label
    assert "data:image/svg+xml" in label
    assert "à réutiliser" in bench.get(f"{where}/labels", HTTP_ACCEPT_LANGUAGE="fr")
    bench.post(f"{where}/parts", fitting=row.pk, fate="scrap")
    assert shelf() == (0, 0)
    bench.post(f"{where}/parts", fitting=row.pk, fate="reuse")
    assert "must be one of" in bench.post(f"{where}/parts", fitting=row.pk, fate="eaten", status=400)
    bench.post(f"{where}/parts", fitting=10**8, fate="scrap", status=400)
    walk.send("undo")  # it sits in the unit again, and nothing is said of it
    row.refresh_from_db()
    assert (row.fate, shelf()) == (None, (0, 0))
    assert "Nothing has been taken out" in bench.get(f"{where}/parts")
    assert Bench(cast.users["B", Level.TECHNICAL]).client.get(f"{where}/labels").status_code == 404


def test_the_sheet_tells_what_stands_in_both_languages(cast, call, bench, centre, repair):
    walk = AtFitting(call, cast.tina, repair).ask_for_a_battery()
    a_battery("NEW-1")
    walk.fit("NEW-1")
    walk.send("send_events", {"event": "battery.charged"})
    walk.send("send_inputs", {"capacity": 9.5})
    walk.send("send_events", {"event": "capacity_measured"})
    walk.send("send_events", {"event": "jig.passed"})
    walk.send("send_inputs", {"usb_works": "yes", "light_works": "yes"})
    walk.send("send_events", {"event": "passed"})
    where = f"/bench/repairs/{repair.pk}/sheet"
    shown = bench.get(where)
    for text in (
        "Condition at intake: Good",
        "repaired",
        "Final test",
        "out: ",
        "NEW-1",
        "data:image/svg+xml",
        "Test jig",
    ):
        assert text in shown, text
    french = bench.get(where, HTTP_ACCEPT_LANGUAGE="fr")
    assert "État à l’arrivée : Bon" in french or "État à l’arrivée: Bon" in french
    assert "réparée" in french or "réparé" in french


def test_undone_steps_are_not_on_the_sheet(cast, call, bench, centre, repair):
    walk = AtFitting(call, cast.tina, repair)
    walk.send("send_inputs", {"condition": "damaged", "starts": "no"})
    walk.send("send_events", {"event": "checked"})
    walk.send("undo")
    walk.send("send_inputs", {"condition": "dirty", "starts": "yes"})
    walk.send("send_events", {"event": "checked"})
    shown = bench.get(f"/bench/repairs/{repair.pk}/sheet")
    assert "Condition at intake: Dirty" in shown
    assert "Damaged" not in shown


def test_a_repair_of_no_centre_is_seen_ordered_for_and_gets_the_centre_of_who_takes_it(cast):
    """Somebody who works at no centre brought the unit in; the entity has one centre, which is not theirs."""
    repair = in_repair("010101234560013", cast.a, cast.tina)
    assert repair.repair_centre_id is None
    asked = wish(repair, cast.tina)
    centre = centre_of(cast.a, cast.alice)
    bench = Bench(cast.tina)
    assert repair.product.serial_number in bench.get("/bench/parts")
    assert "Home 2 battery" in bench.get("/bench/order")
    assert "Home 2 battery" in bench.get("/bench/order.csv")
    assert "Home 2 battery" not in bench.get(f"/bench/order?centre={centre.pk}")
    assert "Home 2 battery" not in Bench(cast.users["B", Level.ADMIN]).get("/bench/order")
    assert "who works at one takes the repair" in bench.post("/bench/parts/reserve", 400, wish=asked.pk)
    colleague = Bench(cast.alice)
    colleague.post(f"/bench/repairs/{repair.pk}/take")
    repair.refresh_from_db()
    assert repair.repair_centre_id == centre.pk
    receive(colleague, centre, 1)
    asked.refresh_from_db()
    assert asked.reserved_at is not None
    Bench(cast.tina).post(f"/bench/repairs/{repair.pk}/take")
    repair.refresh_from_db()
    assert repair.repair_centre_id == centre.pk


def test_a_reason_that_nobody_can_see_is_none(bench, centre, repair):
    unseen = "\u200b\u202e \x07\u2800"
    assert "is required" in count(bench, centre, 3, reason=unseen, status=400)
    count(bench, centre, 3, reason="of \u202eMonday\x1b[31m")
    assert StockMove.objects.get().reason == "of Monday[31m"
    for verb, field in (("wait", "reason"), ("note", "text"), ("hand_over", "text")):
        assert "is required" in bench.post(f"/bench/repairs/{repair.pk}/{verb}", 400, **{field: unseen})


def test_a_part_is_fitted_though_the_scanner_writes_small_letters(cast, call, centre, repair):
    """As a unit is found by a part in it."""
    part = a_battery("NEW-BAT-1")
    AtFitting(call, cast.tina, repair).ask_for_a_battery().fit("new-bat-1")
    assert PartProductLinker.objects.get(part=part).product_id == repair.product_id


def test_what_was_taken_out_to_be_reused_comes_to_the_centre_that_takes_the_repair(cast, call):
    repair = in_repair("010101234560013", cast.a, cast.tina)
    a_battery("NEW-1")
    AtFitting(call, cast.tina, repair).ask_for_a_battery().fit("NEW-1")
    centre = centre_of(cast.a, cast.alice)
    parts = f"/bench/repairs/{repair.pk}/parts"
    fitting = PartProductLinker.objects.get(removed_repair=repair).pk
    bench = Bench(cast.tina)
    bench.post(parts, fitting=fitting, fate="reuse")
    assert not CentreStock.objects.exists()
    receive(bench, centre, 5)
    Bench(cast.alice).post(f"/bench/repairs/{repair.pk}/take")
    assert shelf() == (6, 0)
    bench.post(parts, fitting=fitting, fate="scrap")
    assert shelf() == (5, 0)
