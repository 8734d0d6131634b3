"""The queues on a real RabbitMQ (127.0.0.1:5672, or TEST_AMQP_URL), under names of this test's own. Without one the
test fails; .ci/run starts one."""

import contextlib
import json
import os
import socket
import threading
import time
import uuid
from urllib.parse import urlsplit

import kombu
import pytest
from django.db import connections
from django.utils import timezone

from apps.connectivity import actions, tasks
from apps.connectivity.models import RtcDeadLetter, RtcMessageHistory, RtcMoMessageHistory
from apps.connectivity.tests.letters import PAYLOAD, mo, taken
from apps.connectivity.wire import broker, consumer
from apps.core.actors import SYSTEM
from apps.products.models import Product
from tests import reference
from tests.cast import make_cast, make_unit
from tests.races import at_once

URL = os.environ.get("TEST_AMQP_URL", "amqp://guest:guest@127.0.0.1:5672//")
pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.xdist_group("rabbitmq")]


@pytest.fixture
def rabbit(settings):
    settings.AMQP_URL, settings.RTC_QUEUE_PREFIX = URL, f"test-{uuid.uuid4().hex[:8]}-"
    with broker.connected() as channel:
        yield channel
    with kombu.Connection(URL) as connection:
        for name in broker.QUEUES:
            connection.default_channel.queue_delete(broker.name_of(name))


@pytest.fixture
def people(rabbit):
    reference.fill()
    cast = make_cast()
    make_unit("010101234560005", entity=cast.a)
    Product.objects.update(rtc_enabled_flag=True, rtc_network_name="Aeris", ip_address="10.112.89.62")
    return cast


@pytest.fixture
def reading(people):
    """A reader on a thread of its own, as processes have it."""
    made = consumer.Consumer()

    def run():
        try:
            made.start()
        finally:
            connections.close_all()

    thread = threading.Thread(target=run)
    thread.start()
    yield made
    made.stop()
    thread.join(10)


def until(found, seconds=20):
    end = time.monotonic() + seconds
    while not found():
        assert time.monotonic() < end, "it did not come about in time"
        threading.Event().wait(0.05)


def test_the_queues_are_durable_and_have_their_dead_letters(rabbit):
    with kombu.Connection(URL) as connection:
        for name in broker.QUEUES:  # as declared: with other arguments the broker would refuse
            broker.queue_of(name)(connection.default_channel).queue_declare()
    queue = broker.queue_of("RTC-MO")(rabbit)
    broker.publish(rabbit, "RTC-MO", json.dumps(PAYLOAD))
    until(lambda: (message := queue.get(no_ack=False)) is not None and (message.reject() or True))
    found = []
    until(lambda: found.extend(taken(rabbit, "RTC-MO.Dead-Letter")) or found)
    assert found == [PAYLOAD]


def test_letters_both_ways(people, rabbit, reading):
    unit = Product.objects.get()
    row = actions.request_sync(unit, by=people.alice)
    tasks.publish_letters()
    sent = []
    until(lambda: sent.extend(taken(rabbit, "RTC-MT")) or sent)
    assert sent[0]["correlation_id"] == row.message_reference
    reply = {"correlation_id": row.message_reference, "status": "delivered"}
    broker.publish(rabbit, "RTC-MT.Reply", json.dumps(reply))
    broker.publish(rabbit, "RTC-MO", mo([1, {"enabled": True}], correlation_id="one"))
    broker.publish(rabbit, "RTC-MO", mo([4, []], ident="Aeris/10.0.0.1"))
    broker.publish(rabbit, "RTC-MT.Reply", b"not json")
    until(lambda: RtcMessageHistory.objects.filter(delivery_status="delivered").exists())
    until(lambda: RtcMoMessageHistory.objects.filter(processing_status="processed").exists())
    assert Product.objects.get().current_enable_flag is True
    dead = []
    until(lambda: dead.extend(taken(rabbit, "RTC-MO.Dead-Letter")) or dead)
    assert dead[0]["ident"] == "Aeris/10.0.0.1"


def test_a_reader_that_dies_before_its_commit_leaves_the_letter(people, rabbit, monkeypatch):
    class Killed(BaseException):
        pass

    def dies(**_letter):
        raise Killed

    broker.publish(rabbit, "RTC-MO", mo([1, {"enabled": True}], correlation_id="one"))
    with monkeypatch.context() as deadly:
        deadly.setattr(consumer.actions, "take_letter", dies)
        with pytest.raises(Killed):
            consumer.Consumer().start()
    assert not RtcMoMessageHistory.objects.exists()
    made = consumer.Consumer()
    thread = threading.Thread(target=lambda: (made.start(), connections.close_all()))
    thread.start()
    until(lambda: RtcMoMessageHistory.objects.filter(processing_status="processed").exists())
    made.stop()
    thread.join(10)


