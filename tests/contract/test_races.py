"""What happens at the same moment happens once; and a control that shows the race without the lock."""

import contextlib
import threading
import time
from collections import Counter

import pytest
from django.db import IntegrityError, connection
from django.db.models.signals import pre_delete
from django.test import Client
from django.urls import reverse

from apps.accounts import actions as accounts
from apps.accounts import backends, links
from apps.accounts.models import Hub, Shop
from apps.core import history
from apps.events import wake
from apps.factory.models import Serial
from apps.gateway import quiet_report, views
from apps.parts.models import PartParameter
from apps.products import actions, queries
from apps.products.actions import switching
from apps.products.models import (
    Connection,
    EnableHistory,
    ParameterType,
    Product,
    ProductParameter,
    ProductSoftwareLinker,
    SoftwareVersionType,
)
from tests import reference
from tests.cast import Caller, Device, make_cast, make_unit
from tests.factories import make
from tests.races import at_once

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(autouse=True)
def no_broker(monkeypatch):
    monkeypatch.setattr(wake, "relay_soon", lambda: None)


@pytest.fixture
def stage(transactional_db):
    reference.fill()
    cast = make_cast()
    return cast, make_unit("010101234560005", entity=cast.a)


def pending(unit):
    return EnableHistory.objects.filter(product=unit, current_enable_state="pending_enabled").count()


def test_one_order_given_many_times_at_once_is_one_order(stage):
    cast, unit = stage
    at_once(8, lambda: actions.enable_product(unit, by=cast.tina))
    assert pending(unit) == 1
    assert Product.objects.get(pk=unit.pk).order_seq == 1


def test_without_the_lock_it_would_be_two(stage, monkeypatch):
    """The control. On SQLite the lock is the transaction's own, so there is nothing to leave out."""
    cast, unit = stage
    meeting = threading.Barrier(2)
    record, fetch = switching._record, queries.fetch

    def slowly(*args, **given):
        with contextlib.suppress(threading.BrokenBarrierError):
            meeting.wait(timeout=1)
        return record(*args, **given)

    monkeypatch.setattr(switching, "_record", slowly)
    at_once(2, lambda: actions.enable_product(unit, by=cast.tina))
    assert pending(unit) == 1  # with the lock nobody else comes to the meeting
    if connection.vendor == "postgresql":
        meeting.reset()
        monkeypatch.setattr(queries, "fetch", lambda imei, by, lock=False: fetch(imei, by=by))
        at_once(2, lambda: actions.disable_product(unit, by=cast.tina))
        rows = EnableHistory.objects.filter(product=unit, current_enable_state="pending_disabled").count()
        assert rows == 2


def test_one_report_that_arrives_many_times_at_once_counts_once(stage):
    _cast, unit = stage
    device = Device(unit)
    device.report(enabled=False)
    for _round in range(3):
        device.counter += 1
        number = device.counter

        def send(number=number):
            voice = Device(unit)
            return voice.send("POST", "/v1/rc_data", {"enabled": False, "balance": 5}, counter=number).status_code

        statuses = Counter(at_once(8, send))
        assert statuses[200] >= 1
        assert set(statuses) <= {
            200,
            401,
        }  # a twin that looked before the first was stored is told to ask again
    assert Connection.objects.filter(product=unit).count() == 4
    assert unit.balance.count() == 1


def is_waited_for():
    """PostgreSQL's own word for it, of the connection of the caller's thread."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT count(*) FROM pg_locks WHERE NOT granted AND pg_backend_pid() = ANY(pg_blocking_pids(pid))"
        )
        return bool(cursor.fetchone()[0])


def somebody_waits_for_us():
    deadline = time.monotonic() + 20
    while time.monotonic() < deadline:
        if is_waited_for():
            return True
    return False


def quiet_report_beside_orders(unit, monkeypatch):
    """The statuses of a quiet report that comes while the same unit's GET holds its row and has not yet stored."""
    device, holds = Device(unit), threading.Event()
    for _round in range(2):
        assert device.report(enabled=False).status_code == 200
    answer = views._answer

    def slowly(*given):
        holds.set()
        somebody_waits_for_us()
        return answer(*given)

    def get():
        return device.send("GET", "/v1/rc_data", counter=2**21).status_code

    def report():
        holds.wait(20)
        return Device(unit).send("POST", "/v1/rc_data", {"enabled": False}, counter=2**22).status_code

    works = iter((get, report))
    monkeypatch.setattr(views, "_answer", slowly)
    statuses = at_once(2, lambda: next(works)())
    monkeypatch.setattr(views, "_answer", answer)
    return Counter(statuses)


