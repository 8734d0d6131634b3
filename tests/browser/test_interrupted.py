"""What interrupts people in a browser: a link to a first password, a session that ends, a press that is refused."""

import re

import pytest
from playwright.sync_api import expect

from apps.demo.fleet import imei_of

pytestmark = pytest.mark.xdist_group("browser")
STRONG = "seven green lamps"
WORDS = {
    "en": {"in": "Sign in", "keep": "Keep it", "ended": "Your session has ended", "not_given": "The order was not given",
           "not_sent": "Not sent yet", "send": "Send it now", "enable": "Enable", "invite": "Save", "again": "Please send that once more"},
    "fr": {"in": "Se connecter", "keep": "Enregistrer", "ended": "Votre session est terminée", "not_given": "L’ordre n’a pas été donné",
           "not_sent": "Pas encore envoyé", "send": "Envoyer maintenant", "enable": "Activer", "invite": "Enregistrer", "again": "Veuillez envoyer"},
}  # fmt: skip


@pytest.mark.parametrize("language", ["en", "fr"])
def test_somebody_invited_chooses_a_password_and_comes_in(person, language):
    """The whole way in a real browser, which sends its origin along with the form (or `null` where it may not)."""
    email = f"new-{language}@example.org"
    boss = person(1366, language)
    boss.sign_in("system@example.org")
    boss.page.goto("/admin/accounts/user/add/")
    boss.page.fill("[name=email]", email)
    boss.page.fill("[name=display_name]", "Somebody new")
    boss.page.select_option("[name=permissions]", "OVERVIEW")
    boss.page.select_option("[name=scope]", "GLOBAL")
    boss.page.locator("[name=_save]").click()
    boss.page.wait_for_url("**/access/**")
    link = re.search(r"/password/[^\"\s<]+", boss.page.content())[0]
    boss.page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    boss.page.locator("[data-copy]").click()
    expect(boss.page.locator("[data-copy]")).to_have_text({"en": "Copied", "fr": "Copié"}[language])
    assert boss.page.evaluate("navigator.clipboard.readText()").endswith(link)

    new = person(360, language)
    page = new.page
    page.goto(link)
    new.keep("password")
    page.fill("#password", STRONG)
    page.fill("#again", "other lamps than these")
    page.press("#again", "Enter")
    page.wait_for_selector("[role=alert]")
    page.fill("#password", STRONG)
    page.fill("#again", STRONG)
    page.press("#again", "Enter")
    page.wait_for_url("**/login**")
    assert page.input_value("#username") == email
    expect(page.get_by_role("status")).to_be_visible()
    page.fill("#password", STRONG)
    page.press("#password", "Enter")
    page.wait_for_url("**/")
    page.goto(link)
    assert "410" not in page.title()
    assert page.locator("form[method=post] #password").count() == 0  # once
    assert [one for one in new.complaints if "400" not in one and "410" not in one] == []


def forget(someone):
    """The session ends on the server's side: by its time, or by somebody who signs it out."""
    kept = [cookie for cookie in someone.context.cookies() if cookie["name"] != "sessionid"]
    someone.context.clear_cookies()
    someone.context.add_cookies(kept)


@pytest.mark.parametrize(("language", "width"), [("en", 360), ("fr", 1366)])
def test_a_press_that_is_not_carried_out_says_why_above_its_button(person, server, language, width):
    words = WORDS[language]
    someone = person(width, language)
    someone.sign_in()
    page = someone.page
    imei = imei_of(56 if language == "en" else 58)  # off, and silent
    page.goto(f"/units/{imei}")
    box, button = page.locator("#switch [data-problem]"), page.locator("#switch .buttons button:not(:disabled)")

    # Refused: another level, or an error of ours.
    page.route("**/*able", lambda route: route.fulfill(
        status=403, content_type="text/html", body="<p data-reason>Your account does not have the permission</p>"))  # fmt: skip
    button.click()
    box.wait_for(state="visible")
    assert (
        box.inner_text().replace("\u00a0", " ").removesuffix("×").strip()  # the button that closes it
        == f"{words['not_given']}{' :' if language == 'fr' else ':'} Your account does not have the permission"
    )
    # In one look: what is live may be drawn anew between two.
    tops = page.evaluate(
        "['[data-problem]', '.buttons button:not(:disabled)'].map("
        "(name) => document.querySelector(`#switch ${name}`).getBoundingClientRect().top)"
    )
    assert tops[0] < tops[1]
    someone.keep("refused")
    page.unroute("**/*able")

    # The session has ended: said, and the order was not given.
    forget(someone)
    button.click()
    expect(box).to_contain_text(words["ended"])
    expect(page.locator("#ended")).to_be_visible()
    assert f"/units/{imei}" in page.url  # nobody was taken away from what they were doing
    someone.keep("ended")
    assert f"'product_imei': '{imei}'" not in server.manage("shell", "-v", "0", "-c", (
        "from apps.products.models import Product as P; from apps.events.models import Event as E; "
        f"print([e.name for e in E.objects.filter(subject=P.objects.get(product_imei='{imei}').subject, name='product.power_ordered', by='field@example.org')])"
    ))  # fmt: skip

    # Signing in elsewhere makes the page work again, without loading it anew.
    other = someone.context.new_page()
    other.goto("/login")
    other.fill("#username", "field@example.org")
    other.fill("#password", "demo-solar-2026")
    other.press("#password", "Enter")
    other.wait_for_url("**/")
    page.evaluate("dispatchEvent(new Event('online'))")
    page.wait_for_selector("#ended", state="hidden")
    button.click()
    page.wait_for_selector("#switch.pending")


