"""A version for a hundredth of the units, a tenth, all; and a stop where too many fail."""

import pytest
from django.test import Client
from django.urls import reverse

from apps.core.actors import SYSTEM
from apps.core.levels import Level
from apps.products import actions, rollouts, tasks
from apps.products.models import Product, ProductSoftwareLinker, SoftwareRollout, SoftwareVersionType
from apps.products.tasks import roll_out
from tests.cast import Device, make_unit

pytestmark = pytest.mark.django_db
HUB2 = 7


@pytest.fixture
def units(cast):
    """Fifty, of which some fall into each group."""
    return [make_unit(f"01010123456{number:04d}", entity=cast.a) for number in range(50)]


@pytest.fixture
def version():
    return SoftwareVersionType.objects.get(name="3.6")


@pytest.fixture
def admin(cast):
    browser = Client()
    browser.force_login(cast.root)
    return browser


@pytest.fixture
def rollout(admin, version, units):
    where = reverse("admin:products_softwareversiontype_roll_out", args=[version.pk])
    answer = admin.post(where, {"product_type": HUB2, "entity": "", "stop_at": "20"})
    assert answer.status_code == 302, answer.content
    return SoftwareRollout.objects.get()


def grow(admin, rollout):
    where = reverse("admin:products_softwarerollout_next_group", args=[rollout.pk])
    page = admin.get(where).content.decode()
    assert admin.post(where).status_code == 302
    roll_out()
    rollout.refresh_from_db()
    return page


def ordered():
    return set(ProductSoftwareLinker.objects.values_list("product_id", flat=True))


def test_group_by_group_with_a_preview(admin, rollout, units, version):
    actions.lock_software(units[0], software="3.5", by=SYSTEM)
    Device(units[1]).report(software="3.6")
    roll_out()
    first = ordered()  # the lock's order and what runs: nothing of the roll-out
    grow(admin, rollout)
    some = ordered() - first
    page = grow(admin, rollout)
    assert "10 %" in page
    more = ordered() - first
    assert some <= more
    assert len(more) < 15
    page = grow(admin, rollout)
    assert "is locked to another version" in page
    assert len(ordered()) == 50
    roll_out()
    assert ProductSoftwareLinker.objects.filter(rollout=rollout).count() == 48  # each once
    assert ProductSoftwareLinker.objects.filter(rollout=rollout, created_by="system.global@example.org").count() == 48
    page = admin.get(f"/admin/products/softwarerollout/{rollout.pk}/change/").content.decode()
    assert "48 ordered, 0 confirmed, 48 waiting, 0 failed" in page
    for unit in units[2:]:
        Device(unit).report(software="3.6")
    roll_out()
    rollout.refresh_from_db()
    assert rollout.state == "done"


def test_too_many_failures_stop_it_and_withdraw_what_is_open(admin, rollout, units):
    for _group in range(3):
        grow(admin, rollout)
    for unit in units[:11]:
        device = Device(unit)
        for _attempt in range(3):
            device.orders()
            device.report(software="3.5")
    roll_out()
    rollout.refresh_from_db()
    assert (rollout.state, rollout.stopped_because) == ("stopped", "11 of 50 units failed (22.0 %)")
    assert not ProductSoftwareLinker.objects.filter(date_added=None, date_removed=None).exists()
    assert Device(units[20]).orders()["software"] is None
    roll_out()
    again = admin.post(reverse("admin:products_softwarerollout_next_group", args=[rollout.pk]))
    assert (again.status_code, "is over" in again.content.decode()) == (400, True)


def test_ten_of_fifty_are_not_too_many(admin, rollout, units):
    for _group in range(3):
        grow(admin, rollout)
    for unit in units[:10]:
        device = Device(unit)
        for _attempt in range(3):
            device.orders()
            device.report(software="3.5")
    roll_out()
    rollout.refresh_from_db()
    assert rollout.state == "running"
    assert rollouts.progress(rollout).failed == 10


