"""The one-process default: our WSGI application beside Channels, against Django's own ASGI handler, same server."""

from bench.tools import free_port, interleaved, scratch, serving, tell, wrk


def run() -> None:
    with scratch(200) as env:
        from apps.accounts import tokens
        from apps.accounts.models import User
        from apps.demo.fleet import imei_of

        token, _ = tokens.issue(User.objects.get(email="technician@example.org"))
        first, second = free_port(), free_port()

        def uvicorn(application: str, port: int, **extra: str):
            return serving(
                env | extra, "uvicorn", f"backoffice.asgi:{application}", "--port", str(port), "--lifespan", "off",
                "--log-level", "error", port=port,
            )  # fmt: skip

        with uvicorn("one_process", first) as wsgi, uvicorn("application", second, BENCH_ASGI="1") as asgi:
            header = f"Authorization: Token token={token}"
            path = f"/v1/products/{imei_of(0)}"
            found = interleaved(
                wsgi=lambda: wrk(wsgi + path, header, connections=8),
                asgi=lambda: wrk(asgi + path, header, connections=8),
            )
    tell("one process, WSGI mounted", found["wsgi"], "Django's ASGI handler", found["asgi"], 1.0)
