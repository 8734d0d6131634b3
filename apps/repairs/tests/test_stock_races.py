"""The last part is promised once."""

import pytest

from apps.core.refusals import Refused
from apps.events import wake
from apps.repairs import stock
from apps.repairs.models import CentreStock, RepairPartTypeLinker
from apps.repairs.tests.standing import BATTERY, centre_of, in_repair, wish
from tests import reference
from tests.cast import make_cast
from tests.races import at_once

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def stage(transactional_db, monkeypatch):
    monkeypatch.setattr(wake, "relay_soon", lambda: None)
    reference.fill()
    cast = make_cast()
    return cast, centre_of(cast.a, cast.tina)


def test_of_two_who_reserve_the_last_part_one_gets_it(stage):
    cast, centre = stage
    for _round in range(3):
        RepairPartTypeLinker.objects.all().delete()
        wishes = [wish(in_repair(f"0101{_round}123456{n}00", cast.a, cast.tina), cast.tina) for n in range(2)]
        stock.count(
            repair_centre_id=centre.pk, part_type_id=BATTERY, in_stock=0, low_mark=0, reason="Empty", by=cast.tina
        )
        stock.receive(repair_centre_id=centre.pk, part_type_id=BATTERY, number=1, by=cast.tina)
        RepairPartTypeLinker.objects.update(reserved_at=None)
        left = list(wishes)
        found = at_once(2, lambda left=left: stock.reserve(left.pop(), by=cast.tina))
        assert sorted(isinstance(one, Refused) for one in found) == [False, True], found
        assert RepairPartTypeLinker.objects.filter(reserved_at__isnull=False).count() == 1


def test_what_many_receive_at_once_is_all_there(stage):
    cast, centre = stage
    found = at_once(4, lambda: stock.receive(repair_centre_id=centre.pk, part_type_id=BATTERY, number=1, by=cast.tina))
    assert not [one for one in found if isinstance(one, Exception)]
    assert CentreStock.objects.get().in_stock == 4
