"""The one-statement path writes what the ORM path writes, and says what it says."""

import pytest
from django.db import connection
from django.test.client import ClientHandler

from apps.core.actors import SYSTEM
from apps.dcm import actions as dcm
from apps.dcm.models import Balance
from apps.gateway import quiet_report
from apps.gateway.models import LastExchange
from apps.products import actions
from apps.products.models import Connection, EnableHistory, Product, ProductSoftwareLinker
from apps.telemetry.models import Point
from tests.cast import Device, make_unit

pytestmark = pytest.mark.django_db
CELLS = [{"lac": 1, "cid": 2, "signal": -80, "mcc": 635, "mnc": 10}, {"lac": 3}]
STORY = [
    {"enabled": False, "software": "3.6"},
    {"enabled": False, "software": "3.6", "balance": 100, "cells": CELLS},
    {"enabled": False, "tamper_enabled": False, "balance": 0},
    "enable",
    {"enabled": False, "balance": 50},
    {"enabled": True, "cells": CELLS},
    {"enabled": True},
    {},
    {"enabled": True, "gps": {"lat": 1, "lon": 2}},
    {"enabled": True, "software": "4.0"},
    {"balance": -1},
    {"balance": 7, "acknowledged": ["never-issued"]},
    {"enabled": True, "cells": CELLS * 3},
    "disable",
    {"enabled": True},
    {"enabled": False},
    {"enabled": False, "balance": 2**31 - 1},
    {"enabled": True, "ip_address": "10.0.0.1"},
    {"enabled": False, "parameters": {"x": 1}},
    "credit",
    "enable",
    {"enabled": False, "balance": 0},
    {"enabled": False, "balance": 0},
    {"enabled": True, "balance": 10},
    {"enabled": True, "balance": 9},
    {"enabled": True, "balance": 12},
    {"enabled": True, "balance": 11},
    "reset",
    {"enabled": True, "balance": 10},
    {"enabled": True, "balance": 9},
]
TO_DO = {
    "enable": actions.enable_product,
    "disable": actions.disable_product,
    "credit": lambda unit, by: actions.set_dcm_enabled_flag(unit, value=True, by=by),
    "reset": lambda unit, by: dcm.force_reset(unit, transaction_id=f"reset {unit.product_imei}", by=SYSTEM),
}
PASSING = {
    "row_no",
    "device_key",
    "device_key_digest",
    "serial_number",
    "imsi",
    "product_imei",
    "created_at",
    "modified_at",
}


def rows_of(unit):
    """Everything on record of the unit but times, names and numbers that differ by nature."""

    def plain(row):
        return {
            field.name: str(value).replace(unit.product_imei, "IMEI") if field.name == "user" else value
            for field in row._meta.concrete_fields
            for value in [getattr(row, field.attname)]
            if not field.is_relation and field.name not in PASSING | {"date", "expected_expiry", "reported_at", "since", "created_by", "modified_by", "tag"}
            and not field.primary_key
        }  # fmt: skip

    def who(row):
        return row.created_by.replace(unit.product_imei, "IMEI")

    unit = Product.objects.get(pk=unit.pk)
    found = {"product": plain(unit), "last": plain(LastExchange.objects.get(product=unit))}
    found["last"]["body"] = bytes(found["last"]["body"])
    for model in (Connection, Balance, EnableHistory):
        found[model.__name__] = [(plain(row), who(row)) for row in model.objects.filter(product=unit).order_by("pk")]
    found["points"] = list(
        Point.objects.filter(series__subject=unit.subject).order_by("pk").values_list("value", flat=True)
    )
    newest = Connection.objects.filter(product=unit).order_by("-pk").first()
    assert unit.latest_connection_id == newest.pk
    return found


def play(unit, by):
    device, answers = Device(unit), []
    for step in STORY:
        if isinstance(step, str):
            TO_DO[step](unit, by=by)
            continue
        answer = device.report(**step)
        again = device.send("POST", "/v1/rc_data", step, counter=device.counter)
        assert again.content == answer.content
        assert device.signed(answer)
        answers.append((answer.status_code, answer.content))
    return answers


