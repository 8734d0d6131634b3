"""Migrated databases for tests, copied from one template: ninety migrations a worker and a server would cost minutes.

The template is made anew when a migration (or what runs after them) changes; a copy takes a second. It lies beside the
database that the tests were pointed at, under the same name with `_template`, or as a file in DATA_DIR.
"""

import contextlib
import fcntl
import hashlib
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit, urlunsplit

ROOT = Path(__file__).resolve().parents[1]
URL = os.environ.get("DATABASE_URL", "")
FOLDER = Path(os.environ.get("DATA_DIR", ROOT / "var" / "test")) / "template"


def copy_to(target: str) -> None:
    """A migrated database of this name (SQLite: file), in the place of what was there."""
    template = _template()
    if not URL:
        for left in Path(target).parent.glob(Path(target).name + "*"):
            left.unlink()
        shutil.copyfile(template, target)
        return
    drop(target)
    _run(f'CREATE DATABASE "{target}" TEMPLATE "{template}"')


def create(name: str) -> None:
    """An empty one, where there is a server."""
    drop(name)
    _run(f'CREATE DATABASE "{name}"')


def drop(target: str) -> None:
    if URL:
        _run(f'DROP DATABASE IF EXISTS "{target}" WITH (FORCE)')
    else:
        Path(target).unlink(missing_ok=True)


def at(name: str) -> str:
    """The DATABASE_URL of the database of this name on the same server."""
    return urlunsplit(urlsplit(URL)._replace(path=f"/{name}"))


KEPT = {"django_content_type", "auth_permission", "django_migrations"}  # no test changes them


def flush_only_what_is_there() -> None:
    """After a test that really commits Django empties all two hundred tables and makes what belongs to models anew, which
    is seconds a test. What is the same afterwards: emptying those that hold a row."""
    from django.core.management.commands import flush
    from django.db import connection

    def emptying(style: object, tables: list[str], **_given: object) -> list[str]:
        names = [name for name in tables if name not in KEPT]
        asked = " UNION ALL ".join(f"SELECT '{name}' WHERE EXISTS (SELECT 1 FROM \"{name}\")" for name in names)
        with connection.cursor() as cursor:
            cursor.execute(asked)
            held = [name for (name,) in cursor.fetchall()]
        if connection.vendor == "sqlite":  # rows may go in any order until the end
            return ["PRAGMA defer_foreign_keys = ON", *(f'DELETE FROM "{name}"' for name in held)]
        # Without triggers, by which foreign keys are checked too; however long a busy machine takes.
        before = ["SET LOCAL statement_timeout = 0", "SET LOCAL session_replication_role = replica"]
        return [*before, *(f'DELETE FROM "{name}"' for name in held)] if held else []

    connection.ops.sql_flush = emptying  # type: ignore[method-assign]
    flush.emit_post_migrate_signal = lambda *args, **given: None  # type: ignore[assignment]


def _template() -> str:
    FOLDER.mkdir(parents=True, exist_ok=True)
    digest = _digest()
    with alone("lock"):
        if not URL:
            file = FOLDER / f"{digest}.sqlite3"
            if not file.exists():
                shutil.rmtree(FOLDER / "making", ignore_errors=True)
                for old in FOLDER.glob("*.sqlite3"):
                    old.unlink()
                _migrate(DATA_DIR=str(FOLDER / "making"))
                (FOLDER / "making" / "backoffice.sqlite3").rename(file)
            return str(file)
        name = urlsplit(URL).path.lstrip("/") + "_template"
        told = _run("SELECT shobj_description(oid, 'pg_database') FROM pg_database WHERE datname = %s", name)
        if told != digest:
            create(name)
            _migrate(DATABASE_URL=at(name))
            _run(f"COMMENT ON DATABASE \"{name}\" IS '{digest}'")
        return name


def _digest() -> str:
    """Of every file that says what a fresh database holds."""
    told = hashlib.sha256()
    for file in sorted([*ROOT.glob("apps/**/*.py"), ROOT / "backoffice" / "settings.py", ROOT / "requirements.txt"]):
        if "tests" not in file.parts:
            told.update(f"{file.relative_to(ROOT)}\n".encode() + file.read_bytes())
    return told.hexdigest()[:32]


def _migrate(**changed: str) -> None:
    env = {**os.environ, **changed}
    subprocess.run([sys.executable, "manage.py", "migrate", "-v0"], cwd=ROOT, env=env, check=True)


@contextlib.contextmanager
def alone(what: str) -> Iterator[None]:
    """Until it ends no other worker of this run gets past the same word."""
    FOLDER.mkdir(parents=True, exist_ok=True)
    with (FOLDER / what).open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def _run(statement: str, *values: str) -> str | None:
    import psycopg2

    link = psycopg2.connect(URL)
    link.autocommit = True
    try:
        with link.cursor() as cursor:
            cursor.execute(statement, values or None)
            row = cursor.fetchone() if cursor.description else None
    finally:
        link.close()
    return row[0] if row else None
