"""The manager's figures against a slow count in plain Python, and each against the rows that its link leads to."""

import csv
import datetime as dt
import html
import io
import random
import re
import statistics
from collections import Counter, defaultdict

import pytest
from django.test import Client
from django.utils import timezone

from apps.accounts.models import RepairCentre, UserRepairCentreLink
from apps.core.actors import SYSTEM
from apps.core.levels import Level
from apps.core.rows import new
from apps.parts.models import PartType
from apps.products.models import Product
from apps.repairs.models import (
    FailedCheck,
    Repair,
    RepairPartTypeLinker,
    RepairProductLinker,
    RepairSymptomTypeLinker,
    RepairWait,
    RepairWorkflowEvent,
    RepairWorkflowState,
    Sitting,
    SymptomType,
)
from apps.workflows.definition.library import library
from apps.workflows.figures import Choice, Drill, report
from apps.workflows.figures.seconds import Seconds, spreads
from tests.cast import make_unit

pytestmark = pytest.mark.django_db
DAY = dt.timedelta(days=1)
PEOPLE = ("ann@example.org", "ben@example.org", "system")


@pytest.fixture
def centres(cast):
    return [
        new(RepairCentre, by=SYSTEM, name=f"Centre {entity.name} {number}", entity=entity)
        for entity, numbers in ((cast.a, (1, 2)), (cast.b, (3,))) for number in numbers
    ]  # fmt: skip


class Crowd:
    """Random repairs of a few units over half a year: of two workflows and without one, running and ended."""

    def __init__(self, cast, centres, seed):
        self.chance, self.now = random.Random(seed), timezone.now()
        self.units = [make_unit(f"0135799000000{number:02d}", entity=cast.a if number % 3 else cast.b)
                      for number in range(9)]  # fmt: skip
        Product.objects.filter(pk__in=[unit.pk for unit in self.units[:4]]).update(product_type=6)
        self.cast, self.centres = cast, centres
        self.symptoms = [new(SymptomType, by=SYSTEM, name=f"s{n}", label=f"Symptom {n}") for n in range(3)]
        self.parts = list(PartType.objects.order_by("pk")[:3])
        for unit in self.units:
            for _ in range(7):
                self.one(unit)

    def one(self, unit):
        chance, tina = self.chance, self.cast.tina
        began = self.now - DAY * chance.uniform(0, 190)
        kind = chance.choice(["home_repair", "hub_repair", None])
        over = chance.random() < 0.8 or Repair.objects.filter(product=unit, running=True).exists()
        ended = min(began + DAY * chance.choice([0.1, 3, 12, 40]), self.now) if over else None
        outcome = chance.choice(
            ["repaired", "terminated", "prepared", "withdrawn", None if kind is None else "repaired"]
        )
        states = list(library()[kind].states) if kind else []
        repair = new(
            Repair, by=SYSTEM, product=unit, created_at=began, arrival_date=began.date(), workflow_name=kind,
            workflow_version=kind and library()[kind].digest, running=bool(kind) and not over,
            workflow_state_id=chance.choice(states) if kind else None, ended_at=ended if kind else None,
            refurbishment_date=ended.date() if ended else None, outcome=outcome if over else None,
            pending_status=chance.random() < 0.3 and not over, repair_centre=chance.choice([*self.centres, None]),
            technician=chance.choice([tina, self.cast.root, None]) if not over else None,
        )  # fmt: skip
        moment, end = began, ended or self.now
        for _ in range(chance.randint(0, 5) if kind else 0):
            state = library()[kind].states[ident := chance.choice(states)]
            gone = min(moment + DAY * chance.choice([0, 0.01, 0.4, 3]), end)
            stay = new(RepairWorkflowState, by=SYSTEM, repair=repair, state_id=ident, entry_time=moment, exit_time=gone)
            for _ in range(chance.choice([0, 0, 1, 2])):
                sat = moment + (gone - moment) * chance.random()
                Sitting.objects.create(
                    repair=repair, state=stay, technician=tina, began=moment, seen=sat, ended=sat,
                    corrected_seconds=chance.choice([None, None, 0, 1234]),
                )  # fmt: skip
            if chance.random() < 0.2:
                check = chance.choice(["battery_capacity", "test_jig"])
                new(FailedCheck, by=SYSTEM, repair=repair, state_id=ident, event_id="passed", name=check, limit="x")
            events = [event.ident for event in state.events] + ["undo", "withdrawn", "inputs"]
            new(
                RepairWorkflowEvent, by=SYSTEM, repair=repair, current_state_id=ident, event_id=chance.choice(events),
            )  # fmt: skip
            RepairWorkflowEvent.objects.order_by("-pk")[:1].get()
            moment = gone
        RepairWorkflowEvent.objects.filter(repair=repair).update(created_by=chance.choice(PEOPLE))
        if chance.random() < 0.15:  # it came in as another unit, and has its board since
            new(RepairProductLinker, by=SYSTEM, repair=repair, product_imei=chance.choice(self.units).product_imei)
        for _ in range(chance.randint(0, 2)):
            new(RepairSymptomTypeLinker, by=SYSTEM, repair=repair, symptom_type=chance.choice(self.symptoms))
            fitted = end if chance.random() < 0.7 else None
            new(
                RepairPartTypeLinker, by=SYSTEM, repair=repair, new_part_type=chance.choice(self.parts),
                replaced_date=fitted, non_transferable=False,
            )  # fmt: skip
        for _ in range(chance.choice([0, 0, 1, 2])):
            gone = None if not over and chance.random() < 0.5 else end
            wait = new(RepairWait, by=SYSTEM, repair=repair, state_id="x", reason="rain", since=began, ended=gone)
            if gone is None:
                repair.waits = wait
                repair.save(update_fields=["waits"])


