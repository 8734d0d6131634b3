"""The product's settings beside the bench's own views."""

import os

from backoffice.settings import *  # noqa: F403

ROOT_URLCONF = "bench.urls"
ALLOWED_HOSTS = ["*"]

if os.environ.get("BENCH_ASGI"):
    DATABASES["default"]["CONN_MAX_AGE"] = 0  # noqa: F405  # Django's ASGI handler leaks lasting connections
