"""Whose credit ends soon, and credit of many units from a list."""

import csv
import datetime as dt
import io

import pytest
from django.utils import timezone

from apps.console.credit.many import headed
from apps.console.tests.test_credit import at, pay, signed_in, text
from apps.core.actors import SYSTEM
from apps.core.rows import new
from apps.dcm.models import Balance, PaymentCommand
from apps.jobs import work
from apps.jobs.models import Job, JobItem
from apps.products.models import Product
from tests.cast import make_unit

pytestmark = pytest.mark.django_db
DAY = 86400


@pytest.fixture
def unit(cast):
    return make_unit("010101234560005", entity=cast.a, dcm_enabled_flag=True)


@pytest.fixture
def browser(cast):
    return signed_in


# Whose credit ends soon


def test_figures_lead_to_units_and_a_file_with_harmless_formulas(cast, unit, browser):
    end = timezone.now() + dt.timedelta(days=2)
    new(Balance, by=SYSTEM, product=unit, balance=2 * DAY, expected_expiry=end, reported_at=timezone.now())
    Product.objects.filter(pk=unit.pk).update(serial_number="=cmd|'/c calc'!A1")
    client = browser(cast.bob)
    page = text(client.get("/credit"))
    assert f"?within=3&entity={cast.a.pk}#list" in page
    assert at(unit) in page
    assert at(unit) not in text(client.get("/credit?within=expired"))
    assert at(unit) not in text(browser(cast.charlie).get("/credit"))
    assert client.get("/credit?within=nothing&entity=99999999999&page=x").status_code == 200
    answer = client.get("/credit.csv?within=3")
    rows = list(csv.reader(io.StringIO(b"".join(answer.streaming_content).decode("utf-8-sig"))))
    assert rows[0][0] == "IMEI"
    assert rows[1][:2] == [unit.product_imei, "'=cmd|'/c calc'!A1"]
    assert rows[1][4] == "2.0"


def test_nobodys_credit_ends(cast, browser):
    assert "No unit's credit ends within 7 days" in text(browser(cast.tina).get("/credit"))


# Lists


def run(client, lines, **more):
    answer = client.post("/credit/many", {"lines": lines, **more})
    assert answer.status_code == 302, text(answer)
    work.work_all()
    return Job.objects.latest("id")


def outcomes(job, column):
    return list(JobItem.objects.filter(job=job).order_by("number").values_list(column, flat=True))


def test_a_list_is_tried_started_and_safe_to_send_again(cast, unit, browser):
    other = make_unit("010101234560013", entity=cast.a, dcm_enabled_flag=True)
    foreign = make_unit("010101234560021", entity=cast.b, dcm_enabled_flag=True)
    pay(unit, cast, 30 * DAY, "done before")
    lines = "\n".join([
        f"{unit.product_imei};30;m1", f"{other.serial_number};1,5;m2", f"{unit.product_imei};30;done before",
        f"{unit.product_imei};31;done before", f"{foreign.product_imei};1;m3", f"{unit.product_imei};;m4",
        f"{unit.product_imei};-1;m5", f"{other.product_imei};5;m1", f"{unit.product_imei};2;",
    ])  # fmt: skip
    client = browser(cast.tina, "fr")
    job = run(client, lines)
    assert outcomes(job, "trial") == ["changed", "changed", "same", *["refused"] * 6]
    assert PaymentCommand.objects.count() == 1  # a preview gives nothing
    assert "30 jours versés" in text(client.get(f"/jobs/{job.pk}"))
    client.post(f"/jobs/{job.pk}/start")
    work.work_all()
    assert outcomes(job, "outcome")[:3] == ["changed", "changed", "same"]
    given = dict(PaymentCommand.objects.values_list("transaction_id", "value"))
    assert given == {"done before": 30 * DAY, "m1": 30 * DAY, "m2": int(1.5 * DAY)}
    again = run(client, lines)
    assert outcomes(again, "trial")[:3] == ["same"] * 3
    assert PaymentCommand.objects.count() == 3


def test_a_file_with_seconds_and_headings(cast, unit, browser):
    file = io.BytesIO(f"Serial number,Seconds,Transaction id\n{unit.serial_number},3600,s1\n".encode())
    file.name = "list.csv"
    job = run(browser(cast.tina), "", file=file)
    assert outcomes(job, "trial") == ["changed"]
    browser(cast.tina).post(f"/jobs/{job.pk}/start")
    work.work_all()
    assert PaymentCommand.objects.get().value == 3600


def test_ticked_units_get_as_many_days_each_and_again_is_safe(cast, unit, browser):
    client = browser(cast.tina)
    answer = client.post("/bulk", {"kind": "units.credit", "unit": [unit.product_imei]})
    key = int(answer["Location"].rpartition("/")[2])
    assert client.post(f"/jobs/{key}/details", {"days": "14"}).status_code == 302
    work.work_all()
    client.post(f"/jobs/{key}/start")
    work.work_all()
    row = PaymentCommand.objects.get()
    assert (row.value, unit.product_imei in row.transaction_id) == (14 * DAY, True)
    JobItem.objects.update(outcome="failed")
    again = client.post(f"/jobs/{key}/again")
    work.work_all()
    assert outcomes(Job.objects.latest("id"), "trial") == ["same"]
    assert again.status_code == 302


def test_lists_that_say_nothing_are_refused(cast, browser):
    client = browser(cast.tina)
    assert client.get("/credit/many").status_code == 200
    assert client.post("/credit/many", {"lines": " "}).status_code == 400
    assert browser(cast.bob).post("/credit/many", {"lines": "x"}).status_code == 403


@pytest.mark.parametrize(("given", "first"), [
    ("010101234560005\t30\tx", "imei\tdays\ttransaction_id"), ("imei,days,transaction id\n1,2,3", "imei,days,transaction id"),
    ("HB000501-084031-B;30;x", "imei;days;transaction_id"), ("010101234560005", "010101234560005"), ("", ""),
])  # fmt: skip
def test_pasted_lines_get_a_heading_where_they_have_none(given, first):
    assert headed(given).split("\n")[0] == first
