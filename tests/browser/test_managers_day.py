"""An operations manager's day in the admin, in both languages: find, filter, edit, many at once, files, history."""

import re

import pytest

from apps.demo.fleet import imei_of

pytestmark = pytest.mark.xdist_group("browser")
WORDS = {
    "en": {
        "units": "Units", "save": "Save", "history": "History", "preview": "Preview", "start": "Start", "done": "done",
        "ready": "ready to start", "refused": "refused", "changed": "changed", "note": "Add a note to units",
        "csv": "Write into a CSV file", "take_in": "Take in a file", "cant": "can't", "run": "Run",
    },
    "fr": {
        "units": "Unités", "save": "Enregistrer", "history": "Historique", "preview": "Aperçu", "start": "Démarrer",
        "done": "terminé", "ready": "prêt à démarrer", "refused": "refusé", "changed": "changé",
        "note": "Ajouter une note à des unités", "csv": "Exporter en CSV", "take_in": "Importer un fichier",
        "cant": "impossible", "run": "Exécuter",
    },
}  # fmt: skip


def state(page, name):
    page.wait_for_selector(f"#job [data-state={name}]", timeout=60_000)


def run(page, action):
    """The bar that comes up under ticked rows."""
    page.locator("select[name=action]").select_option(action)
    page.locator("#changelist-form button[name=index]").click()


@pytest.mark.parametrize("language", ["en", "fr"])
def test_a_managers_day(person, language, tmp_path):
    words = WORDS[language]
    manager = person(1366, language)
    page = manager.page
    manager.sign_in("system@example.org")

    # Find and filter.
    page.goto("/admin/")
    manager.keep("admin-home")
    page.goto("/admin/products/product/")
    page.wait_for_selector("#result_list")
    manager.keep("admin-units")
    wanted = imei_of(4 if language == "en" else 5)
    page.goto(f"/admin/products/product/?q={wanted}")
    assert page.locator("#result_list tbody tr").count() == 1
    page.locator("#result_list").get_by_text(wanted).click()
    page.wait_for_url("**/change/**")
    assert page.locator("[name=serial_number]").input_value()
    manager.keep("admin-unit")
    page.goto("/admin/products/product/?desired_enable_flag__exact=0")
    assert page.locator("#result_list tbody tr").count() > 1

    # Edit, and see what was changed by whom.
    page.goto("/admin/accounts/hub/")
    page.locator("#result_list tbody tr a").first.click()
    page.fill("[name=latitude]", "-1.95" if language == "en" else "-1.96")
    manager.keep("admin-edit")
    page.locator("[name=_save]").click()
    page.wait_for_url("**/accounts/hub/")
    page.locator("#result_list tbody tr a").first.click()
    page.get_by_role("link", name=words["history"]).first.click()
    page.wait_for_url("**/history/")
    assert "system@example.org" in page.locator("#changes").inner_text()
    assert ("-1.95" if language == "en" else "-1.96") in page.locator("#changes").inner_text()
    manager.keep("admin-history")

    # Many at once, from the admin's list: a note on two units, after a preview.
    page.goto("/admin/products/product/")
    for number in (0, 1):
        page.locator("input.action-select").nth(number).check()
    run(page, "units.note")
    page.wait_for_url("**/jobs/*")
    manager.keep("job-details")
    page.fill("[name=note_text]", f"Seen by the manager ({language})")
    page.get_by_role("button", name=words["preview"]).click()
    state(page, "ready")
    manager.keep("job-ready")
    page.get_by_role("button", name=words["start"]).click()
    state(page, "done")
    assert page.locator("#items .pill.on").count() == 2
    manager.keep("job-done")

    # The same from the list of units on screen, for all that are off: previewed, and left alone.
    page.goto("/?show=disabled")
    page.locator("input[name=all]").check()
    page.locator("#act").select_option("units.enable")
    page.get_by_role("button", name=words["preview"]).click()
    page.wait_for_url("**/jobs/*")
    state(page, "ready")
    assert "→" in page.locator("#items").inner_text()
    manager.keep("job-enable-ready")
    page.locator("form[action$=cancel] button").click()
    state(page, "cancelled")

    # Somebody's list: pasted, each unit with its own note.
    page.goto("/jobs")
    page.locator("a[href$=from_list]").click()
    page.select_option("#kind", "units.note")
    page.fill("#units", f"IMEI\tNote\n{wanted}\tListed ({language})\n123\tNobody's")
    manager.keep("job-from-list")
    page.get_by_role("button", name=words["preview"]).click()
    page.wait_for_url("**/jobs/*")
    state(page, "ready")
    assert page.locator("#items .pill.on").count() == 1
    manager.keep("job-from-list-ready")
    page.locator("form[action$=cancel] button").click()
    state(page, "cancelled")

    # A file with a bad row.
    rows = f"product_imei;note_text\n{wanted};From a file ({language})\n999;Nobody's\n"
    file = tmp_path / "notes.csv"
    file.write_text(rows)
    page.goto("/admin/products/productnote/")
    page.get_by_role("link", name=words["take_in"]).first.click()
    manager.keep("admin-import")
    page.set_input_files("#id_file", file)
    page.get_by_role("button", name=words["preview"]).click()
    page.wait_for_url("**/jobs/*")
    state(page, "ready")
    assert words["cant"] in page.locator("#job").inner_text()
    manager.keep("job-import-ready")
    page.get_by_role("button", name=words["start"]).click()
    state(page, "done")
    assert words["refused"] in page.locator("#items").inner_text()

    # And out again.
    page.goto(f"/admin/products/productnote/?q={wanted}")
    page.locator("input.action-select").first.check()
    with page.expect_download() as download:
        run(page, "export_csv")
    text = download.value.path().read_text(encoding="utf-8-sig")
    assert re.search(rf"From a file \({language}\)", text)
    assert (";" if language == "fr" else ",") in text.splitlines()[0]

    # Who may come in, and how the system is doing.
    page.goto("/admin/accounts/user/add/")
    manager.keep("admin-invite")
    page.goto("/admin/accounts/signin/")
    manager.keep("admin-sign-ins")
    page.goto("/admin/system/")
    manager.keep("admin-system")
    page.goto("/admin/django_celery_beat/periodictask/")
    manager.keep("admin-schedules")
    page.goto("/account")
    manager.keep("account")
    assert manager.complaints == []


@pytest.mark.parametrize("language", ["en", "fr"])
def test_the_managers_pages_on_a_telephone(person, language):
    manager = person(360, language)
    page = manager.page
    manager.sign_in("system@example.org")
    for name, where in (("admin-home", "/admin/"), ("admin-units", "/admin/products/product/"), ("admin-system", "/admin/system/"),
                        ("admin-invite", "/admin/accounts/user/add/"), ("jobs", "/jobs"), ("job-from-list", "/jobs/from_list"), ("account", "/account"),
                        ("units", "/")):  # fmt: skip
        page.goto(where)
        manager.keep(name)
    assert manager.complaints == []
