"""kill -9 of a worker, a process of its own, while a gateway has its message: nothing is lost, and what it held may go
out twice."""

import os
import signal
import subprocess
import sys
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs, urlsplit

import pytest
from django.conf import settings as held
from django.db import connection
from django.utils import timezone

from apps.connectivity import actions
from apps.connectivity.models import SmsHistory
from tests import reference
from tests.cast import make_cast, make_unit

pytestmark = pytest.mark.django_db(transaction=True)
WORKER = """
import sys, django
django.setup()
from django.db import connection
connection.settings_dict["NAME"] = sys.argv[1]
from apps.connectivity import tasks
tasks.send_messages()
"""
UNITS, KILLS = 12, {4, 9}


class Gateway(BaseHTTPRequestHandler):
    """Answers as smsbox does; at some messages it kills who sent them, having taken them."""

    taken: list = []
    worker = None

    def do_GET(self):
        self.taken.append(parse_qs(urlsplit(self.path).query)["to"][0])
        if len(self.taken) in KILLS:
            os.kill(self.worker.pid, signal.SIGKILL)
            return
        self.send_response(202)
        self.end_headers()
        self.wfile.write(b"0: Accepted for delivery")

    def log_message(self, *_):
        pass


def test_a_killed_worker_loses_nothing():
    reference.fill()
    cast = make_cast()
    units = [make_unit(f"0101012345600{number:02d}", entity=cast.a, reported_software="3.6") for number in range(UNITS)]
    for unit in units:
        actions.send_wakeup(unit, by=cast.alice)
    server = ThreadingHTTPServer(("127.0.0.1", 0), Gateway)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    environment = os.environ | {
        "SMS_URL": f"kannel://solar:secret@127.0.0.1:{server.server_port}/cgi-bin/sendsms",
        "DJANGO_SETTINGS_MODULE": "backoffice.settings", "DATA_DIR": str(held.DATA_DIR), "LOG_LEVEL": "ERROR",
    }  # fmt: skip
    name, ended = str(connection.settings_dict["NAME"]), []
    try:
        for _time in range(len(KILLS) + 1):
            Gateway.worker = subprocess.Popen([sys.executable, "-c", WORKER, name], env=environment, cwd=held.BASE_DIR)
            ended.append(Gateway.worker.wait(100))
            SmsHistory.objects.filter(step="queued").update(due_at=timezone.now())  # the lease has ended
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
    assert ended == [-signal.SIGKILL, -signal.SIGKILL, 0]
    assert SmsHistory.objects.filter(step="sent").count() == UNITS
    assert set(Gateway.taken) == {unit.imsi for unit in units}
    assert len(Gateway.taken) <= UNITS + len(KILLS)