def slow(choice, reader):
    """{(section, drill's address): (repairs, times, median, worst)}, counted by hand."""
    seen = set(Repair.objects.visible_to(reader).values_list("pk", flat=True))
    every = list(Repair.objects.select_related("product"))
    mine = {link.repair_centre_id for link in UserRepairCentreLink.objects.filter(username=reader.email)}
    centre = {"all": lambda key: True, "mine": lambda key: key in mine, "-": lambda key: key is None}.get(
        choice.centre, lambda key: str(key) == choice.centre
    )
    asked = [
        one for one in every
        if one.pk in seen and centre(one.repair_centre_id)
        and choice.kind in ("", str(one.product.product_type_id))
        and choice.workflow in ("", one.workflow_name or "-")
    ]  # fmt: skip
    opened = [one for one in asked if one.running or (not one.workflow_version and not one.refurbishment_date)]
    ended = [
        one for one in asked
        if (day := one.ended_at.date() if one.ended_at else one.refurbishment_date)
        and choice.first <= day <= choice.last
    ]  # fmt: skip
    keys = {one.pk: one for one in ended}
    found = {}

    def told(section, drill, repairs, times=None, lasting=None):
        spread = (round(statistics.median(lasting)), round(max(lasting))) if lasting else (None, None)
        found[section, drill.address] = (repairs, times, *spread)

    for (flow, state), count in Counter((one.workflow_name, one.workflow_state_id) for one in opened).items():
        told("open", Drill(what="open", step=f"{flow or '-'}.{state or '-'}"), count)
    for key, count in Counter(one.technician_id for one in opened).items():
        told("load", Drill(what="open", technician=str(key or "-")), count)
    for outcome, count in Counter(one.outcome for one in ended).items():
        lasting = [(one.ended_at - one.created_at).total_seconds() for one in ended
                   if one.outcome == outcome and one.ended_at]  # fmt: skip
        told("ended", Drill(outcome=outcome or "-"), count, None, lasting)
    again, boards = 0, defaultdict(set)
    for link in RepairProductLinker.objects.all():
        boards[link.repair_id].add(link.product_imei)
    for one in ended:
        if one.outcome in ("prepared", "set_aside"):
            continue
        for other in every:
            same = {one.product_id, *boards[one.pk]}
            if other.pk == one.pk or other.product_id not in same or other.outcome in ("prepared", "set_aside"):
                continue
            before = one.created_at - 90 * DAY
            if other.ended_at:
                back = before <= other.ended_at <= one.created_at
            else:
                back = (
                    other.refurbishment_date and other.created_at < one.created_at
                    and before.date() <= other.refurbishment_date <= one.created_at.date()
                )  # fmt: skip
            if back:
                again += 1
                break
    if any(one.outcome not in ("prepared", "set_aside") for one in ended):
        told("repeats", Drill(repeat="1"), again)

    stays, by, bad = defaultdict(lambda: defaultdict(float)), defaultdict(list), defaultdict(list)
    for row in RepairWorkflowState.objects.filter(repair__in=keys, exit_time__isnull=False):
        if row.exit_time > row.entry_time:
            flow = keys[row.repair_id].workflow_name
            stays[flow, row.state_id][row.repair_id] += (row.exit_time - row.entry_time).total_seconds()
    waits = {
        (flow.name, ident) for flow in library().values() for ident, state in flow.states.items() if state.waits_for
    }
    for (flow, state), times in stays.items():
        for section in ("steps", *(["waiting"] if (flow, state) in waits else [])):
            told(section, Drill(step=f"{flow}.{state}"), len(times), None, list(times.values()))
    for row in RepairWorkflowEvent.objects.filter(repair__in=keys).exclude(event_id__in=("undo", "withdrawn")):
        by[row.created_by].append(row.repair_id)
        flow = library()[keys[row.repair_id].workflow_name]
        if any(
            event.ident == row.event_id and event.tone == "bad" for event in flow.states[row.current_state_id].events
        ):
            bad[flow.name, row.current_state_id, row.event_id].append(row.repair_id)
    for doer, rows in by.items():
        told("doers", Drill(by=doer), len(set(rows)), len(rows))
    for (flow, state, event), rows in bad.items():
        told("tests", Drill(event=f"{flow}.{state}.{event}"), len(set(rows)), len(rows))
    for section, rows, drill in (
        (
            "parts",
            RepairPartTypeLinker.objects.exclude(replaced_date=None).values_list("new_part_type", "repair"),
            "part",
        ),
        ("symptoms", RepairSymptomTypeLinker.objects.values_list("symptom_type", "repair"), "symptom"),
    ):
        held = defaultdict(list)
        for key, repair in rows.filter(repair__in=keys):
            held[key].append(repair)
        for key, repairs in held.items():
            times = len(repairs) if section == "parts" else None
            told(section, Drill(**{drill: str(key)}), len(set(repairs)), times)
    failed = defaultdict(list)
    for row in FailedCheck.objects.filter(repair__in=keys):
        failed[row.name].append(row.repair_id)
    for name, rows in failed.items():
        told("checks", Drill(check=name), len(set(rows)), len(rows))
    for name, count in (("part", sum(bool(one.pending_status) for one in opened)),
                        ("reason", sum(one.waits_id is not None for one in opened))):  # fmt: skip
        if count:
            told("waiting", Drill(what="open", waits=name), count)
    waited = defaultdict(float)
    for wait in RepairWait.objects.filter(repair__in=keys).exclude(ended=None):
        waited[wait.repair_id] += (wait.ended - wait.since).total_seconds()
    if waited:
        told("waiting", Drill(waits="reason"), len(waited), None, list(waited.values()))
    return found


