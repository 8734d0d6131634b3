"""Coming in and going out, and what a person settles for themselves: password, second step, browsers, language."""

import zoneinfo
from collections.abc import Callable
from typing import Any

from django.conf import settings
from django.contrib.auth import login as start_session
from django.contrib.auth import logout as end_session
from django.contrib.auth.password_validation import password_validators_help_texts
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext as _
from django.utils.translation import ngettext, override

from apps.accounts import actions, links, second_step
from apps.accounts.models import Session, SignIn, Token, User, Visibility
from apps.accounts.sessions import kept_as, note_whence
from apps.accounts.signin import check_code, check_password, remember_device, sign_in, source_of
from apps.accounts.words import LEVELS, SCOPES
from apps.console import unsent
from apps.console.page import page
from apps.core.refusal_words import said, translated
from apps.core.refusals import Invalid, NotFound, Refused, TooMany

HALF_WAY = "_password_was_right"  # in a session that is not yet anybody's: {user, at, next}
CHOSEN = "_password_chosen"  # in a session that is not yet anybody's: the e-mail address that has a password now
CODE_WITHIN = 600  # seconds
SHOWN = 12


@page("GET", "POST", level=None)
def login(request: HttpRequest) -> HttpResponse:
    """Sign in with the same users as the API."""
    back = safe(request, request.POST.get("next") or request.GET.get("next"))
    kept = unsent.held_by(request)
    if request.user.is_authenticated:  # by another tab, it may be
        return redirect("console:unsent" if unsent.keep_for(request, kept) else back)
    username, error, status = request.POST.get("username", "").strip(), "", 200
    chosen = request.session.pop(CHOSEN, "")
    if request.method == "POST":
        try:
            user = sign_in(request, username, request.POST.get("password", ""), door=SignIn.Door.BROWSER)
        except TooMany as refused:
            error, status = _wait(refused), 429
        else:
            if user is not None and second_step.in_force(user):
                request.session.cycle_key()
                held = {"user": user.pk, "at": timezone.now().timestamp(), "next": back, "kept": kept}
                request.session[HALF_WAY] = held
                return redirect("console:login_code")
            if user is not None:
                return _let_in(request, user, back, kept)
            error = _("This e-mail address and password do not go together. Check both and try again.")
            status = 401
    context = {"next": back, "username": username or chosen, "error": error, "kept": kept, "chosen": bool(chosen)}
    return render(request, "console/login.html", context, status=status)


def login_again(request: HttpRequest) -> HttpResponse:
    """The log-in page of a browser in which somebody has signed in or out since it was opened: its form bears an old
    token and was not looked at. It comes again with a fresh one, and with the form that it was keeping."""
    context = {
        "next": safe(request, request.POST.get("next")), "username": request.POST.get("username", ""),
        "kept": unsent.held_by(request), "stale": True,
    }  # fmt: skip
    return render(request, "console/login.html", context, status=403)


@page("GET", "POST", level=None)
def login_code(request: HttpRequest) -> HttpResponse:
    """The second step, soon after a right password."""
    held = request.session.get(HALF_WAY) or {}
    user = User.objects.filter(pk=held.get("user"), is_active=True).first()
    if user is None or timezone.now().timestamp() - held["at"] > CODE_WITHIN:
        request.session.pop(HALF_WAY, None)
        return redirect("console:login")
    error, status = "", 200
    if request.method == "POST":
        try:
            if check_code(request, user, request.POST.get("code", "")[:40], door=SignIn.Door.BROWSER):
                del request.session[HALF_WAY]
                return _let_in(request, user, held["next"], held.get("kept", ""))
            error, status = _("This code is not right, or it has been used. Wait for the next one and try again."), 401
        except TooMany as refused:
            error, status = _wait(refused), 429
    return render(request, "console/login_code.html", {"error": error}, status=status)


def _let_in(request: HttpRequest, user: User, back: str, kept: str = "") -> HttpResponse:
    start_session(request, user)
    note_whence(request, source_of(request))
    if unsent.keep_for(request, kept):
        back = reverse("console:unsent")
    response = redirect(back)
    remember_device(response, user)
    if user.language:
        _keep_language(response, user.language)
    return response


