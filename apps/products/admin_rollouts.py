"""Rolling software out, in the admin: begun at a version, watched and carried on at the roll-out."""

from typing import Any, cast

from django import forms
from django.contrib import messages
from django.contrib.admin import SimpleListFilter
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.html import format_html
from django.utils.translation import gettext, ngettext
from django.utils.translation import gettext_lazy as _
from unfold.decorators import action, display

from apps.accounts.models import Entity
from apps.core.actions import require_level
from apps.core.admin.tables import RowAdmin
from apps.core.refusal_words import said
from apps.core.refusals import Invalid, NotFound, Refused
from apps.products import actions, rollouts
from apps.products.models import ProductType, SoftwareRollout, SoftwareVersionType
from apps.products.words import ROLLOUTS


class RolloutForm(forms.Form):
    product_type = forms.ModelChoiceField(label=_("Type of unit"), queryset=ProductType.objects.none())
    entity = forms.ModelChoiceField(
        label=_("Entity"), queryset=Entity.objects.none(), required=False, empty_label=_("All entities")
    )
    stop_at = forms.FloatField(
        label=_("Stop where more fail than (%)"), initial=5, min_value=0.1, max_value=100,
        help_text=_("A unit has failed when three reports after the order still name another version."),
    )  # fmt: skip

    def __init__(self, version: SoftwareVersionType, data: Any = None) -> None:
        super().__init__(data)
        types: Any = self.fields["product_type"]
        allowed = version.product_type_software_version_type_linker.values("product_type")
        types.queryset = ProductType.objects.filter(pk__in=allowed).order_by("name")
        cast(Any, self.fields["entity"]).queryset = Entity.objects.order_by("name")


class SoftwareVersionAdmin(RowAdmin):
    for_model = SoftwareVersionType
    list_display = ("software_version_type_id", "name", "status", "release_date", "link")
    list_display_links = ("software_version_type_id", "name")
    list_filter = ("status",)
    actions_detail = ("roll_out",)

    @action(description=_("Roll out"), icon="rocket_launch")
    def roll_out(self, request: HttpRequest, object_id: Any) -> HttpResponse:
        by = cast(Any, request.user)
        try:
            require_level(by, actions.begin_rollout.level)
            version = self.get_object(request, str(object_id))
            if version is None:
                raise NotFound()
        except Refused as refused:
            messages.error(request, said(refused))
            return redirect("admin:products_softwareversiontype_changelist")
        form = RolloutForm(version, request.POST if request.method == "POST" else None)
        if request.method == "POST" and form.is_valid():
            try:
                rollout = actions.begin_rollout(version=version, by=by, **form.cleaned_data)
            except Refused as refused:
                _blame(form, refused)
            else:
                return redirect("admin:products_softwarerollout_change", rollout.pk)
        back = reverse("admin:products_softwareversiontype_change", args=[version.pk])
        context = {
            **self.admin_site.each_context(request), "title": _("Roll out"), "thing": version.name, "back": back,
            "form": form, "opts": self.opts,
        }  # fmt: skip
        return render(request, "admin/act.html", context, status=400 if form.errors else 200)


def _blame(form: forms.Form, refused: Refused) -> None:
    if isinstance(refused, Invalid):
        for name, text in refused.errors.items():
            form.add_error(name if name in form.fields else None, said(Invalid({name: text}), fields=False))
    else:
        form.add_error(None, said(refused))


class RolloutStateFilter(SimpleListFilter):
    title, parameter_name = _("State"), "state"

    def lookups(self, request: HttpRequest, model_admin: Any) -> Any:
        return list(ROLLOUTS.items())

    def queryset(self, request: HttpRequest, queryset: Any) -> Any:
        return queryset.filter(state=self.value()) if self.value() in ROLLOUTS else queryset