def fast(choice, reader):
    return {
        (section.key, line.drill.address): (
            line.repairs, line.times, line.spread and round(line.spread.median), line.spread and round(line.spread.worst),
        )
        for section in report(choice, reader, "en") for line in section.lines
    }  # fmt: skip


def test_working_time_stands_beside_the_time_that_passed(cast, centres):
    """Of each step the sittings of a repair together, as they were corrected."""
    Crowd(cast, centres, 4)
    choice = Choice.of({"centre": "all"}, cast.root)
    steps = {
        line.drill.step: line for one in report(choice, cast.root, "en") if one.key == "steps" for line in one.lines
    }
    by_hand = defaultdict(lambda: defaultdict(int))
    keys = set(choice.ended(cast.root).values_list("pk", flat=True))
    for one in Sitting.objects.select_related("repair", "state"):
        if one.repair_id in keys and one.state.exit_time > one.state.entry_time:
            seconds = (one.seen - one.began).total_seconds() if one.corrected_seconds is None else one.corrected_seconds
            by_hand[f"{one.repair.workflow_name}.{one.state.state_id}"][one.repair_id] += seconds
    assert len(by_hand) > 5
    assert {step for step, line in steps.items() if line.work} == set(by_hand)
    for step, seconds in by_hand.items():
        work = steps[step].work
        assert abs(work.median - statistics.median(seconds.values())) <= 1, step
        assert (work.many, abs(work.worst - max(seconds.values())) <= 1) == (len(seconds), True), step
    browser, (step, _) = browser_of(cast.root), max(by_hand.items(), key=lambda pair: len(pair[1]))
    table = rows_of(browser.get("/bench/figures.csv?centre=all"))
    assert table[0][7] == "Median at work (hours)"
    assert str(round(steps[step].work.median / 3600, 2)) in {row[7] for row in table[1:]}
    listed = rows_of(browser.get(f"/bench/repairs.csv?centre=all&what=ended&step={step}"))
    assert listed[0][-1] == "Hours of work in the step"
    assert sum(1 for row in listed[1:] if row[-1]) == len(by_hand[step])


