"""What goes over the wire at real servers: lengths of answers, bodies in chunks, bodies that are too large or too slow,
long addresses, forged headers. The same requests to granian (WSGI) and to uvicorn (`manage.py up`'s application)."""

import contextlib
import gzip
import json
import os
import socket
import subprocess
import sys
import time

import pytest
from django.conf import settings
from django.contrib.auth.hashers import Argon2PasswordHasher
from django.db import connection
from django.test import Client

from apps.accounts import tokens
from apps.accounts.models import SignIn
from apps.gateway import signature
from backoffice import bounds
from tests import reference
from tests.browser.conftest import ROOT, free_port
from tests.cast import PASSWORD, Device, make_cast, make_unit

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.xdist_group("wire")]

SERVERS = {
    "granian": ["granian", "--interface", "wsgi", "--log-level", "error", "backoffice.wsgi:application"],
    "uvicorn": ["uvicorn", "--lifespan", "off", "--log-level", "error", "backoffice.asgi:one_process"],
    "live": ["uvicorn", "--lifespan", "off", "--log-level", "error", "backoffice.asgi:application"],
}


@pytest.fixture(scope="module")
def ports(django_db_setup, django_db_blocker, tmp_path_factory):
    """Each server on the tests' own database. They come up beside each other."""
    folder = tmp_path_factory.mktemp("wire")
    env = {**os.environ, "DATA_DIR": str(folder), "TRUSTED_PROXIES": "1", "LOG_LEVEL": "CRITICAL"}
    with django_db_blocker.unblock():
        name = str(connection.settings_dict["NAME"])
    if connection.vendor == "postgresql":
        env["DATABASE_URL"] = os.environ["DATABASE_URL"].rpartition("/")[0] + "/" + name
    else:
        (folder / "backoffice.sqlite3").symlink_to(name)
    for secret in ("field_keys", "secret_key"):
        if (settings.DATA_DIR / secret).exists():
            (folder / secret).symlink_to(settings.DATA_DIR / secret)
    found = {server: free_port() for server in SERVERS}
    running = [
        subprocess.Popen([sys.executable, "-m", *words, "--port", str(found[server])], cwd=ROOT, env=env)
        for server, words in SERVERS.items()
    ]
    try:
        deadline = time.monotonic() + 60
        for port in found.values():
            while time.monotonic() < deadline:
                with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), timeout=1):
                    break
                time.sleep(0.05)  # a process of the system is coming up
        yield found
    finally:
        for process in running:
            process.terminate()
        for process in running:
            try:
                process.wait(10)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()
        if connection.vendor == "postgresql":  # which may not have noticed yet, and drops no database that is in use
            with django_db_blocker.unblock(), connection.cursor() as cursor:
                cursor.execute(
                    "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
                    " WHERE datname = current_database() AND pid <> pg_backend_pid()"
                )


@pytest.fixture(params=SERVERS)
def port(request, ports):
    return ports[request.param]


class Answer:
    def __init__(self, raw: bytes) -> None:
        head, _, self.body = raw.partition(b"\r\n\r\n")
        first, *lines = head.decode("latin-1").split("\r\n")
        self.status = int(first.split()[1])
        self.headers = {name.lower(): value.strip() for name, _, value in (line.partition(":") for line in lines)}

    def json(self):
        return json.loads(self.body)


@contextlib.contextmanager
def line_to(port):
    with socket.create_connection(("127.0.0.1", port), timeout=30) as line:
        yield line


def heard(line):
    """All that comes until the other side is done: by the announced length, else by its end of the connection."""
    raw = b""
    while True:
        head, ends, body = raw.partition(b"\r\n\r\n")
        if ends:
            answer = Answer(raw)
            length = answer.headers.get("content-length")
            if length is not None and len(body) >= int(length):
                return answer
        piece = line.recv(65536)
        if not piece:
            return Answer(raw)
        raw += piece


def ask(port, method, path, headers=(), body=b"", version="1.1"):
    with line_to(port) as line:
        lines = [f"{method} {path} HTTP/{version}", "Host: localhost", "Connection: close"]
        lines += [f"{name}: {value}" for name, value in dict(headers).items()]
        if body and "Transfer-Encoding" not in dict(headers):
            lines.append(f"Content-Length: {len(body)}")
        line.sendall("\r\n".join([*lines, "", ""]).encode() + body)
        return heard(line)


