"""Figures for Prometheus at /metrics: requests by door, and from the database what waits and how the fleet stands.

With several processes set PROMETHEUS_MULTIPROC_DIR to an empty folder, and each counts into it; the figures of the
database are asked for at each scrape, by whichever process answers. No name of a person or a unit is a label.
"""

import hmac
import os
import time
from collections.abc import Callable, Iterator
from typing import Any

from django.conf import settings
from django.db import DatabaseError
from django.db.models import Count
from django.http import HttpRequest, HttpResponse
from prometheus_client import CONTENT_TYPE_LATEST, CollectorRegistry, Histogram, ProcessCollector, generate_latest
from prometheus_client.core import GaugeMetricFamily
from prometheus_client.multiprocess import MultiProcessCollector

from apps.api.errors import not_offered, plain
from apps.connectivity import queries as messages
from apps.connectivity.models import RtcMessageHistory, SmsHistory
from apps.core import counting
from apps.events.queries import waiting
from apps.jobs.models import AT_WORK, Job
from apps.operations import system
from apps.products.models import Product

REQUESTS = Histogram(
    "backoffice_request_seconds", "Requests by door, method and class of status", ["door", "method", "status"],
    buckets=(0.005, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5), registry=None,
)  # fmt: skip
METHODS = frozenset({"GET", "POST", "PUT", "DELETE", "HEAD", "OPTIONS", "PATCH"})
Next = Callable[[HttpRequest], HttpResponse]


def door_of(path: str) -> str:
    first = path.partition("/")[2].partition("/")[0]
    if path in ("/v1/rc_data", "/v1/rm_data"):
        return "units"
    return {"v1": "api", "admin": "admin", "static": "static", "health": "health", "metrics": "health"}.get(
        first, "console"
    )


def seen(door: str, method: str | None, status: int, seconds: float) -> None:
    method = method if method in METHODS else "other"
    REQUESTS.labels(door, method, f"{status // 100}xx").observe(seconds)


class CountRequests:
    def __init__(self, get_response: Next) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        begun = time.perf_counter()
        response = self.get_response(request)
        seen(door_of(request.path), request.method, response.status_code, time.perf_counter() - begun)
        return response


class FromDatabase:
    """What the database says at this moment."""

    def collect(self) -> Iterator[Any]:
        up = GaugeMetricFamily("backoffice_database_up", "Whether the database answers")
        try:
            outbox, disk = waiting(), system.disk()
            sms, letters = messages.waiting(SmsHistory), messages.waiting(RtcMessageHistory)
            ordered = {
                word: counting.count(Product.objects.filter(desired_enable_flag=flag))
                for flag, word in ((True, "on"), (False, "off"))
            }
            jobs = dict(Job.objects.filter(state__in=AT_WORK).order_by().values_list("state").annotate(Count("pk")))
        except DatabaseError:
            up.add_metric([], 0)
            yield up
            return
        up.add_metric([], 1)
        yield up
        for name, text, value in (
            ("outbox_pending", "Consequences of events that wait", outbox["pending"]),
            ("outbox_failed", "Consequences whose attempts are spent", outbox["failed"]),
            ("outbox_late_seconds", "How long the longest due one waits", outbox["late_s"]),
            ("jobs_at_work", "Jobs that are being carried on", sum(jobs.values())),
            ("sms_waiting", "Text messages that the gateway has not taken", sms["count"]),
            ("sms_late_seconds", "How long ago the first of them was queued", sms["late_s"]),
            ("letters_waiting", "Real-time messages that the broker has not taken", letters["count"]),
            ("letters_late_seconds", "How long ago the first of them was queued", letters["late_s"]),
            ("disk_free_bytes", "Free on the disk of DATA_DIR", disk["free_bytes"]),
            ("database_bytes", "Size of the database", disk["database_bytes"]),
        ):
            yield GaugeMetricFamily(f"backoffice_{name}", text, value=value)
        units = GaugeMetricFamily("backoffice_units", "Units by what is ordered of them", labels=["ordered"])
        for word, count in ordered.items():
            units.add_metric([word], count)
        yield units


_here = CollectorRegistry(auto_describe=True)
_here.register(REQUESTS)
ProcessCollector(registry=_here)


def metrics(request: HttpRequest) -> HttpResponse:
    """With METRICS_TOKEN: to whoever sends it (`Authorization: Bearer …`). Without: to this machine itself only."""
    if request.method not in ("GET", "HEAD"):
        return not_offered("GET")
    if not _may(request):
        return plain(404)
    counted = _here
    if os.environ.get("PROMETHEUS_MULTIPROC_DIR"):
        counted = CollectorRegistry()
        MultiProcessCollector(counted)
    of_database = CollectorRegistry()
    of_database.register(FromDatabase())
    return HttpResponse(generate_latest(counted) + generate_latest(of_database), content_type=CONTENT_TYPE_LATEST)


metrics.who, metrics.methods = "METRICS_TOKEN", ("GET",)  # type: ignore[attr-defined]


def _may(request: HttpRequest) -> bool:
    if settings.METRICS_TOKEN:
        given = request.headers.get("Authorization", "").removeprefix("Bearer ").strip()
        return hmac.compare_digest(given.encode(), settings.METRICS_TOKEN.encode())
    forwarded = "X-Forwarded-For" in request.headers or "X-Real-IP" in request.headers
    return request.META.get("REMOTE_ADDR") in ("127.0.0.1", "::1", "::ffff:127.0.0.1") and not forwarded
