"""The addresses around a repair; they stand among those of the console."""

from django.urls import path

from apps.console.repairs import parts, photos, public, sheet, unit_parts

urlpatterns = [
    path("bench/parts", parts.parts, name="bench_parts"),
    path("bench/parts/reserve", parts.reserve, name="bench_reserve"),
    path("bench/parts/release", parts.release, name="bench_release_part"),
    path("bench/stock", parts.shelves, name="bench_stock"),
    path("bench/stock/count", parts.count, name="bench_count"),
    path("bench/stock/receive", parts.receive, name="bench_receive"),
    path("bench/order", parts.order, name="bench_order"),
    path("bench/order.csv", parts.order_csv, name="bench_order_csv"),
    path("bench/repairs/<int:key>/parts", unit_parts.unit_parts, name="bench_repair_parts"),
    path("bench/repairs/<int:key>/labels", unit_parts.labels, name="bench_labels"),
    path("bench/repairs/<int:key>/photos", photos.photos, name="bench_photos"),
    path("bench/repairs/<int:key>/photos/remove", photos.remove_photo, name="bench_remove_photo"),
    path("bench/repairs/<int:key>/photos/<int:photo>", photos.photo, name="bench_photo"),
    path("bench/repairs/<int:key>/photos/<int:photo>/small", photos.small_photo, name="bench_small_photo"),
    path("bench/repairs/<int:key>/sheet", sheet.sheet, name="bench_sheet"),
    path("units/<str:imei>/label", public.unit_label, name="unit_label"),
    path("r/<str:token>", public.report, name="report"),
]
