"""GET of one record with token and scope, against a Django view doing one raw indexed query on the same server."""

from bench.tools import granian, interleaved, scratch, tell, wrk


def run() -> None:
    with scratch() as env:
        from apps.accounts import tokens
        from apps.accounts.models import User
        from apps.demo.fleet import imei_of

        whole, _ = tokens.issue(User.objects.get(email="technician@example.org"))
        scoped, _ = tokens.issue(User.objects.get(email="field@example.org"))
        imei = imei_of(400)  # of field@'s company
        with granian(env) as base:
            found = interleaved(
                raw=lambda: wrk(f"{base}/raw/{imei}"),
                whole=lambda: wrk(f"{base}/v1/products/{imei}", f"Authorization: Token token={whole}"),
                scoped=lambda: wrk(f"{base}/v1/products/{imei}", f"Authorization: Token token={scoped}"),
            )
    tell("GET one, GLOBAL", found["whole"], "raw view", found["raw"], 0.65)
    tell("GET one, ENTITY", found["scoped"], "raw view", found["raw"], 0.65)