def signed(device, method, path, body=b"", **extra):
    device.counter += 1
    tag = signature.request_tag(device.key, method, path, device.imei, device.counter, body)
    return {"X-Unit-Imei": device.imei, "X-Unit-Counter": str(device.counter), "X-Unit-Auth": tag} | extra


def in_chunks(body, size=7):
    pieces = [body[start : start + size] for start in range(0, len(body), size)]
    return b"".join(b"%x\r\n%s\r\n" % (len(piece), piece) for piece in [*pieces, b""])


CHUNKED = {"Transfer-Encoding": "chunked"}


@pytest.fixture
def stage(transactional_db):
    reference.fill()
    cast = make_cast()
    cast.tina.password = Argon2PasswordHasher().encode(PASSWORD, "a-salt-of-tests")  # as the servers know it
    cast.tina.save()
    return cast, Device(make_unit("010101234560005", entity=cast.a))


@pytest.mark.parametrize("version", ["1.1", "1.0"])
def test_every_answer_to_a_unit_says_its_length(port, stage, version):  # 74a-d
    _cast, device = stage
    report, points = b'{"enabled": false}', json.dumps({"fields": {"v": [["2026-01-01", 1]]}}).encode()

    def send(method, path, body=b"", wrong=None):
        headers = signed(device, method, path, body) | (wrong or {})
        return ask(port, method, path, headers, body, version)

    answers = [
        send("POST", "/v1/rc_data", report), send("POST", "/v1/rc_data", report), send("GET", "/v1/rc_data"),
        send("POST", "/v1/rm_data", points),
        send("POST", "/v1/rc_data", b'{"enabled": 5}'), send("POST", "/v1/rm_data", b"no json"),
        send("GET", "/v1/rc_data", wrong={"X-Unit-Auth": "0" * 32}),
        send("POST", "/v1/rm_data", points, wrong={"X-Unit-Imei": "000000000000000"}),
        ask(port, "GET", "/v1/rc_data", version=version), ask(port, "DELETE", "/v1/rc_data", version=version),
        ask(port, "POST", "/v1/rm_data", {"Content-Length": str(300 * 1024)}, version=version),
        ask(port, "POST", "/v1/rm_data", {"Content-Length": str(300 << 20)}, version=version),
    ]  # fmt: skip
    assert [answer.status for answer in answers] == [200, 200, 200, 200, 400, 400, 401, 401, 401, 405, 413, 413]
    for answer in answers:
        assert answer.headers["content-length"] == str(len(answer.body))
        assert "transfer-encoding" not in answer.headers
        assert answer.json()["status"]


def test_so_does_every_other_answer(port, stage):
    for path, status in (
        ("/login", 200), ("/nowhere", 404), ("/v1/nowhere", 404), ("/v1/home", 200), ("/v1/openapi.json", 200), ("/", 302),
        ("/admin", 302), ("/health/live", 200), (f"{settings.STATIC_URL}console/sun.svg", 200), ("/v1/products", 401),
    ):  # fmt: skip
        for version in ("1.1", "1.0"):
            answer = ask(port, "GET", path, version=version)
            assert (answer.status, answer.headers.get("content-length")) == (status, str(len(answer.body))), path