@pytest.mark.parametrize("language", ["en", "fr"])
def test_a_form_sent_after_the_session_has_ended_is_not_lost(person, language):
    words = WORDS[language]
    manager = person(1366, language)
    manager.sign_in("system@example.org")
    page, text = manager.page, f"Roof faces north, and the ladder is at the neighbour's ({language})"
    page.goto("/admin/products/productnote/add/")
    page.locator("[name=note_text]").fill(text)
    page.evaluate(
        "document.querySelector('[name=product]').innerHTML = '<option value=\"%s\" selected></option>'".replace(
            "%s", imei_of(3)
        )
    )
    forget(manager)
    page.locator("[name=_save]").click()
    page.wait_for_selector("#password")
    assert words["ended"] in page.locator("[role=alert]").inner_text()
    manager.keep("signed-out")
    page.fill("#username", "system@example.org")
    page.fill("#password", "demo-solar-2026")
    page.press("#password", "Enter")
    page.wait_for_url("**/again")
    assert page.locator("h1").inner_text() == words["not_sent"]
    assert text in page.locator("main").inner_text()
    manager.keep("not-sent-yet")
    page.get_by_role("button", name=words["send"]).click()
    page.wait_for_url("**/admin/products/productnote/**")
    page.goto(f"/units/{imei_of(3)}")
    assert text in page.locator("main").inner_text()


def test_what_is_half_written_stays_while_another_act_is_sent(person):
    """The tamper switch pressed, a state chosen and asked about, while a note and another form are being filled in."""
    boss = person(1366, "en")
    boss.sign_in("system@example.org")
    page, text = boss.page, "The roof faces north, and"
    page.goto(f"/units/{imei_of(54)}")
    note = page.locator("#note-note_text")
    note.fill(text)
    page.locator("details", has=page.locator("[name=new_entity]")).first.locator("summary").click()
    page.select_option(
        "#add_entity-new_entity" if page.locator("#add_entity-new_entity").is_visible() else "#entity-new_entity",
        index=1,
    )
    opened = page.locator("#acts details[open]").count()
    page.locator("form[action$='/act/tamper_on'] button").click()
    page.wait_for_selector("form[action$='/act/tamper_off']")
    expect(page.locator("#told")).to_contain_text("pending until the unit confirms it")
    expect(note).to_have_value(text)
    assert page.locator("#acts details[open]").count() == opened
    assert page.locator("#acts select[name=new_entity]").evaluate_all("boxes => boxes.some((one) => one.value)")

    # The last state is asked about in its place, and left again.
    state = page.locator("details", has=page.locator("[name=new_state]"))
    state.locator("summary").click()
    state.locator("select").select_option("9")
    state.locator("button").click()
    expect(page.locator("form[data-question]")).to_contain_text("never comes back")
    boss.keep("asked")
    page.locator("[data-cancel]").click()
    expect(note).to_have_value(text)
    expect(state.locator("select")).to_have_value("9")

    # Sent at last, it is written; only its own box is emptied.
    note.press("End")
    note.type(" the panel is clean.")
    page.locator("form[action$='/act/note'] button").click()
    expect(page.locator("#told")).to_have_text("Your note is kept.")
    expect(page.locator("#timeline")).to_contain_text(f"{text} the panel is clean.")
    expect(note).to_have_value("")
    boss.keep("told")
    assert boss.complaints == []


@pytest.mark.parametrize("stale", [False, True])
def test_only_what_was_refused_for_its_token_is_sent_again(person, stale):
    someone = person(360, "en")
    someone.sign_in()
    page, sent = someone.page, []
    page.goto(f"/units/{imei_of(54)}")
    mark = " data-stale-token" if stale else ""

    def refuse(route):
        sent.append(route.request.url)
        route.fulfill(status=403, content_type="text/html", body=f"<section{mark}><p data-reason>No.</p></section>")

    page.route("**/*able", refuse)
    page.locator("#switch .buttons button:not(:disabled)").click()
    page.locator("#switch [data-problem]").wait_for(state="visible")
    assert len(sent) == (2 if stale else 1)
