"""A page of 1,000 units with token and scope, against DRF's ModelSerializer and against a bare json_agg view."""

from bench.tools import granian, interleaved, scratch, tell, wrk


def run() -> None:
    with scratch() as env:
        from apps.accounts import tokens
        from apps.accounts.models import User

        token, _ = tokens.issue(User.objects.get(email="technician@example.org"))
        header = f"Authorization: Token token={token}"
        with granian(env) as base:
            found = interleaved(
                ours=lambda: wrk(f"{base}/v1/products?results_per_page=1000", header, connections=4),
                serializer=lambda: wrk(f"{base}/serializer", connections=4),
                json_agg=lambda: wrk(f"{base}/json_agg", connections=4),
            )
    tell("page of 1,000", found["ours"], "ModelSerializer", found["serializer"], 10)
    tell("page of 1,000", found["ours"], "bare json_agg view", found["json_agg"], 0.8)
