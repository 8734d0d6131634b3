"""At the counter, in both languages: pay in, twice by mistake, print; and a removal that a second person agrees to."""

import pytest
from playwright.sync_api import expect

pytestmark = pytest.mark.xdist_group("browser")
UNITS = {"en": 3, "fr": 5}  # among those that the clerk sees
WORDS = {
    "en": {"pay": "Pay in", "see": "See what it comes to", "of_light": "of light", "receipt": "Receipt", "day": "a day",
           "again": "counts once", "take": "Take it back", "waits": "a second person has to agree", "agree": "Agree",
           "agreed": "Agreed and ordered", "asked": "asked by"},
    "fr": {"pay": "Verser", "see": "Voir ce que cela donne", "of_light": "de lumière", "receipt": "Reçu",
           "day": "par jour", "again": "compté une seule fois", "take": "Reprendre",
           "waits": "une deuxième personne doit accepter", "agree": "Accepter", "agreed": "Accepté et commandé",
           "asked": "demandé par"},
}  # fmt: skip
SET_UP = """
from apps.products.models import Product, ProductEntityLinker as L
from apps.accounts.models import User
here = User.objects.get(email="field@example.org").entity
keys = list(L.objects.filter(entity=here, date_removed=None).values_list("product_id", flat=True))
Product.objects.filter(product_imei__in=keys).update(dcm_enabled_flag=True, is_payg=True)
"""


@pytest.mark.parametrize(("width", "language"), [(1366, "en"), (360, "fr")])
def test_pay_in_at_the_counter_and_take_back_with_consent(person, server, width, language):
    words = WORDS[language]
    server.manage("shell", "-v", "0", "-c", SET_UP)
    clerk = person(width, language)
    page = clerk.page
    clerk.sign_in("field@example.org")
    imei = _unit(server, UNITS[language])
    page.goto(f"/units/{imei}")
    page.locator("#credit a").click()
    page.wait_for_url(f"**/units/{imei}/credit")
    clerk.keep("credit-ledger")

    page.get_by_role("link", name=words["pay"], exact=True).click()
    page.fill("[name=amount]", "45")
    page.keyboard.press("Enter")
    expect(page.locator(".sure h2")).to_contain_text(words["of_light"])
    clerk.keep("credit-pay")
    address = page.url
    page.locator(".sure button").click()
    page.wait_for_url("**/credit/receipts/**")
    expect(page.locator(".receipt")).to_contain_text(words["day"])
    clerk.keep("credit-receipt")
    page.emulate_media(media="print")
    expect(page.locator(".bar")).to_be_hidden()
    expect(page.locator(".receipt")).to_be_visible()
    clerk.keep("credit-receipt-printed")
    page.emulate_media(media="screen")
    page.goto(address)  # the answer was lost: the same form once more
    page.locator(".sure button").click()
    page.wait_for_url("**again=1")
    expect(page.locator(".told")).to_contain_text(words["again"])

    page.goto(f"/units/{imei}/credit/take")
    page.fill("[name=days]", "40")
    page.fill("[name=reason]", "Paid for the neighbour's unit")
    clerk.keep("credit-take")
    page.get_by_role("button", name=words["take"]).click()
    page.wait_for_url(f"**/units/{imei}/credit")
    expect(page.locator("#told")).to_contain_text(words["waits"])
    clerk.keep("credit-ledger-waits")

    second = person(width, language)
    second.sign_in("system@example.org")
    second.page.goto("/credit")
    second.keep("credit-soon")
    second.page.locator(".credit-tabs a").nth(1).click()
    second.keep("credit-requests")
    row = second.page.locator("#for_me li", has_text=_serial(server, imei))
    row.get_by_role("button", name=words["agree"], exact=True).click()
    expect(second.page.locator(".told")).to_contain_text(words["agreed"])
    expect(page.locator("#entries")).to_contain_text(words["asked"])  # the clerk's page has followed by itself
    clerk.keep("credit-ledger-agreed")
    second.page.goto("/credit/many")
    second.keep("credit-many")
    assert clerk.complaints == []
    assert second.complaints == []


def _unit(server, number):
    """A unit that field@example.org sees."""
    code = f"""
from apps.products.models import ProductEntityLinker as L
from apps.accounts.models import User
here = User.objects.get(email="field@example.org").entity
keys = L.objects.filter(entity=here, date_removed=None).order_by("product_id").values_list("product_id", flat=True)
print(keys[{number}])
"""
    return server.manage("shell", "-v", "0", "-c", code).strip().splitlines()[-1]


def _serial(server, imei):
    code = f"from apps.products.models import Product as P; print(P.objects.get(product_imei='{imei}').serial_number)"
    return server.manage("shell", "-v", "0", "-c", code).strip().splitlines()[-1]
