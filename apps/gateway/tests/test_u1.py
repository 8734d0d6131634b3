"""The door for units: who gets in, what a repeat gets, what a refusal leaves behind."""

import base64
import gzip
import io
import json
from pathlib import Path

import pytest
from django.conf import settings
from django.core.handlers.wsgi import WSGIRequest

from apps.core.actors import SYSTEM
from apps.core.rows import new
from apps.gateway import signature
from apps.gateway.models import LastExchange
from apps.gateway.views import rc_data
from apps.parts.models import PartParameter
from apps.products import actions
from apps.products.models import Connection, EnableHistory, ParameterType, Product, ProductParameter, ProductType
from tests.cast import Device, make_unit

pytestmark = pytest.mark.django_db
REPORT = {
    "enabled": False,
    "software": "3.6",
    "cells": [{"lac": 1, "cid": 2, "signal": -80, "mcc": 635, "mnc": 10}],
}


def test_the_tags_are_those_of_the_design():
    """Worked by hand from design.md, "Units on the wire", so that firmware can check itself against it."""
    import hashlib
    import hmac

    key = hmac.new(b"4ab1ab3ab1ab7ab9ab1ab4ab", b"unit-auth-v1", hashlib.sha256).digest()
    text = b"U1\nPOST\n/v1/rc_data\n010101234560005\n1048577\n" + hashlib.sha256(b"{}").hexdigest().encode()
    expected = hmac.new(key, text, hashlib.sha256).hexdigest()[:32]
    assert (
        signature.request_tag(
            signature.unit_key("4ab1ab3ab1ab7ab9ab1ab4ab"), "post", "/v1/rc_data", "010101234560005", 1048577, b"{}"
        )
        == expected
    )
    assert expected in (Path(settings.BASE_DIR) / "docs" / "units.md").read_text()
    text = b"S1\n200\n010101234560005\n1048577\n" + hashlib.sha256(b"ok").hexdigest().encode()
    expected = hmac.new(key, text, hashlib.sha256).hexdigest()[:32]
    assert signature.reply_tag(key, 200, "010101234560005", 1048577, b"ok") == expected


def test_a_report_makes_one_connection_and_the_answer_is_signed(device, unit):
    answer = device.report(**REPORT, gps={"lat": -1.95, "lon": 30.06}, ip_address="10.1.2.3", balance=86400)
    assert (answer.status_code, answer.json()["status"]) == (200, "success")
    assert device.signed(answer)
    row = Connection.objects.get(product=unit)
    assert (row.cell_1_cid, row.mcc, row.latitude, row.location_failed_flag) == (2, 635, "-1.950000", False)
    unit.refresh_from_db()
    assert (unit.latest_connection_id, unit.latest_connection_location_id) == (row.pk, row.pk)
    assert (unit.gps_lat, unit.ip_address, unit.reported_software) == (-1.95, "10.1.2.3", "3.6")
    assert unit.balance.get().balance == 86400


def test_the_same_request_again_gets_the_stored_answer_and_has_no_second_effect(device, unit):
    first = device.report(**REPORT)
    again = device.send("POST", "/v1/rc_data", REPORT, counter=device.counter)
    assert (again.status_code, again.content, again["X-Unit-Auth"]) == (
        200,
        first.content,
        first["X-Unit-Auth"],
    )
    assert Connection.objects.filter(product=unit).count() == 1


def test_reading_instructions_changes_nothing_but_the_counter(device, unit, cast, call):
    call(cast.tina, "PUT", f"/v1/products/{unit.product_imei}/enable")
    before = EnableHistory.objects.count()
    orders = device.orders()
    assert orders == device.orders() | {"time": orders["time"]}
    assert set(orders) == {
        "time", "seq", "enabled", "tamper_enabled", "software", "parameters", "part_parameters",
        "payment_commands", "payg", "next_connection_s",
    }  # fmt: skip
    assert (EnableHistory.objects.count(), Connection.objects.count()) == (before, 0)


def refusals(device, unit):
    good = device.counter
    other = Device(make_unit("010101234569999"))
    yield "old counter", device.send("POST", "/v1/rc_data", REPORT, counter=good - 1)
    yield "same counter, other body", device.send("POST", "/v1/rc_data", {}, counter=good)
    yield "wrong tag", device.send("POST", "/v1/rc_data", REPORT, tag="0" * 32)
    yield "tag in capitals", device.send("POST", "/v1/rc_data", REPORT, tag="A" * 32)
    yield (
        "other unit's tag",
        other.client.post(
            "/v1/rc_data",
            b"{}",
            content_type="application/json",
            HTTP_X_UNIT_IMEI=unit.product_imei,
            HTTP_X_UNIT_COUNTER="99999999",
            HTTP_X_UNIT_AUTH=signature.request_tag(
                other.key, "POST", "/v1/rc_data", unit.product_imei, 99999999, b"{}"
            ),
        ),
    )
    for header, value in (("HTTP_X_UNIT_IMEI", "000000000000000"), ("HTTP_X_UNIT_IMEI", "x" * 99), ("HTTP_X_UNIT_IMEI", "\x00"),
                          ("HTTP_X_UNIT_COUNTER", "-1"), ("HTTP_X_UNIT_COUNTER", "9" * 30), ("HTTP_X_UNIT_COUNTER", "²"), ("HTTP_X_UNIT_AUTH", "é")):  # fmt: skip
        yield f"{header}={value!r}", device.send("POST", "/v1/rc_data", REPORT, **{header: value})
    yield "nothing", device.client.post("/v1/rc_data", b"{}", content_type="application/json")
    yield (
        "basic, not allowed",
        device.client.post(
            "/v1/rc_data",
            b"{}",
            content_type="application/json",
            HTTP_AUTHORIZATION="Basic eDp5",
            secure=True,
        ),
    )


