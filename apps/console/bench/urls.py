"""The addresses of the bench; they stand among those of the console."""

from django.urls import path

from apps.console.bench import acts, board, many, scan, step

urlpatterns = [
    path("bench", board.board, name="bench"),
    path("bench/scan", scan.scan, name="bench_scan"),
    path("bench/many", many.many, name="bench_many"),
    path("bench/units/<str:imei>", scan.unit, name="bench_unit"),
    path("bench/units/<str:imei>/bring_in", scan.bring_in, name="bench_bring_in"),
    path("bench/units/<str:imei>/prepare", scan.prepare, name="bench_prepare"),
    path("bench/repairs/<int:key>", step.repair, name="bench_repair"),
    path("bench/repairs/<int:key>/undo", acts.undo, name="bench_undo"),
    path("bench/repairs/<int:key>/take", acts.take, name="bench_take"),
    path("bench/repairs/<int:key>/release", acts.release, name="bench_release"),
    path("bench/repairs/<int:key>/hand_over", acts.hand_over, name="bench_hand_over"),
    path("bench/repairs/<int:key>/note", acts.note, name="bench_note"),
    path("bench/repairs/<int:key>/wait", acts.wait, name="bench_wait"),
    path("bench/repairs/<int:key>/resume", acts.resume, name="bench_resume"),
    path("bench/repairs/<int:key>/override", acts.override, name="bench_override"),
    path("bench/repairs/<int:key>/beat", acts.beat, name="bench_beat"),
    path("bench/repairs/<int:key>/sittings/<int:sitting>", acts.correct, name="bench_correct"),
]
