"""Units chosen by state and entity, orders that hold until a time, and a refusal that stays where it is read."""

import pytest
from playwright.sync_api import expect

from apps.demo.fleet import imei_of

pytestmark = pytest.mark.xdist_group("browser")
LAPSED = 47  # of the demo (apps/demo/orders.py)
WORDS = {
    "en": {"state": "State", "monitored": "monitored", "again": "Order it again", "close": "Close",
           "not_given": "The order was not given"},
    "fr": {"state": "État", "monitored": "suivie", "again": "Commander à nouveau", "close": "Fermer",
           "not_given": "L’ordre n’a pas été donné"},
}  # fmt: skip


@pytest.mark.parametrize(("width", "language"), [(1366, "en"), (360, "fr")])
def test_units_by_state_what_lapsed_and_a_time(person, width, language):
    words = WORDS[language]
    manager = person(width, language)
    page = manager.page
    manager.sign_in("system@example.org")
    menu = page.locator(".chips .menu").first
    menu.locator("summary").click()
    manager.keep("units-menu")
    page.keyboard.press("Escape")
    expect(menu.locator("div")).to_be_hidden()
    menu.locator("summary").click()
    menu.get_by_role("link", name=words["monitored"], exact=True).click()
    page.wait_for_url("**state=6**")
    page.locator('.chips a[href*="show=lapsed"]').click()
    page.wait_for_url("**show=lapsed&state=6**")
    manager.keep("units-lapsed")
    imei = imei_of(LAPSED)
    page.locator(".units a", has_text=imei).click()
    page.wait_for_url(f"**/units/{imei}")
    again = page.get_by_role("button", name=words["again"])
    count = again.count()
    if count:  # the other language's run may have pressed one
        manager.keep("unit-lapsed")
        again.last.click()
        expect(again).to_have_count(count - 1)

    # With a time, from the switch's card.
    page.goto(f"/units/{imei_of(4)}")
    page.locator("#switch .aside a").click()
    page.fill("[name=valid_until]", "2001-01-01T10:00")
    assert page.locator("[name=valid_until]").evaluate("box => box.validity.rangeUnderflow")
    manager.keep("unit-until")
    page.fill("[name=valid_until]", "2099-01-01T10:00")
    page.locator("form[data-order] button").click()
    page.wait_for_url(f"**/units/{imei_of(4)}")
    assert manager.complaints == []


@pytest.mark.parametrize("language", ["en"])
def test_a_refusal_stays_though_the_card_is_drawn_anew_without_its_buttons(person, server, language):
    words = WORDS[language]
    someone = person(360, language)
    page = someone.page
    someone.sign_in("field@example.org")
    imei = imei_of(16 if language == "en" else 26)
    page.goto(f"/field/{imei}")
    level = "from apps.accounts.models import User as U; U.objects.filter(email='field@example.org').update(permissions='%s')"
    server.manage("shell", "-v", "0", "-c", level % "OVERVIEW")
    try:
        page.locator("#switch .buttons button:not(:disabled)").click()
        said = page.locator("#switch [data-problem]")
        expect(said).to_contain_text(words["not_given"])
        expect(page.locator("#switch .buttons")).to_have_count(0)
        for _time in range(2):
            page.evaluate("dispatchEvent(new Event('online'))")
            page.wait_for_load_state("networkidle")
        expect(said).to_contain_text(words["not_given"])
        someone.keep("field-refused")
        said.get_by_role("button", name=words["close"]).click()
        expect(said).to_be_hidden()
    finally:
        server.manage("shell", "-v", "0", "-c", level % "TECHNICAL")
    assert [one for one in someone.complaints if "403" not in one] == []
