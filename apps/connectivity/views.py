"""The door of SMS gateways: a delivery report. A plain view, for gateways know no tokens; its address is signed."""

from django.http import HttpRequest, HttpResponse
from django.views.decorators.csrf import csrf_exempt

from apps.api import envelope
from apps.api.errors import not_offered, plain
from apps.connectivity import actions, reports
from apps.connectivity.wire.sms import DELIVERED, FAILED
from apps.core.actors import SYSTEM


@csrf_exempt
def sms_report(request: HttpRequest, name: str) -> HttpResponse:
    """`status`: Kannel's mark. An address that we did not give out answers as one that does not exist."""
    if request.method != "GET":
        return not_offered("GET")
    meant, status = reports.opened(name), request.GET.get("status", "")
    if meant is None:
        return plain(404)
    if not (status.isascii() and status.isdecimal() and len(status) < 4):
        return envelope.answer(envelope.invalid({"status": "must be a whole number"}), 400)
    mark, (key, attempt) = int(status), meant
    delivered = True if mark in DELIVERED else False if mark in FAILED else None
    found = actions.sms_reported(
        key=key, attempt=attempt, delivered=delivered, detail=f"the gateway reported {mark}", by=SYSTEM
    )
    return envelope.answer({"status": "success", "message": "Report received", "data": None}) if found else plain(404)


sms_report.methods = ("GET",)  # type: ignore[attr-defined]
sms_report.who = "an SMS gateway"  # type: ignore[attr-defined]
