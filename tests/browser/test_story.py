"""The first story, whole: a unit is switched on from the browser and really answers."""

import json
import os
import re
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from playwright.sync_api import expect

from apps.demo.fleet import PASSWORD, imei_of
from apps.demo.stories import IN_REPAIR, LATE, ON_THE_WAY, SILENT, STORED, is_off
from tests.browser.conftest import SIMULATED, Running, environment, scratch_database

pytestmark = pytest.mark.xdist_group("browser")
README = Path(__file__).resolve().parents[2] / "README.md"
WORDS = {
    "en": {"enable": "Enable", "pending": "pending: enable", "enabled": "enabled", "units": "Units"},
    "fr": {"enable": "Activer", "pending": "en attente\u00a0: activer", "enabled": "activée", "units": "Unités"},
}
# Units of field@example.org's company that the demo leaves switched off and that answer only when they are let.
OFF = iter([
    number for number in range(SIMULATED, 60, 2)
    if is_off(number) and number not in {*ON_THE_WAY, *SILENT, *LATE, *STORED, *IN_REPAIR}
])  # fmt: skip


@pytest.mark.parametrize("language", ["en", "fr"])
@pytest.mark.parametrize("width", [1366, 360])
def test_a_field_agent_switches_a_unit_on(person, width, language):
    imei, words = imei_of(next(OFF)), WORDS[language]
    agent = person(width, language)
    page = agent.page
    page.goto("/login")
    agent.keep("login")
    agent.sign_in()
    assert page.locator("h1").inner_text() == words["units"]
    agent.keep("units")
    if width < 700:
        page.goto("/field")
        agent.keep("field-search")
        page.fill("#unit", imei)
        page.press("#unit", "Enter")
        page.wait_for_url(f"**/field/{imei}")
    else:
        page.fill("#q", imei)
        page.press("#q", "Enter")
        page.wait_for_url(f"**/units/{imei}")
    name = "field" if width < 700 else "unit"
    agent.keep(f"{name}-off")
    page.evaluate("window.notReloaded = true")
    page.get_by_role("button", name=words["enable"], exact=True).click()
    page.wait_for_selector("#switch[data-state=pending_enabled]")
    assert page.locator("#switch h2").inner_text().lower() == words["pending"]
    agent.keep(f"{name}-pending")
    with agent.server.answering(imei):
        page.wait_for_selector("#switch[data-state=enabled]")
    assert page.locator("#switch h2").inner_text().lower() == words["enabled"]
    assert "field@example.org" in page.locator("#switch").inner_text()
    assert page.evaluate("window.notReloaded") is True
    agent.keep(f"{name}-enabled")
    assert agent.complaints == []


def test_it_works_without_scripts_and_with_a_keyboard_alone(person):
    imei = imei_of(next(OFF))
    agent = person(java_script_enabled=False)
    page = agent.page
    page.goto("/login")
    expect(page.locator("#username")).to_be_focused()  # without a click; the browser sets it with its next frame
    page.keyboard.type("field@example.org")
    page.keyboard.press("Tab")
    page.keyboard.type(PASSWORD)
    page.keyboard.press("Enter")
    page.wait_for_url("**/")
    page.goto(f"/units/{imei}")
    button = page.get_by_role("button", name="Enable", exact=True)
    for _tab in range(30):
        page.keyboard.press("Tab")
        if button.evaluate("element => element === document.activeElement"):
            break
    page.keyboard.press("Enter")
    page.wait_for_selector("#switch[data-state=pending_enabled], #switch[data-state=enabled]")


def test_a_lost_connection_is_said_and_made_good(person):
    imei = imei_of(next(OFF))
    agent = person(360)
    page = agent.page
    agent.sign_in()
    page.goto(f"/field/{imei}")
    agent.context.set_offline(True)
    page.wait_for_selector("#lost:not([hidden])")
    page.get_by_role("button", name="Enable", exact=True).click()
    page.wait_for_selector("[data-problem]:not([hidden])")
    agent.keep("field-offline")
    assert page.locator("#switch").get_attribute("data-state") == "disabled"
    agent.context.set_offline(False)
    page.wait_for_selector("#lost", state="hidden")
    page.get_by_role("button", name="Enable", exact=True).click()
    with agent.server.answering(imei):
        page.wait_for_selector("#switch[data-state=enabled]")


