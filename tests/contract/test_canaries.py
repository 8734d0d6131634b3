"""Secrets that nobody may read: marked ones are put in every place and looked for in everything that comes out."""

import io
import json
import logging

import pytest
from django.core.management import call_command
from django.db import connection
from django.test import Client

from apps.accounts import tokens
from apps.api.q.relations import relations_of
from apps.api.routes import every_route
from apps.core.crypto import MASK
from apps.core.rows import create_row
from apps.dcm.models import OfflineToken, TokenKey
from apps.events.models import Consequence
from apps.parts.models import Part, PartType
from apps.parts.tables import TABLES as PARTS
from apps.products import actions
from apps.products.models import Product
from apps.repairs.models import PartProductLinker
from apps.webhooks.models import Subscriber
from backoffice.catalogue import CATALOGUE
from tests.cast import Device, make_unit
from tests.factories import make

pytestmark = pytest.mark.django_db
TOKEN_KEY, CODE = "ca" * 16, "987654321098765"
UNIT_KEY, PART_KEY, SUBSCRIBER_KEY, PASSWORD = "canaryunitkey00000000001", "canarypartkey0002", "canarysubkey0003", "canary-pass-0004"  # fmt: skip  # noqa: E501


@pytest.fixture
def canaries(cast, caplog):
    """The marked secrets, and a unit, part, subscriber and user that hold them; every log line is kept."""
    caplog.set_level(logging.DEBUG)
    unit = make_unit("013579246801357", entity=cast.a)
    unit.device_key = UNIT_KEY
    unit.save()
    table = next(table for table in PARTS if table.model is Part)
    properties = {"device_key": PART_KEY, "colour": "red"}
    part = create_row(
        table, {"part_type_id": PartType.objects.first().pk, "serial_number": "C-1", "properties": properties},
        by=cast.root,
    )  # fmt: skip
    make(PartProductLinker, cast.a, part=part, product=unit)
    subscriber = make(Subscriber, cast.a)
    Subscriber.objects.filter(pk=subscriber.pk).update(key=SUBSCRIBER_KEY)
    cast.alice.set_password(PASSWORD)
    cast.alice.save()
    token, _ = tokens.issue(cast.alice)
    TokenKey.objects.create(product=unit, secret_key=TOKEN_KEY)
    OfflineToken.objects.create(
        product=unit, transaction_id="t-1", type="ADD_TIME", count=2, units=1, token=CODE, issued_by="x"
    )
    return {
        "unit": UNIT_KEY,
        "part": PART_KEY,
        "subscriber": SUBSCRIBER_KEY,
        "password": PASSWORD,
        "token": token,
        "token key": TOKEN_KEY,
        "code": CODE,
    }, unit


def found_in(text, secrets):
    return {name for name, secret in secrets.items() if secret in text or secret[:14] in text}


def test_they_are_kept_where_they_are_used(canaries, cast):
    """The control: the canaries do live."""
    secrets, unit = canaries
    assert Product.objects.get(pk=unit.pk).device_key == secrets["unit"]
    assert Part.objects.get(serial_number="C-1").device_key == secrets["part"]
    assert Subscriber.objects.get(key__isnull=False).key == secrets["subscriber"]
    assert Device(unit).report(enabled=False).status_code == 200
    assert found_in(f"x {secrets['token']} y", secrets) == {"token"}


def test_no_answer_of_any_table_holds_one(canaries, cast, call):
    secrets, _unit = canaries
    for by in (cast.root, cast.alice):
        for table in CATALOGUE:
            where = f"/v1/{table.path}"
            answers = [call(by, "GET", f"{where}?results_per_page=1000")]
            for relation in relations_of(table.model):
                answers.append(call(by, "GET", f"{where}?include={relation}"))
            for record in answers[0].json()["objects"][:3]:
                answers.append(call(by, "GET", f"{where}/{record[table.key.name]}"))
            for answer in answers:
                assert answer.status_code == 200, answer.content
                assert not found_in(answer.content.decode(), secrets), where
    assert MASK in call(cast.root, "GET", "/v1/products").content.decode()


def test_no_other_endpoint_and_no_page_holds_one(canaries, cast, call):
    secrets, unit = canaries
    browser = Client()
    browser.force_login(cast.alice)
    for route in every_route():
        if route.method != "GET" or route.table:
            continue
        path = route.path.replace("<str:imei>", unit.product_imei)
        if "<" in path:
            continue
        answer = call(cast.root, "GET", path) if path.startswith("/v1/") else browser.get(path)
        assert answer.status_code < 500 or path == "/health/ready"  # nobody sweeps the outbox here
        text = b"".join(answer).decode() if answer.streaming else answer.content.decode()
        for close in answer._resource_closers:
            close()
        codes = {"code"} if path.endswith("/offline_tokens") else set()  # the door that codes are read at
        assert found_in(text, secrets) == codes, path