def near(one, other):
    """Seconds are told to the thousandth on SQLite."""
    return one[:2] == other[:2] and all(
        a == b or (a is not None and b is not None and abs(a - b) <= 1) for a, b in zip(one[2:], other[2:], strict=True)
    )


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_every_figure_is_what_a_slow_count_finds(cast, centres, seed):
    crowd = Crowd(cast, centres, seed)
    new(UserRepairCentreLink, by=SYSTEM, username=cast.tina.email, repair_centre=centres[1])
    ago = str((crowd.now - 40 * DAY).date())
    for reader in (cast.tina, cast.root):
        for given in ({"centre": "all"}, {}, {"centre": "-"}, {"centre": str(centres[0].pk)}, {"centre": "all", "kind": "6"},
                      {"centre": "all", "workflow": "home_repair"}, {"centre": "all", "workflow": "-"},
                      {"centre": "all", "since": ago, "until": str(crowd.now.date())}, {"centre": "all", "until": ago},
                      {"centre": "9" * 50, "kind": "x"}):  # fmt: skip
            choice = Choice.of(given, reader)
            by_hand, counted = slow(choice, reader), fast(choice, reader)
            assert by_hand.keys() == counted.keys(), given
            wrong = {key: (by_hand[key], counted[key]) for key in counted if not near(by_hand[key], counted[key])}
            assert wrong == {}, given


def browser_of(user, language="en"):
    client = Client(raise_request_exception=False, headers={"accept-language": language})
    client.force_login(user)
    return client


def rows_of(answer):
    assert answer.status_code == 200
    text = b"".join(answer.streaming_content).decode("utf-8-sig")
    return list(csv.reader(io.StringIO(text)))


def test_every_figure_leads_to_as_many_rows_as_it_says(cast, centres):
    Crowd(cast, centres, 7)
    browser = browser_of(cast.tina)
    page = browser.get("/bench/figures?centre=all").content.decode()
    links = re.findall(r'<a href="(/bench/repairs\?[^"]+)" data-count="(\d+)">', page)
    assert len(links) > 40
    for address, count in links:
        address = html.unescape(address)
        listed = browser.get(address).content.decode()
        assert listed.count('<span class="name">') == min(int(count), 50), address
        assert len(rows_of(browser.get(address.replace("?", ".csv?")))) == int(count) + 1, address
    table = rows_of(browser.get("/bench/figures.csv?centre=all"))
    assert sorted(row[3] for row in table[1:]) == sorted(count for _, count in links)