def test_a_person_stops_it(admin, rollout, units, monkeypatch):
    for _group in range(3):
        grow(admin, rollout)
    where = reverse("admin:products_softwarerollout_stop", args=[rollout.pk])
    assert "50 units" in admin.get(where).content.decode()
    assert Device(units[20]).orders()["software"]["name"] == "3.6"
    assert admin.post(where).status_code == 302
    assert Device(units[21]).orders()["software"] is None  # at once, though nothing is withdrawn yet
    monkeypatch.setattr(tasks, "PIECE", 20)
    roll_out()
    assert not ProductSoftwareLinker.objects.filter(date_removed=None).exists()
    ended = ProductSoftwareLinker.objects.filter(rollout=rollout, modified_by="system.global@example.org")
    assert ended.count() == 50  # in the name of whoever stopped it


def test_what_is_stopped_is_withdrawn_a_piece_a_transaction(admin, rollout, units, monkeypatch):
    """A worker that ends in between leaves the rest to the next one; nobody holds all rows for so long."""
    for _group in range(3):
        grow(admin, rollout)
    admin.post(reverse("admin:products_softwarerollout_stop", args=[rollout.pk]))
    monkeypatch.setattr(tasks, "PIECE", 20)
    monkeypatch.setattr(tasks, "SLICE", -1.0)
    monkeypatch.setattr(tasks, "wake_soon", lambda task: None)
    left = []
    for _time in range(3):
        roll_out()
        left.append(ProductSoftwareLinker.objects.filter(date_removed=None).count())
    assert left == [30, 10, 0]


@pytest.mark.parametrize("spoiled", ["bad", "not allowed"])
def test_a_version_that_may_be_ordered_no_more_stops_it(admin, rollout, units, version, spoiled):
    grow(admin, rollout)
    if spoiled == "bad":
        SoftwareVersionType.objects.filter(pk=version.pk).update(status="bad")
    else:
        version.product_type_software_version_type_linker.all().delete()
    where = reverse("admin:products_softwarerollout_next_group", args=[rollout.pk])
    assert admin.post(where).status_code == 400
    roll_out()
    rollout.refresh_from_db()
    assert rollout.state == "stopped"
    assert ("marked as bad" if spoiled == "bad" else "not allowed to run") in rollout.stopped_because
    assert not ProductSoftwareLinker.objects.filter(date_removed=None).exists()


def test_only_units_of_the_entity_and_type(cast, admin, version, units):
    other = make_unit("010101234569999", entity=cast.b)
    Product.objects.filter(pk=units[0].pk).update(product_type_id=6)
    where = reverse("admin:products_softwareversiontype_roll_out", args=[version.pk])
    admin.post(where, {"product_type": HUB2, "entity": cast.b.pk, "stop_at": "5"})
    rollout = SoftwareRollout.objects.get()
    for _group in range(3):
        grow(admin, rollout)
    assert ordered() == {other.product_imei}


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ({"product_type": 1}, "valid choice"), ({"product_type": HUB2, "stop_at": "0"}, "0.1"),
        ({"product_type": HUB2, "stop_at": "much"}, "number"), ({}, "required"),
    ],
)  # fmt: skip
def test_what_is_wrong_is_said_at_its_box(admin, version, units, given, words):
    answer = admin.post(
        reverse("admin:products_softwareversiontype_roll_out", args=[version.pk]), {"stop_at": "5"} | given
    )
    assert (answer.status_code, words in answer.content.decode()) == (400, True)
    assert not SoftwareRollout.objects.exists()


def test_one_at_a_time_for_a_type(admin, rollout, version):
    answer = admin.post(
        reverse("admin:products_softwareversiontype_roll_out", args=[version.pk]),
        {"product_type": HUB2, "stop_at": "5"},
    )
    assert (answer.status_code, "stop that one first" in answer.content.decode()) == (400, True)


@pytest.mark.parametrize(("group", "level"), [("A", Level.SYSTEM), ("GLOBAL", Level.ADMIN)])
def test_it_is_for_system_of_all_units(cast, version, units, group, level):
    browser = Client()
    browser.force_login(cast.users[group, level])
    where = reverse("admin:products_softwareversiontype_roll_out", args=[version.pk])
    browser.post(where, {"product_type": HUB2, "stop_at": "5"})
    assert not SoftwareRollout.objects.exists()


def test_groups_grow_and_hold_those_of_the_group_before(rollout):
    made = [set(rollouts.group(rollout, percent).values_list("pk", flat=True)) for percent in (1, 10, 50, 100)]
    assert made[0] <= made[1] <= made[2] <= made[3]
    assert len(made[3]) == 50
    assert 15 <= len(made[2]) <= 35
