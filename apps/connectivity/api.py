"""Messages to units, and dead letters (contract/actions.md, "Units" and "RTC"; seed 004, "RTC Dead Letter Actions")."""

from typing import Annotated, Any, Literal, cast

from django.http import HttpResponse
from pydantic import AfterValidator, Field
from rest_framework.request import Request

from apps.api.endpoint import Body, endpoint
from apps.api.envelope import answer, error, success
from apps.api.reading import records
from apps.connectivity import actions, letters, queries
from apps.connectivity.models import RtcDeadLetter, SmsHistory
from apps.connectivity.tables import SMS
from apps.connectivity.wire import broker
from apps.core.identifiers import is_blank
from apps.core.levels import Level
from apps.core.refusals import Invalid, NotFound
from apps.products import queries as units
from apps.products.models import Product


def unit(request: Request, imei: str) -> Product:
    return units.fetch(imei, by=cast(Any, request.user))


def dead_letter(request: Request, key: int) -> RtcDeadLetter:
    if key >= 2**31:
        raise NotFound()
    return queries.fetch_dead_letter(key, by=cast(Any, request.user))


def _said(command: str) -> str:
    if is_blank(command):
        raise ValueError("may not be blank")
    return command


class CommandBody(Body):
    command: Annotated[str, Field(max_length=1000), AfterValidator(_said)]


class OnlineBody(Body):
    status: Literal["online", "offline"]


@endpoint("POST", level=actions.send_wakeup.level, fetch=unit)
def send_wakeup(request: Request, product: Product) -> HttpResponse:
    """Queue a wake-up SMS, which makes the unit connect at once. `data` is its record: `message_reference` is null
    until the gateway took it, `status` null until it is Delivered or Expired. 429 beyond the day's quota."""
    row = actions.send_wakeup(product, by=request.user)
    return success("sms successfully sent", records(SMS, SmsHistory.objects.filter(pk=row.pk))[0])


@endpoint("POST", level=actions.request_sync.level, fetch=unit)
def sync(request: Request, product: Product) -> HttpResponse:
    """Ask an RTC-enabled unit for its status and telemetry."""
    actions.request_sync(product, by=request.user)
    return success("sync request successfully sent", {})


@endpoint("POST", level=actions.send_status_update.level, fetch=unit)
def status_update(request: Request, product: Product) -> HttpResponse:
    """Send an RTC-enabled unit its latest orders and parameters."""
    actions.send_status_update(product, by=request.user)
    return success("status update successfully sent", {})


@endpoint("POST", level=actions.send_command.level, fetch=unit, body=CommandBody)
def command_request(request: Request, product: Product, body: CommandBody) -> HttpResponse:
    """Send an RTC-enabled unit a debug or diagnostic command."""
    actions.send_command(product, command=body.command, by=request.user)
    return success("command successfully sent", {})


@endpoint("POST", level=actions.set_online_status.level, fetch=unit, body=OnlineBody)
def rtc_online_status(request: Request, product: Product, body: OnlineBody) -> HttpResponse:
    """Note that an RTC-enabled unit is on or off line."""
    actions.set_online_status(product, status=body.status, by=request.user)
    return success("RTC online status set", {})


@endpoint("POST", level=actions.force_connection.level, fetch=unit)
def force_connection(request: Request, product: Product) -> HttpResponse:
    """Make the unit connect: a sync for RTC-enabled units, a wake-up SMS for others."""
    actions.force_connection(product, by=request.user)
    return success("Force connection request sent", {})


@endpoint("POST", level=actions.keep_dead_letters.level)
def import_mo_dead_letters(request: Request) -> HttpResponse:
    """Copy the letters of the queue RTC-MO.Dead-Letter into the table. 503 where the broker does not answer."""
    return _import(request, RtcDeadLetter.MO, "MO dead letters imported")


@endpoint("POST", level=actions.keep_dead_letters.level)
def import_mt_reply_dead_letters(request: Request) -> HttpResponse:
    """Copy the letters of the queue RTC-MT.Reply.Dead-Letter into the table. 503 where the broker does not answer."""
    return _import(request, RtcDeadLetter.REPLY, "MT Reply dead letters imported")


def _import(request: Request, queue: str, message: str) -> HttpResponse:
    def keep(bodies: list[bytes]) -> int:
        return cast(int, actions.keep_dead_letters(queue=queue, bodies=bodies, by=request.user))

    keep([])  # whoever may not is told so before anything is taken out
    try:
        broker.drain(queue + broker.DEAD, keep)
    except broker.away_errors():
        response = answer(error("The message broker does not answer; try again in a moment", "unavailable"), 503)
        response["Retry-After"] = "5"
        return response
    return success(message, {})


@endpoint("PUT", level=actions.replay_dead_letter.level, fetch=dead_letter)
def replay(request: Request, letter: RtcDeadLetter) -> HttpResponse:
    """Settle the letter now. Whether that went well stands in its `replay_status`; 400 for one that was discarded."""
    actions.replay_dead_letter(key=letter.pk, by=request.user)
    return success("Dead letter message replayed")


@endpoint("PUT", level=actions.discard_dead_letter.level, fetch=dead_letter)
def discard(request: Request, letter: RtcDeadLetter) -> HttpResponse:
    """Put the letter aside: it is not to be processed further."""
    actions.discard_dead_letter(key=letter.pk, by=request.user)
    return success("Dead letter message discarded")


@endpoint("GET", level=Level.OVERVIEW, fetch=dead_letter)
def decode(request: Request, letter: RtcDeadLetter) -> HttpResponse:
    """What is in the letter, to be shown to people; 400 where it can't be read."""
    try:
        text = queries.decoded(letter)
    except letters.NoLetter as problem:
        raise Invalid({"payload": str(problem)}) from None
    return success("Dead letter message decoded", f"Decoded message: {text}")
