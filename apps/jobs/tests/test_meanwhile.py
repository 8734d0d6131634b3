"""What becomes of units that change between the preview of a job and its start."""

import html

import pytest

from apps.core.actors import SYSTEM
from apps.core.rows import new
from apps.jobs.tests.test_bulk import browser_of, outcomes, units  # noqa: F401
from apps.jobs.tests.test_bulk_orders import done, tried
from apps.products import actions, queries
from apps.products.models import EnableHistory, ParameterType, ProductParameter, SoftwareVersionType

pytestmark = pytest.mark.django_db


def told(browser, job, language="en"):
    page = browser.get(f"/jobs/{job.pk}?show=skipped", headers={"Accept-Language": language})
    return html.unescape(page.content.decode())


def test_a_unit_that_was_terminated_or_given_away_is_left_alone_and_that_is_said(cast, units):  # noqa: F811
    browser = browser_of(cast.root)
    job = tried(browser, "units.enable", units)
    actions.change_state(units[0], new_state=9, by=cast.root)
    actions.change_entity(units[1], old_entity_id=cast.a.pk, new_entity_id=cast.b.pk, by=cast.root)
    actions.change_state(units[2], new_state=3, by=cast.root)  # an ordinary move: it is still in use
    assert done(browser, job) == ["changed", "changed", "skipped", "skipped"]
    assert set(EnableHistory.objects.filter(user=cast.root.email).values_list("product_id", flat=True)) == {
        units[2].product_imei, units[3].product_imei,
    }  # fmt: skip
    page = told(browser, job)
    assert "changed since the preview: State: in store → terminated" in page
    assert "changed since the preview: Entities: Entity A → Entity B" in page
    assert "modifiée depuis l’aperçu" in told(browser, job, "fr")
    fresh = browser.post(f"/jobs/{job.pk}/again")
    assert fresh.status_code == 302  # looked at anew, they may be done all the same


def test_a_move_that_somebody_else_made_first_is_not_taken_back(cast, units):  # noqa: F811
    browser = browser_of(cast.root)
    job = tried(browser, "units.entity", units[:1], new_entity=1)
    actions.change_entity(units[0], old_entity_id=cast.a.pk, new_entity_id=cast.b.pk, by=cast.root)
    assert done(browser, job) == ["skipped"]
    assert queries.entity_ids(units[0]) == [cast.b.pk]


def test_software_that_was_locked_or_ordered_meanwhile_is_not_replaced(cast, units):  # noqa: F811
    version, other = (SoftwareVersionType.objects.get(name=name) for name in ("3.6", "3.5"))
    browser = browser_of(cast.root)
    job = tried(browser, "units.software", units[:3], software=version.pk)
    actions.lock_software(units[0], software=other.pk, by=SYSTEM)
    actions.update_software(units[1], software=other.pk, by=SYSTEM)
    assert outcomes(job, "trial") == ["changed"] * 3
    assert done(browser, job) == ["changed", "skipped", "skipped"]
    assert "Lock: – → 3.5" in told(browser, job)
    assert queries.software_ordered(units[1]).get().software_version_type == other


def test_a_parameter_that_somebody_else_ordered_meanwhile_is_not_replaced(cast, units):  # noqa: F811
    kind = new(ParameterType, by=SYSTEM, name="limit", data_type="int", repeatable=False, setting=True)
    browser = browser_of(cast.root)
    job = tried(browser, "units.parameter", units[:2], parameter=kind.pk, value="40")
    actions.set_parameter(units[0], kind=kind, value="50", by=cast.root)
    assert done(browser, job) == ["changed", "skipped"]
    assert "Value: – → 50" in told(browser, job)
    assert ProductParameter.objects.get(product=units[0], status="pending").value == "50"