def _wait(refused: TooMany) -> str:
    minutes = -(-refused.retry_after // 60)
    return ngettext(
        "Too many attempts. Please wait %(minutes)d minute.",
        "Too many attempts. Please wait %(minutes)d minutes.",
        minutes,
    ) % {"minutes": minutes}


@page("POST", level=None)
def logout(request: HttpRequest) -> HttpResponse:
    end_session(request)
    return redirect("console:login")


@page("POST", level=None)
def language(request: HttpRequest) -> HttpResponse:
    """Choose the language; kept with the user, or in a cookie before signing in."""
    chosen = request.POST.get("language", "")
    known, kept = chosen in dict(settings.LANGUAGES), unsent.held_by(request)
    response: HttpResponse = redirect(safe(request, request.POST.get("next")))
    if kept and known:  # the page that is read cannot be fetched anew: it is the answer to a form
        with override(chosen):
            request.LANGUAGE_CODE = chosen
            here = request.user.is_authenticated
            context = {"next": "/", "kept": kept, "ended": not here, "stale": here}
            response = render(request, "console/login.html", context)
    if known:
        _keep_language(response, chosen)
        if request.user.is_authenticated:
            actions.set_language(request.user, language=chosen, by=request.user)
    return response


@page("GET", "POST", level=None)
def password(request: HttpRequest, uid: str, token: str) -> HttpResponse:
    """Choose a password by a link: an invitation, or for one that is lost."""
    user = links.user_of(uid, token)
    errors = {}
    if user is not None and request.method == "POST":
        try:
            errors = _new_password(
                request, lambda chosen: actions.set_password_by_link(uid=uid, token=token, password=chosen, by=user)
            )
        except NotFound:  # used a moment ago, by another press
            user = None
    if user is None:
        text = _("It has been used, or is older than three days. Ask your administrator for a new one.")
        gone = {"status": "", "title": _("This link works no more"), "message": text}
        return render(request, "error.html", gone, status=410)
    if request.method == "POST" and not errors:
        end_session(request)  # the new password ended it, if it was theirs; and whoever it was, they now sign in anew
        request.session[CHOSEN] = user.email
        return redirect(f"{reverse('console:login')}?next=/")
    context: dict[str, Any] = {"person": user, "errors": errors, "rules": password_validators_help_texts()}
    response = render(request, "console/password.html", context, status=400 if errors else 200)
    # The address is a key, and stays with us. Not no-referrer: browsers then send `Origin: null` along with the form.
    response.headers["Referrer-Policy"] = "same-origin"
    return response


def _new_password(request: HttpRequest, keep: Callable[[str], Any]) -> dict[str, str]:
    chosen = request.POST.get("password", "")
    if chosen != request.POST.get("again", ""):
        return {"again": _("The two are not the same.")}
    try:
        keep(chosen)
    except Invalid as refused:
        return _errors(refused)
    return {}


def _errors(refused: Invalid) -> dict[str, str]:
    return {name: translated(text) for name, text in refused.errors.items()}


@page("GET")
def account(request: HttpRequest) -> HttpResponse:
    return _account(request)


def _account(request: HttpRequest, status: int = 200, **more: Any) -> HttpResponse:
    user: Any = request.user
    context = {
        "level_words": LEVELS[user.level], "scope_words": SCOPES[Visibility(user.scope)],
        "second_step": second_step.in_force(user), "rules": password_validators_help_texts(),
        "sessions": Session.objects.filter(user=user, expire_date__gt=timezone.now()).order_by("-seen_at"),
        "this": kept_as(request.session.session_key),
        "tokens": Token.objects.filter(user=user, expires_at__gt=timezone.now()),
        "sign_ins": SignIn.objects.filter(user=user).order_by("-id")[:SHOWN],
        "languages": settings.LANGUAGES, "zones": sorted(zoneinfo.available_timezones() - {"Factory", "localtime"}),
    }  # fmt: skip
    return render(request, "console/account.html", context | more, status=status)


@page("POST")
def preferences(request: HttpRequest) -> HttpResponse:
    given = {name: request.POST.get(name, "") for name in ("display_name", "language", "time_zone")}
    try:
        actions.set_preferences(request.user, by=request.user, **given)
    except Invalid as refused:
        return _account(request, status=400, errors=_errors(refused))
    response = redirect("console:account")
    if given["language"]:
        _keep_language(response, given["language"])
    else:
        response.delete_cookie(settings.LANGUAGE_COOKIE_NAME)
    return response


@page("POST")
def change_password(request: HttpRequest) -> HttpResponse:
    """The present one first; then everybody else who is signed in as this person is signed out."""
    user: Any = request.user
    if problem := _not_me(request):
        return _account(request, status=problem[0], errors={"old": problem[1]})
    errors = _new_password(request, lambda chosen: actions.set_password(user, password=chosen, by=user))
    if errors:
        return _account(request, status=400, errors=errors)
    end_session(request)
    return _let_in(request, user, reverse("console:account"))


def _not_me(request: HttpRequest) -> tuple[int, str] | None:
    """(status, text) unless `old` is the present password. Counted as at signing in: who has found an open browser has
    no more guesses than who stands outside."""
    user: Any = request.user
    try:
        if check_password(request, user.email, request.POST.get("old", "")) == user:
            return None
    except TooMany as refused:
        return 429, _wait(refused)
    return 400, _("This is not your present password.")


@page("POST")
def revoke(request: HttpRequest) -> HttpResponse:
    """A browser, a token, or all of them, this one included."""
    user: Any = request.user
    if request.POST.get("everything"):
        actions.sign_out_everywhere(user, by=user)
    else:
        revoke_one(user, request.POST, by=user)
    if not request.session.exists(request.session.session_key or ""):
        end_session(request)
        return redirect("console:login")
    return redirect("console:account")


def revoke_one(user: User, form: Any, *, by: Any) -> None:
    """What a button of _access.html names."""
    if session := form.get("session"):
        actions.revoke_session(user, key=session, by=by)
    token = form.get("token", "")
    if token.isdecimal():
        actions.revoke_token(user, key=int(token[:18]), by=by)


@page("POST")
def second_step_begin(request: HttpRequest) -> HttpResponse:
    """A secret to scan; in force only when its first code comes back right."""
    user: Any = request.user
    if second_step.in_force(user):
        return redirect("console:account")
    step = second_step.begin(user)
    return _scan(request, step)


def _scan(request: HttpRequest, step: Any, error: str = "") -> HttpResponse:
    context = {"picture": second_step.picture_of(step), "secret": step.secret, "error": error}
    return render(request, "console/second_step.html", context, status=400 if error else 200)


@page("POST")
def second_step_on(request: HttpRequest) -> HttpResponse:
    user: Any = request.user
    step = getattr(user, "second_step", None)
    if step is None or step.in_force_since:
        return redirect("console:account")
    codes = second_step.put_in_force(user, request.POST.get("code", "")[:40])
    if codes is None:
        return _scan(request, step, _("This code is not right. Is the clock of your telephone right?"))
    return render(request, "console/second_step.html", {"codes": codes})


@page("POST")
def second_step_off(request: HttpRequest) -> HttpResponse:
    user: Any = request.user
    if problem := _not_me(request):
        return _account(request, status=problem[0], errors={"off": problem[1]})
    try:
        actions.turn_second_step_off(user, by=user)
    except Refused as refused:
        return _account(request, status=400, errors={"off": said(refused)})
    return redirect("console:account")


def safe(request: HttpRequest, back: str | None) -> str:
    """An address of ours to go back to: `back` where it is one, which begins with a slash."""
    if (
        back
        and back.startswith("/")
        and url_has_allowed_host_and_scheme(back, {request.get_host()}, require_https=request.is_secure())
    ):
        return back
    return reverse("console:home")


def _keep_language(response: HttpResponse, chosen: str) -> None:
    response.set_cookie(
        settings.LANGUAGE_COOKIE_NAME, chosen, max_age=365 * 86400, samesite="Lax",
        secure=settings.SESSION_COOKIE_SECURE,
    )  # fmt: skip
