"""Messages in the admin: what was sent to units and what became of it, what units said, and dead letters."""

from collections.abc import Callable
from typing import Any, ClassVar, cast

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.html import format_html
from django.utils.text import Truncator
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext
from unfold.decorators import action, display

from apps.connectivity import actions, letters, queries
from apps.connectivity.models import (
    RtcDeadLetter,
    RtcFallbackMessageHistory,
    RtcMessageHistory,
    RtcMoMessageHistory,
    SkippedWakeUp,
    SmsHistory,
)
from apps.connectivity.wire import broker
from apps.core.actions import require_level
from apps.core.actors import called
from apps.core.admin.cells import label_of
from apps.core.admin.logs import PlainAdmin
from apps.core.admin.tables import RowAdmin
from apps.core.levels import Level
from apps.core.refusal_words import said, translated
from apps.core.refusals import Refused
from apps.products.models import Product, RtcConnectionHistory

TEXT_SHOWN = 120  # of a letter, in a list


class SmsAdmin(RowAdmin):
    for_model = SmsHistory
    list_display = (
        "sms_history_id", "product", "trigger", "status", "sent_time", "attempted_retries", "message_reference",
        "enable_history", "created_by",
    )  # fmt: skip
    list_filter = ("status", "trigger", "sent_time")


class RtcConnectionAdmin(RowAdmin):
    for_model = RtcConnectionHistory
    list_display = (
        "rtc_connection_history_id", "product", "connection_status", "connection_status_reason",
        "connection_status_time", "latest_message_time", "created_by",
    )  # fmt: skip
    list_filter = ("connection_status", "connection_status_reason", "connection_status_time")


class RtcMessageAdmin(RowAdmin):
    for_model = RtcMessageHistory
    list_display = (
        "rtc_message_history_id", "product", "letter", "message_sent_time", "delivery_status", "delivery_status_time",
        "delivery_status_info", "created_by",
    )  # fmt: skip
    list_filter = ("delivery_status", "message_sent_time")

    @display(description=_("Letter"))
    def letter(self, row: RtcMessageHistory) -> str:
        return Truncator(row.message_json or "").chars(TEXT_SHOWN)


class Explained(RowAdmin):
    """Rows that keep why something could not be done, in English, which pages say in the reader's language."""

    reason: ClassVar[str]

    def get_fields(self, request: HttpRequest, obj: Any = None) -> list[str]:
        return ["why" if name == self.reason else name for name in super().get_fields(request, obj)]

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> list[str]:
        return [*super().get_readonly_fields(request, obj), "why"]

    @display(description=_("Why not"))
    def why(self, row: Any) -> str | None:
        text = getattr(row, self.reason)
        return text and translated(text)


class RtcMoMessageAdmin(Explained):
    for_model = RtcMoMessageHistory
    reason = "processing_status_info"
    list_display = (
        "rtc_mo_message_history_id", "product", "letter", "message_received_time", "processing_status", "why",
    )  # fmt: skip
    list_filter = ("processing_status", "message_received_time")

    @display(description=_("Letter"))
    def letter(self, row: RtcMoMessageHistory) -> str:
        return Truncator(row.message_json or "").chars(TEXT_SHOWN)


class RtcFallbackAdmin(RowAdmin):
    for_model = RtcFallbackMessageHistory
    list_display = ("rtc_fallback_message_history_id", "product", "message_sent_time")
    list_filter = ("message_sent_time",)


