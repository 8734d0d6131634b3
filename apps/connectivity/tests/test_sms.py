"""Wake-up SMS: the documented example, and the whole life of a message."""

import datetime as dt

import pytest
from django.utils import timezone

from apps.connectivity import queries, reports, tasks
from apps.connectivity.models import SkippedWakeUp, SmsHistory
from apps.connectivity.wire import sms
from apps.core.actors import SYSTEM
from apps.core.levels import Level
from apps.core.rows import new
from apps.events import relay
from apps.products.actions import disable_product, enable_product
from apps.products.models import Product, ProductSoftwareLinker, SoftwareVersionType

pytestmark = pytest.mark.django_db

# The example of seed 004, "/products/<imei>/send_wakeup".
EXAMPLE = {
    "sms_history_id": 37571, "product_imei": "013950005303699", "attempted_retries": 0, "enable_history_id": None,
    "sent_time": "2016-08-08T16:34:56.860081", "sms_timeout": 3600.0, "status": None, "trigger": "wakeup",
    "message": None, "message_reference": "/41a8b4b06a019949/12882393256110756",
    "created_at": "2016-08-08T16:34:56.886694", "modified_at": None, "created_by": "u.celery@bboxx.co.uk",
}  # fmt: skip
# Its slips: a comma is missing after `"trigger": "wakeup"`; it names another unit than the request; the reference is there
# before the gateway took the message; created_by is a machine's, though a person asked; records also have modified_by.


class Taker:
    """A gateway that takes everything, and what it took."""

    reports_in = None

    def __init__(self):
        self.taken = []

    def send(self, *, to, text, report_to, seconds):
        self.taken.append((to, text, report_to))
        return f"/taken/{len(self.taken)}"


@pytest.fixture
def gateway(monkeypatch):
    taker = Taker()
    monkeypatch.setattr(sms, "gateway", lambda: taker)
    return taker


def wake(call, user, unit):
    return call(user, "POST", f"/v1/products/{unit.product_imei}/send_wakeup")


def record(call, user, key):
    return call(user, "GET", f"/v1/sms_histories/{key}").json()


def report(call, row, status, attempt=None):
    row.refresh_from_db()
    name = reports.signed(row.pk, attempt or row.attempts)
    return call(None, "GET", f"/v1/sms_reports/{name}?status={status}")


def later(row, **ago):
    SmsHistory.objects.filter(pk=row.pk).update(
        created_at=row.created_at - dt.timedelta(**ago), due_at=timezone.now() - dt.timedelta(seconds=1)
    )


def test_the_documented_example(cast, call, waker):
    admin = cast.users["A", Level.ADMIN]
    answer = wake(call, admin, waker)
    body = answer.json()
    assert (answer.status_code, body["status"], body["message"]) == (200, "success", "sms successfully sent")
    data = body["data"]
    assert set(data) == set(EXAMPLE) | {"modified_by"}
    ours = {
        "sms_history_id",
        "product_imei",
        "sent_time",
        "message_reference",
        "created_at",
        "created_by",
        "modified_by",
    }
    assert {name: data[name] for name in set(EXAMPLE) - ours} == {name: EXAMPLE[name] for name in set(EXAMPLE) - ours}
    assert (data["message_reference"], data["created_by"]) == (None, admin.email)
    assert record(call, cast.bob, data["sms_history_id"]) == data


def test_a_message_is_queued_sent_and_delivered(cast, call, waker):
    """By the gateway that is there from the start, which writes a line of the log."""
    key = wake(call, cast.alice, waker).json()["data"]["sms_history_id"]
    tasks.send_messages()
    sent = record(call, cast.bob, key)
    assert (sent["status"], sent["attempted_retries"]) == (None, 0)
    assert sent["message_reference"].endswith(f"/{key}")
    SmsHistory.objects.update(due_at=timezone.now())  # the moment has gone by
    tasks.send_messages()
    done = record(call, cast.bob, key)
    assert (done["status"], done["message_reference"]) == ("Delivered", sent["message_reference"])
    assert done["modified_at"] > done["created_at"]


def test_only_software_that_wakes_up_is_woken(cast, call, unit):
    answer = wake(call, cast.alice, unit)
    assert (answer.status_code, answer.json()["data"]) == (400, {"software": "is not wake-up enabled"})
    Product.objects.filter(pk=unit.pk).update(reported_software="1.0")
    assert wake(call, cast.alice, unit).status_code == 400
    Product.objects.filter(pk=unit.pk).update(reported_software="hub-stc-6")
    assert wake(call, cast.alice, unit).status_code == 200


