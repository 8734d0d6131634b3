"""The card "Where it is" and the field page's words: honest about how sure they are, in scope, at a fixed cost."""

import re

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import translation

from apps.accounts.models import Hub, Shop
from apps.connectivity.models import SimPartTypeSimProviderLinker, SimProvider, SimProviderNetworkLinker
from apps.console import whereabouts
from apps.core.actors import SYSTEM
from apps.core.rows import new
from apps.products import actions
from apps.products.models import Connection, Product
from apps.products.words import within
from tests.cast import Device

pytestmark = pytest.mark.django_db


@pytest.fixture
def browser(cast):
    client = Client()
    client.force_login(cast.bob)
    return client


def page(browser, unit, name="unit", query=""):
    answer = browser.get(reverse(f"console:{name}", args=[unit.product_imei]) + query)
    assert answer.status_code == 200
    return answer.content.decode()


def card(text):
    return re.sub(r"\s+", " ", text[text.index('id="where"') : text.index("</section>", text.index('id="where"'))])


def placed(unit, lat, lon, radius):
    row = Connection.objects.create(
        product=unit, location_failed_flag=True, date="2026-11-01T10:00:00Z", created_by="x"
    )
    actions.record_places({row.pk: (lat, lon, radius)}, by=SYSTEM)
    return row


@pytest.fixture
def shop(cast, unit):
    hub = new(Hub, by=SYSTEM, name="Goma hub", entity=cast.a, latitude="-1.6585", longitude="29.2205")
    made = new(Shop, by=SYSTEM, name="Sake shop", hub=hub, latitude="-1.5733", longitude="29.0450")
    Product.objects.filter(pk=unit.pk).update(shop=made, hub=hub)
    return made


def test_before_anything_is_known(browser, unit):
    assert "Nobody knows yet" in card(page(browser, unit))
    assert "Nobody knows yet" in card(page(browser, unit, "field"))


def test_by_cells_it_says_how_sure_it_is(browser, unit, shop):
    placed(unit, -1.6, 29.045, 2912)
    found = card(page(browser, unit))
    assert "3.0 km south of Sake shop" in found
    assert "within 3.0 km" in found
    assert "by the cells it heard" in found
    assert 'href="geo:-1.600000,29.045000;u=2912"' in found
    assert 'class="error"' in found
    assert re.search(r'src="/static/[^"]+world\.svg#svgView', found)
    assert "http" not in found.replace("http://www.w3.org", "")
    words = card(page(browser, unit, "field"))
    assert "3.0 km south of Sake shop" in words
    assert "within 3.0 km" in words
    assert "<img" not in words  # a phone on a bad network


def test_by_gps_there_is_no_circle(browser, unit, device):
    device.report(gps={"lat": -1.6, "lon": 29.0})
    found = card(page(browser, unit))
    assert "by GPS" in found
    assert 'class="error"' not in found


def test_the_circle_is_to_scale(unit, shop, cast):
    """The distance of the shop and the radius keep their proportion on the picture, and the bar says what it is."""
    placed(unit, -1.6, 29.045, 2000)
    close = whereabouts.where_of(Product.objects.get(pk=unit.pk), by=cast.bob).close
    away = whereabouts.HEIGHT / 2 - next(mark.y for mark in close.marks if mark.name == "Sake shop")
    assert away / close.radius == pytest.approx(0.0267 * 111_195 / 2000, rel=0.02)
    number, unit_of_it = close.bar_text.split()
    metres = float(number) * (1000 if unit_of_it == "km" else 1)
    assert close.bar / close.radius == pytest.approx(metres / 2000, rel=0.02)


@pytest.mark.parametrize(
    ("metres", "words"),
    [(0, "within 0 m"), (301, "within 310 m"), (999, "within 1.0 km"), (1000, "within 1.0 km"), (2912, "within 3.0 km"),
     (9949, "within 10.0 km"), (12001, "within 13 km"), (69583, "within 70 km")],
)  # fmt: skip
def test_never_surer_than_it_is(metres, words):
    assert within(metres) == words


def test_in_french(unit, shop, cast):
    placed(unit, -1.6, 29.045, 2912)
    with translation.override("fr"):
        found = whereabouts.where_of(Product.objects.get(pk=unit.pk), by=cast.bob)
        assert found.near == "3,0 km au sud de Sake shop"
        assert found.within.replace("\u00a0", " ").replace("\u202f", " ") == "à 3,0 km près"
        assert found.coordinates == "1,60000°\u00a0S, 29,04500°\u00a0E"


def test_a_shop_out_of_sight_names_nothing(browser, unit, shop, cast):
    Hub.objects.update(entity=cast.b)
    placed(unit, -1.6, 29.045, 2912)
    found = card(page(browser, unit))
    assert "Sake" not in found
    assert "Goma" not in found


def test_one_connection_of_before_and_no_other_units(browser, unit, cast):
    first, _latest = placed(unit, -1.6, 29.045, 900), placed(unit, -1.7, 29.0, 900)
    found = card(page(browser, unit, query=f"?at={first.pk}"))
    assert "1.60000° S" in found
    assert "one connection of before" in found
    for odd in ("x", "9" * 30, "-1", "99999", "²"):
        assert "1.70000° S" in card(page(browser, unit, query=f"?at={odd}"))


def test_odd_places_that_were_moved_in_break_nothing(browser, unit):
    row = placed(unit, -1.6, 29.045, 900)
    for lat, lon, radius in (("90.000000", "0", 1), ("-90", "180", 2**31 - 1), ("north", "9", 1), ("nan", "inf", 1), ("91", "0", None)):  # fmt: skip
        Connection.objects.filter(pk=row.pk).update(latitude=lat, longitude=lon, error_radius=radius)
        page(browser, unit)
        page(browser, unit, "field")


def test_rate_and_networks(browser, unit):
    provider = new(SimProvider, by=SYSTEM, name="Roaming")
    new(SimPartTypeSimProviderLinker, by=SYSTEM, sim_part_type_id=43, sim_provider=provider)
    new(SimProviderNetworkLinker, by=SYSTEM, sim_provider=provider, network_id=63510)
    Device(unit).report(cells=[{"mcc": 635, "mnc": 10, "lac": 1, "cid": 1}])
    found = card(page(browser, unit))
    assert "Rwanda MTN" in found
    assert "2 % of the expected times" in found  # one of 42


def test_the_outline_is_small_and_public():
    from django.conf import settings

    size = (settings.BASE_DIR / "static/console/world.svg").stat().st_size
    assert 20_000 < size < 60_000


def test_the_field_page_costs_few_queries(browser, unit, shop, django_assert_max_num_queries):
    placed(unit, -1.6, 29.045, 2912)
    page(browser, unit, "field")
    with django_assert_max_num_queries(17):
        page(browser, unit, "field")