class RolloutAdmin(RowAdmin):
    for_model = SoftwareRollout
    list_display = (
        "software_rollout_id",
        "software_version_type",
        "product_type",
        "entity",
        "percent",
        "shown_progress",
    )
    list_filter = (RolloutStateFilter, "product_type")
    actions_detail = ("next_group", "stop")

    def get_queryset(self, request: HttpRequest) -> Any:
        found = super().get_queryset(request)
        one = request.resolver_match and request.resolver_match.kwargs.get("object_id")
        return found if one else rollouts.with_progress(found)

    def get_fields(self, request: HttpRequest, obj: Any = None) -> list[str]:
        return ["shown_progress", *super().get_fields(request, obj)]

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> list[str]:
        return ["shown_progress", *super().get_readonly_fields(request, obj)]

    @display(description=_("How it goes"))
    def shown_progress(self, row: SoftwareRollout) -> Any:
        told = rollouts.progress(row)
        done = 100 * told.confirmed / told.ordered if told.ordered else 0
        words = gettext(
            "%(state)s: %(ordered)d ordered, %(confirmed)d confirmed, %(waiting)d waiting, %(failed)d failed"
        ) % {
            "state": row.in_words(), "ordered": told.ordered, "confirmed": told.confirmed, "waiting": told.waiting,
            "failed": told.failed,
        }  # fmt: skip
        return format_html(
            '<div class="going"><progress value="{0}" max="100">{0} %</progress><div>{1}</div></div>',
            round(done),
            words,
        )

    @action(description=_("Begin the next group"), icon="group_add")
    def next_group(self, request: HttpRequest, object_id: Any) -> HttpResponse:
        return self._act(request, object_id, _("Begin the next group"), actions.begin_next_group, _preview)

    @action(description=_("Stop"), icon="stop_circle")
    def stop(self, request: HttpRequest, object_id: Any) -> HttpResponse:
        return self._act(request, object_id, _("Stop"), actions.stop_rollout, _what_stops)

    def _act(self, request: HttpRequest, object_id: Any, title: Any, do: Any, asked: Any) -> HttpResponse:
        by = cast(Any, request.user)
        try:
            require_level(by, do.level)
            rollout = self.get_object(request, str(object_id))
            if rollout is None:
                raise NotFound()
        except Refused as refused:
            messages.error(request, said(refused))
            return redirect("admin:products_softwarerollout_changelist")
        form = forms.Form(request.POST if request.method == "POST" else None)
        if request.method == "POST":
            try:
                do(rollout, by=by)
            except Refused as refused:
                form.add_error(None, said(refused, fields=False))
            else:
                return redirect("admin:products_softwarerollout_change", rollout.pk)
        context = {
            **self.admin_site.each_context(request), "title": title, "question": asked(rollout), "thing": str(rollout),
            "back": reverse("admin:products_softwarerollout_change", args=[rollout.pk]), "form": form,
            "opts": self.opts,
        }  # fmt: skip
        return render(request, "admin/act.html", context, status=400 if form.errors else 200)


def _preview(rollout: SoftwareRollout) -> str:
    """Who would be ordered, and who would not."""
    after = rollout.next_group()
    if after is None or rollout.state != "running":
        return gettext("There is no further group.")
    members = rollouts.group(rollout, after)
    count = rollouts.to_be_ordered(rollout, members).count()
    stay = rollouts.locked(rollout, members).count()
    text = ngettext(
        "%(percent)d %%: %(count)d further unit is ordered to take this version.",
        "%(percent)d %%: %(count)d further units are ordered to take this version.",
        count,
    ) % {"percent": after, "count": count}
    if stay:
        text += " " + ngettext(
            "%(count)d is locked to another version and stays with it.",
            "%(count)d are locked to another version and stay with it.",
            stay,
        ) % {"count": stay}
    return text


def _what_stops(rollout: SoftwareRollout) -> str:
    told = rollouts.progress(rollout)
    return ngettext(
        "Nothing more is ordered; the order of %(count)d unit that has not confirmed it is withdrawn.",
        "Nothing more is ordered; the orders of %(count)d units that have not confirmed them are withdrawn.",
        told.waiting + told.failed,
    ) % {"count": told.waiting + told.failed}


ADMINS = (SoftwareVersionAdmin, RolloutAdmin)