def test_a_unit_that_was_moved_in_wakes_up_by_its_linker(cast, call, unit):
    version = SoftwareVersionType.objects.get(name="2.16")
    link = new(ProductSoftwareLinker, by=SYSTEM, product=unit, software_version_type=version)
    assert wake(call, cast.alice, unit).status_code == 400  # ordered, not running
    ProductSoftwareLinker.objects.filter(pk=link.pk).update(date_added=timezone.now())
    assert wake(call, cast.alice, unit).status_code == 200


def test_a_report_is_taken_from_the_gateway_alone(cast, call, waker, gateway):
    wake(call, cast.alice, waker)
    tasks.send_messages()
    row = SmsHistory.objects.get()
    assert gateway.taken == [(waker.imsi, "WAKEUP", reports.address(row.pk, 1))]
    good = reports.signed(row.pk, 1)
    for name in (
        good[:-1] + ("0" if good[-1] != "0" else "1"),
        f"{row.pk}.2.{good.split('.')[2]}",
        "x",
        f"{row.pk}.1",
        "1.²." + "0" * 32,
    ):
        assert call(None, "GET", f"/v1/sms_reports/{name}?status=1").status_code == 404
    assert call(None, "POST", f"/v1/sms_reports/{good}?status=1").status_code == 405
    assert call(None, "GET", f"/v1/sms_reports/{good}?status=one").status_code == 400
    row.refresh_from_db()
    assert row.status is None
    assert report(call, row, 8).status_code == 200  # handed to the network: on its way
    row.refresh_from_db()
    assert row.status is None
    assert report(call, row, 1).status_code == 200
    row.refresh_from_db()
    first = row.modified_at
    assert row.status == "Delivered"
    report(call, row, 1)
    report(call, row, 2)
    row.refresh_from_db()
    assert (row.status, row.modified_at) == ("Delivered", first)


def test_a_report_may_be_faster_than_the_gateways_answer(cast, call, waker, gateway, monkeypatch):
    def at_once(*, to, text, report_to, seconds):
        row = SmsHistory.objects.get()
        assert call(None, "GET", f"/v1/sms_reports/{reports.signed(row.pk, row.attempts)}?status=1").status_code == 200
        return "/fast/0"

    monkeypatch.setattr(gateway, "send", at_once)
    key = wake(call, cast.alice, waker).json()["data"]["sms_history_id"]
    tasks.send_messages()
    done = record(call, cast.bob, key)
    assert (done["status"], done["message_reference"]) == ("Delivered", f"/fast/0/{key}")


def test_what_fails_is_sent_again_and_the_retries_are_counted(cast, call, waker, gateway, settings):
    settings.SMS_RETRIES = 2
    key = wake(call, cast.alice, waker).json()["data"]["sms_history_id"]
    for retries in range(3):
        tasks.send_messages()
        row = SmsHistory.objects.get()
        assert (row.attempted_retries, len(gateway.taken)) == (retries, retries + 1)
        if retries:
            report(call, row, 2, attempt=retries)  # of a try before: nothing new
        report(call, row, 2)
        tasks.send_messages()
        assert len(gateway.taken) == retries + 1  # not at once
        SmsHistory.objects.filter(step="queued").update(due_at=timezone.now())
    tasks.send_messages()
    assert (len(gateway.taken), record(call, cast.bob, key)["status"]) == (3, None)
    later(SmsHistory.objects.get(), hours=2)
    tasks.send_messages()
    assert record(call, cast.bob, key)["status"] == "Expired"
    report(call, SmsHistory.objects.get(), 1)  # it had arrived after all
    assert record(call, cast.bob, key)["status"] == "Delivered"


def test_a_message_expires_after_an_hour_sent_or_not(cast, call, waker, gateway, monkeypatch):
    wake(call, cast.alice, waker)
    tasks.send_messages()
    first = SmsHistory.objects.get()
    later(first, minutes=59)
    SmsHistory.objects.filter(pk=first.pk).update(due_at=timezone.now() + dt.timedelta(minutes=1))
    tasks.send_messages()
    first.refresh_from_db()
    assert first.status is None
    later(first, minutes=2)

    def away(**message):
        raise sms.Away("ConnectError")

    monkeypatch.setattr(gateway, "send", away)
    wake(call, cast.alice, waker)
    tasks.send_messages()
    second = SmsHistory.objects.exclude(pk=first.pk).get()
    assert (second.status, second.message_reference, second.detail) == (None, None, "ConnectError")
    later(second, hours=1)
    tasks.send_messages()
    assert set(SmsHistory.objects.values_list("status", flat=True)) == {"Expired"}


