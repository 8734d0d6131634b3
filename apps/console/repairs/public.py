"""A unit's label, and the page behind it on which anybody tells a fault: without a log-in, a cookie, or a word about
the unit."""

from typing import Any

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils import translation
from django.views.decorators.csrf import csrf_exempt

from apps.accounts import signin
from apps.console.page import page
from apps.console.repairs.shared import absolute, qr
from apps.core.actors import PUBLIC
from apps.core.refusal_words import said
from apps.core.refusals import NotFound, Refused, TooMany
from apps.products import queries
from apps.repairs import public


@csrf_exempt  # nobody is signed in here, so there is nothing that another site could do in somebody's name
@page("GET", "POST", level=None)
def report(request: HttpRequest, token: str) -> HttpResponse:
    chosen = request.GET.get("lang", "")
    language = chosen if chosen in ("en", "fr") else translation.get_language() or "en"
    with translation.override(language):
        return _report(request, token, language)


def _report(request: HttpRequest, token: str, language: str) -> HttpResponse:
    context: dict[str, Any] = {"faults": public.FAULTS.items(), "language": language, "most": public.LONGEST}
    if request.method == "POST":
        context |= {"typed": request.POST.get("text", ""), "ticked": request.POST.getlist("fault")}
    try:
        product = public.unit_of(token)
        if request.method == "POST":
            signin.hold_back("fault", request, public.PER_SOURCE)
            public.report_fault(
                product,
                faults=context["ticked"],
                text=context["typed"].replace("\r", "")[: public.LONGEST * 2],
                by=PUBLIC,
            )
            where = reverse("console:report", args=[token])
            return HttpResponseRedirect(f"{where}?sent=1&lang={language}")
    except NotFound:
        return render(request, "console/repairs/report.html", context | {"unknown": True}, status=404)
    except Refused as refused:
        answer = render(request, "console/repairs/report.html", context | {"wrong": said(refused, fields=False)},
                        status=refused.status)  # fmt: skip
        if isinstance(refused, TooMany):
            answer["Retry-After"] = str(refused.retry_after)
        return answer
    return render(request, "console/repairs/report.html", context | {"sent": "sent" in request.GET})


@page("GET")
def unit_label(request: HttpRequest, imei: str) -> HttpResponse:
    """To print and stick on the unit."""
    reader: Any = request.user
    product = queries.fetch(imei, by=reader)
    address = absolute(request, reverse("console:report", args=[public.token_of(product)]))
    context = {"product": product, "address": address, "qr": qr(address)}
    return render(request, "console/repairs/unit_label.html", context)