def test_the_filter_stays_in_the_address_and_odd_ones_harm_nothing(cast, centres):
    Crowd(cast, centres, 8)
    browser = browser_of(cast.tina)
    page = browser.get(f"/bench/figures?centre={centres[0].pk}&workflow=home_repair&since=2026-01-01").content.decode()
    for link in re.findall(r'href="(/bench/repairs\?[^"]+)"', page):
        assert f"centre={centres[0].pk}" in link
        assert "workflow=home_repair" in link
        assert "since=2026-01-01" in link
    assert centres[2].name not in page  # another entity's
    for odd in ("since=x&until=9999-12-31", "since=2026-13-01", "kind=-1", "centre=%20&workflow=&what=", "page=0",
                "what=else", "step=a", "event=.", "part=x&symptom=y", "technician=99999999999999999999", "by=%F0%9F%98%80",
                "step=home_repair.clean&what=open&repeat=9&waits=z&outcome=-"):  # fmt: skip
        for path in ("figures", "figures.csv", "repairs", "repairs.csv"):
            assert browser.get(f"/bench/{path}?{odd}").status_code == 200, (path, odd)
    assert browser_of(cast.bob).get("/bench/figures").status_code == 403


def test_days_the_wrong_way_round_are_turned_and_no_heading_of_the_file_stands_twice(cast, centres):
    Crowd(cast, centres, 4)
    browser = browser_of(cast.tina)
    right, wrong = (
        browser.get(f"/bench/figures.csv?centre=all&since={one}&until={other}")
        for one, other in (("2026-01-01", "2026-12-31"), ("2026-12-31", "2026-01-01"))
    )
    assert rows_of(right) == rows_of(wrong)
    for language in ("en", "fr"):
        heading = re.split("[,;]", str(rows_of(browser_of(cast.tina, language).get("/bench/figures.csv"))[0]))
        assert len(set(heading)) == len(heading), heading


def test_nobody_learns_who_works_elsewhere_by_a_number(cast, centres):
    """The address names a technician by key; whose repairs are out of sight stays unnamed."""
    stranger = cast.users["B", Level.TECHNICAL]
    own, foreign = (make_unit(f"01357990000009{n}", entity=entity) for n, entity in enumerate((cast.a, cast.b)))
    new(Repair, by=SYSTEM, product=own, technician=cast.tina)
    new(Repair, by=SYSTEM, product=foreign, technician=stranger)
    browser = browser_of(cast.users["A", Level.TECHNICAL])
    page = browser.get(f"/bench/repairs?centre=all&what=open&technician={cast.tina.pk}").content.decode()
    assert (cast.tina.display_name or cast.tina.email) in page
    page = browser.get(f"/bench/repairs?centre=all&what=open&technician={stranger.pk}").content.decode()
    assert stranger.email not in page
    assert not stranger.display_name or stranger.display_name not in page


def test_a_constant_number_of_queries(cast, centres, django_assert_max_num_queries):
    Crowd(cast, centres, 9)
    browser = browser_of(cast.root)
    browser.get("/bench/figures")
    with django_assert_max_num_queries(26):
        browser.get("/bench/figures?centre=all")
    with django_assert_max_num_queries(11):
        browser.get("/bench/repairs?centre=all")


def test_a_cell_that_looks_like_a_formula_leaves_as_text(cast, centres):
    symptom = new(SymptomType, by=SYSTEM, name="x", label="=1+1")
    unit = make_unit("013579900000099", entity=cast.a)
    repair = new(Repair, by=SYSTEM, product=unit, refurbishment_date=timezone.now().date(), outcome="repaired")
    new(RepairSymptomTypeLinker, by=SYSTEM, repair=repair, symptom_type=symptom)
    table = rows_of(browser_of(cast.root).get("/bench/figures.csv?centre=all"))
    assert [row[2] for row in table if "1+1" in row[2]] == ["'=1+1"]


def test_the_middle_and_the_worst(cast):
    unit = make_unit("013579900000098", entity=cast.a)
    now = timezone.now()
    for hours in (1, 5, 2, 100):
        new(Repair, by=SYSTEM, product=unit, created_at=now, ended_at=now + dt.timedelta(hours=hours), outcome="x")
    rows = Repair.objects.order_by().annotate(s=Seconds("ended_at", "created_at"))
    spread = spreads(rows.values_list("outcome", "outcome", "pk", "s"))["x", "x"]
    assert (spread.many, round(spread.median / 3600, 3), round(spread.worst / 3600, 3)) == (4, 3.5, 100)