def test_every_doubt_gets_the_same_401(device, unit):
    device.report(**REPORT)
    answers = {}
    for name, answer in refusals(device, unit):
        assert answer.status_code == 401, name
        answers[name] = (answer.content, "X-Unit-Auth" in answer)
    assert set(answers.values()) == {(answers["wrong tag"][0], False)}
    assert Connection.objects.filter(product=unit).count() == 1


def test_a_wrong_tag_locks_nobody_out(device):
    for _guess in range(50):
        device.send("POST", "/v1/rc_data", REPORT, tag="0" * 32)
    assert device.report(**REPORT).status_code == 200


def test_the_counter_may_come_in_the_query_and_the_path_is_signed_without_it(device):
    raw = json.dumps(REPORT).encode()
    tag = signature.request_tag(device.key, "POST", "/v1/rc_data", device.imei, 7, raw)
    url = f"/v1/rc_data?i={device.imei}&n=7&a={tag}"
    assert device.client.post(url, raw, content_type="application/json").status_code == 200


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"enabled": "yes"}, "enabled"), ({"cells": [{}] * 8}, "cells"), ({"gps": {"lat": 91, "lon": 0}}, "gps.lat"),
        ({"balance": -1}, "balance"), ({"balance": 2**53}, "balance"), ({"software": ""}, "software"),
        ({"software": "a\x00b"}, "software"), ({"ip_address": "999.1.1.1"}, "ip_address"),
        ({"cells": [{"lac": 2**40}]}, "cells.0.lac"), ([1], "body"),
    ],
)  # fmt: skip
def test_a_refused_report_is_signed_uses_up_its_counter_and_leaves_nothing(device, unit, body, field):
    answer = device.send("POST", "/v1/rc_data", body)
    assert (answer.status_code, list(answer.json()["validation_errors"])) == (400, [field])
    assert device.signed(answer)
    assert LastExchange.objects.get(product=unit).counter == device.counter
    assert Connection.objects.count() == 0
    again = device.send("POST", "/v1/rc_data", body, counter=device.counter)
    assert again.content == answer.content


def test_gzip_is_inflated_within_bounds(device):
    small = gzip.compress(json.dumps(REPORT).encode())
    assert device.send("POST", "/v1/rc_data", small, HTTP_CONTENT_ENCODING="gzip").status_code == 200
    bomb = gzip.compress(b" " * 50_000_000)
    answer = device.send("POST", "/v1/rc_data", bomb, HTTP_CONTENT_ENCODING="gzip")
    assert (answer.status_code, answer.json()["code"]) == (413, "too_large")
    broken = device.send("POST", "/v1/rc_data", small[:-9], HTTP_CONTENT_ENCODING="gzip")
    assert (broken.status_code, device.signed(broken)) == (400, True)


def test_a_body_that_is_too_long_or_ends_early_is_told_so(device):
    assert device.send("POST", "/v1/rc_data", b"x" * 300_000).status_code == 413
    raw = json.dumps(REPORT).encode()
    tag = signature.request_tag(device.key, "POST", "/v1/rc_data", device.imei, 9, raw)
    environ = {
        "REQUEST_METHOD": "POST", "PATH_INFO": "/v1/rc_data", "CONTENT_LENGTH": str(len(raw) + 5), "wsgi.input": io.BytesIO(raw),
        "HTTP_X_UNIT_IMEI": device.imei, "HTTP_X_UNIT_COUNTER": "9", "HTTP_X_UNIT_AUTH": tag,
    }  # fmt: skip
    answer = rc_data(WSGIRequest(environ))
    assert (answer.status_code, json.loads(answer.content)["code"]) == (400, "undecodable")
    assert Connection.objects.count() == 0


@pytest.mark.parametrize("method", ["PUT", "DELETE", "PATCH", "OPTIONS"])
def test_other_methods_are_not_offered(device, method):
    answer = device.send(method, "/v1/rc_data")
    assert (answer.status_code, answer.json()["code"]) == (405, "method_not_allowed")


def test_basic_needs_tls_and_a_type_that_allows_it(device, unit):
    def post(**meta):
        secret = base64.b64encode(f"{unit.product_imei}:{unit.device_key}".encode()).decode()
        return device.client.post(
            "/v1/rc_data", json.dumps(REPORT), content_type="application/json",
            HTTP_AUTHORIZATION=f"Basic {secret}", **meta,
        )  # fmt: skip

    assert post(secure=True).status_code == 401
    ProductType.objects.filter(pk=unit.product_type_id).update(basic_auth_allowed=True)
    assert post(secure=False).status_code == 401
    assert post(secure=True).status_code == 200


