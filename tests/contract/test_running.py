"""What somebody on call reads: the system page, schedules, figures for Prometheus, log lines."""

import io
import json
import logging
import re
import sqlite3

import pytest
from django.conf import settings
from django.db import OperationalError
from django.test import Client
from django.urls import reverse
from django_celery_beat.models import PeriodicTask

from apps.core.levels import Level
from apps.events.models import Consequence, Event
from apps.jobs.models import TaskRun
from apps.jobs.tasks import tidy
from apps.operations import schedules
from backoffice import env, logs
from backoffice.celery import app
from tests.contract.test_admin import browser_of

pytestmark = pytest.mark.django_db


def beat_starts(monkeypatch):
    monkeypatch.setattr("django_celery_beat.schedulers.close_old_connections", lambda: None)
    schedules.Scheduler(app=app, lazy=True).setup_schedule()


@pytest.fixture
def scheduled(monkeypatch):
    """Beat's table as it stands after beat's first start."""
    beat_starts(monkeypatch)
    return PeriodicTask.objects.get(task="apps.jobs.tasks.work")


def failed():
    event = Event.objects.create(name="product.deleted", subject="product:1", by="x")
    return Consequence.objects.create(event=event, handler="a.b", state="failed", attempts=10, last_error="Boom: <b>")


def test_the_system_page_shows_what_waits_and_tries_it_again(cast, scheduled):
    one, two = failed(), failed()
    browser = browser_of(cast.root)
    page = browser.get("/admin/system/").content.decode()
    for text in ("Boom: &lt;b&gt;", "Django", "every 30 seconds", "product.deleted"):
        assert text in page
    browser.post("/admin/system/", {"consequence": one.pk})
    one.refresh_from_db()
    two.refresh_from_db()
    assert (one.state, one.attempts, two.state) == ("pending", 0, "failed")
    browser.post("/admin/system/")
    two.refresh_from_db()
    assert two.state == "pending"
    for user in (cast.alice, cast.users["GLOBAL", Level.ADMIN]):
        assert browser_of(user).get("/admin/system/").status_code == 403
        assert browser_of(user).post("/admin/system/").status_code == 403
    assert Client().get("/admin/system/").status_code == 302


def test_schedules_are_read_in_words_changed_and_kept(cast, scheduled, monkeypatch):
    browser = browser_of(cast.root)
    where = reverse("admin:django_celery_beat_periodictask_change", args=[scheduled.pk])
    listed = browser.get(reverse("admin:django_celery_beat_periodictask_changelist")).content.decode()
    assert "every 30 seconds" in listed
    assert "Carries on jobs that were left" in listed
    assert browser.post(where, {"enabled": "on", "every": "1", "period": "seconds"}).status_code == 200  # too often
    assert browser.post(where, {"enabled": "on", "every": "2", "period": "minutes"}).status_code == 302
    beat_starts(monkeypatch)  # anew
    scheduled.refresh_from_db()
    assert schedules.in_words(scheduled) == "every 2 minutes"
    assert schedules.next_run(scheduled) is not None
    browser.post(where, {"every": "2", "period": "minutes"})
    scheduled.refresh_from_db()
    assert (scheduled.enabled, schedules.next_run(scheduled)) == (False, None)
    assert browser_of(cast.alice).get(where).status_code in (302, 403)
    assert browser.get(reverse("admin:django_celery_beat_periodictask_add")).status_code == 403


def test_a_scheduled_run_is_noted_and_one_for_an_event_is_not(cast, scheduled):
    tidy.apply()
    assert not TaskRun.objects.exists()
    tidy.apply(headers={"periodic_task_name": "jobs: forget old work"})
    assert TaskRun.objects.get().name == "jobs: forget old work"
    assert b"well" in browser_of(cast.root).get("/admin/system/").content


def test_figures_for_prometheus(cast, unit, settings, call):
    call(cast.root, "GET", "/v1/products")
    failed()
    text = Client().get("/metrics").content.decode()
    for line in ("backoffice_outbox_failed 1.0", "backoffice_database_up 1.0", 'backoffice_units{ordered="off"} 1.0',
                 'backoffice_request_seconds_count{door="api",method="GET",status="2xx"}'):  # fmt: skip
        assert line in text
    assert unit.product_imei not in text
    assert Client().get("/metrics", REMOTE_ADDR="10.0.0.1").status_code == 404
    assert Client().get("/metrics", HTTP_X_FORWARDED_FOR="127.0.0.1").status_code == 404  # through a proxy
    settings.METRICS_TOKEN = "let-me-read"
    assert Client().get("/metrics").status_code == 404
    right = {"HTTP_AUTHORIZATION": "Bearer let-me-read", "REMOTE_ADDR": "10.0.0.1"}
    assert Client().get("/metrics", **right).status_code == 200
    assert Client().get("/metrics", HTTP_AUTHORIZATION="Bearer é").status_code == 404
    assert Client().post("/metrics", **right).status_code == 405


