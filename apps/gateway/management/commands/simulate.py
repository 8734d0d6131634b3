import asyncio
import contextlib
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandParser
from django.db.models import Exists, OuterRef

from apps.gateway.simulator.fleet import Fleet, Known
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
        with contextlib.suppress(KeyboardInterrupt):
            asyncio.run(fleet.run())