def test_a_network_without_websockets_only_makes_it_slower(person):
    imei = imei_of(next(OFF))
    agent = person()
    page = agent.page
    page.route_web_socket("**/live", lambda socket: socket.close())
    agent.sign_in()
    page.goto(f"/units/{imei}")
    page.get_by_role("button", name="Enable", exact=True).click()
    with agent.server.answering(imei):
        page.wait_for_selector("#switch[data-state=enabled]", timeout=60_000)


def test_two_pages_show_the_same_at_once(person):
    imei = imei_of(next(OFF))
    agent, colleague = person(), person(360, "fr")
    for one, email in ((agent, "field@example.org"), (colleague, "technician@example.org")):
        one.sign_in(email)
        one.page.goto(f"/units/{imei}")
        one.page.wait_for_selector("main[data-live=on]")
    agent.page.get_by_role("button", name="Enable", exact=True).click()
    with agent.server.answering(imei):
        colleague.page.wait_for_selector("#switch[data-state=enabled]")
    assert "field@example.org" in colleague.page.locator("#timeline").inner_text()


@pytest.mark.parametrize(("width", "language"), [(1366, "en"), (360, "fr")])
def test_what_goes_wrong_is_a_page_too(person, width, language):
    agent = person(width, language)
    page = agent.page
    page.goto("/login")
    page.fill("#username", "field@example.org")
    page.fill("#password", "wrong")
    page.press("#password", "Enter")
    page.wait_for_selector("[role=alert]")
    agent.keep("login-refused")
    agent.sign_in()
    page.goto("/units/999999999999999")
    agent.keep("not-found")
    page.goto("/search?q=nothing")
    agent.keep("search-nothing")
    page.goto("/search?q=013579")
    agent.keep("search-many")
    page.locator("details.menu summary").click()
    agent.keep("menu")
    page.locator("details.menu button").click()
    page.wait_for_url("**/login")


def test_the_description_of_the_api_is_drawn_from_our_own_files(person):
    integrator = person()
    integrator.page.goto("/v1/docs")
    integrator.page.wait_for_selector(".opblock-tag")
    integrator.page.get_by_role("link", name="Kinds of units").click()
    integrator.page.wait_for_selector(".opblock-get")
    integrator.keep("api-docs")
    assert integrator.complaints == []


def test_the_readmes_commands_work_when_pasted(server, tmp_path):
    """Every console block of the README that calls the API, run as it stands but for the port."""
    blocks = re.findall(r"```bash\n(.*?)```", README.read_text(), re.S)
    script = "\n".join(block for block in blocks if "curl" in block).replace("http://127.0.0.1:8000", server.url)
    assert script.count("curl") >= 6
    done = subprocess.run(
        ["bash", "-euo", "pipefail", "-c", script], cwd=tmp_path, capture_output=True, text=True, timeout=90
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert "error" not in done.stdout.lower(), done.stdout
    assert '"status":"success"' in done.stdout.replace(" ", "")


def test_up_starts_empty_stops_cleanly_and_starts_again(tmp_path):
    with scratch_database(f"empty_{os.getpid()}") as extra:
        for _start in range(2):
            running = Running(tmp_path, extra | {"DEMO": "0"}).wait()
            assert "create_user" in running.log.read_text()
            assert "demo" not in running.log.read_text().lower()
            assert running.stop() == 0
            with pytest.raises(ProcessLookupError):
                os.killpg(running.process.pid, signal.SIGTERM)  # nobody of the tree is left
        assert (
            json.loads(
                running.manage(
                    "shell",
                    "-v0",
                    "-c",
                    "from apps.products.models import Product; print(Product.objects.count())",
                )
            )
            == 0
        )


def test_up_says_when_its_port_is_taken(server, tmp_path):
    with scratch_database(f"taken_{os.getpid()}") as extra:
        done = subprocess.run(
            [sys.executable, "manage.py", "up", "--port", str(server.port)], cwd=README.parent,
            env=environment(tmp_path, server.port, extra | {"DEMO": "0"}), capture_output=True, text=True, timeout=60,
        )  # fmt: skip
        assert done.returncode != 0
        assert "PORT" in done.stderr
