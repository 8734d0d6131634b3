"""What is done to one unit from its page: what it says, what it keeps, and what it never does unasked."""

import pytest
from django.test import Client

from apps.core.levels import Level
from apps.products import queries

pytestmark = pytest.mark.django_db


def browser_of(user):
    client = Client(raise_request_exception=False)
    client.force_login(user)
    return client


def text(answer):
    return answer.content.decode()


def test_a_unit_of_one_entity_moves_to_another(cast, unit):
    browser = browser_of(cast.users["GLOBAL", Level.ADMIN])
    address = f"/units/{unit.product_imei}/act/entity"
    assert 'name="old_entity"' not in text(browser.get(address))
    assert browser.post(address, {"new_entity": cast.b.pk}).status_code == 302
    assert queries.entity_ids(unit) == [cast.b.pk]


def test_a_unit_of_several_entities_leaves_the_one_that_is_named(cast, unit):
    browser = browser_of(cast.users["GLOBAL", Level.ADMIN])
    browser.post(f"/units/{unit.product_imei}/act/add_entity", {"new_entity": cast.b.pk})
    address = f"/units/{unit.product_imei}/act/entity"
    assert 'name="old_entity"' in text(browser.get(address))
    unnamed = browser.post(address, {"new_entity": 1})
    assert (unnamed.status_code, "several entities" in text(unnamed)) == (400, True)
    assert set(queries.entity_ids(unit)) == {cast.a.pk, cast.b.pk}
