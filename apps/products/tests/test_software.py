"""Software: ordered, told, tried, confirmed, locked, overtaken."""

import pytest

from apps.core.actors import SYSTEM
from apps.core.rows import new
from apps.products.models import (
    Product,
    ProductSoftwareLinker,
    ProductTypeSoftwareVersionTypeLinker,
    SoftwareVersionType,
)

pytestmark = pytest.mark.django_db


@pytest.fixture
def versions(unit):
    made = {}
    for name in ("v1", "v2", "v3"):
        made[name] = new(
            SoftwareVersionType, by=SYSTEM, name=name, release_date="2026-01-01T00:00:00Z", link=f"/{name}"
        )
        new(
            ProductTypeSoftwareVersionTypeLinker, by=SYSTEM, product_type_id=unit.product_type_id,
            software_version_type=made[name],
        )  # fmt: skip
    return made


@pytest.fixture
def put(cast, call, unit):
    def run(act, body=None, by=None):
        return call(by or cast.alice, "PUT", f"/v1/products/{unit.product_imei}/{act}", body)

    return run


def links(unit):
    rows = ProductSoftwareLinker.objects.filter(product=unit).order_by("pk").select_related("software_version_type")
    return [(row.software_version_type.name, bool(row.date_added), bool(row.date_removed)) for row in rows]


def told(device):
    software = device.orders()["software"]
    return software and software["name"]


def test_the_documented_example(versions, put, unit):
    answer = put("update_software", {"software": "v1"})
    assert answer.status_code == 200
    assert answer.json() == {
        "status": "success", "message": f"#{unit.product_imei} updated to software_version v1", "data": None
    }  # fmt: skip
    by_id = put("update_software", {"software": versions["v2"].pk})
    assert by_id.json()["message"].endswith("updated to software_version v2")
    assert put("expire_software_updates").json() == {
        "status": "success", "message": f"Product {unit.product_imei} had 1 software update(s) expired", "data": None
    }  # fmt: skip
    assert put("expire_software_updates").json()["message"] == (
        f"Product {unit.product_imei} had no pending updates to expire"
    )


def test_a_superseded_order_never_comes_back(versions, put, unit, device):
    put("update_software", {"software": "v1"})
    put("update_software", {"software": "v2"})
    assert links(unit) == [("v1", False, True), ("v2", False, False)]
    assert told(device) == "v2"
    device.report(software="v2")
    assert told(device) is None
    assert links(unit) == [("v1", False, True), ("v2", True, False)]


def test_of_two_orders_through_the_table_the_newer_stands(cast, call, versions, unit, device):
    for name in ("v2", "v1"):
        body = {"product_imei": unit.product_imei, "software_version_type_id": versions[name].pk}
        assert call(cast.alice, "POST", "/v1/product_software_linker", body).status_code == 201
    assert told(device) == "v1"
    device.report(software="v1")
    assert told(device) is None
    assert links(unit) == [("v2", False, True), ("v1", True, False)]


@pytest.mark.parametrize("why", ["bad", "another type"])
def test_what_may_not_run_on_the_unit_is_refused_at_every_door(cast, call, versions, put, unit, device, why):
    if why == "bad":
        SoftwareVersionType.objects.filter(name="v1").update(status="bad")
    else:
        ProductTypeSoftwareVersionTypeLinker.objects.filter(software_version_type=versions["v1"]).delete()
    assert list(put("update_software", {"software": "v1"}).json()["data"]) == ["software"]
    assert list(put("lock_software", {"software": "v1"}).json()["data"]) == ["software"]
    body = {"product_imei": unit.product_imei, "software_version_type_id": versions["v1"].pk}
    answer = call(cast.alice, "POST", "/v1/product_software_linker", body)
    assert (answer.status_code, list(answer.json()["data"])) == (400, ["software_version_type_id"])
    ran = body | {"date_added": "2026-01-01", "date_removed": "2026-02-01"}  # what was is no order
    assert call(cast.alice, "POST", "/v1/product_software_linker", ran).status_code == 201
    assert told(device) is None


