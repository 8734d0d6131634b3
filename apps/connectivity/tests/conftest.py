import pytest

from apps.connectivity.wire import broker
from apps.products.models import Product


@pytest.fixture
def waker(unit):
    """The unit with software that follows a wake-up."""
    Product.objects.filter(pk=unit.pk).update(reported_software="3.6")
    unit.refresh_from_db()
    return unit


@pytest.fixture
def rtc(unit):
    """The unit with a real-time SIM."""
    Product.objects.filter(pk=unit.pk).update(
        rtc_enabled_flag=True, rtc_network_name="Aeris", ip_address="10.112.89.62"
    )
    unit.refresh_from_db()
    return unit


@pytest.fixture
def queues():
    """The queues, empty."""
    with broker.connected() as channel:
        for name in broker.QUEUES:
            broker.queue_of(name)(channel).purge()
        yield channel
        for name in broker.QUEUES:
            broker.queue_of(name)(channel).purge()