def orders_of(of, unit):
    """(path, model, two bodies, whether a row is still an order) of what is ordered through tables."""
    kind = make(ParameterType, None, name="limit", data_type="int", validation_rules=None, repeatable=False)
    part = unit.part_product_linker.first().part
    if of == "software":
        versions = SoftwareVersionType.objects.filter(name__in=("3.5", "3.6"))
        bodies = [{"product_imei": unit.product_imei, "software_version_type_id": one.pk} for one in versions]
        return (
            "/v1/product_software_linker", ProductSoftwareLinker, bodies,
            lambda row: row.date_added is None and row.date_removed is None,
        )  # fmt: skip
    whose = {"part_id": part.pk} if of == "part" else {"product_imei": unit.product_imei}
    bodies = [whose | {"parameter_type_id": kind.pk, "value": value, "status": "pending"} for value in ("30", "40")]
    model = PartParameter if of == "part" else ProductParameter
    return f"/v1/{'part' if of == 'part' else 'product'}_parameters", model, bodies, lambda row: row.status == "pending"


if connection.vendor == "postgresql":  # on SQLite there is one writer, and no lock of a row

    def test_a_quiet_report_and_instructions_take_their_locks_in_one_order(stage, monkeypatch):
        _cast, unit = stage
        assert quiet_report_beside_orders(unit, monkeypatch) == {200: 2}

    @pytest.mark.parametrize("of", ["parameter", "software", "part"])
    def test_of_two_orders_through_a_table_at_once_the_newer_stands(stage, monkeypatch, of):
        """The one that is written first comes to the unit's row last."""
        cast, unit = stage
        path, model, bodies, state = orders_of(of, unit)
        written, over, record = threading.Event(), threading.Event(), history.record

        def slowly(row, *given, **also):
            record(row, *given, **also)
            if isinstance(row, model) and not written.is_set():
                written.set()
                over.wait(20)

        def late():
            assert written.wait(20)
            try:
                return Caller()(cast.alice, "POST", path, bodies[1]).status_code
            finally:
                over.set()

        monkeypatch.setattr(history, "record", slowly)
        works = iter((lambda: Caller()(cast.alice, "POST", path, bodies[0]).status_code, late))
        assert Counter(at_once(2, lambda: next(works)())) == {201: 2}
        assert [state(row) for row in model.objects.order_by("-pk")[:2]] == [True, False]

    def test_in_the_other_order_they_would_be_each_others_end(stage, monkeypatch):
        """The control: without its lock on the unit the statement writes the exchange first."""
        _cast, unit = stage
        statement = quiet_report._statement
        monkeypatch.setattr(
            quiet_report, "_statement", lambda *given: statement(*given).replace("FOR NO KEY UPDATE", "")
        )
        assert quiet_report_beside_orders(unit, monkeypatch) == {200: 1, 503: 1}


def meanwhile(work):
    """Begin this on another thread and connection, and go on when it waits for us or is over; returns what ends it."""
    found = []
    thread = threading.Thread(target=lambda: found.extend(at_once(1, work)))
    thread.start()
    if connection.vendor == "postgresql":
        while thread.is_alive() and not is_waited_for():
            thread.join(0.01)

    def ended():
        thread.join()
        return found[0]

    return ended


def shop_of(hub, by):
    return lambda: Caller()(by, "POST", "/v1/shops", {"name": "a new one", "hub_id": hub.pk}).status_code


@pytest.mark.parametrize("door", ["api", "admin"])
def test_a_row_that_goes_lets_nobody_point_to_it_meanwhile(stage, door):
    """Between the look at who points to it and its end. Who would, waits, and is refused; the deletion itself stands."""
    cast, _unit = stage
    hub, ends = make(Hub, cast.a), []

    def somebody_comes(**_given):
        ends.append(meanwhile(shop_of(hub, cast.root)))

    browser = Client(raise_request_exception=False)
    browser.force_login(cast.root)
    pre_delete.connect(somebody_comes, sender=Hub)  # all that goes along has been looked for by then
    try:
        if door == "api":
            assert Caller()(cast.root, "DELETE", f"/v1/hubs/{hub.pk}").status_code in (200, 204)
        else:
            page = reverse("admin:accounts_hub_delete", args=[hub.pk])
            assert browser.post(page, {"post": "yes"}).status_code == 302
    finally:
        pre_delete.disconnect(somebody_comes, sender=Hub)
    assert [end() for end in ends] == [400]
    assert (Hub.objects.filter(pk=hub.pk).exists(), Shop.objects.exists()) == (False, False)


