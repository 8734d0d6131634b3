"""The pages of credit: the ledger, the counter, taking away with consent, terms, what ends soon, lists."""

import datetime as dt
import html
import re

import pytest
from django.test import Client
from django.utils import timezone

from apps.core.actors import SYSTEM
from apps.core.levels import Level
from apps.core.rows import new
from apps.dcm import actions
from apps.dcm.models import Balance, CreditRequest, FinalBalance, PaymentCommand, Receipt, Tariff
from apps.products.models import Product, ProductType
from tests.cast import Device, make_unit

pytestmark = pytest.mark.django_db
DAY = 86400


@pytest.fixture
def unit(cast):
    return make_unit("010101234560005", entity=cast.a, dcm_enabled_flag=True)


@pytest.fixture
def tariff(cast):
    return new(Tariff, by=SYSTEM, entity=cast.a, price_per_day="0.50", currency="USD")


@pytest.fixture
def browser(cast):
    return signed_in


def signed_in(user, language="en"):
    """signed_in(cast.tina, "fr") → their browser."""
    client = Client(raise_request_exception=True, headers={"accept-language": language})
    client.force_login(user)
    return client


def text(answer):
    return html.unescape(answer.content.decode())


def hidden(answer, name):
    return re.findall(rf'name="{name}" value="([^"]*)"', answer.content.decode())


def pay(unit, cast, value=10 * DAY, transaction_id="p", **more):
    return actions.add_payment_command(
        unit, category="payment", value=value, transaction_id=transaction_id, by=cast.tina, **more
    )


def at(unit, tail=""):
    return f"/units/{unit.product_imei}/credit{tail}"


# The ledger


def test_the_ledger_says_each_entry_in_words(cast, unit, browser):
    pay(unit, cast)
    Device(unit).report(balance=10 * DAY, acknowledged=["p"])
    actions.add_payment_command(
        unit, category="bad-payment", value=-2 * DAY, transaction_id="b", reason="<entered> twice", by=cast.tina
    )
    page = browser(cast.bob).get(at(unit))
    said = text(page)
    assert page.status_code == 200
    for words in ("Paid in", "+10 days", "Taken back", "−2 days", "<entered> twice", "taken over by the unit"):
        assert words in said, words
    assert b"<entered>" not in page.content
    assert "Order fetched by the unit" in said  # the steps of what is on its way
    assert "Take credit away" not in said  # OVERVIEW looks on
    assert "Take some back" in text(browser(cast.tina).get(at(unit)))
    actions.force_reset(unit, transaction_id="r", by=cast.alice)
    page = browser(cast.tina).get(at(unit)).content.decode()
    assert page.count('<tr class="void">') == 2
    assert "Versé" in text(browser(cast.tina, "fr").get(at(unit)))


def test_a_zero_command_shows_what_was_left(cast, unit, browser):
    pay(unit, cast)
    zero = actions.add_payment_command(unit, category="zero-command", value=0, transaction_id="z", by=cast.tina)
    actions.record_final_balance(unit, transaction_id="z", balance=3 * DAY, by=SYSTEM)
    assert FinalBalance.objects.get().zero_command_id == zero.pk
    assert "3 days were left; 10 days had been paid in" in text(browser(cast.bob).get(at(unit)))


def test_a_thousand_entries_are_paged_and_add_up(cast, unit, browser):
    rows = [
        PaymentCommand(product=unit, value=DAY, category="payment", void=False, transaction_id=f"t{n}", status=None)
        for n in range(1000)
    ]
    PaymentCommand.objects.bulk_create(rows)
    PaymentCommand.objects.update(status="acknowledged")
    client = browser(cast.bob)
    first, last = text(client.get(at(unit))), text(client.get(at(unit, "?page=20")))
    assert "1000 days" in first
    assert first.count("+1 day<") == 50
    assert "50 days" in last
    assert "1 day<" in last
    assert (
        "No such page" in text(client.get(at(unit, "?page=21"))) or client.get(at(unit, "?page=21")).status_code == 200
    )


