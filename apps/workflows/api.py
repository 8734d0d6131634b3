"""Repairs that a workflow runs (contract/actions.md, "Repairs"; seed 004, "Repair Actions", "get_repair")."""

from typing import Any, cast

from django.http import HttpResponse
from django.utils.http import parse_etags
from django.utils.translation import get_supported_language_variant
from django.utils.translation.trans_real import parse_accept_lang_header
from pydantic import ConfigDict
from rest_framework.request import Request

from apps.api.endpoint import Body, endpoint
from apps.api.envelope import success
from apps.core.levels import Level
from apps.core.refusals import Invalid, NotFound
from apps.products.api import unit
from apps.products.models import Product
from apps.repairs.models import Repair
from apps.workflows import actions, queries

UPDATED = "Repair updated"
LONGEST_KEY = 10  # digits of a key that a table can have


def repair(request: Request, key: int) -> Repair:
    """What `<repair_id>` in a path names, within the scope."""
    return queries.fetch(key, by=cast(Any, request.user))


def language_of(request: Request) -> str:
    """By the weights of Accept-Language (RFC 9110); en where nothing fits."""
    for tag, weight in parse_accept_lang_header(request.META.get("HTTP_ACCEPT_LANGUAGE", "").lower()):
        if tag == "*" or not weight:  # the heaviest come first, and a weight of 0 says "not this one"
            break
        try:
            return get_supported_language_variant(tag)
        except LookupError:
            continue
    return "en"


@endpoint("GET", level=actions.open_repair.level, fetch=unit)
def get_repair(request: Request, product: Product) -> HttpResponse:
    """The repair of a unit in the repair system, opened where there is none (a HEAD opens none)."""
    by = cast(Any, request.user)
    if request.method == "HEAD" and queries.running_of(product) is None:
        raise NotFound("There is no open repair")
    found = actions.open_repair(product, by=by)
    data: dict[str, Any] = {"repair_id": found.pk}
    if config := queries.definition_of(found).config:
        data["config"] = config
    return success("Repair found", data)


@endpoint("GET", level=Level.OVERVIEW, fetch=repair)
def current_state(request: Request, found: Repair) -> HttpResponse:
    """The step to be taken now, in the language of Accept-Language."""
    language = language_of(request)
    answer = success("Repair found", queries.as_answer(found, language))
    answer["ETag"] = queries.tag(found)
    answer["Content-Language"] = language
    answer["Vary"] = "Accept-Language"
    return answer


class InputsBody(Body):
    """`{ident: value}` of some or all of the inputs of the step."""

    model_config = ConfigDict(extra="allow")


@endpoint("PUT", level=actions.send_inputs.level, fetch=repair, body=InputsBody)
def send_inputs(request: Request, found: Repair, body: InputsBody) -> HttpResponse:
    """Keep inputs of the step; a state without events moves on when all of them are in."""
    given = body.model_extra or {}
    actions.send_inputs(found, given=given, seen=_seen(request, found), by=cast(Any, request.user))
    return success(UPDATED, {})


class EventBody(Body):
    """`{"event": ident}` and nothing else."""

    model_config = ConfigDict(extra="allow")


@endpoint("PUT", level=actions.send_event.level, fetch=repair, body=EventBody)
def send_events(request: Request, found: Repair, body: EventBody) -> HttpResponse:
    """Take the step of this event, with the inputs that are in."""
    given = body.model_extra or {}
    errors = {str(name)[:80]: "has no place here; an event is sent alone" for name in given if name != "event"}
    ident = given.get("event")
    if ident is None:
        errors["event"] = "is required"
    elif not isinstance(ident, str):
        errors["event"] = "must be a text"
    if errors:
        raise Invalid(errors)
    actions.send_event(found, ident=ident, seen=_seen(request, found), by=cast(Any, request.user))
    return success(UPDATED, {})


@endpoint("PUT", level=actions.undo.level, fetch=repair)
def undo(request: Request, found: Repair) -> HttpResponse:
    """Take the last step back, with what it did (ours)."""
    actions.undo(found, seen=_seen(request, found), by=cast(Any, request.user))
    return success(UPDATED, {})


class OverrideBody(Body):
    """Why the repair is closed although an exit check fails."""

    reason: str


@endpoint("PUT", level=actions.override_exit_checks.level, fetch=repair, body=OverrideBody)
def override_exit_checks(request: Request, found: Repair, body: OverrideBody) -> HttpResponse:
    """Let the repair be closed as repaired although an exit check fails; the reason stays with it (ours)."""
    by = cast(Any, request.user)
    actions.override_exit_checks(found, reason=body.reason, seen=_seen(request, found), by=by)
    return success(UPDATED, {})


@endpoint("GET", level=Level.OVERVIEW, fetch=repair)
def history(request: Request, found: Repair) -> HttpResponse:
    """The states that it went through, the oldest first and the present one last."""
    language, definition = language_of(request), queries.definition_of(found)
    data = [
        {"ident": ident, "name": queries.state_in(definition, ident).name.said(language)}
        for ident in queries.visited(found)
    ]
    return success("Repair state found", data)


class ListQuery(Body):
    """`entity_id`: of a present entity of the unit; `username`: who opened it; `repair_state`: where it stands."""

    entity_id: str | None = None
    username: str | None = None
    repair_state: str | None = None


@endpoint("GET", level=Level.OVERVIEW, body=ListQuery)
def list_current_states(request: Request, body: ListQuery) -> HttpResponse:
    """Open repairs with their states, unpaged."""
    if body.entity_id is not None and not body.entity_id.isdecimal():
        raise Invalid({"entity_id": "must be a whole number"})
    language = language_of(request)
    # Of any length: Python reads numbers of a few thousand digits at most.
    entity_id = int(body.entity_id[-LONGEST_KEY:]) if body.entity_id else None
    if body.entity_id and len(body.entity_id.lstrip("0")) > LONGEST_KEY:
        entity_id = 0  # no entity has such a key
    rows = list(
        queries.listed(by=cast(Any, request.user), entity_id=entity_id, username=body.username, state=body.repair_state)
    )
    known = queries.definitions_of(rows)
    data = [
        {
            "created_by": row.created_by,
            "product_imei": row.product_id,
            "repair_id": row.pk,
            "repair_state_id": row.workflow_state_id,
            "repair_state_name": queries.called(row, known.get(row.pk), language),
        }
        for row in rows
    ]
    return success("Repair states found", data)


def _seen(request: Request, found: Repair) -> str | None:
    """If-Match: the tag of the step that the caller looked at, or a list of such (RFC 9110). `*`: whichever it is."""
    given = request.META.get("HTTP_IF_MATCH", "").strip()
    if given in ("", "*"):
        return None
    present = queries.tag(found)
    # The tag is of the step and not of the bytes. An answer that was compressed on its way came with it as a weak one.
    return present if present in [tag.removeprefix("W/") for tag in parse_etags(given)] else given
