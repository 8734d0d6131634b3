"""People in the admin: invited, given a level and a scope, signed out, closed. The rules are apps.accounts.actions."""

from typing import Any

from django.contrib import admin, messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.html import format_html_join
from django.utils.safestring import mark_safe
from django.utils.translation import gettext_lazy as _
from unfold.decorators import action, display

from apps.accounts import actions, second_step
from apps.accounts.links import links_are_mailed, password_path
from apps.accounts.models import Entity, Hub, Session, SignIn, Token, User
from apps.accounts.queries import looks_after
from apps.accounts.words import LEVELS, SCOPES
from apps.core.actors import Actor
from apps.core.admin.logs import PlainAdmin
from apps.core.admin.tables import RowAdmin
from apps.core.answers import holds_secret
from apps.core.levels import Level
from apps.core.refusal_words import said
from apps.core.refusals import NotFound, Refused

GIVEN = ("display_name", "permissions", "scope", "entity", "hub", "shop")
SHOWN = 50


class UserAdmin(RowAdmin):
    for_model = User
    list_display = ("email", "display_name", "permissions", "scope", "entity", "open", "last_login")
    list_filter = ("permissions", "scope", "entity")
    actions_detail = ("access",)

    def _may(self, request: HttpRequest, needed: Any) -> bool:
        user: Any = request.user
        return bool(user.is_authenticated and user.is_staff and user.level >= Level.SYSTEM)

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False  # records name them; an account is closed instead

    def has_import_permission(self, request: HttpRequest) -> bool:
        return False

    @display(description=_("Open"), boolean=True)
    def open(self, row: User) -> bool:
        return row.is_active

    def get_fields(self, request: HttpRequest, obj: Any = None) -> list[str]:
        return ["email", *GIVEN] if obj is None else ["email", *GIVEN, "is_active", "last_login", "said_created_by"]

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> list[str]:
        return [] if obj is None else ["email", "last_login", "said_created_by"]

    def formfield_for_dbfield(self, db_field: Any, request: HttpRequest, **kwargs: Any) -> Any:
        field = super().formfield_for_dbfield(db_field, request, **kwargs)
        words: dict[str, dict[Any, Any]] = {"permissions": dict(LEVELS), "scope": dict(SCOPES)}
        if field is not None and db_field.name in words:
            called = dict(db_field.flatchoices)
            lines = [
                (str(called[key.value]).partition(":")[0].strip(), text) for key, text in words[db_field.name].items()
            ]
            field.help_text = format_html_join(mark_safe("<br>"), "{} – {}", lines)
        if field is not None and db_field.name == "is_active":
            field.label, field.help_text = _("Open"), _("A closed account is signed out everywhere, at once.")
        return field

    def write(self, form: Any, by: Actor) -> Any:
        given = {name: form.cleaned_data.get(name) for name in form.cleaned_data}
        if form.instance._state.adding:
            return actions.invite_user(by=by, **given)
        changed = {name: given[name] for name in form.changed_data if name in actions.GIVEN}
        return actions.change_user(form.instance, by=by, **changed)

    def response_add(self, request: HttpRequest, obj: Any, post_url_continue: Any = None) -> HttpResponse:
        """The next thing to do is to hand on the link."""
        return redirect(self._page("access", obj))

    def _page(self, page: str, user: User) -> str:
        return reverse(f"admin:accounts_user_{page}", args=[user.pk])

    @action(description=_("Access"), icon="key")
    def access(self, request: HttpRequest, object_id: Any) -> HttpResponse:
        """Browsers, tokens, sign-ins and the second step of somebody; SYSTEM revokes."""
        try:
            user = self._person(request, object_id)
            if request.method == "POST":
                return self._revoke(request, user)
        except Refused as refused:
            messages.error(request, said(refused))
            return redirect("admin:accounts_user_changelist")
        now = timezone.now()
        by: Any = request.user
        may = looks_after(user, by)
        wanted = bool(request.GET.get("link")) or not user.has_usable_password()
        context = {
            **self.admin_site.each_context(request), "title": _("Access"), "opts": self.opts, "person": user,
            "sessions": Session.objects.filter(user=user, expire_date__gt=now).order_by("-seen_at"),
            "tokens": Token.objects.filter(user=user, expires_at__gt=now).order_by("-pk"),
            "sign_ins": SignIn.objects.filter(user=user).order_by("-id")[:SHOWN],
            "second_step": second_step.in_force(user), "may": may,
            "link": request.build_absolute_uri(password_path(user)) if may and wanted and user.is_active else "",
            "mailed": links_are_mailed(), "back": reverse("admin:accounts_user_change", args=[user.pk]),
            "level_words": LEVELS[user.level],
        }  # fmt: skip
        return holds_secret(render(request, "admin/access.html", context))

    def _revoke(self, request: HttpRequest, user: User) -> HttpResponse:
        by: Any = request.user
        if request.POST.get("everything"):
            actions.sign_out_everywhere(user, by=by)
        elif request.POST.get("second_step"):
            actions.turn_second_step_off(user, by=by)
        elif request.POST.get("link"):
            actions.send_password_link(user, by=by)
            return redirect(f"{self._page('access', user)}?link=1")
        elif session := request.POST.get("session"):
            actions.revoke_session(user, key=session, by=by)
        elif (token := request.POST.get("token", "")).isdecimal():
            actions.revoke_token(user, key=int(token[:18]), by=by)
        messages.success(request, _("Done."))
        return redirect(self._page("access", user))

    def _person(self, request: HttpRequest, object_id: Any) -> User:
        user: User | None = self.get_object(request, str(object_id))
        if user is None:
            raise NotFound()
        return user


class SignInAdmin(PlainAdmin):
    """Every try to sign in, for those who look after people."""

    level = Level.SYSTEM
    list_display = ("at", "username", "shown_outcome", "door", "source", "shown_program")
    list_filter = ("outcome", "door")
    search_fields = ("username__startswith", "source__startswith")
    ordering = ("-id",)

    @display(description=_("Result"), ordering="outcome")
    def shown_outcome(self, row: SignIn) -> str:
        return row.get_outcome_display()

    @display(description=_("Browser or program"))
    def shown_program(self, row: SignIn) -> str:
        return row.program

    def get_queryset(self, request: HttpRequest) -> Any:
        rows, user = super().get_queryset(request), request.user
        return rows if user.is_global else rows.filter(user__entity_id=user.entity_key)  # type: ignore[union-attr]


class EntityAdmin(RowAdmin):
    for_model = Entity
    list_display = ("entity_id", "name", "bboxx_company_flag", "financier", "tariff", "geic", "created_at")
    list_display_links = ("entity_id", "name")
    list_filter = ("bboxx_company_flag", "financier")
    beside = (Hub, User)


ADMINS = (UserAdmin, EntityAdmin)


def register(site: admin.AdminSite) -> None:
    site.register(SignIn, SignInAdmin)