@pytest.mark.parametrize(
    "text",
    [
        "POST /v1/auth/login password=CANARY",
        'body {"username": "x", "password": "CANARY"}',
        "headers {'Authorization': 'Token token=CANARY'}",
        "Authorization: Bearer CANARY",
        "device_key='CANARY'",
        "postgres://user:CANARY@db.example.org/x refused",
        "X-Unit-Auth: CANARY",
        "GET /password/MQ/CANARY answered",
        "the token " + "CANARY" + "a" * 58 + " is unknown",
        "sessionid=CANARY; path=/",
    ],
)
@pytest.mark.parametrize("form", [logs.Lines("%(levelname)s %(message)s"), logs.JsonLines()], ids=["line", "json"])
def test_no_secret_stands_in_a_log_line(text, form):
    record = logging.LogRecord("apps.x", logging.WARNING, "x.py", 1, text, (), None)
    line = form.format(record)
    assert "CANARY" not in line
    assert "hidden" in line


def test_a_line_is_json_and_carries_the_requests_id(cast, caplog):
    form = logs.JsonLines()
    answer = Client().get("/health/live", HTTP_X_REQUEST_ID="abc-123-def")
    assert answer["X-Request-ID"] == "abc-123-def"
    assert len(Client().get("/health/live", HTTP_X_REQUEST_ID="bad id\r\n")["X-Request-ID"]) == 32
    logs.structlog.contextvars.bind_contextvars(request_id="abc")
    try:
        try:
            raise ValueError("password=CANARY")
        except ValueError as error:
            record = logging.LogRecord(
                "apps.x", 40, "x.py", 1, "broke %s", ("off",), (ValueError, error, error.__traceback__)
            )
        line = json.loads(form.format(record))
    finally:
        logs.structlog.contextvars.clear_contextvars()
    assert (line["event"], line["level"], line["logger"], line["request_id"]) == ("broke off", "error", "apps.x", "abc")
    assert "CANARY" not in line["exception"]


def test_what_is_slow_is_noted_without_its_query(caplog, monkeypatch):
    monkeypatch.setattr(logs, "SLOW", 0.0)
    with caplog.at_level("WARNING"):
        Client().get("/health/live?password=CANARY")
    assert "GET /health/live answered 200" in caplog.text
    assert "CANARY" not in caplog.text


def test_an_outage_is_a_few_lines_and_a_number(monkeypatch):
    now = [1000.0]
    monkeypatch.setattr(logs.time, "monotonic", lambda: now[0])
    out = io.StringIO()
    handler = logging.StreamHandler(out)
    handler.addFilter(logs.Condensed())
    log = logging.getLogger("tests.outage")
    log.propagate = False
    log.addHandler(handler)

    def outage(times):
        for number in range(times):
            try:
                raise OperationalError(f"connection {number} refused")
            except OperationalError:
                log.exception("Service Unavailable: /v1/products/%015d", number)

    try:
        outage(1000)
        assert out.getvalue().count("Traceback") == 5
        log.error("something else")
        for number in range(20):
            log.warning("GET /v1/parts/%d answered 503", number)
            log.info("an order was given")
        now[0] += 61
        outage(1)
    finally:
        log.removeHandler(handler)
    text = out.getvalue()
    assert text.count("Traceback") == 6
    assert "(995 more like it were left out before)" in text
    assert (text.count("something else"), text.count("answered 503")) == (1, 5)


def test_the_file_of_the_database_is_its_owners_alone(tmp_path, monkeypatch):
    monkeypatch.delenv("DATABASE_URL", raising=False)
    fresh = env.folder(tmp_path / "fresh" / "data")
    name = env.database(fresh)["NAME"]
    link = sqlite3.connect(name)
    link.execute("PRAGMA journal_mode=WAL")
    link.execute("CREATE TABLE t (x)")
    made = sorted(fresh.iterdir())
    assert len(made) == 3
    assert {path.stat().st_mode & 0o777 for path in made} == {0o600}
    assert fresh.stat().st_mode & 0o777 == 0o700
    for path in made:
        path.chmod(0o644)  # as they were made before
    env.database(fresh)
    assert {path.stat().st_mode & 0o777 for path in made} == {0o600}
    link.close()


def test_what_the_proxy_says_of_a_failure_bears_the_status_that_its_body_names():
    """`error_page 502 @place` keeps 502 whatever the place returns; `error_page 502 = @place` takes the place's."""
    proxy = (settings.BASE_DIR / "deploy" / "nginx.conf").read_text()
    places = dict(re.findall(r"location (@\w+) .*?return (\d{3}) ", proxy))
    pages = re.findall(r"error_page ([\d ]+?)( =)? (@\w+);", proxy)
    assert len(pages) == len(places) == 3
    for statuses, taken, place in pages:
        assert taken or statuses.split() == [places[place]], place
