"""States move as documented; entities come and go, the Unknown Entity holding who has none."""

import pytest

from apps.products.models import Product, State
from apps.products.states import MOVES
from tests.cast import make_unit

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize("held", range(1, 10))
def test_only_the_documented_moves_are_allowed(cast, call, unit, held):
    admin = next(user for (group, level), user in cast.users.items() if (group, level.value) == ("A", "ADMIN"))
    url = f"/v1/products/{unit.product_imei}/change_state"
    for wanted in range(1, 10):
        row = State.objects.create(product=unit, prev_state_type_id=1, current_state_type_id=held)
        Product.objects.filter(pk=unit.pk).update(latest_state=row)
        answer = call(admin, "PUT", url, {"new_state": wanted})
        if wanted in MOVES[held]:
            assert (answer.status_code, answer.json()["message"]) == (200, "Product state changed")
            newest = State.objects.order_by("-pk").first()
            assert (newest.prev_state_type_id, newest.current_state_type_id) == (held, wanted)
        else:
            assert answer.status_code == 400
            text = f" A unit may not transition from state '{held}' to state '{wanted}'"
            assert answer.json()["validation_errors"] == answer.json()["data"] == {"state_transition": text}


def test_the_state_may_be_named_entity_id_as_the_documentation_has_it(cast, call, unit):
    answer = call(cast.alice, "PUT", f"/v1/products/{unit.product_imei}/change_state", {"entity_id": 3})
    assert answer.status_code == 200


@pytest.mark.parametrize(
    "body", [{}, {"new_state": "8"}, {"new_state": True}, {"new_state": 99}, [], {"new_state": 10**30}]
)
def test_a_bad_state_is_refused_by_name(cast, call, unit, body):
    answer = call(cast.alice, "PUT", f"/v1/products/{unit.product_imei}/change_state", body)
    assert (answer.status_code, answer.json()["status"]) == (400, "validation-error")


def entities(unit):
    return list(unit.product_entity_linker.filter(date_removed=None).order_by("pk").values_list("entity_id", flat=True))


def test_the_unknown_entity_leaves_as_another_comes_and_returns_when_none_is_left(cast, call):
    unit = make_unit("010101234560777")
    url = f"/v1/products/{unit.product_imei}"
    assert entities(unit) == [1]
    answer = call(cast.root, "PUT", f"{url}/assign_entity", {"entity_id": cast.a.pk})
    assert answer.json() == {
        "status": "success",
        "message": f"Product #{unit.product_imei} assigned to entity: {cast.a.pk}",
        "data": {unit.product_imei: ["Entity A"]},
    }
    call(cast.root, "PUT", f"{url}/assign_entity", {"entity_id": cast.b.pk})
    assert entities(unit) == [cast.a.pk, cast.b.pk]
    body = {"old_entity_id": cast.a.pk, "new_entity_id": 1}
    call(cast.root, "PUT", f"{url}/change_entity", body)
    assert entities(unit) == [cast.b.pk]
    answer = call(cast.root, "PUT", f"{url}/remove", {"entity_id": cast.b.pk})
    assert answer.json()["message"] == f"Entity #{cast.b.pk} removed from Product #{unit.product_imei}"
    assert answer.json()["data"] == {unit.product_imei: ["Unknown Entity"]}
    assert unit.product_entity_linker.count() == 4


def test_a_unit_is_not_given_away_out_of_ones_own_scope(cast, call, unit):
    url = f"/v1/products/{unit.product_imei}"
    answer = call(cast.alice, "PUT", f"{url}/assign_entity", {"entity_id": cast.b.pk})
    absent = call(cast.alice, "PUT", f"{url}/assign_entity", {"entity_id": 999})
    assert (answer.status_code, answer.content) == (400, absent.content)
    assert call(cast.alice, "PUT", f"{url}/remove_entity", {"entity_id": cast.a.pk}).status_code == 403
    assert entities(unit) == [cast.a.pk]


def test_a_unit_of_two_entities_is_seen_by_both(cast, call, unit):
    url = f"/v1/products/{unit.product_imei}"
    assert call(cast.charlie, "GET", url).status_code == 404
    call(cast.root, "PUT", f"{url}/assign_entity", {"entity_id": cast.b.pk})
    assert call(cast.charlie, "GET", url).status_code == call(cast.bob, "GET", url).status_code == 200
    assert call(cast.bob, "GET", "/v1/products").json()["num_results"] == 1