@pytest.mark.parametrize("language", ["en", "fr"])
def test_what_only_the_database_refuses_is_told_on_pages_too(stage, monkeypatch, language):
    """A row that somebody points to at the end of the transaction, past every look before it."""
    cast, unit = stage
    hub = make(Hub, cast.a)

    def collide(*given, **named):
        raise IntegrityError("a key that points nowhere")

    browser = Client(raise_request_exception=False, headers={"accept-language": language})
    browser.force_login(cast.root)
    monkeypatch.setattr(Hub, "delete", collide)
    answer = browser.post(reverse("admin:accounts_hub_delete", args=[hub.pk]), {"post": "yes"}, follow=True)
    text = {"en": "conflicts with something written", "fr": "au même moment"}[language]
    assert (answer.status_code, text in answer.content.decode()) == (200, True)
    monkeypatch.setattr(accounts, "set_preferences", collide)
    answer = browser.post("/account/preferences", {"display_name": "x"})
    assert answer.status_code == 400
    assert {"en": "at the same moment", "fr": "au même moment"}[language] in answer.content.decode()


def test_everybody_at_one_unit_at_once_and_nobody_is_turned_away(stage):
    cast, unit = stage
    Device(unit).report(enabled=False)
    counters, callers = iter(range(2**21, 2**22)), [Caller() for _ in range(8)]
    for caller in callers:
        caller(cast.tina, "GET", "/v1/home")  # a token of its own

    def report():
        return Device(unit).send("POST", "/v1/rc_data", {"enabled": False, "balance": 5}, counter=next(counters))

    def orders():
        return Device(unit).send("GET", "/v1/rc_data", counter=next(counters))

    def switch(what):
        return callers[next(turns) % 8](cast.tina, "PUT", f"/v1/products/{unit.product_imei}/{what}")

    turns = iter(range(1000))
    note = {"product_imei": unit.product_imei, "note_text": "written at the same moment"}
    works = [report, orders, lambda: switch("enable"), lambda: switch("disable")]
    works.append(lambda: callers[next(turns) % 8](cast.tina, "POST", "/v1/product_notes", note))
    for _round in range(3):
        mine = iter(works * 4)  # 20; a note's key to its unit is looked at when its transaction ends
        statuses = Counter(answer.status_code for answer in at_once(20, lambda mine=mine: next(mine)()))
        assert set(statuses) <= {200, 201, 401}, statuses  # a counter that another has overtaken is told to ask again
        assert statuses[200] >= 8 + 1  # every order, and one unit at least


def test_one_unit_made_many_times_at_once_is_made_once(stage):
    cast, _unit = stage
    maker = cast.root
    body = {"imsi": "213514135171353", "imei": "010101234569999", "device_key": "4ab1ab3ab1ab7ab9ab1ab4ab"}
    before = Serial.objects.count()
    statuses = Counter(
        answer.status_code for answer in at_once(6, lambda: Caller()(maker, "POST", "/v1/products/create_hub2", body))
    )
    assert statuses == {200: 1, 400: 5}
    assert Product.objects.filter(product_imei="010101234569999").count() == 1
    assert Serial.objects.count() == before + 1


def test_of_many_guesses_at_once_ten_are_looked_at(stage, monkeypatch):
    cast, _unit = stage
    looked = []
    authenticate = backends.EmailBackend.authenticate

    def counting(self, *args, **given):
        looked.append(1)
        return authenticate(self, *args, **given)

    monkeypatch.setattr(backends.EmailBackend, "authenticate", counting)
    guess = {"username": cast.tina.email, "password": "wrong"}
    statuses = Counter(at_once(30, lambda: Client().post("/v1/auth/login", guess).status_code))
    assert statuses == {401: 10, 429: 20}
    assert len(looked) == 10


@pytest.mark.parametrize("locked", [True, False], ids=["locked", "control"])
def test_one_link_for_a_password_is_used_once(stage, monkeypatch, locked):
    """Two presses of one link meet between the look at it and the writing, where nothing holds the second back."""
    cast, _unit = stage
    link = links.password_path(cast.tina)
    meeting, keep, look = threading.Barrier(2), accounts._set_password, links.user_of

    def slowly(*args):
        with contextlib.suppress(threading.BrokenBarrierError):
            meeting.wait(timeout=1)
        return keep(*args)

    monkeypatch.setattr(accounts, "_set_password", slowly)
    if not locked:
        monkeypatch.setattr(links, "user_of", lambda uid, token, *, lock=False: look(uid, token))

    def press():
        chosen = f"seven green lamps {threading.get_ident()}"
        return Client().post(link, {"password": chosen, "again": chosen}).status_code

    found = Counter(at_once(4, press))
    if locked or connection.vendor == "sqlite":  # there the lock is the transaction's own
        assert found == {302: 1, 410: 3}
    else:
        assert found[302] > 1
