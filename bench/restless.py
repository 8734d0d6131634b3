"""GET of one record and of a filtered page of 10 over 100,000 units, against a real Flask-Restless 0.17 on the same
data, server and machine; it checks neither token nor scope.

Its environment is made once in var/restless: the versions that it still works with.
"""

import json
import subprocess
import sys
from pathlib import Path
from urllib.parse import quote

from bench.tools import ROOT, free_port, granian, interleaved, scratch, serving, tell, wrk

UNITS = 100_000
HOME = ROOT / "var" / "restless"
NEEDS = (
    "Flask-Restless==0.17.0", "Flask==2.2.5", "Werkzeug==2.2.3", "SQLAlchemy==1.3.24",
    "psycopg2-binary", "granian",
)  # fmt: skip


def run() -> None:
    python = _environment()
    with scratch(units=20) as env:
        from django.db import connection

        from apps.accounts import tokens
        from apps.accounts.models import User
        from apps.transfer.dataset import import_tables
        from bench.million import FILE, lines

        with FILE.open("w") as out:
            out.writelines(lines(UNITS))
        with FILE.open("rb") as source:
            import_tables(source, progress=lambda table, rows: None)
        FILE.unlink()
        with connection.cursor() as cursor:
            cursor.execute("VACUUM ANALYZE")
        token, _ = tokens.issue(User.objects.get(email="technician@example.org"))
        header = f"Authorization: Token token={token}"
        imei = f"88{77_777:013d}"
        query = quote(json.dumps({"filters": [
            {"name": "product_type_id", "op": "eq", "val": 7}, {"name": "current_enable_flag", "op": "eq", "val": True},
        ]}))  # fmt: skip
        port = free_port()
        theirs_command = [
            "granian", "--interface", "wsgi", "--workers", "2", "--blocking-threads", "4", "--host", "127.0.0.1",
            "--port", str(port), "--no-ws", "--log-level", "error", "bench.restless_app:application",
        ]  # fmt: skip
        with granian(env) as ours, serving(env, *theirs_command, port=port, python=python) as theirs:
            found = interleaved(
                our_one=lambda: wrk(f"{ours}/v1/products/{imei}", header),
                their_one=lambda: wrk(f"{theirs}/v1/products/{imei}"),
                our_page=lambda: wrk(f"{ours}/v1/products?q={query}", header),
                their_page=lambda: wrk(f"{theirs}/v1/products?q={query}"),
            )
    tell("GET one, token and scope", found["our_one"], "Flask-Restless 0.17", found["their_one"], 2)
    tell("filtered page of 10 with its count", found["our_page"], "Flask-Restless 0.17", found["their_page"], 2)


def _environment() -> str:
    python = HOME / "bin" / "python"
    if not python.exists():
        subprocess.run([sys.executable, "-m", "venv", str(HOME)], check=True)
        subprocess.run([str(python), "-m", "pip", "install", "--quiet", *NEEDS], check=True)
    return str(Path(python))
