"""Several people and many rows at once, in a browser: two at one form, ranges of ticks, the search, the way back."""

import pytest
from playwright.sync_api import expect

from apps.demo.fleet import imei_of

pytestmark = pytest.mark.xdist_group("browser")
WORDS = {
    "en": {"meanwhile": "changed this meanwhile", "theirs": "theirs:", "mine": "yours:", "chosen": "3 chosen", "note": "Add a note"},
    "fr": {"meanwhile": "modifié entre-temps", "theirs": "l’autre valeur :", "mine": "la vôtre :", "chosen": "3 choisies",
           "note": "Ajouter une note"},
}  # fmt: skip


@pytest.mark.parametrize("language", ["en", "fr"])
def test_two_tabs_on_one_form(person, language):
    words = WORDS[language]
    one = person(1366, language)
    one.sign_in("system@example.org")
    one.page.goto("/admin/accounts/hub/")
    one.page.locator("#result_list tbody tr a").first.click()
    where = one.page.url
    other = person(360, language)
    other.sign_in("system@example.org")
    other.page.goto(where)
    latitude = one.page.locator("[name=latitude]").input_value()

    # Two columns: both stand.
    one.page.fill("[name=longitude]", "29.5" if language == "en" else "29.6")
    one.page.locator("[name=_save]").click()
    one.page.wait_for_url("**/accounts/hub/")
    other.page.fill("[name=latitude]", "-1.1" if language == "en" else "-1.2")
    other.page.locator("[name=_save]").click()
    other.page.wait_for_url("**/accounts/hub/")
    one.page.goto(where)
    assert one.page.locator("[name=longitude]").input_value().startswith("29.")
    assert one.page.locator("[name=latitude]").input_value() != latitude

    # The same: said, and chosen.
    other.page.goto(where)
    one.page.fill("[name=latitude]", "-2.5")
    one.page.locator("[name=_save]").click()
    one.page.wait_for_url("**/accounts/hub/")
    other.page.fill("[name=latitude]", "-3.5")
    other.page.locator("[name=_save]").click()
    expect(other.page.get_by_text(words["meanwhile"])).to_be_visible()
    other.keep("admin-meanwhile")
    assert "-2.5" in other.page.get_by_text(words["theirs"]).inner_text()
    other.page.get_by_label(words["mine"]).check()
    other.page.locator("[name=_save]").click()
    other.page.wait_for_url("**/accounts/hub/")
    one.page.goto(where)
    assert one.page.locator("[name=latitude]").input_value() == "-3.5"
    assert one.complaints == other.complaints == []


@pytest.mark.parametrize(("width", "language"), [(1366, "en"), (360, "fr")])
def test_many_units_are_ticked_and_the_bar_stays(person, width, language):
    someone = person(width, language)
    page = someone.page
    someone.sign_in("system@example.org")
    boxes = page.locator("input[name=unit]")
    boxes.nth(1).click()
    boxes.nth(3).click(modifiers=["Shift"])
    assert page.locator("input[name=unit]:checked").count() == 3
    expect(page.locator("[data-count]")).to_have_text(WORDS[language]["chosen"])
    boxes.nth(30).scroll_into_view_if_needed()
    expect(page.locator("#bulk select")).to_be_in_viewport()
    expect(page.locator("[data-count]")).to_be_in_viewport()
    page.screenshot(path=f"test-results/screens/units-bar-{width}-{language}.png")
    someone.keep("units-ticked")
    for chosen in ("overdue", "pending_long", "never"):
        page.goto(f"/?show={chosen}")
        someone.keep(f"units-{chosen}")

    # The same in the admin's list.
    page.goto("/admin/products/product/")
    ticks = page.locator("input.action-select")
    ticks.nth(1).click()
    ticks.nth(3).click(modifiers=["Shift"])
    assert page.locator("input.action-select:checked").count() == 3
    ticks.nth(20).scroll_into_view_if_needed()
    expect(page.locator("select[name=action]")).to_be_in_viewport()
    expect(page.locator(".action-counter")).to_be_in_viewport()
    page.screenshot(path=f"test-results/screens/admin-bar-{width}-{language}.png")
    assert someone.complaints == []


@pytest.mark.parametrize("language", ["en", "fr"])
def test_search_landmarks_and_the_way_back_after_an_act(person, language):
    someone = person(1366, language)
    page = someone.page
    someone.sign_in("system@example.org")
    page.goto("/admin/")
    page.keyboard.press("Tab")
    expect(page.locator("a.skip")).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.locator("main#content")).to_be_focused()
    page.keyboard.press("Control+k")
    page.locator("#search-input-command").press_sequentially(imei_of(7))
    # What was found for the first digits may stand there until the last are typed.
    page.locator("#command-results-list a[href*='/product/'][href*='/change/']").filter(has_text=imei_of(7)).click()
    page.wait_for_url("**/products/product/*/change/**")
    someone.keep("admin-found")
    page.locator('a[href$="/enable/"]').first.click()
    page.locator("form.act button[type=submit]").click()
    page.wait_for_url("**/change/**")
    expect(page.locator('a[href$="/enable/"]').first).to_be_focused()
    assert someone.complaints == []