def test_an_order_of_the_tamper_switch_wakes_the_unit_likewise(cast, call, waker, gateway):
    for name in ("enable_tamper_switch", "disable_tamper_switch"):
        call(cast.tina, "PUT", f"/v1/products/{waker.product_imei}/{name}")
        relay.relay_all()
    tasks.send_messages()
    waker.refresh_from_db()
    assert len(gateway.taken) == 1  # the first is overtaken
    orders = list(waker.tamper_enable_histories.order_by("pk").values_list("pk", flat=True))
    ways = queries.ways_of(waker, orders, tamper=True)
    assert [[step.step for step in ways[order]] for order in orders] == [["queued", "skipped"], ["queued", "sms_sent"]]


def test_a_units_quota_is_a_429_and_an_order_beyond_it_is_skipped(cast, call, waker, settings):
    settings.SMS_PER_UNIT = 2
    assert [wake(call, cast.alice, waker).status_code for _ in range(3)] == [200, 200, 429]
    refused = wake(call, cast.alice, waker)
    assert (refused.json()["code"], 0 < int(refused["Retry-After"]) <= 86401) == ("too_many_requests", True)
    enable_product(waker, by=cast.tina)
    relay.relay_all()
    waker.refresh_from_db()
    skipped = SkippedWakeUp.objects.get()
    assert (skipped.reason, skipped.enable_history_id) == ("quota_unit", waker.latest_enable_history_id)
    assert SmsHistory.objects.count() == 2
    steps = queries.ways_of(waker, [waker.latest_enable_history_id])[waker.latest_enable_history_id]
    assert [(step.step, step.detail) for step in steps] == [("skipped", "quota_unit")]


def test_an_entitys_quota_counts_all_of_its_units(cast, call, waker, settings):
    from tests.cast import make_unit

    settings.SMS_PER_ENTITY = 2
    others = [
        make_unit(f"0101012345600{number:02d}", entity=entity, reported_software="3.6")
        for number, entity in enumerate([cast.a, cast.a, cast.b])
    ]
    codes = [wake(call, cast.root, unit).status_code for unit in [waker, *others]]
    assert codes == [200, 200, 429, 200]


def test_an_order_wakes_the_unit_under_its_name(cast, call, waker, gateway):
    call(cast.tina, "PUT", f"/v1/products/{waker.product_imei}/enable")
    relay.relay_all()
    waker.refresh_from_db()
    row = SmsHistory.objects.get()
    assert (row.enable_history_id, row.trigger, row.created_by) == (
        waker.latest_enable_history_id,
        "wakeup",
        cast.tina.email,
    )
    relay.run(list(relay.Consequence.objects.all()))  # a consequence may be carried out twice
    assert SmsHistory.objects.count() == 1
    tasks.send_messages()
    report(call, row, 1)
    steps = queries.ways_of(waker, [waker.latest_enable_history_id])[waker.latest_enable_history_id]
    assert [step.step for step in steps] == ["queued", "sms_sent", "sms_delivered"]


def test_a_superseded_orders_message_is_not_sent(cast, call, waker, gateway, device):
    enable_product(waker, by=cast.tina)
    relay.relay_all()
    disable_product(waker, by=cast.tina)
    relay.relay_all()
    tasks.send_messages()
    first, second = SmsHistory.objects.order_by("pk")
    assert (first.step, first.status, first.message_reference) == ("dropped", "Expired", None)
    assert (second.step, len(gateway.taken)) == ("sent", 1)
    assert [step.step for step in queries.steps_of_sms(first)] == ["queued", "skipped"]

    enable_product(waker, by=cast.tina)
    device.report(enabled=True)  # it came by itself before the relay did
    relay.relay_all()
    assert SmsHistory.objects.count() == 2


def test_a_unit_goes_with_its_messages_and_an_order_that_has_some_stays(cast, call, waker):
    enable_product(waker, by=cast.tina)
    relay.relay_all()
    order = SmsHistory.objects.get().enable_history_id
    assert call(cast.alice, "DELETE", f"/v1/enable_history/{order}").json()["code"] == "in_use"
    assert call(cast.alice, "DELETE", f"/v1/products/{waker.product_imei}").status_code == 204
    assert not SmsHistory.objects.exists()


def test_rows_written_by_hand_are_records_only(cast, call, waker, gateway):
    made = call(cast.alice, "POST", "/v1/sms_histories", {
        "attempted_retries": 1, "product_imei": waker.product_imei, "sent_time": "2000-01-01 00:00:00",
        "sms_timeout": 3600, "trigger": "wakeup",
    })  # fmt: skip
    assert made.status_code == 201
    tasks.send_messages()
    assert (gateway.taken, record(call, cast.bob, made.json()["sms_history_id"])["status"]) == ([], None)