def test_no_error_and_no_log_holds_one(canaries, cast, call, caplog):
    secrets, unit = canaries
    one = f"/v1/products/{unit.product_imei}"
    other = make_unit("013579246801365", entity=cast.a)
    wrong = [
        call(cast.root, "PUT", one, {"device_key": secrets["unit"] * 40}),
        call(cast.root, "PUT", one, {"device_key": [secrets["unit"]]}),
        call(cast.root, "PUT", f"/v1/products/{other.product_imei}", {"device_key": secrets["unit"]}),
        call(cast.root, "GET", f"/v1/products?device_key={secrets['unit']}"),
        call(None, "POST", "/v1/auth/login", {"username": cast.bob.email, "password": secrets["password"]}),
        call(None, "GET", "/v1/products", HTTP_AUTHORIZATION=f"Token token={secrets['token']}x"),
        call(None, "GET", "/v1/products", HTTP_AUTHORIZATION=f"Bearer {secrets['token']}"),
    ]
    for answer in wrong:
        assert 400 <= answer.status_code < 500, answer.content
        assert not found_in(answer.content.decode(), secrets), answer.content
    right = [
        call(None, "POST", "/v1/auth/login", {"username": cast.alice.email, "password": secrets["password"]}),
        call(
            cast.root, "GET",
            f"/v1/auth/validate_user_and_password?username={cast.alice.email}&password={secrets['password']}",
        ),
        call(None, "GET", "/v1/products", HTTP_AUTHORIZATION=f"Token token={secrets['token']}"),
        call(cast.root, "PUT", one, {"device_key": MASK, "assembler": "x"}),
        Device(unit).report(enabled=False),
    ]  # fmt: skip
    assert [answer.status_code for answer in right] == [200] * 5
    actions.enable_product(unit, by=cast.alice)
    assert not found_in("\n".join(record.getMessage() for record in caplog.records) + caplog.text, secrets)


def test_no_export_holds_one_but_the_one_for_moving_house(canaries, tmp_path):
    secrets, _unit = canaries
    for options, expected in (({}, set()), ({"secrets": True}, {"unit", "part", "subscriber"})):
        file, out = tmp_path / f"{len(expected)}.json", io.StringIO()
        call_command("export_tables", str(file), stdout=out, stderr=out, **options)
        assert found_in(file.read_text(), secrets) == expected
        assert not found_in(out.getvalue(), secrets)


def test_nothing_at_rest_holds_one(canaries, cast):
    """Whoever gets hold of the database without the key ring reads none of them; the outbox and what failed included."""
    secrets, unit = canaries
    Device(unit).report(enabled=True)
    actions.enable_product(unit, by=cast.alice)
    make_failed = Consequence.objects.first()
    assert make_failed is not None
    with connection.cursor() as cursor:
        for table in connection.introspection.table_names(cursor):
            cursor.execute(f'SELECT * FROM "{table}"')  # noqa: S608
            text = json.dumps(cursor.fetchall(), default=lambda value: repr(bytes(value) if isinstance(value, memoryview) else value))  # fmt: skip  # noqa: E501
            assert not found_in(text, secrets), table


@pytest.mark.parametrize("name", ["device_key", "key", "password", "properties", "device_key_digest", "token"])
def test_every_probe_answers_alike(canaries, cast, call, name):
    """By filter, order, group, include or relation: right and wrong guesses can't be told apart."""
    secrets, _unit = canaries
    paths = ["/v1/products", "/v1/parts", "/v1/subscribers", "/v1/users", "/v1/part_product_linker"]
    for path in paths:
        probes = [{"filters": [{"name": name, "op": op, "val": None}]} for op in ("is_null", "is_not_null")]
        for guess in (*secrets.values(), "x" * 24, "", "%"):
            probes += [{"filters": [{"name": name, "op": op, "val": guess}]} for op in ("eq", "like", "gt", "ne")]
            probes.append({"filters": [{"name": name, "op": "in", "val": [guess]}]})
            probes.append(
                {"filters": [{"name": "product", "op": "has", "val": {"name": name, "op": "like", "val": guess}}]}
            )
        probes += [{"order_by": [{"field": name}]}, {"group_by": [{"field": name}]}]
        statuses = {}
        for probe in probes:
            answer = call(cast.root, "GET", f"{path}?q={json.dumps(probe)}")
            assert answer.status_code < 500
            assert not found_in(answer.content.decode(), secrets)
            if name != "properties":  # is_null and is_not_null of a part's properties are no secret
                statuses.setdefault(json.dumps(probe)[:24], set()).add(answer.status_code)
        assert all(codes == {400} for codes in statuses.values()), (path, statuses)