def test_both_paths_leave_the_same_behind(cast, monkeypatch):
    calls = []
    record = quiet_report.record_quiet

    def counting(*args, **given):
        done = record(*args, **given)
        calls.extend([1] * done)  # what is remembered may be old: then nothing is recorded and the long way decides
        return done

    monkeypatch.setattr(quiet_report, "record_quiet", counting)
    quick = make_unit("test-quick", entity=cast.a)
    quick_answers = play(quick, cast.tina)
    assert len(calls) == (11 if connection.vendor == "postgresql" else 0)
    monkeypatch.setattr(quiet_report, "is_quiet", lambda *args: False)
    slow = make_unit("test-slow", entity=cast.a)
    assert play(slow, cast.tina) == quick_answers
    assert rows_of(slow) == rows_of(quick)


def test_what_is_remembered_of_a_unit_is_checked_before_it_is_acted_upon(cast):
    """A new key, an order, a revoked unit: this process remembers the old, the database knows better."""
    unit = make_unit("test-remembered", entity=cast.a)
    device = Device(unit)
    assert [device.report(enabled=False).status_code for _time in range(3)] == [200, 200, 200]
    actions.enable_product(unit, by=cast.tina)
    assert device.report(enabled=True).status_code == 200
    states = EnableHistory.objects.filter(product=unit).order_by("pk").values_list("current_enable_state", flat=True)
    assert list(states) == ["init", "pending_enabled", "enabled"]
    old = Device(unit)
    old.counter = device.counter + 1000
    unit.refresh_from_db()
    unit.device_key = "n" * 24
    unit.save()
    before = Connection.objects.filter(product=unit).count()
    assert old.report(enabled=True).status_code == 401
    assert Connection.objects.filter(product=unit).count() == before
    new = Device(unit)
    new.counter = device.counter
    assert new.report(enabled=True).status_code == 200
    unit.delete()
    assert new.report(enabled=True).status_code == 401


def test_the_short_way_of_units_through_wsgi_is_the_same(cast):
    """backoffice.wsgi hands units' requests to their views past the middleware: same answers, same signatures."""
    from backoffice.wsgi import UnitsFirst

    device = Device(make_unit("test-wsgi", entity=cast.a))
    device.client.handler = wsgi = ClientHandler(enforce_csrf_checks=True)
    wsgi.load_middleware()
    wsgi.units = UnitsFirst().units
    wsgi.get_response = lambda request: wsgi.units[request.path_info](request)
    answer = device.report(enabled=False)
    assert (answer.status_code, device.signed(answer)) == (200, True)
    assert device.orders()["enabled"] is False
    assert device.report(balance=-1).status_code == 400
    assert device.send("DELETE", "/v1/rc_data").status_code == 405
    assert device.send("POST", "/v1/rm_data", {"fields": {"v": [["2026-01-01", 1]]}}).status_code == 200


def test_a_counter_that_moved_meanwhile_records_nothing(cast):
    if connection.vendor != "postgresql":
        return  # the statement is PostgreSQL's; elsewhere it is never used
    from apps.gateway.report import read_report
    from apps.gateway.snapshot import look_up

    unit = make_unit("test-moved", entity=cast.a)
    device = Device(unit)
    device.report(enabled=False)
    seen = look_up(unit.product_imei)
    device.report(enabled=False)
    done = quiet_report.record_quiet(
        seen, read_report({"balance": 5}), counter=device.counter, tag="x" * 32, body=b"{}"
    )
    assert (done, Connection.objects.filter(product=unit).count(), Balance.objects.count()) == (False, 2, 0)


def tried(unit, by):
    """A telling, a report that says nothing of software, and one that names another version."""
    device = Device(unit)
    for _time in range(2):
        device.report(software="3.5")
    actions.update_software(unit, software="3.6", by=by)
    device.report(software="3.5")
    device.orders()
    device.report()
    device.report(software="3.5")
    return ProductSoftwareLinker.objects.get(product=unit, software_version_type__name="3.6").update_attempts


def test_both_paths_count_the_same_attempts(cast, monkeypatch):
    quick = tried(make_unit("test-quick", entity=cast.a), cast.alice)
    monkeypatch.setattr(quiet_report, "is_quiet", lambda *args: False)
    assert tried(make_unit("test-slow", entity=cast.a), cast.alice) == quick == 0
