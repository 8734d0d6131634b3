"""Connections in the admin: cells, place and radius to be read, with the way to the map."""

import pytest
from django.test import Client
from django.urls import reverse

from apps.core.actors import SYSTEM
from apps.products import actions
from apps.products.models import Connection

pytestmark = pytest.mark.django_db


def test_a_connection_is_readable(cast, unit, device):
    device.report(cells=[{"lac": 11, "cid": 1, "signal": -70, "mcc": 635, "mnc": 10}, {"cid": 5}])
    row = Connection.objects.get()
    actions.record_places({row.pk: (-1.95, 30.05, 2910)}, by=SYSTEM)
    browser = Client()
    browser.force_login(cast.root)
    for where in (
        reverse("admin:products_connection_changelist"),
        reverse("admin:products_connection_change", args=[row.pk]),
    ):
        text = browser.get(where).content.decode()
        assert "635-10 11/1, -70 dBm" in text
        assert f"/units/{unit.product_imei}?at={row.pk}#where" in text
        assert "-1.950000, 30.050000" in text
    assert "within 3.0 km" in browser.get(reverse("admin:products_connection_changelist")).content.decode()
    assert "cell_7_lac" not in text