def test_a_body_in_chunks_is_read_at_every_door(port, stage):  # 75a-c
    cast, device = stage
    body = json.dumps({"username": cast.tina.email, "password": PASSWORD}).encode()
    kind = {"Content-Type": "application/json"} | CHUNKED
    assert ask(port, "POST", "/v1/auth/login", kind, in_chunks(body)).status == 200
    token = {"Authorization": f"Token token={tokens.issue(cast.root)[0]}"}
    points = json.dumps({"fields": {"v": [["2026-01-01", 1]]}}).encode()
    answer = ask(port, "POST", f"/v1/products/{device.imei}/data", kind | token, in_chunks(points))
    assert (answer.status, answer.json()["message"][:1]) == (200, "1")
    hub = json.dumps({"imei": "010101234569999", "imsi": "213514135171353", "device_key": "4ab1ab3ab1ab7ab9ab1ab4ab"})
    assert ask(port, "POST", "/v1/products/create_hub2", kind | token, in_chunks(hub.encode())).status == 200
    note = json.dumps({"product_imei": device.imei, "note_text": "Roof faces north"}).encode()
    assert ask(port, "POST", "/v1/product_notes", kind | token, in_chunks(note)).status == 201  # a table
    report = gzip.compress(b'{"enabled": false}')
    headers = signed(device, "POST", "/v1/rc_data", report, **{"Content-Encoding": "gzip"}) | CHUNKED
    assert ask(port, "POST", "/v1/rc_data", headers, in_chunks(report)).status == 200
    assert ask(port, "POST", "/v1/auth/login", kind, in_chunks(b"")).status == 400
    assert ask(port, "POST", "/v1/auth/login", kind, in_chunks(b"x" * (bounds.PLAIN + 1), 65536)).status == 413
    assert ask(port, "POST", "/login", CHUNKED, in_chunks(b"a=b")).status == 403  # a page: no token of CSRF


def test_what_is_too_large_is_refused_before_it_is_read(port, stage):  # 11: an anonymous 300 MB to /login
    cast, _device = stage
    form = {"Content-Type": "multipart/form-data; boundary=x"}
    client = Client()
    client.force_login(cast.root)
    cookie = {"Cookie": f"sessionid={client.cookies['sessionid'].value}"}

    def status(path, size, **extra):
        return ask(port, "POST", path, form | {"Content-Length": str(size)} | extra).status

    for path in ("/login", "/jobs/from_list", "/admin/products/product/import_file/", "/v1/auth/login", "/v1/products"):
        assert status(path, 300 << 20) == 413
        assert status(path, 300 << 20, **cookie) == 413
    assert status("/jobs/from_list", 20 << 20) == 413  # a file, from nobody
    assert status("/jobs/from_list", 20 << 20, Cookie="sessionid=abcdefgh") == 413
    assert status("/login", 20 << 20, **cookie) == 413  # no door for files
    body = b"--x--\r\n" + b" " * (3 << 20)
    assert ask(port, "POST", "/jobs/from_list", form | cookie, body).status in (400, 403)  # read, and no form
    for length in ("-1", "5x", "1e3"):
        answer = ask(port, "POST", "/v1/auth/login", {"Content-Length": length})
        assert answer.status == 400


def test_twenty_slow_bodies_stop_nobody(ports, stage):
    """At granian that is the proxy's affair (deploy/README.md)."""
    for server in ("uvicorn", "live"):
        port = ports[server]
        with contextlib.ExitStack() as lines:
            for _number in range(40):
                line = lines.enter_context(line_to(port))
                line.sendall(b"POST /login HTTP/1.1\r\nHost: localhost\r\nContent-Length: 1000\r\n\r\nslow")
            assert ask(port, "GET", "/v1/home").status == 200


def test_the_longest_query_that_is_documented_is_understood(port, stage):  # 68: 1,000 IMEIs, 24 KB and more
    cast, device = stage
    imeis = "%22,%22".join([device.imei, *(f"{number:015d}" for number in range(999))])
    query = f"%7B%22filters%22:[%7B%22name%22:%22product_imei%22,%22op%22:%22in%22,%22val%22:[%22{imeis}%22]%7D]%7D"
    assert len(query) > 20_000
    token = {"Authorization": f"Token token={tokens.issue(cast.root)[0]}"}
    answer = ask(port, "GET", f"/v1/products?q={query}", token)
    assert (answer.status, answer.json()["num_results"]) == (200, 1)


def test_the_address_that_asks_is_the_proxys_word(ports, stage):
    form = {"Content-Type": "application/x-www-form-urlencoded"}
    for server in ("uvicorn", "live"):  # granian mixes them before anybody sees: there the proxy drops such names
        forged = {"X_Forwarded_For": "6.6.6.6", "X-Forwarded-For": "::ffff:10.1.2.3"}
        ask(ports[server], "POST", "/v1/auth/login", form | forged, b"username=a@example.org&password=wrong")
        assert SignIn.objects.latest("pk").source == "10.1.2.3"
