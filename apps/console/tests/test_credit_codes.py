"""Codes on the ledger page: given out for what is on its way, read aloud, ticked when they were typed in."""

import pytest

from apps.console.tests.test_credit import DAY, at, pay, signed_in, text
from apps.core.levels import Level
from apps.dcm import actions
from apps.dcm.models import OfflineToken, PaymentCommand, TokenKey
from tests.cast import Device, make_unit

pytestmark = pytest.mark.django_db
SECRET = "a29ab82edc5fbbc41ec9530f6dac86b1"


@pytest.fixture
def unit(cast):
    unit = make_unit("010101234560005", entity=cast.a, dcm_enabled_flag=True)
    TokenKey.objects.create(product=unit, secret_key=SECRET, starting_code="123456789")
    return unit


def give(browser, unit, **given):
    return browser.post(at(unit, "/code"), given, follow=True)


def test_a_code_is_given_and_ticked(cast, unit):
    pay(unit, cast, DAY, "p1")
    browser = signed_in(cast.tina)
    assert "Give a code" in text(browser.get(at(unit)))
    shown = text(give(browser, unit, id="p1"))
    assert "662 486 790" in shown  # the standard's own example
    assert "Not known to be typed in" in shown
    assert text(give(browser, unit, id="p1")).count("662 486 790") == 1  # pressed twice: the same code
    assert Device(unit).orders()["payment_commands"] == []
    shown = text(browser.post(at(unit, "/code/entered"), {"id": "p1"}, follow=True))
    assert "Typed in" in shown
    assert OfflineToken.objects.get().state == OfflineToken.ENTERED
    assert PaymentCommand.objects.get().status == "acknowledged"
    assert "Ajoute 1 jour" in text(signed_in(cast.tina, "fr").get(at(unit)))


def test_the_page_warns_where_the_unit_was_told_already(cast, unit):
    pay(unit, cast, DAY, "p1")
    Device(unit).report(balance=0)
    Device(unit)
    browser = signed_in(cast.tina)
    assert "With a code it is no longer told" in text(browser.get(at(unit)))
    device = Device(unit)
    device.counter += 10
    device.orders()
    assert "The unit was told of it already" in text(browser.get(at(unit)))


def test_a_zeroing_must_be_typed_in_where_an_older_code_could_be(cast, unit):
    Device(unit).report(balance=0)  # it has been heard: a code is not the money at once
    pay(unit, cast, DAY, "p1")
    browser = signed_in(cast.tina)
    give(browser, unit, id="p1")
    actions.force_reset(unit, transaction_id="r1", by=cast.alice)
    shown = text(browser.get(at(unit)))
    assert "must be typed in as a code too" in shown
    assert "Sets the credit to zero" in text(give(browser, unit, id="r1"))


def test_who_sees_codes_and_what_is_refused(cast, unit):
    pay(unit, cast, DAY, "p1")
    give(signed_in(cast.tina), unit, id="p1")
    overview = signed_in(cast.bob)
    assert "662 486 790" not in text(overview.get(at(unit)))
    assert overview.post(at(unit, "/code"), {"id": "p1"}).status_code == 403
    assert signed_in(cast.charlie).post(at(unit, "/code"), {"id": "p1"}).status_code == 404
    assert give(signed_in(cast.tina), unit, id="nothing").status_code == 400
    assert signed_in(cast.tina).post(at(unit, "/code"), {"kind": "unlock"}).status_code == 403
    admin = signed_in(cast.users["A", Level.ADMIN])
    answer = give(admin, unit, kind="unlock")
    assert (answer.status_code, "paid off" in text(answer)) == (400, True)
    plain = make_unit("010101234560013", entity=cast.a, dcm_enabled_flag=True)
    assert "Codes for a unit without network" not in text(signed_in(cast.tina).get(at(plain)))
