"""Whose credit ends soon: figures per entity that lead to their units, as a list and as a file."""

from collections.abc import Iterator, Mapping
from itertools import islice
from typing import Any
from urllib.parse import urlencode

from django.http import HttpRequest, HttpResponse, StreamingHttpResponse
from django.shortcuts import render
from django.utils.functional import Promise
from django.utils.translation import get_language, gettext_lazy
from django.utils.translation import gettext as _

from apps.accounts.models import Entity
from apps.console.credit.requests import for_me
from apps.console.credit.shared import DAY, in_words
from apps.console.page import page, paged
from apps.core import sheets
from apps.core.levels import Level
from apps.dcm import soon as expiring
from apps.products import queries as units

WITHIN: Mapping[str, Promise] = {
    expiring.TODAY: gettext_lazy("Today"),
    expiring.THREE: gettext_lazy("Within 3 days"),
    expiring.SEVEN: gettext_lazy("Within 7 days"),
    expiring.EXPIRED: gettext_lazy("Ran out in the last 30 days"),
    expiring.LONG: gettext_lazy("Ran out before that"),
}
PIECE = 1000


@page("GET")
def soon(request: HttpRequest) -> HttpResponse:
    """`within` and `entity` choose the list; the figures are of all that the reader sees."""
    reader: Any = request.user
    within, entity = _choice(request)
    counts = expiring.counts(reader)
    total = {name: sum(found[name] for _entity, found in counts) for name in expiring.COUNTED}
    rows, links = paged(request, expiring.units(reader, within, entity.pk if entity else None))
    names = units.entity_names_of([row.product for row in rows], by=reader)
    context = {
        "heads": [(name, WITHIN[name]) for name in expiring.COUNTED],
        "counts": [(one, [(name, found[name]) for name in expiring.COUNTED]) for one, found in counts],
        "total": [(name, total[name]) for name in expiring.COUNTED] if len(counts) > 1 else [],
        "chips": [(_address(name, entity), label, name == within) for name, label in WITHIN.items()],
        "listed": [(row, in_words(row.balance), names.get(row.product_id, [])) for row in rows],
        "within": within, "title": WITHIN[within], "entity": entity, "address": _address(within, entity),
        "over": within in (expiring.EXPIRED, expiring.LONG),
        "for_me": for_me(reader).count(), "may_pay": reader.level > Level.OVERVIEW, **links,
    }  # fmt: skip
    return render(request, "console/credit/soon.html", context)


@page("GET")
def file(request: HttpRequest) -> Any:
    """The list as a file."""
    reader: Any = request.user
    within, entity = _choice(request)
    language = get_language() or "en"
    heading = [
        _("IMEI"), _("Serial number"), _("Unit type"), _("Entities"), _("Days left, as reported"),
        _("Credit ends (UTC)"), _("Reported (UTC)"),
    ]  # fmt: skip
    rows = expiring.units(reader, within, entity.pk if entity else None).iterator(chunk_size=PIECE)

    def pieces() -> Iterator[bytes]:
        yield sheets.csv_piece([heading], language=language, first=True)
        while some := list(islice(rows, PIECE)):
            names = units.entity_names_of([row.product for row in some], by=reader)
            lines = [
                [
                    row.product_id, row.product.serial_number, row.product.product_type.name,
                    ", ".join(names.get(row.product_id, [])), round(row.balance / DAY, 2), _utc(row.expected_expiry),
                    _utc(row.reported_at),
                ]
                for row in some
            ]  # fmt: skip
            yield sheets.csv_piece(lines, language=language, first=False)

    answer = StreamingHttpResponse(pieces(), content_type=sheets.KINDS["csv"])
    answer.headers["Content-Disposition"] = f'attachment; filename="credit-{within}.csv"'
    return answer


def _utc(at: Any) -> str:
    return f"{at:%Y-%m-%d %H:%M:%S}" if at else ""


def _choice(request: HttpRequest) -> tuple[str, Entity | None]:
    """What there is not is passed over, as is an entity that the reader does not see."""
    within, key = request.GET.get("within", ""), request.GET.get("entity", "")
    known = key.isascii() and key.isdecimal() and len(key) < 10
    entity = Entity.objects.visible_to(request.user).filter(pk=int(key)).first() if known else None
    return within if within in WITHIN else expiring.SEVEN, entity


def _address(within: str, entity: Entity | None) -> str:
    return urlencode({"within": within} | ({"entity": entity.pk} if entity else {}))
