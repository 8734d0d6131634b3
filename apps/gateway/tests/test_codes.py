"""Codes carried to a unit late, twice, out of order and wrong: what the unit has in the end is what its codes gave, once
each, and the server never believes what did not happen. The package's own decoder plays the unit."""

import itertools
import random

import pytest
from asgiref.sync import async_to_sync
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from openpaygo import decode_token

from apps.core.actors import SYSTEM
from apps.dcm import actions, queries
from apps.dcm.models import OfflineToken, PaymentCommand
from apps.dcm.tokens import ADD_TIME, WINDOW, OpenPaygo
from apps.gateway.simulator.paygo import ALREADY_USED, INVALID, Hill, KeyPad, MetricsUnit
from apps.gateway.simulator.unit import LostReply, Reply
from apps.gateway.tests.metrics import CODE, KEY, give_key
from tests import reference
from tests.cast import Device, make_unit

DAY = 86_400
STEPS = st.lists(
    st.one_of(
        st.tuples(st.just("pay"), st.integers(1, 30)),
        st.tuples(st.just("zero"), st.just(0)),
        st.tuples(st.just("reset"), st.just(0)),
        st.tuples(st.just("enter"), st.integers(0, 40)),
        st.tuples(st.just("slip"), st.integers(0, 40)),
        st.tuples(st.just("report"), st.just(0)),
        st.tuples(st.just("told"), st.integers(0, 40)),
    ),
    max_size=40,
)
NUMBERS = itertools.count(1)


def test_an_empty_list_of_used_counts_takes_a_code_again_and_again():
    """The control: what the seed [0] is for."""
    code = OpenPaygo(KEY, CODE).make(ADD_TIME, 1, after=0).digits
    raw = {"token": code, "secret_key": KEY, "starting_code": int(CODE)}
    once = decode_token(**raw, count=0, used_counts=[])
    assert decode_token(**raw, count=once[2], used_counts=once[3] or [])[0] == 1
    once = decode_token(**raw, count=0, used_counts=[0])
    assert decode_token(**raw, count=once[2], used_counts=once[3])[1] == ALREADY_USED


class Story:
    """One unit, its customer with all the codes that were ever issued, and the server. `credit`: by the unit's own rules,
    worked out apart from the decoder."""

    def __init__(self, *, heard):
        imei = f"test-codes-{next(NUMBERS)}"
        self.product = make_unit(imei, dcm_enabled_flag=True)
        give_key(self.product)
        self.pad = KeyPad(KEY, int(CODE))
        self.codes, self.ids, self.taken, self.credit = [], itertools.count(1), set(), 0
        self.behind = False
        if heard:
            Device(self.product).report(enabled=True, balance=0)

    def issue(self, transaction_id):
        row = actions.issue_token(self.product, transaction_id=transaction_id, by=SYSTEM)
        assert actions.issue_token(self.product, transaction_id=transaction_id, by=SYSTEM).token == row.token
        self.codes.append(row)

    def step(self, what, number):
        from apps.core.refusals import Refused

        named = f"{self.product.product_imei} {next(self.ids)}"
        try:
            if what == "pay":
                actions.add_payment_command(
                    self.product, category="payment", value=number * DAY, transaction_id=named, by=SYSTEM
                )
                self.issue(named)
            elif what == "zero":
                actions.add_payment_command(
                    self.product, category="zero-command", value=0, transaction_id=named, by=SYSTEM
                )
                self.issue(named)
            elif what == "reset":
                actions.force_reset(self.product, transaction_id=named, by=SYSTEM)
                self.issue(named)
        except Refused as refused:
            self.behind |= refused.code == "sync_first"  # its code is not issued: what follows may be out of order
            assert refused.code in ("zero_pending", "sync_first", *(["not_expressible"] if self.behind else []))  # noqa: PT017
        if what == "enter" and self.codes:
            self.enter(self.codes[number % len(self.codes)])
        elif what == "slip" and self.codes:
            code = self.codes[number % len(self.codes)].token
            before = (self.pad.credit, self.pad.count)
            self.pad.enter(code[:4] + str((int(code[4]) + 1) % 10) + code[5:])
            assert (self.pad.credit, self.pad.count) == before
        elif what == "report":
            actions.report_count(self.product, count=self.pad.count, by=SYSTEM)
        elif what == "told" and self.codes:
            row = self.codes[number % len(self.codes)]
            if row.count in self.taken:
                actions.token_entered(self.product, transaction_id=row.transaction_id, by=SYSTEM)

    def enter(self, row):
        """By the rules of the standard: a higher count, or time added within the window that was not entered yet."""
        top = max(self.taken, default=0)
        cleared = max((count for count in self.taken if count % 2), default=0)
        late = row.type == ADD_TIME and row.count > top - WINDOW and row.count > cleared and row.count not in self.taken
        takes = row.count > top or late
        done = self.pad.enter(row.token)
        assert (done not in (INVALID, ALREADY_USED)) == takes, (row, self.taken)
        if takes:
            self.taken.add(row.count)
            self.credit = self.credit + row.units * DAY if row.type == ADD_TIME else 0

    def check(self):
        assert self.pad.credit == self.credit
        assert self.pad.count == max(self.taken, default=0)
        actions.report_count(self.product, count=self.pad.count, by=SYSTEM)
        rows = OfflineToken.objects.filter(product=self.product).select_related("command")
        for row in rows:
            if row.state == OfflineToken.ENTERED:
                assert row.count in self.taken
                assert row.command.status == PaymentCommand.ACKNOWLEDGED
            elif row.state == OfflineToken.DEAD:
                before = self.pad.credit
                assert self.pad.enter(row.token) in (INVALID, ALREADY_USED)
                assert self.pad.credit == before
        counts = [row.count for row in rows]
        assert len(counts) == len(set(counts))
        assert self.behind or queries.told(self.product).count() == 0


