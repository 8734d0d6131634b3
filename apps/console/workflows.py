"""The workflows that there are, each as a picture with where its open repairs stand."""

from typing import Any

from django.db.models import Count
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.safestring import mark_safe
from django.utils.translation import get_language

from apps.console.page import page
from apps.core.levels import Level
from apps.repairs.models import Repair
from apps.workflows.definition.drawing import drawn
from apps.workflows.definition.library import library


@page("GET", level=Level.TECHNICAL)
def workflow(request: HttpRequest, name: str = "") -> HttpResponse:
    """One of them; by default the first."""
    name = name or next(iter(library()))
    if name not in library():
        raise Http404
    reader: Any = request.user
    language = get_language() or "en"
    open_now = Repair.objects.visible_to(reader).filter(running=True, workflow_name=name)
    counts = dict(open_now.values_list("workflow_state_id").annotate(Count("pk")))
    definition = library()[name]
    context = {
        "name": name, "title": definition.title.said(language), "description": definition.description.said(language),
        "workflows": [(one.name, one.title.said(language)) for one in library().values()],
        # Every text in it is escaped where it is drawn.
        "picture": mark_safe(drawn(definition, language, counts=counts)),  # noqa: S308
        "open": sum(counts.values()),
    }  # fmt: skip
    return render(request, "console/workflow.html", context)