class DeadLetterAdmin(Explained):
    for_model = RtcDeadLetter
    reason = "replay_status_text"
    list_display = (
        "rtc_dead_letter_id", "queue_name", "in_short", "created_at", "status", "status_time", "replay_status",
        "why",
    )  # fmt: skip
    list_filter = ("queue_name", "status", "replay_status", "created_at")
    on_list = ("import_mo", "import_replies")
    actions_detail = ("replay", "discard")

    def get_fields(self, request: HttpRequest, obj: Any = None) -> list[str]:
        return ["letter", *super().get_fields(request, obj)]

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> list[str]:
        return [*super().get_readonly_fields(request, obj), "letter"]

    @display(description=_("Letter"))
    def letter(self, row: RtcDeadLetter) -> str:
        try:
            return Truncator(letters.to_read(queries.held_in(row))).chars(1000)
        except letters.NoLetter as problem:
            return translated(str(problem))

    @display(description=_("Letter"))
    def in_short(self, row: RtcDeadLetter) -> str:
        return Truncator(self.letter(row)).chars(TEXT_SHOWN)

    def get_actions_detail(self, request: HttpRequest, object_id: Any) -> list[Any]:
        """No button for what would be refused or has been done; its page answers whoever comes there all the same."""
        row = self.get_object(request, str(object_id))
        over = row is not None and row.status == RtcDeadLetter.DISCARDED
        settled = row is not None and row.replay_status == RtcDeadLetter.SUCCESS
        gone = {"replay": over or settled, "discard": over}
        offered = super().get_actions_detail(request, object_id)
        return [
            one
            for one in offered
            if not any(hide and one.action_name.endswith(f"_{name}") for name, hide in gone.items())
        ]

    def has_import_letters_permission(self, request: HttpRequest) -> bool:
        user: Any = request.user
        return bool(user.is_global and user.level >= actions.keep_dead_letters.level)

    def has_settle_permission(self, request: HttpRequest, object_id: Any = None) -> bool:
        return self.has_import_letters_permission(request)

    @action(description=_("Fetch letters from units"), icon="move_to_inbox", permissions=["import_letters"])
    def import_mo(self, request: HttpRequest) -> HttpResponse:
        return self._import(request, RtcDeadLetter.MO, _("Fetch letters from units"))

    @action(description=_("Fetch replies"), icon="move_to_inbox", permissions=["import_letters"])
    def import_replies(self, request: HttpRequest) -> HttpResponse:
        return self._import(request, RtcDeadLetter.REPLY, _("Fetch replies"))

    @action(description=_("Replay"), icon="replay", permissions=["settle"])
    def replay(self, request: HttpRequest, object_id: Any) -> HttpResponse:
        question = _("Settle this letter now, as if it came in?")
        return self._settle(request, object_id, _("Replay"), question, self._replay)

    @action(description=_("Discard"), icon="delete", permissions=["settle"])
    def discard(self, request: HttpRequest, object_id: Any) -> HttpResponse:
        question = _("Put this letter aside for good? It can't be replayed then.")
        return self._settle(request, object_id, _("Discard"), question, self._discard)

    def _replay(self, request: HttpRequest, key: int) -> None:
        row = actions.replay_dead_letter(key=key, by=cast(Any, request.user))
        if row.replay_status == RtcDeadLetter.SUCCESS:
            messages.success(request, _("The letter is settled."))
        else:
            messages.error(request, _("It could not be settled: %(why)s") % {"why": self.why(row)})

    def _discard(self, request: HttpRequest, key: int) -> None:
        actions.discard_dead_letter(key=key, by=cast(Any, request.user))
        messages.success(request, _("The letter is put aside."))

    def _settle(
        self, request: HttpRequest, object_id: Any, title: Any, question: Any, do: Callable[[HttpRequest, int], None]
    ) -> HttpResponse:
        listed = reverse("admin:connectivity_rtcdeadletter_changelist")
        row = self.get_object(request, str(object_id))
        if row is None:
            return redirect(listed)
        back = reverse("admin:connectivity_rtcdeadletter_change", args=[row.pk])
        if request.method == "POST":
            try:
                do(request, row.pk)
            except Refused as refused:
                messages.error(request, said(refused, fields=False))
            return redirect(back)
        return self._asked(request, title, question, self.letter(row), back)

    def _import(self, request: HttpRequest, queue: str, title: Any) -> HttpResponse:
        user: Any = request.user
        back = reverse("admin:connectivity_rtcdeadletter_changelist")
        if request.method != "POST":
            question = _("Fetch what lies in this dead-letter queue?")
            return self._asked(request, title, question, queue + broker.DEAD, back)
        try:
            require_level(user, actions.keep_dead_letters.level)
            count = broker.drain(
                queue + broker.DEAD, lambda bodies: actions.keep_dead_letters(queue=queue, bodies=bodies, by=user)
            )
        except Refused as refused:
            messages.error(request, said(refused, fields=False))
        except broker.away_errors():
            messages.error(request, _("The message broker does not answer; try again in a moment."))
        else:
            told = ngettext("%(count)d new letter.", "%(count)d new letters.", count) % {"count": count}
            messages.success(request, told)
        return redirect(back)

    def _asked(self, request: HttpRequest, title: Any, question: Any, thing: str, back: str) -> HttpResponse:
        context = {
            **self.admin_site.each_context(request), "title": title, "question": question, "thing": thing, "back": back,
            "opts": self.opts,
        }  # fmt: skip
        return render(request, "admin/act.html", context)


class SkippedWakeUpAdmin(PlainAdmin):
    """Wake-ups of orders that a quota forbade: whoever asks why a unit was not woken, or whether a quota is too small,
    looks here."""

    level = Level.ADMIN
    list_display: ClassVar[Any] = ("at", "unit", "shown_reason", "order", "ordered_by")
    list_filter = ("reason", "at")
    list_select_related = ("product", "enable_history", "tamper_order")
    search_fields = ("product__product_imei__startswith", "product__serial_number__startswith")
    ordering = ("-id",)

    def get_queryset(self, request: HttpRequest) -> Any:
        units: Any = Product.objects
        rows, user = super().get_queryset(request), request.user
        seen = units.visible_to(user).values("product_imei")
        return rows if user.is_global else rows.filter(product__in=seen)  # type: ignore[union-attr]

    @display(description=_("Unit"))
    def unit(self, row: SkippedWakeUp) -> Any:
        where = reverse("console:unit", args=[row.product_id])
        return format_html('<a href="{}" class="underline">{}</a>', where, label_of(row.product))

    @display(description=_("Reason"), ordering="reason")
    def shown_reason(self, row: SkippedWakeUp) -> Any:
        of_unit = row.reason == SkippedWakeUp.Reason.UNIT
        return _("the unit's quota of the day was spent") if of_unit else _("the entity's quota of the day was spent")

    @display(description=_("Order"))
    def order(self, row: SkippedWakeUp) -> Any:
        return (order := row.enable_history or row.tamper_order) and order.in_words()

    @display(description=_("Ordered by"))
    def ordered_by(self, row: SkippedWakeUp) -> Any:
        return (order := row.enable_history or row.tamper_order) and called(order.user)


def register(site: Any) -> None:
    """What is no table."""
    site.register(SkippedWakeUp, SkippedWakeUpAdmin)


ADMINS = (SmsAdmin, RtcConnectionAdmin, RtcMessageAdmin, RtcMoMessageAdmin, RtcFallbackAdmin, DeadLetterAdmin)
