"""HTTP for WSGI workers: `granian --interface wsgi backoffice.wsgi:application`.

Requests of units go to their views directly. They are most of all requests, and know neither sessions, forms, languages
nor pages, which is what the middleware between is for.
"""

import gc
import os
import time
from typing import cast

import django
from django.core.handlers.exception import convert_exception_to_response
from django.core.handlers.wsgi import WSGIHandler, WSGIRequest
from django.http import HttpRequest
from django.http.response import HttpResponseBase

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "backoffice.settings")


class UnitsFirst(WSGIHandler):
    def __init__(self) -> None:
        super().__init__()
        from apps.gateway.views import rc_data, rm_data
        from apps.operations.metrics import seen

        self.seen = seen
        self.units = {
            "/v1/rc_data": convert_exception_to_response(rc_data),
            "/v1/rm_data": convert_exception_to_response(rm_data),
        }

    def get_response(self, request: HttpRequest) -> HttpResponseBase:
        view = self.units.get(request.path_info) if isinstance(request, WSGIRequest) else None
        if view is None:
            return super().get_response(request)
        begun = time.perf_counter()
        response = cast(HttpResponseBase, view(request))
        self.seen("units", request.method, response.status_code, time.perf_counter() - begun)
        response._resource_closers.append(request.close)  # type: ignore[attr-defined]
        return response


django.setup(set_prefix=False)
application = UnitsFirst()
# A page of a thousand records is a hundred thousand objects that all die with the answer: by the default thresholds the
# collector looks through them dozens of times, for a fifth of the time of such a page. What is loaded by now stays.
gc.freeze()
gc.set_threshold(50_000, 20, 20)
