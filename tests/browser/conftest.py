"""The real thing: `manage.py up` as a process of its own with simulated units, and a real browser before it."""

import contextlib
import os
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from pathlib import Path
from urllib.parse import urlsplit, urlunsplit

import pytest
from playwright.sync_api import expect, sync_playwright

from tests import databases
from tests.browser.find_chromium import find

expect.set_options(timeout=30_000)
ROOT = Path(__file__).resolve().parents[2]
SCREENS = ROOT / "test-results" / "screens"
# Of the demo's 60 units, few enough that two cores have time for the pages; the others answer when a test lets them.
SIMULATED = 12
FLAGS = [
    "--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-component-update", "--disable-sync",
    "--no-first-run",
]  # fmt: skip


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@contextlib.contextmanager
def scratch_database(name: str, folder: Path | None = None):
    """A database of this name beside the environment's PostgreSQL, or nothing: then SQLite in `folder`.

    Empty; migrated where the folder of the process to come is named.
    """
    if not databases.URL:
        if folder is not None:
            databases.copy_to(str(folder / "backoffice.sqlite3"))
        yield {}
        return
    if folder is not None:
        databases.copy_to(name)
    else:
        databases.create(name)
    try:
        yield {"DATABASE_URL": databases.at(name)}
    finally:
        databases.drop(name)


def environment(folder: Path, port: int, extra: dict[str, str]) -> dict[str, str]:
    env = {**os.environ, "DATA_DIR": str(folder), "PORT": str(port), "PYTHONUNBUFFERED": "1"} | extra
    if env.get("REDIS_URL"):
        # A queue of its own for each of xdist's workers: else the worker of one server would be woken for another's.
        number = int(os.environ.get("PYTEST_XDIST_WORKER", "gw0").removeprefix("gw"))
        env["REDIS_URL"] = urlunsplit(urlsplit(env["REDIS_URL"])._replace(path=f"/{10 + number % 6}"))
    env.pop("DJANGO_SETTINGS_MODULE", None)
    return env


class Running:
    """`manage.py up` and its address."""

    def __init__(self, folder: Path, extra: dict[str, str], *, speed: int = 7200) -> None:
        self.port = free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self.env = environment(folder, self.port, extra)
        self.log = folder / "up.log"
        with self.log.open("wb") as log:
            self.process = subprocess.Popen(
                [sys.executable, "manage.py", "up", "--speed", str(speed), "--simulated", str(SIMULATED)],
                cwd=ROOT, env=self.env, stdout=log, stderr=subprocess.STDOUT, start_new_session=True,
            )  # fmt: skip

    def wait(self) -> "Running":
        deadline = time.monotonic() + 240
        while time.monotonic() < deadline:
            if self.process.poll() is not None:
                break
            with contextlib.suppress(OSError), urllib.request.urlopen(f"{self.url}/v1/home", timeout=5):
                return self
            time.sleep(0.1)  # a process of the system is coming up; there is nothing to wait on but its port
        raise RuntimeError(self.log.read_text())

    def manage(self, *words: str) -> str:
        done = subprocess.run(
            [sys.executable, "manage.py", *words],
            cwd=ROOT,
            env=self.env,
            capture_output=True,
            text=True,
            check=True,
        )
        return done.stdout

    @contextlib.contextmanager
    def answering(self, imei: str):
        """Let this one unit live: it connects within a second or two."""
        words = [
            sys.executable,
            "manage.py",
            "simulate",
            "--imei",
            imei,
            "--speed",
            "14400",
            "--url",
            self.url,
        ]
        unit = subprocess.Popen(words, cwd=ROOT, env=self.env, stdout=subprocess.DEVNULL)
        try:
            yield
        finally:
            unit.terminate()
            unit.wait(10)

    def stop(self) -> int:
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGINT)
        try:
            return self.process.wait(20)
        except subprocess.TimeoutExpired:
            os.killpg(self.process.pid, signal.SIGKILL)
            raise


@pytest.fixture(scope="session")
def server(tmp_path_factory):
    folder = tmp_path_factory.mktemp("server")
    with scratch_database(f"browser_{os.getpid()}", folder) as extra:
        running = Running(folder, extra)
        try:
            yield running.wait()
        finally:
            running.stop()


@pytest.fixture(scope="session")
def chromium():
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=find(), args=FLAGS)
        yield browser
        browser.close()


class Person:
    """Somebody before a browser window: a page that notes every complaint and every request to another host."""

    def __init__(self, chromium, server, width: int, language: str, **options) -> None:
        self.context = chromium.new_context(
            viewport={"width": width, "height": 800}, locale=language, timezone_id="Africa/Kigali", base_url=server.url,
            **options,
        )  # fmt: skip
        self.context.set_default_timeout(30_000)
        self.page = self.context.new_page()
        self.complaints: list[str] = []
        self.width, self.language, self.server = width, language, server
        self.page.on("console", lambda message: self.note(message.text) if message.type == "error" else None)
        self.page.on("pageerror", lambda error: self.note(f"{self.page.url}: {error} {error.stack}"))
        self.page.on("request", self.check_host)

    def note(self, text: str) -> None:
        self.complaints.append(text)

    def check_host(self, request) -> None:
        if not request.url.startswith((self.server.url, "data:", "blob:")):
            self.note(f"asked another host: {request.url}")

    def sign_in(self, email: str = "field@example.org") -> None:
        from apps.demo.fleet import PASSWORD

        self.page.goto("/login")
        self.page.fill("#username", email)
        self.page.fill("#password", PASSWORD)
        self.page.press("#password", "Enter")
        self.page.wait_for_url("**/")

    def tell_what_stands(self) -> None:
        """For whoever reads a failed run: where this person was and what the page said (without what was typed)."""
        with contextlib.suppress(Exception):
            print(f"\n--- at {self.page.url}; complaints: {self.complaints}")
            print(self.page.locator("body").inner_text()[:1500])
            self.page.screenshot(path=SCREENS / f"failed-{time.time_ns()}.png")

    def keep(self, name: str) -> None:
        """A picture of the page, and that nothing runs over its edge."""
        SCREENS.mkdir(parents=True, exist_ok=True)
        self.page.screenshot(path=SCREENS / f"{name}-{self.width}-{self.language}.png", full_page=True)
        assert self.page.evaluate("document.documentElement.scrollWidth") <= self.width, name


FAILED = pytest.StashKey[bool]()


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item, call):
    report = yield
    if report.failed:
        item.stash[FAILED] = True
    return report


@pytest.fixture
def person(chromium, server, request):
    people: list[Person] = []

    def arrive(width=1366, language="en", **options):
        people.append(Person(chromium, server, width, language, **options))
        return people[-1]

    yield arrive
    for one in people:
        if request.node.stash.get(FAILED, False):
            one.tell_what_stands()
        one.context.close()