@pytest.mark.django_db
@pytest.mark.parametrize("heard", [False, True])
def test_whatever_becomes_of_the_codes_each_counts_once(cast, heard):
    @settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck))
    @given(STEPS)
    def play(steps):
        story = Story(heard=heard)
        for what, number in steps:
            story.step(what, number)
        story.check()

    play()


class Wire:
    """The server in this process, with answers that get lost."""

    def __init__(self, client, chance, lost):
        self.client, self.chance, self.lost = client, chance, lost

    async def send(self, method, path, headers, body):
        if self.chance.random() < self.lost / 2:
            raise LostReply
        answer = await self.client.generic(method, path, body, content_type=headers["Content-Type"])
        if self.chance.random() < self.lost / 2:
            raise LostReply
        return Reply(answer.status_code, "", answer.content)


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize(("method", "cbor"), [("ca", False), ("ra", True)])
def test_simulated_metrics_units_take_each_code_once_though_answers_are_lost(method, cbor):
    from django.test import AsyncClient

    reference.fill()
    unit = make_unit("test-speaker", dcm_enabled_flag=True)
    give_key(unit)
    chance = random.Random(7)
    speaker = MetricsUnit(
        unit.serial_number, KeyPad(KEY, int(CODE)), Wire(AsyncClient(), chance, 0.6), chance, method=method, cbor=cbor
    )

    def contact():
        speaker.live(1_700_000_000 + speaker.n * 600)
        return async_to_sync(speaker.connect)()

    while contact() is None:
        pass
    for number in range(6):
        actions.add_payment_command(unit, category="payment", value=DAY, transaction_id=f"p{number}", by=SYSTEM)
        actions.issue_token(unit, transaction_id=f"p{number}", by=SYSTEM)
        contact()
    while contact() is None or contact() is None:
        pass
    assert speaker.pad.credit == 6 * DAY
    assert PaymentCommand.objects.filter(status=PaymentCommand.ACKNOWLEDGED).count() >= 3
    # One that came in the same answer as a later one is told apart from it when the counter has left it behind.
    open_still = OfflineToken.objects.filter(command__status=None)
    assert all(row.count > speaker.pad.count - WINDOW for row in open_still)


@pytest.mark.django_db
def test_simulated_people_bring_codes_to_a_hill(cast):
    unit = make_unit("test-hill", dcm_enabled_flag=True)
    give_key(unit)
    codes = []

    async def bring():
        return list(codes)

    hill = Hill(KeyPad(KEY, int(CODE)), random.Random(3), bring)
    done = []
    for number in range(8):
        actions.add_payment_command(unit, category="payment", value=DAY, transaction_id=f"p{number}", by=SYSTEM)
        codes.append(actions.issue_token(unit, transaction_id=f"p{number}", by=SYSTEM).token)
        done += async_to_sync(hill.visit)()
    while hill.waiting:
        done += async_to_sync(hill.visit)()
    assert hill.pad.credit == 8 * DAY
    assert {INVALID, ALREADY_USED} <= set(done)
