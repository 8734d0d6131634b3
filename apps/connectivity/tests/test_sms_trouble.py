"""Wake-up SMS when something breaks: gateways that are away or slow, workers that end, quotas, and what on call sees."""

import datetime as dt

import pytest
from django.test import Client
from django.utils import timezone

from apps.connectivity import queries, tasks
from apps.connectivity.actions import sms as sms_actions
from apps.connectivity.models import SmsHistory
from apps.connectivity.tests.test_sms import gateway, record, report, wake  # noqa: F401
from apps.connectivity.wire import sms
from apps.events import relay
from apps.products.actions import disable_product, enable_product

pytestmark = pytest.mark.django_db


def test_what_is_put_aside_stays_so_though_the_worker_ends(cast, call, waker, gateway, monkeypatch):  # noqa: F811
    """After a gateway was away for an hour many messages are put aside: one a transaction, not all or nothing."""
    for _time in range(3):
        wake(call, cast.alice, waker)
    SmsHistory.objects.update(created_at=timezone.now() - dt.timedelta(hours=2))
    told, announce = [], sms_actions.announce

    def dies(*args, **given):
        told.append(1)
        if len(told) == 2:
            raise KeyboardInterrupt
        return announce(*args, **given)

    monkeypatch.setattr(sms_actions, "announce", dies)
    with pytest.raises(KeyboardInterrupt):
        tasks.send_messages()
    assert SmsHistory.objects.filter(status="Expired").count() == 1
    tasks.send_messages()
    assert (SmsHistory.objects.filter(status="Expired").count(), gateway.taken) == (3, [])


def test_a_message_that_cant_be_put_on_the_wire_holds_up_no_other(cast, call, waker, gateway, monkeypatch):  # noqa: F811
    send = gateway.send
    first = wake(call, cast.alice, waker).json()["data"]["sms_history_id"]
    wake(call, cast.alice, waker)

    def breaks(**message):
        if SmsHistory.objects.get(pk=first).attempts and not gateway.taken:
            gateway.taken.append("broken")
            raise UnicodeEncodeError("utf-8", "\ud800", 0, 1, "surrogates not allowed")
        return send(**message)

    monkeypatch.setattr(gateway, "send", breaks)
    tasks.send_messages()
    one, other = SmsHistory.objects.order_by("pk")
    assert (one.step, one.detail, other.step) == ("queued", "UnicodeEncodeError", "sent")


def test_a_report_of_a_message_whose_answer_was_lost_spares_the_second_one(cast, call, waker, gateway, monkeypatch):  # noqa: F811
    """The gateway took it, and its answer did not arrive in time."""
    send = gateway.send

    def answer_lost(**message):
        send(**message)
        raise sms.Away("ReadTimeout")

    monkeypatch.setattr(gateway, "send", answer_lost)
    key = wake(call, cast.alice, waker).json()["data"]["sms_history_id"]
    tasks.send_messages()
    row = SmsHistory.objects.get()
    assert (row.step, row.attempts) == ("queued", 1)
    assert report(call, row, 8).status_code == 200  # handed to the network
    SmsHistory.objects.filter(step="queued").update(due_at=timezone.now())
    tasks.send_messages()
    assert len(gateway.taken) == 1
    report(call, row, 1)
    assert record(call, cast.bob, key)["status"] == "Delivered"


def test_tries_that_never_reached_the_gateway_are_none(cast, call, waker, gateway, monkeypatch, settings):  # noqa: F811
    settings.SMS_RETRIES = 1
    send = gateway.send

    def away(**message):
        raise sms.Away("ConnectError", tried=False)

    key = wake(call, cast.alice, waker).json()["data"]["sms_history_id"]
    for way in (away, away, away, send, send):
        monkeypatch.setattr(gateway, "send", way)
        tasks.send_messages()
        SmsHistory.objects.filter(step="queued").update(due_at=timezone.now())
        if gateway.taken:
            report(call, SmsHistory.objects.get(), 2)
            SmsHistory.objects.filter(step="queued").update(due_at=timezone.now())
    assert (len(gateway.taken), record(call, cast.bob, key)["attempted_retries"]) == (2, 1)


def test_what_was_never_sent_takes_nothing_from_the_entitys_quota(cast, call, waker, gateway, settings):  # noqa: F811
    settings.SMS_PER_ENTITY = 2
    enable_product(waker, by=cast.tina)
    relay.relay_all()
    disable_product(waker, by=cast.tina)
    relay.relay_all()
    tasks.send_messages()
    assert len(gateway.taken) == 1  # the first was overtaken
    assert queries.left_today([cast.a.pk]) == {cast.a.pk: 1}
    assert [wake(call, cast.alice, waker).status_code for _ in range(2)] == [200, 429]


def test_many_sent_messages_are_settled_in_one_run(cast, call, waker, monkeypatch):
    monkeypatch.setattr(tasks, "SETTLED", 2)
    for _time in range(5):
        wake(call, cast.alice, waker)
    tasks.send_messages()
    SmsHistory.objects.update(due_at=timezone.now())
    tasks.send_messages()
    assert SmsHistory.objects.filter(status="Delivered").count() == 5


def test_on_call_sees_that_the_gateway_is_away(cast, call, waker, gateway, monkeypatch):  # noqa: F811
    def away(**message):
        raise sms.Away("ConnectError", tried=False)

    browser = Client()
    browser.force_login(cast.root)
    assert "ConnectError" not in browser.get("/admin/system/").content.decode()
    monkeypatch.setattr(gateway, "send", away)
    wake(call, cast.alice, waker)
    SmsHistory.objects.update(created_at=timezone.now() - dt.timedelta(seconds=900))
    tasks.send_messages()
    page = browser.get("/admin/system/").content.decode()
    assert "Text messages · <b>1</b> wait, the longest for 90" in page
    assert "ConnectError" in page
    told = Client().get("/metrics").content.decode()
    assert "backoffice_sms_waiting 1.0" in told
    assert "backoffice_sms_late_seconds 90" in told
    assert "backoffice_letters_waiting 0.0" in told
