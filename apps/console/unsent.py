"""What somebody sent after their session had ended. Nothing was done with it; it is kept over the log-in, so that it
can be looked at and sent once more, by one press of whoever has signed in."""

from typing import Any

from django.core import signing
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.text import capfirst
from django.utils.translation import gettext

from apps.console.page import page
from apps.core import naming

SALT = "unsent-form"
LONGEST = 200_000  # characters
WITHIN = 86400  # seconds
IN_SESSION = "_unsent"
KEPT = "kept"
SEND = "_send"
SECRET = frozenset({"password", "again", "old", "code", "csrfmiddlewaretoken", "kept"})  # neither kept nor shown
OF_PAGES = frozenset({"next", "from", "sure", "action"})  # what our pages add to a form
BEGIN_OF_PAGES = ("_", "initial-")


def sealed(request: HttpRequest) -> str:
    """The form of this request as a text that only we can have made; empty where there is nothing to keep. Where it is
    the page that offers to send such a form, that form."""
    if request.path == reverse("console:unsent"):
        return held_by(request)
    fields = [
        (name, value) for name, values in request.POST.lists() if name not in SECRET for value in values
    ]  # files can't be kept: a browser has to be asked for them again
    names = [str(file.name) for _name, files in request.FILES.lists() for file in files]
    held = {"path": request.get_full_path(), "fields": fields, "files": names}
    if sum(len(name) + len(str(value)) for name, value in fields) > LONGEST:
        return ""
    return signing.dumps(held, salt=SALT, compress=True)


def held_by(request: HttpRequest) -> str:
    """What a page of ours took along in its form, if it is still good."""
    kept = request.POST.get(KEPT, "")
    return kept if opened(kept) else ""


def keep_for(request: HttpRequest, kept: str) -> bool:
    """For who has signed in: the form waits for them at `again`. False where there is none."""
    form = opened(kept)
    if form:
        request.session[IN_SESSION] = form
    return form is not None


def is_shown(name: str) -> bool:
    """Whether a field of this name was filled in by a person and may be shown to them again."""
    return name not in SECRET | OF_PAGES and not name.startswith(BEGIN_OF_PAGES)


def opened(text: str) -> dict[str, Any] | None:
    try:
        found: dict[str, Any] = signing.loads(text, salt=SALT, max_age=WITHIN)
    except signing.BadSignature:
        return None
    return found


def _label(name: str) -> str:
    """What pages call a column of this name."""
    words = name.replace("_", " ")
    return str(capfirst(gettext(naming.COLUMNS.get(words, words))))


@page("GET", "POST")
def again(request: HttpRequest) -> HttpResponse:
    """Show it and offer to send it; POST: send it, or leave it."""
    held = request.session.get(IN_SESSION)
    if request.method == "POST":  # once, whatever comes of it
        request.session.pop(IN_SESSION, None)
        if held and SEND in request.POST:
            return HttpResponse(
                status=307, headers={"Location": held["path"]}
            )  # the same form, to where it was meant for
        return redirect("console:home")
    if not held:
        return redirect("console:home")
    texts = [(_label(name), value) for name, value in held["fields"] if is_shown(name) and str(value).strip()]
    # It goes along in the page too: this session may end before the form is sent.
    kept = signing.dumps(held, salt=SALT, compress=True)
    return render(request, "console/unsent.html", {"unsent": held, "texts": texts, "again": kept})