def test_a_wiped_broker_loses_nothing_that_the_database_promised(people, rabbit):
    unit = Product.objects.get()
    rows = [actions.send_command(unit, command=f"at {number}", by=people.alice) for number in range(5)]
    tasks.publish_letters()
    for name in broker.QUEUES:  # all of it is gone, queues and letters, before the network has read one
        rabbit.queue_delete(broker.name_of(name))
    queued = actions.request_sync(unit, by=people.alice)
    tasks.publish_letters()
    RtcMessageHistory.objects.filter(step="sent").update(due_at=timezone.now())  # no reply came
    tasks.publish_letters()
    with broker.connected() as channel:
        found = []
        until(lambda: found.extend(taken(channel, "RTC-MT")) or len(found) >= 6)
    assert {one["correlation_id"] for one in found} == {row.message_reference for row in [*rows, queued]}
    assert not RtcMessageHistory.objects.exclude(step="sent").exists()


def test_dead_letters_are_copied_before_they_leave_the_queue(people, rabbit, call):
    broker.publish(rabbit, "RTC-MO.Dead-Letter", json.dumps(PAYLOAD))

    def breaks(bodies):
        actions.keep_dead_letters(queue="RTC-MO", bodies=bodies, by=SYSTEM)
        raise RuntimeError("killed between commit and acknowledgement")

    with pytest.raises(RuntimeError):
        broker.drain("RTC-MO.Dead-Letter", breaks)
    until(lambda: broker.queue_of("RTC-MO.Dead-Letter")(rabbit).queue_declare(passive=True)[1] == 1)
    assert call(people.root, "POST", "/v1/rtc_import_mo_dead_letters").status_code == 200
    assert RtcDeadLetter.objects.count() == 1
    assert taken(rabbit, "RTC-MO.Dead-Letter") == []


def test_without_a_broker_letters_wait_and_the_import_says_so(people, call, settings):
    settings.AMQP_URL = "amqp://guest:guest@127.0.0.1:1//"
    actions.request_sync(Product.objects.get(), by=people.alice)
    tasks.publish_letters()
    assert RtcMessageHistory.objects.get().step == "queued"
    assert call(people.root, "POST", "/v1/rtc_import_mo_dead_letters").status_code == 503


class Wire:
    """A wire to the broker that can be cut without either end being told: as a broker that hangs, or a firewall that
    forgot the connection."""

    def __init__(self, port):
        self.port, self.cut, self.ends = port, threading.Event(), []
        self.door = socket.create_server(("127.0.0.1", 0))
        threading.Thread(target=self.accept, daemon=True).start()

    @property
    def url(self):
        return f"amqp://guest:guest@127.0.0.1:{self.door.getsockname()[1]}//"

    def accept(self):
        while True:
            try:
                near, _address = self.door.accept()
            except OSError:
                return
            far = socket.create_connection(("127.0.0.1", self.port))
            self.ends += [near, far]
            for one, other in ((near, far), (far, near)):
                threading.Thread(target=self.carry, args=(one, other), daemon=True).start()

    def carry(self, one, other):
        with contextlib.suppress(OSError):
            while data := one.recv(65536):
                if not self.cut.is_set():
                    other.sendall(data)

    def close(self):
        for end in (self.door, *self.ends):
            end.close()


def test_a_broker_that_hangs_holds_nobody_up_for_long(people, rabbit, settings, monkeypatch):
    monkeypatch.setattr(broker, "SECONDS", 1.0)
    wire = Wire(urlsplit(URL).port or 5672)
    settings.AMQP_URL = wire.url
    row = actions.request_sync(Product.objects.get(), by=people.alice)
    declare = kombu.Queue.queue_declare

    def hangs(queue, *args, **given):
        wire.cut.set()  # in the middle of it, before a letter is published
        return declare(queue, *args, **given)

    try:
        with monkeypatch.context() as hanging:
            hanging.setattr(kombu.Queue, "queue_declare", hangs)
            begun = time.monotonic()
            tasks.publish_letters()
            assert time.monotonic() - begun < 15
    finally:
        wire.close()
    row.refresh_from_db()
    assert (row.step, row.attempts) == ("queued", 0)


def test_two_imports_at_once_keep_each_letter_once(people):
    bodies = [json.dumps(PAYLOAD | {"correlation_id": str(number)}).encode() for number in range(20)]
    found = at_once(4, lambda: actions.keep_dead_letters(queue="RTC-MO", bodies=bodies, by=SYSTEM))
    assert sum(found) == RtcDeadLetter.objects.count() == 20
