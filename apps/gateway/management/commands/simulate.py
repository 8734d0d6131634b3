import asyncio
import contextlib
from typing import Any

from asgiref.sync import sync_to_async
from django.conf import settings
from django.core.management.base import BaseCommand, CommandParser
from django.db.models import Exists, OuterRef

from apps.dcm import queries
from apps.dcm.models import OfflineToken, TokenKey
from apps.dcm.tokens import WINDOW
from apps.gateway.simulator.fleet import Fleet, Known
from apps.gateway.simulator.paygo import KnownKey, PaygoFleet
from apps.gateway.simulator.unit import Conditions
from apps.products.models import Connection, Product, ProductProductGroupLinker
from apps.products.states import SHIPPED, STORED

BOXED = (STORED, SHIPPED)  # in a box, where no sun shines


class Command(BaseCommand):
    help = "Play units over real HTTP: they report, fetch orders, carry them out, lose replies and repeat themselves."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--units", type=int, default=60, help="how many of the units on record (60)")
        parser.add_argument("--imei", action="append", default=[], help="play just this unit; may be repeated")
        parser.add_argument("--not-in-group", default="", help="leave the units of this group silent")
        parser.add_argument("--tokens", type=int, default=0, help="how many with an OpenPAYGO key, without network (0)")
        parser.add_argument("--metrics", type=int, default=0, help="how many more of them that speak Metrics (0)")
        parser.add_argument("--speed", type=float, default=1.0, help="times faster than four hours a contact (1)")
        parser.add_argument("--url", default=f"http://127.0.0.1:{settings.PORT}", help="the server")
        parser.add_argument("--lost", type=float, default=0.05, help="chance that a message is lost (0.05)")
        parser.add_argument("--repeated", type=float, default=0.05, help="chance that one is repeated (0.05)")
        parser.add_argument("--clock-error", type=float, default=0.0, help="seconds by which some clocks are off")
        parser.add_argument("--seed", type=int, help="the same chances again")

    def handle(self, *args: Any, **options: Any) -> None:
        rows = Product.objects.exclude(device_key_digest=None).order_by("row_no")
        if options["not_in_group"]:
            held = ProductProductGroupLinker.objects.filter(
                product=OuterRef("product_imei"), product_group__name=options["not_in_group"], date_removed=None
            )
            rows = rows.filter(~Exists(held))
        if options["imei"]:
            rows = rows.filter(product_imei__in=options["imei"])
        keyed = list(
            TokenKey.objects.filter(product__in=rows).select_related("product").order_by("product")
        )[: options["tokens"] + options["metrics"]]  # fmt: skip
        hills, speakers = keyed[: options["tokens"]], keyed[options["tokens"] :]
        rows = rows.exclude(pk__in=[key.pk for key in keyed])
        found = rows.values_list(
            "product_imei",
            "device_key",
            "current_enable_flag",
            "latest_state__current_state_type",
            "balance__balance",
            "dcm_enabled_flag",
            "is_payg",
        )[: options["units"]]
        latest = Connection.objects.filter(pk__in=Product.objects.filter(
            product_imei__in=[imei for imei, *_rest in found]
        ).values("latest_connection"))  # fmt: skip
        cells = {row.product_id: tuple(row.cells) for row in latest}
        keys = [
            Known(imei, key, on, state not in BOXED, credit, cells.get(imei, ()), keeps, payg)
            for imei, key, on, state, credit, keeps, payg in found
            if key
        ]
        conditions = Conditions(options["lost"], options["repeated"], options["clock_error"])
        fleet = Fleet(
            options["url"], keys, speed=max(options["speed"], 0.001), conditions=conditions, seed=options["seed"],
            report=self.stdout.write,
        )  # fmt: skip
        self.stdout.write(f"{len(keys)} units, each connecting every {4 * 3600 / options['speed']:.0f} s")
        if options["tokens"] or options["metrics"]:
            missing = options["tokens"] + options["metrics"] - len(keyed)
            text = f"; {missing} more lack a key (manage.py import_openpaygo)" if missing else ""
            self.stdout.write(f"{len(hills)} units that take codes, {len(speakers)} that speak Metrics{text}")
        paygo = PaygoFleet(
            options["url"], hills=[_known(key) for key in hills], speakers=[_known(key) for key in speakers],
            speed=max(options["speed"], 0.001), conditions=conditions, bring=sync_to_async(_codes),
            seed=options["seed"], report=self.stdout.write,
        )  # fmt: skip

        async def play() -> None:
            await asyncio.gather(fleet.run(), *([paygo.run()] if keyed else []))

        with contextlib.suppress(KeyboardInterrupt):
            asyncio.run(play())


def _known(key: TokenKey) -> KnownKey:
    """What the unit remembers: the codes that it did not take yet are still good."""
    waiting = OfflineToken.objects.filter(product=key.product, state=OfflineToken.ISSUED)
    fresh = set(waiting.values_list("count", flat=True))
    window = range(max(0, key.known_count - WINDOW), key.known_count + 1)
    balance = queries.balance_of(key.product)
    return KnownKey(
        key.product.serial_number, key.secret_key, int(key.starting_code) if key.starting_code else None,
        key.restricted, key.time_divider, key.known_count, tuple(one for one in window if one not in fresh),
        balance.balance if balance else 0,
    )  # fmt: skip


def _codes(serial: str) -> list[str]:
    rows = OfflineToken.objects.filter(product__serial_number=serial).order_by("count")
    return [row.token for row in rows]
