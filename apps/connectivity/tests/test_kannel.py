"""Real messages: through Kannel's bearerbox and smsbox to Debian's fakesmsc, and the reports back over HTTP, on loopback
only. Without Kannel (Debian: kannel, kannel-extras) the tests fail; .ci/run installs it."""

import re
import shutil
import socket
import subprocess
import threading
import time

import pytest
from django.utils import timezone

from apps.connectivity import actions, tasks
from apps.connectivity.models import SmsHistory
from apps.connectivity.wire import sms
from apps.core.levels import Level
from tests import reference
from tests.cast import make_cast, make_unit

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.xdist_group("kannel")]
FAKESMSC = "/usr/lib/kannel/test/fakesmsc"
CONF = """
group = core
admin-port = {admin}
admin-interface = 127.0.0.1
admin-password = of-a-test
smsbox-port = {box}
smsbox-interface = 127.0.0.1
box-allow-ip = 127.0.0.1
box-deny-ip = "*.*.*.*"
dlr-storage = internal

group = smsc
smsc = fake
smsc-id = FAKE
our-host = 127.0.0.1
port = {smsc}
connect-allow-ip = 127.0.0.1

group = smsbox
bearerbox-host = 127.0.0.1
bearerbox-port = {box}
sendsms-port = {http}
sendsms-interface = 127.0.0.1

group = sendsms-user
username = solar
password = p%40ss word
max-messages = 3

group = sms-service
keyword = default
text = "no"
max-messages = 0
"""


def free_ports(*names):
    held = [socket.create_server(("127.0.0.1", 0)) for _ in names]
    found = {name: one.getsockname()[1] for name, one in zip(names, held, strict=True)}
    for one in held:
        one.close()
    return found


def until(found, what, seconds=20):
    end = time.monotonic() + seconds
    while not (value := found()):
        assert time.monotonic() < end, f"{what} did not come about in time"
        threading.Event().wait(0.05)
    return value


def listens(port):
    try:
        socket.create_connection(("127.0.0.1", port), 1).close()
    except OSError:
        return False
    return True


@pytest.fixture
def kannel(tmp_path):
    """The ports, and network(), which begins the SMSC's side and returns the file it writes what it got to."""
    assert shutil.which("bearerbox"), "install Debian's kannel"
    assert shutil.which(FAKESMSC), "install Debian's kannel-extras"
    ports = free_ports("admin", "box", "smsc", "http")
    conf = tmp_path / "kannel.conf"
    conf.write_text(CONF.format(**ports))
    running = []

    def begin(*command):
        log = tmp_path / f"{len(running)}.log"
        with log.open("wb") as written:
            running.append(subprocess.Popen(command, stdout=written, stderr=subprocess.STDOUT, cwd=tmp_path))
        return log

    def network():
        return begin(
            FAKESMSC, "-H", "127.0.0.1", "-r", str(ports["smsc"]), "-i", "3600", "-m", "1000", "123 234 text hello"
        )

    begin("bearerbox", "-v", "1", str(conf))
    until(lambda: listens(ports["box"]), "bearerbox")
    begin("smsbox", "-v", "1", str(conf))
    until(lambda: listens(ports["http"]), "smsbox")
    yield ports, network
    for process in reversed(running):
        process.terminate()
    for process in running:
        try:
            process.wait(10)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


@pytest.fixture
def waker(kannel, settings, live_server):
    settings.SMS_URL = f"kannel://solar:p%2540ss%20word@127.0.0.1:{kannel[0]['http']}/cgi-bin/sendsms?from=100"
    settings.PUBLIC_URL = live_server.url
    reference.fill()
    cast = make_cast()
    unit = make_unit("010101234560005", entity=cast.a, reported_software="3.6")
    return cast.users["A", Level.ADMIN], unit


def test_a_message_goes_out_and_its_report_comes_back(kannel, waker):
    admin, unit = waker
    got = kannel[1]()
    until(lambda: "sent message 1" in got.read_text(), "fakesmsc")
    row = actions.send_wakeup(unit, by=admin)
    tasks.send_messages()
    row.refresh_from_db()
    assert re.fullmatch(rf"/[0-9a-f]{{16}}/0/{row.pk}", row.message_reference)
    until(lambda: f"<100 {unit.imsi} text WAKEUP>" in got.read_text(), "the message")
    until(lambda: SmsHistory.objects.filter(status="Delivered").exists(), "the report")
    row.refresh_from_db()
    assert (row.attempted_retries, row.modified_at > row.created_at) == (0, True)


def test_without_a_network_it_waits_and_is_delivered_when_there_is_one(kannel, waker):
    admin, unit = waker
    actions.send_wakeup(unit, by=admin)
    tasks.send_messages()
    assert SmsHistory.objects.get().status is None
    assert SmsHistory.objects.get().step == "sent"  # bearerbox keeps it: "3: Queued for later delivery", or 0
    got = kannel[1]()
    until(lambda: unit.imsi in got.read_text(), "the message")
    until(lambda: SmsHistory.objects.filter(status="Delivered").exists(), "the report")


def test_words_beyond_ascii_arrive(kannel, waker):
    _admin, unit = waker
    got = kannel[1]()
    until(lambda: "sent message 1" in got.read_text(), "fakesmsc")
    sms.gateway().send(to=unit.imsi, text="réveil – 起", report_to="http://127.0.0.1:1/", seconds=600)
    text = until(lambda: re.search(rf"<100 {unit.imsi} ucs-2 (.+)>", got.read_text(errors="replace")), "the message")
    assert text[1] == "%00r%00%E9%00v%00e%00i%00l%00++%13%00+%8Dw"  # as the network carries it


def test_a_wrong_password_is_no_loss(kannel, waker, settings):
    admin, unit = waker
    settings.SMS_URL = f"kannel://solar:wrong@127.0.0.1:{kannel[0]['http']}/cgi-bin/sendsms?from=100"
    row = actions.send_wakeup(unit, by=admin)
    tasks.send_messages()
    row.refresh_from_db()
    assert (row.step, row.message_reference) == ("queued", None)
    assert row.detail.startswith("403 ")
    settings.SMS_URL = f"kannel://solar:x@127.0.0.1:{free_ports('none')['none']}/"
    SmsHistory.objects.update(due_at=timezone.now())
    tasks.send_messages()
    row.refresh_from_db()
    assert (row.step, row.attempted_retries, row.detail) == ("queued", 0, "ConnectError")  # that was no try
