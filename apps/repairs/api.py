"""What sits in a unit, and how it is set (seed 004, "/products/<imei>/parts", "/parameters/history",
"/suggest_energy_limit")."""

import datetime as dt
from typing import Any

from django.http import HttpResponse
from pydantic import StrictFloat, StrictInt, StrictStr
from rest_framework.request import Request

from apps.api import reading
from apps.api.endpoint import Body, endpoint
from apps.api.envelope import success
from apps.api.moments import asked_moments
from apps.core.catalogue import tables
from apps.core.levels import Level
from apps.core.models import Row
from apps.core.refusals import Invalid, refuse_if
from apps.core.times import iso
from apps.products import parameters
from apps.products.api import unit
from apps.products.models import Product
from apps.repairs import actions, queries


@endpoint("GET", level=Level.OVERVIEW, fetch=unit)
def parts(request: Request, product: Product) -> HttpResponse:
    """What sits and what sat in the unit: {part_id: the part, its latest fitting, its type, what may replace it}."""
    fittings = queries.latest_fittings(product)
    replacements = queries.replacements(product, {fitting.part.part_type_id for fitting in fittings})
    found = {}
    for fitting in fittings:
        part = fitting.part
        found[str(part.pk)] = {
            **_record("parts", part),
            "part_product_linker": _record("part_product_linker", fitting),
            "part_type": _record("part_types", part.part_type),
            "replacement_part_types": [_record("part_types", kind) for kind in replacements.get(part.part_type_id, [])],
        }
    return success("Parts found.", found)


class HistoryQuery(Body):
    """`date`: a time; with it the answer is what was active then."""

    date: str | None = None


@endpoint("GET", level=Level.OVERVIEW, fetch=unit, body=HistoryQuery)
def parameters_history(request: Request, product: Product, body: HistoryQuery) -> HttpResponse:
    """Parameters of the unit and of its parts, all that ever were; or with a `date` those that were active then."""
    at: dt.datetime | None = asked_moments(body, "date").get("date")
    data = {
        "part_parameters": {
            str(part): [_record("part_parameters", row) for row in rows]
            for part, rows in queries.part_parameters(product, at).items()
        },
        "product_parameters": [_record("product_parameters", row) for row in queries.product_parameters(product, at)],
    }
    if at is None:
        return success(f"Full parameter history for #{product.product_imei} returned successfully", data)
    return success(f"Active parameters of #{product.product_imei} at {iso(at)} returned successfully", data)


class EnergyLimitBody(Body):
    """Energy limits are passed in as strings; a JSON number is taken too."""

    energy_limit: StrictStr | StrictInt | StrictFloat

    @property
    def number(self) -> float:
        try:
            number = parameters.number(str(self.energy_limit))
        except ValueError:
            raise Invalid({"energy_limit": 'must be a number such as "120.5"'}) from None
        refuse_if(number < 0, "energy_limit", "must not be negative")
        return number


@endpoint("PUT", level=actions.suggest_energy_limit.level, fetch=unit, body=EnergyLimitBody)
def suggest_energy_limit(request: Request, product: Product, body: EnergyLimitBody) -> HttpResponse:
    """Order an energy limit, cut or raised to the bounds of the unit's battery, state and entity."""
    limit = actions.suggest_energy_limit(product, energy_limit=body.number, by=request.user)
    requested, applied = parameters.text_of(limit.requested), parameters.text_of(limit.applied)
    text = f"Energy limit of #{product.product_imei} set to {applied}"
    if limit.bounded:
        text += (
            f" (requested {requested}, truncated to the cap of {applied})"
            if limit.requested > limit.applied
            else f" (requested {requested}, raised to the minimum of {applied})"
        )
    data = {
        "requested": limit.requested, "applied": limit.applied, "max_energy_limit": limit.most,
        "min_energy_limit": limit.least, "bounded": limit.bounded,
    }  # fmt: skip
    return success(text, data)


def _record(path: str, row: Row) -> dict[str, Any]:
    """As the table answers it."""
    return reading.of_row(tables()[path], row)
