"""Photos of a repair: taken at the bench, shown in its history, served to those who see the repair."""

from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from apps.console.page import page
from apps.console.repairs.shared import Steps, fetch, number
from apps.core.levels import Level
from apps.core.refusal_words import labelled, said
from apps.core.refusals import Forbidden, NotFound, Refused, refuse_if
from apps.jobs.actions import MOST_BYTES
from apps.repairs import photos as actions
from apps.repairs import pictures
from apps.repairs.models import PhotoFile, Repair

KEPT = 600  # seconds in the browser of whoever may see it


def photos_of(repair: Repair, reader: Any) -> dict[str, Any]:
    """What templates/console/repairs/_photos.html needs; the step screen includes it too."""
    steps = Steps()
    return {
        "repair": repair,
        "photos": [
            (photo, steps.called(repair, photo.state_id), photo.created_by == reader.name_for_record and repair.running)
            for photo in repair.photos.order_by("pk")
        ],
        "most_of_a_photo": pictures.MOST_BYTES,
        "most_of_a_request": MOST_BYTES,
        "may_add_photos": repair.running and reader.level >= actions.add_photos.level,
    }


@page("GET", "POST", level=actions.add_photos.level)
def photos(request: HttpRequest, key: int) -> HttpResponse:
    reader: Any = request.user
    repair = fetch(request, key)
    if request.method != "POST":
        return _shown(request, repair)
    files = request.FILES.getlist("photo")
    try:
        most = actions.MOST_AT_ONCE
        refuse_if(len(files) > most, "photo", f"would be more than the {most} that can be sent at once")
        made = [_prepared(file) for file in files]
        rows = actions.add_photos(repair, pictures=made, by=reader)
    except (NotFound, Forbidden):
        raise
    except Refused as refused:
        return _shown(request, repair, said(refused, fields=lambda _name: _("Photo")), refused.status)
    text = ngettext("%(count)d photo is kept.", "%(count)d photos are kept.", len(rows)) % {"count": len(rows)}
    messages.success(request, text)
    return redirect("console:bench_photos", key=repair.pk)


def _prepared(file: Any) -> pictures.Picture:
    """Of several photos the bad one is named."""
    try:
        return pictures.prepared(file, size=file.size or 0)
    except Refused as refused:
        named = Refused(labelled(str(file.name)[:80], said(refused, fields=False)))
        named.status = refused.status
        raise named from None


def _shown(request: HttpRequest, repair: Repair, wrong: str = "", status: int = 200) -> HttpResponse:
    context = photos_of(repair, request.user) | {"product": repair.product, "wrong": wrong}
    return render(request, "console/repairs/photos.html", context, status=status)


@page("POST", level=actions.remove_photo.level)
def remove_photo(request: HttpRequest, key: int) -> HttpResponse:
    reader: Any = request.user
    repair = fetch(request, key)
    photo = repair.photos.filter(pk=number(request.POST.get("photo")) or 0).first()
    if photo is None:
        return _shown(request, repair, _("This photo is not here any more."), 400)
    try:
        actions.remove_photo(photo, by=reader)
    except NotFound:
        raise
    except Refused as refused:
        return _shown(request, repair, said(refused, fields=False), refused.status)
    messages.success(request, _("The photo is removed."))
    return redirect("console:bench_photos", key=repair.pk)


@page("GET", level=Level.OVERVIEW)
def photo(request: HttpRequest, key: int, photo: int) -> HttpResponse:
    return _served(request, key, photo, "picture")


@page("GET", level=Level.OVERVIEW)
def small_photo(request: HttpRequest, key: int, photo: int) -> HttpResponse:
    return _served(request, key, photo, "small")


def _served(request: HttpRequest, key: int, photo: int, column: str) -> HttpResponse:
    repair = fetch(request, key)
    files = PhotoFile.objects.filter(photo__repair=repair, photo=photo if photo < 2**31 else 0)
    content = files.values_list(column, flat=True).first()
    if content is None:
        raise NotFound()
    response = HttpResponse(bytes(content), content_type="image/jpeg")
    response.headers["Content-Disposition"] = f'inline; filename="repair-{repair.pk}-{photo}.jpg"'
    response.headers["Content-Security-Policy"] = "default-src 'none'; sandbox"
    response.headers["Cross-Origin-Resource-Policy"] = "same-origin"
    response.headers["X-Content-Type-Options"] = "nosniff"
    response.headers["Cache-Control"] = f"private, max-age={KEPT}"
    return response