def test_the_version_that_runs_already_settles_at_once(cast, call, versions, put, unit, device):
    device.report(software="v1")
    put("update_software", {"software": "v2"})
    assert put("update_software", {"software": "v1"}).status_code == 200
    assert told(device) is None
    assert links(unit) == [("v1", True, False), ("v2", False, True)]
    body = {"product_imei": unit.product_imei, "software_version_type_id": versions["v1"].pk}
    call(cast.alice, "POST", "/v1/product_software_linker", body)
    assert told(device) == "v1"
    device.report(software="v1")
    assert told(device) is None
    assert links(unit)[0] == ("v1", True, False) or links(unit)[-1] == ("v1", True, False)


def test_ordering_the_same_again_changes_nothing(versions, put, unit, device):
    put("update_software", {"software": "v1"})
    seq = device.orders()["seq"]
    put("update_software", {"software": "v1"})
    assert (links(unit), device.orders()["seq"]) == ([("v1", False, False)], seq)


def test_attempts_are_counted_by_reports_that_follow_a_told_order(versions, put, unit, device):
    device.report(software="v1")
    put("update_software", {"software": "v2"})

    def attempts():
        return ProductSoftwareLinker.objects.get(product=unit, date_added=None).update_attempts

    device.report(software="v1")  # it does not know yet
    assert attempts() == 0
    device.orders()
    device.orders()
    assert attempts() == 0
    device.report(software="v1")
    assert attempts() == 1
    device.orders()
    device.report(software="v1")
    assert attempts() == 2
    device.orders()
    device.report(software="v2")
    assert ProductSoftwareLinker.objects.get(product=unit, date_removed=None).update_attempts == 2


def test_a_lock_refuses_every_other_version_at_every_door(cast, call, versions, put, unit, device):
    answer = put("lock_software", {"software": "v1"}).json()
    assert answer["message"] == f"#{unit.product_imei} updated and locked to software_version v1"
    assert answer["data"] == {"software_lock_id": versions["v1"].pk, "software_lock_name": "v1"}
    assert told(device) == "v1"
    refused = put("update_software", {"software": "v2"})
    assert (refused.status_code, refused.json()["code"]) == (400, "locked")
    assert "v1" in refused.json()["validation_errors"]["software"]
    body = {"product_imei": unit.product_imei, "software_version_type_id": versions["v2"].pk}
    refused = call(cast.alice, "POST", "/v1/product_software_linker", body)
    assert "v1" in refused.json()["validation_errors"]["software_version_type_id"]
    assert put("update_software", {"software": "v1"}).status_code == 200

    for body in ({}, {"software": True}, {"software": 1.5}, {"software": []}, None):
        assert "software" in str(put("lock_software", body).json()["validation_errors"]), body
    gone = put("lock_software", {"software": None}).json()
    assert gone["message"] == f"#{unit.product_imei} software_lock is now removed"
    assert gone["data"] == {"software_lock_id": None, "software_lock_name": None}
    assert put("update_software", {"software": "v2"}).status_code == 200


@pytest.mark.parametrize("named", ["nothing", 999_999, -1, 2**40, "", "  ", "9" * 40])
def test_an_unknown_version_is_refused(versions, put, unit, named):
    answer = put("update_software", {"software": named})
    assert (answer.status_code, list(answer.json()["validation_errors"])) == (400, ["software"])
    assert links(unit) == []


def test_versions_that_may_not_run_there_are_refused(cast, call, versions, put, unit, device):
    ProductTypeSoftwareVersionTypeLinker.objects.filter(software_version_type=versions["v1"]).delete()
    assert "not allowed" in put("update_software", {"software": "v1"}).json()["validation_errors"]["software"]
    put("update_software", {"software": "v2"})
    kind = f"/v1/software_version_types/{versions['v2'].pk}"
    assert call(cast.root, "PUT", kind, {"status": "bad"}).status_code == 200
    assert told(device) is None  # never installed
    assert "bad" in put("update_software", {"software": "v2"}).json()["validation_errors"]["software"]


def test_a_report_of_an_unknown_version_ends_what_ran(versions, put, unit, device):
    device.report(software="v1")
    device.report(software="somebody's own")
    assert links(unit) == [("v1", True, True)]
    assert Product.objects.get(pk=unit.pk).reported_software == "somebody's own"


def test_an_empty_system_knows_the_documented_versions(unit, put):
    assert put("update_software", {"software": "hub-stc-6"}).status_code == 200