def test_nothing_paid_yet_has_a_page_of_its_own(cast, unit, browser):
    said = text(browser(cast.tina).get(at(unit)))
    assert "Nothing has been paid in for this unit yet." in said
    assert "The unit has not reported its credit yet." in said


def test_slow_clocks_and_differences_are_flagged_and_the_balance_is_drawn(cast, unit, browser):
    pay(unit, cast)
    now = timezone.now()
    Product.objects.update(current_enable_flag=True)
    Device(unit).report(balance=20 * DAY, acknowledged=["p"], enabled=True)
    Balance.objects.update(since=now - dt.timedelta(days=10), since_balance=25 * DAY)
    said = text(browser(cast.bob).get(at(unit)))
    assert "50 % slow" in said
    assert "10 days more than it was ever given" in said
    assert '<polyline class="ahead"' in said
    assert "http" not in re.findall(r"<svg.*?</svg>", said, re.S)[0]
    assert "50 % slow" in text(browser(cast.bob).get(f"/units/{unit.product_imei}"))  # the unit's own page too


def test_the_units_page_tells_payments_in_its_line_of_time(cast, unit, browser):
    pay(unit, cast)
    said = text(browser(cast.bob).get(f"/units/{unit.product_imei}?show=credit"))
    assert "Paid in +10 days" in said
    assert f'href="{at(unit)}"' in said


def test_foreign_units_are_not_there(cast, unit, browser):
    for tail in ("", "/pay", "/take", "/zero", "/reset"):
        assert browser(cast.charlie).get(at(unit, tail)).status_code == 404
    assert browser(cast.bob).get(at(unit, "/pay")).status_code == 403
    assert browser(cast.tina).get(at(unit, "/reset")).status_code == 403


# The counter


def test_days_are_shown_before_they_are_paid_and_paid_once(cast, unit, browser):
    client = browser(cast.tina)
    Device(unit).report(balance=2 * DAY)
    key = hidden(client.get(at(unit, "/pay")), "id")[0]
    shown = client.get(at(unit, "/pay"), {"id": key, "days": "7.5"})
    assert "7 days 12 h of light" in text(shown)
    assert "Light until now" in text(shown)
    assert hidden(shown, "seconds") == [str(int(7.5 * DAY))]
    assert PaymentCommand.objects.count() == 0
    body = {"id": key, "days": "7.5", "seconds": str(int(7.5 * DAY))}
    first, second = client.post(at(unit, "/pay"), body), client.post(at(unit, "/pay"), body)
    row = PaymentCommand.objects.get()
    assert (row.value, row.transaction_id) == (int(7.5 * DAY), key)
    assert first["Location"] == f"/credit/receipts/{row.pk}?paid=1"
    assert second["Location"] == f"/credit/receipts/{row.pk}?again=1"
    assert "counts once" in text(client.get(second["Location"]))
    receipt = Receipt.objects.get()
    assert abs((receipt.until_after - timezone.now()).total_seconds() - 9.5 * DAY) < 60


def test_money_is_reckoned_at_the_entitys_price_and_stands_on_the_receipt(cast, unit, browser, tariff):
    client = browser(cast.tina, "fr")
    shown = client.get(at(unit, "/pay"), {"id": "k", "amount": "5,25"})
    assert "5,25 USD font 10 jours" in text(shown)
    seconds = str(int(10.5 * DAY))
    paid = client.post(at(unit, "/pay"), {"id": "k", "amount": "5,25", "seconds": seconds}, follow=True)
    said = text(paid)
    assert "5,25 USD" in said
    assert "0,50 USD par jour" in said
    assert unit.serial_number in said
    assert "sms:?body=" in said
    assert Receipt.objects.get().amount == "5.25"
    tariff.price_per_day = "1"
    tariff.save()
    again = client.post(at(unit, "/pay"), {"id": "k2", "amount": "5,25", "seconds": seconds})
    assert (again.status_code, PaymentCommand.objects.count()) == (400, 1)
    assert "Le prix a changé" in text(again)


