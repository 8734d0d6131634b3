"""Software and parameters of many units at once."""

import pytest

from apps.core.actors import SYSTEM
from apps.core.rows import new
from apps.jobs import work
from apps.jobs.models import State
from apps.jobs.tests.test_bulk import begin, browser_of, go, outcomes, units  # noqa: F401
from apps.products import actions
from apps.products.models import ParameterType, Product, ProductParameter, ProductSoftwareLinker, SoftwareVersionType

pytestmark = pytest.mark.django_db


def tried(browser, kind, units, **details):  # noqa: F811
    job = begin(browser, kind, units)
    if details:
        assert browser.post(f"/jobs/{job.pk}/details", details).status_code == 302
    work.work_all()
    job.refresh_from_db()
    assert job.state == State.READY
    return job


def done(browser, job):
    go(browser, job)
    work.work_all()
    job.refresh_from_db()
    return sorted(outcomes(job))


def test_a_version_for_many_with_who_cannot_and_why(cast, units):  # noqa: F811
    version, other = (SoftwareVersionType.objects.get(name=name) for name in ("3.6", "3.5"))
    actions.lock_software(units[0], software=other.pk, by=SYSTEM)
    actions.update_software(units[1], software=version.pk, by=SYSTEM)
    Product.objects.filter(pk=units[2].pk).update(product_type_id=1)  # no version is allowed there
    browser = browser_of(cast.alice)
    job = tried(browser, "units.software", units, software=version.pk)
    assert ProductSoftwareLinker.objects.count() == 2  # a trial orders nothing
    assert sorted(outcomes(job, "trial")) == ["changed", "refused", "refused", "same"]
    page = browser.get(f"/jobs/{job.pk}").content.decode()
    assert "locked to 3.5" in page
    assert "not allowed for this type of unit" in page
    assert "– → 3.6" in page
    assert done(browser, job) == ["changed", "refused", "refused", "same"]
    assert ProductSoftwareLinker.objects.filter(product=units[3]).get().created_by == cast.alice.email
    locked = tried(browser, "units.lock_software", units[3:], software=version.pk)
    assert done(browser, locked) == ["changed"]
    assert Product.objects.get(pk=units[3].pk).software_lock == version
    assert done(browser, tried(browser, "units.unlock_software", units[3:])) == ["changed"]
    assert Product.objects.get(pk=units[3].pk).software_lock is None
    assert done(browser, tried(browser, "units.expire_software", units)) == ["changed", "changed", "changed", "same"]


def test_a_parameter_for_many_is_checked_before_anything(cast, units):  # noqa: F811
    kind = new(
        ParameterType,
        by=SYSTEM,
        name="limit",
        data_type="int",
        validation_rules={"max": 50},
        repeatable=False,
        setting=True,
    )
    browser = browser_of(cast.alice)
    job = begin(browser, "units.parameter", units)
    answer = browser.post(f"/jobs/{job.pk}/details", {"parameter": kind.pk, "value": "80"})
    assert (answer.status_code, "must be at most 50" in answer.content.decode()) == (400, True)
    french = browser.post(
        f"/jobs/{job.pk}/details", {"parameter": kind.pk, "value": "much"}, headers={"Accept-Language": "fr"}
    )
    assert "nombre entier" in french.content.decode()
    browser.post(f"/jobs/{job.pk}/details", {"parameter": kind.pk, "value": "40"})
    work.work_all()
    job.refresh_from_db()
    assert done(browser, job) == ["changed"] * 4
    assert ProductParameter.objects.filter(status="pending", value="40").count() == 4
    assert done(browser, tried(browser, "units.parameter", units, parameter=kind.pk, value="40.0")) == ["same"] * 4


@pytest.mark.parametrize("kind", ["units.software", "units.lock_software", "units.parameter"])
def test_orders_of_software_and_parameters_are_for_system(cast, units, kind):  # noqa: F811
    answer = browser_of(cast.tina).post("/bulk", {"kind": kind, "unit": [units[0].product_imei]})
    assert answer.status_code == 400