def test_a_unit_without_a_key_gets_no_word_in(unit, device):
    Product.objects.filter(pk=unit.pk).update(device_key=None, device_key_digest=None)
    assert device.report(**REPORT).status_code == 401


@pytest.mark.parametrize("door", ["POST /v1/rc_data", "GET /v1/rc_data", "POST /v1/rm_data", "basic"])
def test_a_unit_that_is_deleted_while_it_speaks_is_nobody(unit, device, monkeypatch, door):
    from apps.gateway import views

    ProductType.objects.filter(pk=unit.product_type_id).update(basic_auth_allowed=True)
    basic = base64.b64encode(f"{unit.product_imei}:{unit.device_key}".encode()).decode()
    look_up = views.look_up

    def too_late(imei):
        seen = look_up(imei)
        actions.delete_product(Product.objects.get(pk=seen.pk), by=SYSTEM)
        return seen

    wrong = device.send("POST", "/v1/rc_data", REPORT, tag="0" * 32)
    monkeypatch.setattr(views, "look_up", too_late)
    if door == "basic":
        meta = {"HTTP_AUTHORIZATION": f"Basic {basic}", "secure": True}
        answer = device.client.post("/v1/rc_data", b"{}", content_type="application/json", **meta)
    else:
        method, path = door.split()
        answer = device.send(method, path, REPORT if path == "/v1/rc_data" else {"fields": {"v": [["2026-01-01", 1]]}})
    assert (answer.status_code, answer.content) == (401, wrong.content)


def test_software_and_parameters_are_settled_by_the_report_that_names_them(cast, call, unit, device):
    body = {"name": "4.0", "release_date": "2026-01-01"}
    version = call(cast.root, "POST", "/v1/software_version_types", body).json()
    allowed = {
        "product_type_id": unit.product_type_id, "software_version_type_id": version["software_version_type_id"],
    }  # fmt: skip
    assert call(cast.root, "POST", "/v1/product_type_software_version_type_linker", allowed).status_code == 201
    link = {
        "product_imei": unit.product_imei,
        "software_version_type_id": version["software_version_type_id"],
    }
    assert call(cast.alice, "POST", "/v1/product_software_linker", link).status_code == 201
    kind = {"name": "capacity_limit", "data_type": "int", "repeatable": False, "setting": True}
    kind = call(cast.root, "POST", "/v1/parameter_types", kind).json()
    for value in ("80", "90"):
        row = {
            "product_imei": unit.product_imei,
            "parameter_type_id": kind["parameter_type_id"],
            "value": value,
            "status": "pending",
        }
        assert call(cast.alice, "POST", "/v1/product_parameters", row).status_code == 201
        orders = device.orders()
        assert orders["software"] == ({"name": "4.0", "link": None, "checksum": None} if value == "80" else None)
        assert orders["parameters"] == {"capacity_limit": int(value)}
        device.report(software="4.0", parameters={"capacity_limit": int(value) + 1})  # not what was ordered
        assert device.orders()["parameters"] == {"capacity_limit": int(value)}
        device.report(software="4.0", parameters={"capacity_limit": int(value)})
    rows = call(cast.bob, "GET", "/v1/product_parameters").json()["objects"]
    assert [(row["value"], row["status"]) for row in rows] == [("80", "removed"), ("90", "active")]
    (link,) = call(cast.bob, "GET", "/v1/product_software_linker").json()["objects"]
    assert link["date_added"]
    assert link["date_removed"] is None


@pytest.mark.parametrize(
    "said", [{"parameters": {"a\x00b": 1}}, {"parameters": {"": None, "x" * 5000: {"deep": [1]}}}, {"part_parameters": {"1": {"a\x00b": 1}}}],
    ids=["nul", "odd", "part"],
)  # fmt: skip
def test_odd_names_of_parameters_confirm_nothing_and_break_nothing(device, unit, call, cast, said):
    kind = new(ParameterType, by=SYSTEM, name="limit", data_type="int", repeatable=False, setting=True)
    new(ProductParameter, by=SYSTEM, product=unit, parameter_type=kind, value="30", status="pending")
    part = unit.part_product_linker.first().part
    new(PartParameter, by=SYSTEM, part=part, parameter_type=kind, value="30", status="pending")
    if "part_parameters" in said:
        said = {"part_parameters": {str(part.pk): said["part_parameters"]["1"]}}
    answer = device.report(**said)
    assert (answer.status_code, device.signed(answer)) == (200, True)
    assert device.orders()["parameters"] == {"limit": 30}


def test_what_is_null_says_nothing(device, unit):
    """Firmware that writes every key may know nothing of some."""
    keys = ("time", "software", "enabled", "tamper_enabled", "cells", "gps", "balance", "acknowledged", "final_balance", "parameters", "part_parameters", "ip_address")  # fmt: skip
    assert device.report(**dict.fromkeys(keys)).status_code == 200
    assert Connection.objects.filter(product=unit).count() == 1