@pytest.mark.parametrize("given", [
    {"days": "", "amount": ""}, {"days": "1", "amount": "1"}, {"days": "0"}, {"days": "-1"}, {"days": "x"},
    {"days": "99999"}, {"amount": "0.00001"}, {"amount": "99999999"}, {"days": "1e400"}, {"days": "NaN"}, {},
])  # fmt: skip
def test_what_says_nothing_or_too_much_is_refused_beside_its_box(cast, unit, browser, tariff, given):
    answer = browser(cast.tina).post(at(unit, "/pay"), {"id": "k", "seconds": "1", **given})
    assert (answer.status_code, PaymentCommand.objects.count()) == (400, 0)
    assert 'role="alert"' in text(answer)


def test_an_id_of_something_else_a_unit_without_dcm_and_zero_pending_are_explained(cast, unit, browser):
    pay(unit, cast, transaction_id="taken")
    client, body = browser(cast.tina), {"days": "1", "seconds": str(DAY)}
    answer = client.post(at(unit, "/pay"), {"id": "taken", **body})
    assert answer.status_code == 400
    assert "Begin anew" in text(answer)
    assert "taken" not in hidden(answer, "id")
    actions.add_payment_command(unit, category="zero-command", value=0, transaction_id="z", by=cast.tina)
    assert "being set to zero" in text(client.post(at(unit, "/pay"), {"id": "k", **body}))
    plain = make_unit("010101234560013", entity=cast.a)
    assert "does not keep its own credit" in text(client.post(at(plain, "/pay"), {"id": "k", **body}))
    assert client.post(at(unit, "/pay"), {"id": "a\nb", **body}).status_code == 400


def test_a_receipt_is_for_payments_in_scope(cast, unit, browser):
    row = pay(unit, cast)
    assert browser(cast.tina).get(f"/credit/receipts/{row.pk}").status_code == 200  # one that came over the API
    assert browser(cast.charlie).get(f"/credit/receipts/{row.pk}").status_code == 404
    assert browser(cast.bob).get(f"/credit/receipts/{row.pk}").status_code == 403


# Taking away, with consent


def test_taking_away_asks_for_a_reason_and_says_what_may_be_taken(cast, unit, browser, settings):
    pay(unit, cast)
    client = browser(cast.tina)
    assert "Above 30 days" in text(client.get(at(unit, "/take")))
    assert client.post(at(unit, "/take"), {"id": "k", "days": "1", "reason": ""}).status_code == 400
    more = client.post(at(unit, "/take"), {"id": "k", "days": "11", "reason": "r"})
    assert "10 days can be taken back" in text(more)
    settings.CREDIT_REMOVAL_LIMITS = {"TECHNICAL": 5 * DAY}
    assert "You may take away 5 days at most" in text(client.get(at(unit, "/take")))
    over = client.post(at(unit, "/take"), {"id": "k", "days": "6", "reason": "r"})
    assert "5 days at most at once; ask somebody of a higher level" in text(over)
    assert PaymentCommand.objects.count() == 1
    body = {"id": "k", "days": "5", "reason": "never paid"}
    done = client.post(at(unit, "/take"), body, follow=True)
    assert "Ordered; pending until the unit confirms it." in text(done)
    assert "nothing was done twice" in text(client.post(at(unit, "/take"), body, follow=True))
    assert PaymentCommand.objects.get(transaction_id="k").reason == "never paid"


