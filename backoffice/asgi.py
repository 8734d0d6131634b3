"""ASGI: WebSockets beside HTTP.

`application` is what a proxy sends /live to in production. `one_process` is what `manage.py up` serves: HTTP runs on
the WSGI application in a fixed pool of threads, each with its lasting database connection (docs/adr/0004 has the
measured ratio to Django's own ASGI handler). Before either stands the guard: no body takes a thread before it is here.
"""

import os
from typing import Any, cast

from django.core.asgi import get_asgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "backoffice.settings")

http = get_asgi_application()

from a2wsgi import WSGIMiddleware  # noqa: E402
from channels.routing import ProtocolTypeRouter, URLRouter  # noqa: E402
from channels.security.websocket import AllowedHostsOriginValidator  # noqa: E402
from channels.sessions import SessionMiddlewareStack  # noqa: E402

from apps.live.routing import websocket_urlpatterns  # noqa: E402
from backoffice.guard import Guard  # noqa: E402
from backoffice.wsgi import application as wsgi  # noqa: E402

websocket = AllowedHostsOriginValidator(SessionMiddlewareStack(URLRouter(websocket_urlpatterns)))

application: Any = ProtocolTypeRouter({"http": Guard(http), "websocket": websocket})
one_process: Any = ProtocolTypeRouter(
    {"http": Guard(cast(Any, WSGIMiddleware(cast(Any, wsgi), workers=8))), "websocket": websocket}
)
