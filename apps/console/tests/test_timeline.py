"""A unit's line of time: who did what, in the reader's language, and how far back it goes."""

import re

import pytest
from django.test import Client

from apps.console import views
from apps.core.actors import SYSTEM
from apps.core.levels import Level
from apps.core.rows import new
from apps.products.models import ParameterType, ProductNote, ProductParameter, SoftwareVersionType

pytestmark = pytest.mark.django_db


def told(user, unit, show="", language="en", **more):
    client = Client(headers={"accept-language": language})
    client.force_login(user)
    page = client.get(f"/units/{unit.product_imei}", {"show": show, **more}).content.decode()
    return " ".join(re.sub(r"<[^>]+>", " ", page.partition('id="timeline"')[2]).split())


def test_software_that_a_unit_brought_along_was_ordered_by_nobody(cast, unit, device):
    new(SoftwareVersionType, by=SYSTEM, name="v7", release_date="2026-01-01T00:00:00Z")
    device.report(software="v7")
    line = told(cast.bob, unit, "software")
    assert "runs v7" in line
    assert "v7 ordered" not in line


def test_a_colon_stands_as_the_language_has_it(cast, unit):
    kind = new(ParameterType, by=SYSTEM, name="limit", data_type="int", repeatable=False, setting=True)
    new(ProductParameter, by=SYSTEM, product=unit, parameter_type=kind, value="40", status="pending")
    assert "limit = 40: ordered" in told(cast.bob, unit, "parameter")
    assert "limit = 40 : " in told(cast.bob, unit, "parameter", "fr").replace("\xa0", " ").replace("\u202f", " ")


def test_where_it_ends_it_says_so(cast, unit, monkeypatch):
    monkeypatch.setattr(views, "SHOWN", 2)
    monkeypatch.setattr(views, "MOST", 4)
    for number in range(5):
        new(ProductNote, by=SYSTEM, product=unit, note_text=f"note {number}")
    bob = cast.users["A", Level.TECHNICAL]
    assert "Show what came before" in told(bob, unit, "note")
    assert "The latest 4 are shown" in told(bob, unit, "note", all=1)
    ProductNote.objects.latest("pk").delete()
    assert "The latest 4" not in told(bob, unit, "note", all=1)