def test_a_removal_that_waits_is_agreed_to_by_somebody_else(cast, unit, browser):
    pay(unit, cast, 90 * DAY)
    tina, admin = browser(cast.tina), browser(cast.users["A", Level.ADMIN])
    asked = tina.post(at(unit, "/take"), {"id": "k", "days": "60", "reason": "wrong unit"}, follow=True)
    assert "a second person has to agree" in text(asked)
    row = CreditRequest.objects.get()
    mine = text(tina.get("/credit/requests"))
    assert f"/credit/requests/{row.pk}/withdraw" in mine
    assert f"/credit/requests/{row.pk}/agree" not in mine
    self_made = tina.post(f"/credit/requests/{row.pk}/agree")
    assert (self_made.status_code, "A second person decides" in text(self_made)) == (400, True)
    assert f"/credit/requests/{row.pk}/agree" in text(admin.get("/credit/requests"))
    assert browser(cast.charlie).post(f"/credit/requests/{row.pk}/agree").status_code == 404
    assert browser(cast.bob).get("/credit/requests").status_code == 403
    done = admin.post(f"/credit/requests/{row.pk}/agree", follow=True)
    assert "Agreed and ordered" in text(done)
    assert PaymentCommand.objects.get(transaction_id="k").value == -60 * DAY
    assert f"asked by {cast.tina.email}" in text(tina.get(at(unit)))


def test_refusing_and_withdrawing_take_nothing(cast, unit, browser):
    pay(unit, cast, 190 * DAY)
    tina, admin = browser(cast.tina), browser(cast.users["A", Level.ADMIN])
    for key, days in (("a", "60"), ("b", "61")):
        tina.post(at(unit, "/take"), {"id": key, "days": days, "reason": "r"})
    first, second = CreditRequest.objects.order_by("pk")
    said = admin.post(f"/credit/requests/{first.pk}/refuse", {"answer": "it was paid"}, follow=True)
    assert "Refused; nothing was taken away." in text(said)
    assert "it was paid" in text(said)
    assert "Withdrawn" in text(tina.post(f"/credit/requests/{second.pk}/withdraw", follow=True))
    assert PaymentCommand.objects.count() == 1
    assert admin.post(f"/credit/requests/{second.pk}/agree").status_code == 400


def test_zero_and_force_reset_are_ordered_with_a_reason(cast, unit, browser):
    pay(unit, cast)
    admin = browser(cast.users["A", Level.ADMIN])
    assert admin.post(at(unit, "/zero"), {"id": "z", "reason": "moved"}, follow=True).status_code == 200
    assert PaymentCommand.objects.get(transaction_id="z").reason == "moved"
    said = text(admin.post(at(unit, "/reset"), {"id": "r", "reason": "lost"}, follow=True))
    assert "All taken back. The unit last said" in said
    assert PaymentCommand.objects.get(transaction_id="r").category == "force-reset"


# Terms


def test_the_terms_are_switched_and_refusals_say_why(cast, unit, browser):
    client = browser(cast.tina)
    assert client.post(at(unit, "/terms"), {"name": "payg", "value": "0"}).status_code == 302
    unit.refresh_from_db()
    assert not unit.is_payg
    assert "Paid off" in text(client.get(at(unit)))
    pay(unit, cast)
    refused = client.post(at(unit, "/terms"), {"name": "dcm", "value": "0"})
    assert (refused.status_code, "Not while credit is on its way" in text(refused)) == (400, True)
    ProductType.objects.filter(pk=unit.product_type_id).update(dcm_by_default=True)
    assert client.post(at(unit, "/terms"), {"name": "dcm", "value": "1"}).status_code == 400
    for bad in ({}, {"name": "dcm"}, {"name": "x", "value": "1"}, {"name": "payg", "value": "2"}):
        assert client.post(at(unit, "/terms"), bad).status_code == 400
    assert browser(cast.bob).post(at(unit, "/terms"), {"name": "payg", "value": "1"}).status_code == 403


# Prices


def test_prices_are_written_in_the_admin_and_not_served(cast, browser, call):
    root = browser(cast.root)
    form = {"entity": cast.a.pk, "price_per_day": "0.5x", "currency": "USD"}
    assert "must be an amount" in text(root.post("/admin/dcm/tariff/add/", form))
    assert root.post("/admin/dcm/tariff/add/", form | {"price_per_day": "0.55"}).status_code == 302
    assert str(Tariff.objects.get().per_day) == "0.55"
    assert call(cast.root, "GET", "/v1/tariffs").status_code == 404
    columns = call(cast.root, "GET", "/v1/payment_commands").json()
    assert "reason" not in str(columns.get("objects"))
