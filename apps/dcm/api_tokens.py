"""OpenPAYGO tokens of a unit (ours; contract/actions.md, "OpenPAYGO")."""

from typing import Any

from django.http import HttpResponse
from pydantic import StrictBool, StrictStr
from rest_framework.request import Request

from apps.api.endpoint import Body, endpoint
from apps.api.envelope import success
from apps.core.levels import Level
from apps.core.refusals import refuse_if
from apps.core.times import iso
from apps.dcm import actions, queries
from apps.dcm.models import OfflineToken
from apps.products.api import unit
from apps.products.models import Product


class TokenBody(Body):
    """`transaction_id` of an outstanding command; or `type`, `unlock` or `sync`, with an id never used before."""

    transaction_id: StrictStr | None = None
    type: StrictStr | None = None


class EnteredBody(Body):
    transaction_id: StrictStr
    entered: StrictBool


@endpoint("POST", level=actions.issue_token.level, fetch=unit, body=TokenBody)
def issue_offline_token(request: Request, product: Product, body: TokenBody) -> HttpResponse:
    """A code that a person types into the unit; the command it stands for is told the unit no more. The same id and
    type again: the same code. `units`: days × the unit's time divider.

    400 with a `code`: `no_key`, `unknown_command`, `not_outstanding`, `not_expressible`, `not_paid_off`, `sync_first`,
    `duplicate`. `unlock` needs ADMIN."""
    row = actions.issue_token(product, transaction_id=body.transaction_id, kind=body.type, by=request.user)
    return success(f"Token for product #{product.product_imei}", _told(row), status=201)


@endpoint("PUT", level=actions.token_entered.level, fetch=unit, body=EnteredBody)
def enter_offline_token(request: Request, product: Product, body: EnteredBody) -> HttpResponse:
    """Somebody saw the unit take the code: its command is acknowledged."""
    refuse_if(not body.entered, "entered", "must be true: what was entered stays so")
    row = actions.token_entered(product, transaction_id=body.transaction_id, by=request.user)
    return success(f"Token of product #{product.product_imei} entered", _kept(row))


@endpoint("GET", level=Level.TECHNICAL, fetch=unit)
def read_offline_tokens(request: Request, product: Product) -> HttpResponse:
    """The unit's codes, the newest first. `state`: issued, entered, or dead: the unit takes it no more."""
    return success("Tokens", [_kept(row) for row in queries.tokens_of(product)])


def _told(row: OfflineToken) -> dict[str, Any]:
    return {
        "transaction_id": row.transaction_id,
        "token": row.token,
        "type": row.type,
        "count": row.count,
        "units": row.units,
    }


def _kept(row: OfflineToken) -> dict[str, Any]:
    kept = {"issued_at": iso(row.issued_at), "issued_by": row.issued_by, "state": row.state}
    return _told(row) | kept
