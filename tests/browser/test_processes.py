"""The production profile: separate web, live, worker and beat processes over PostgreSQL, Redis and RabbitMQ."""

import contextlib
import os
import socket
import subprocess
import sys
import time

import httpx
import pytest

from apps.demo.fleet import PASSWORD, imei_of
from tests.browser.conftest import ROOT, free_port, scratch_database

pytestmark = pytest.mark.xdist_group("browser")


def reachable(host, port):
    with contextlib.suppress(OSError), socket.create_connection((host, port), timeout=1):
        return True
    return False


@contextlib.contextmanager
def process(env, *words, port=None):
    started = subprocess.Popen([sys.executable, *words], cwd=ROOT, env=env)
    try:
        deadline = time.monotonic() + 30
        while port and time.monotonic() < deadline and not reachable("127.0.0.1", port):
            time.sleep(0.05)  # a process of the system is coming up
        yield started
    finally:
        started.terminate()
        try:
            started.wait(5)
        except subprocess.TimeoutExpired:  # beat may be waiting on its broker
            started.kill()
            started.wait()


if os.environ.get("DATABASE_URL") and os.environ.get("REDIS_URL"):
    BROKERS = ["redis"] + (["rabbitmq"] if reachable("127.0.0.1", 5672) else [])

    @pytest.mark.parametrize("broker", BROKERS)
    def test_an_order_goes_through_separate_processes_to_a_page(tmp_path, broker):
        from websockets.sync.client import connect

        with scratch_database(f"apart_{os.getpid()}", tmp_path) as extra:
            http, live = free_port(), free_port()
            env = {**os.environ, **extra, "DATA_DIR": str(tmp_path)}
            if broker == "rabbitmq":
                env["AMQP_URL"] = "amqp://guest:guest@127.0.0.1:5672//"
            seed = [sys.executable, "manage.py", "seed_demo", "--units", "4"]
            subprocess.run(seed, cwd=ROOT, env=env, check=True, capture_output=True)
            granian = [
                "-m",
                "granian",
                "--interface",
                "wsgi",
                "--workers",
                "1",
                "--port",
                str(http),
                "--log-level",
                "error",
                "backoffice.wsgi:application",
            ]
            uvicorn = [
                "-m",
                "uvicorn",
                "--lifespan",
                "off",
                "--log-level",
                "error",
                "--port",
                str(live),
                "backoffice.asgi:application",
            ]
            worker = [
                "-m",
                "celery",
                "-A",
                "backoffice",
                "worker",
                "--pool",
                "threads",
                "--loglevel",
                "error",
                "--without-mingle",
                "--without-gossip",
            ]
            beat = ["-m", "celery", "-A", "backoffice", "beat", "--loglevel", "error"]
            with (
                process(env, *granian, port=http),
                process(env, *uvicorn, port=live),
                process(env, *worker),
                process(env, *beat),
            ):
                base = f"http://127.0.0.1:{http}"
                with httpx.Client(base_url=base, follow_redirects=True) as browser:
                    token = browser.get("/login").cookies["csrftoken"]
                    form = {
                        "username": "technician@example.org",
                        "password": PASSWORD,
                        "csrfmiddlewaretoken": token,
                    }
                    assert "technician" in browser.post("/login", data=form).text
                    cookie = f"sessionid={browser.cookies['sessionid']}"
                    imei = imei_of(2)  # off
                    with connect(
                        f"ws://127.0.0.1:{live}/live",
                        origin=f"http://127.0.0.1:{live}",
                        additional_headers={"Cookie": cookie},
                    ) as page:
                        page.send('{"watch": "product:' + imei + '"}')
                        assert "watching" in page.recv(timeout=30)
                        order = {"csrfmiddlewaretoken": browser.cookies["csrftoken"]}
                        assert browser.post(f"/units/{imei}/enable", data=order).status_code == 200
                        heard = ""
                        while "product.power_ordered" not in heard:  # the demo's own events may still come before it
                            heard = page.recv(timeout=45)
