"""Credit of many units from a list: pasted, or a spreadsheet's file. It becomes a job with a preview (dcm.bulk)."""

import re
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.formats import number_format
from django.utils.translation import gettext as _

from apps.console.page import page
from apps.core.refusal_words import said
from apps.core.refusals import Refused, refuse_if
from apps.dcm import actions
from apps.jobs import actions as jobs

KIND = "units.credit"
HEADING = ("imei", "days", "transaction_id")
_MARK = re.compile(r"[\t;,]")


@page("GET", "POST", level=actions.pay_in.level)
def many(request: HttpRequest) -> HttpResponse:
    reader: Any = request.user
    text, file = request.POST.get("lines", ""), request.FILES.get("file")
    context = {"lines": text, "most": number_format(jobs.MOST_ITEMS, force_grouping=True)}
    if request.method != "POST":
        return render(request, "console/credit/many.html", context)
    try:
        refuse_if(not file and not text.strip(), "lines", _("Give the lines, or a file that holds them."))
        refuse_if(file and text.strip(), "lines", _("Give either lines or a file, not both."))
        content = file.chunks(jobs.PIECE) if file else [headed(text).encode()]
        name = (file.name if file else None) or "list.csv"
        job = jobs.draft_from_file(kind=KIND, name=name, content=content, params={}, by=reader)
    except Refused as refused:
        context["problem"] = said(refused, fields=False)
        return render(request, "console/credit/many.html", context, status=refused.status)
    return redirect("console:job", key=job.pk)


def headed(text: str) -> str:
    """Pasted lines as a table; without a heading they are taken as unit, days and transaction id."""
    lines = [line for line in text.replace("\x00", "").splitlines() if line.strip()]
    first = lines[0] if lines else ""
    mark = next((one for one in "\t;," if first.count(one) == len(HEADING) - 1), "")
    if mark and any(character.isdigit() for character in _MARK.split(first)[0]):
        lines.insert(0, mark.join(HEADING))
    return "\n".join(lines)
