"""The whole system in one file, and back: database, key ring, and sums by which a restore is checked.

A tar of `database` (SQLite's own file, or pg_dump's custom format), `field_keys` where the ring lies in DATA_DIR, and
`manifest.json`. Whoever holds the file holds the secrets: it is written for its owner only.
"""

import hashlib
import json
import os
import shutil
import sqlite3
import subprocess
import tarfile
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from django.apps import apps
from django.conf import settings
from django.core.management import call_command
from django.db import connection, transaction
from django.utils import timezone

KEYS = "field_keys"
HELD = ("manifest.json", "database", KEYS)
LEDGER = """
    SELECT COUNT(*), COALESCE(SUM(value), 0), COALESCE(SUM(CASE WHEN void THEN 0 ELSE value END), 0)
    FROM dcm_paymentcommand
"""


class Refusal(Exception):
    """Nothing was done, or nothing was kept; the text says why and what to do."""


def save(path: Path) -> dict[str, Any]:
    """Write the backup while everything runs on; returns its manifest."""
    if path.exists():
        raise Refusal(f"{path} is there already; choose another name")
    with tempfile.TemporaryDirectory(dir=path.resolve().parent) as folder:
        database = Path(folder) / "database"
        sums = _dump_postgresql(database) if connection.vendor == "postgresql" else _copy_sqlite(database)
        manifest = {
            "made_at": timezone.now().isoformat(timespec="seconds"), "engine": connection.vendor, "sums": sums,
            "keys": _fingerprints(settings.FIELD_KEYS),
        }  # fmt: skip
        (Path(folder) / "manifest.json").write_text(json.dumps(manifest, indent=1))
        ring = Path(settings.DATA_DIR) / KEYS
        if ring.exists():
            shutil.copy(ring, Path(folder) / KEYS)
        made = Path(folder) / "backup"
        with os.fdopen(os.open(made, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as out:
            with tarfile.open(fileobj=out, mode="w") as tar:
                for name in HELD:
                    if (Path(folder) / name).exists():
                        tar.add(Path(folder) / name, arcname=name)
            out.flush()
            os.fsync(out.fileno())
        made.rename(path)
    return manifest


def load(path: Path, *, replace: bool) -> dict[str, Any]:
    """Put the backup in place of this database, check its sums and bring it up to date; returns its manifest."""
    with tempfile.TemporaryDirectory(dir=settings.DATA_DIR) as folder:  # a disk for data, which /tmp may not be
        try:
            _unpack(path, Path(folder))
            manifest: dict[str, Any] = json.loads((Path(folder) / "manifest.json").read_text())
            if not {"engine", "sums", "keys"} <= set(manifest) or not (Path(folder) / "database").exists():
                raise ValueError("it is not whole")
        except (tarfile.TarError, OSError, ValueError, TypeError) as error:
            raise Refusal(f"{path} is no backup of ours: {error}") from None
        if manifest["engine"] != connection.vendor:
            raise Refusal(f"{path} was made on {manifest['engine']}; move tables with export_tables and import_tables")
        if not replace and _holds_rows():
            raise Refusal("This database holds data. Give --replace to put the backup in its place")
        _check_keys(manifest, Path(folder) / KEYS)
        database = Path(folder) / "database"
        if connection.vendor == "postgresql":
            _restore_postgresql(database)
        else:
            _restore_sqlite(database)
        _take_keys(Path(folder) / KEYS)
    with connection.cursor() as cursor:
        cursor.execute(LEDGER)
        found = [int(number) for number in cursor.fetchone()]
    if found != manifest["sums"]["ledger"]:
        raise Refusal(f"The ledger's sums differ: {found} instead of {manifest['sums']['ledger']}")
    call_command("migrate", verbosity=0, interactive=False)
    return manifest


def _unpack(path: Path, folder: Path) -> None:
    """The files that we put in, by their names; whatever else a tar may hold or point to is not looked at."""
    with tarfile.open(path) as tar:
        for member in tar:
            content = tar.extractfile(member) if member.name in HELD and member.isfile() else None
            if content is not None:
                with content, (folder / member.name).open("wb") as out:
                    shutil.copyfileobj(content, out)


def _holds_rows() -> bool:
    if "products_product" not in connection.introspection.table_names():
        return False
    return bool(apps.get_model("products", "Product").objects.exists())


def _fingerprints(ring: Mapping[str, bytes]) -> dict[str, str]:
    return {name: hashlib.sha256(b"fingerprint" + key).hexdigest()[:16] for name, key in ring.items()}


def _check_keys(manifest: Mapping[str, Any], ring: Path) -> None:
    """Without the ring that encrypted it nobody could read a device key: it comes along, or must be here already."""
    if ring.exists() or manifest["keys"].items() <= _fingerprints(settings.FIELD_KEYS).items():
        return
    raise Refusal(
        "The backup was made without its key ring, and FIELD_KEYS here is another; set the one it was made with"
    )


def _take_keys(ring: Path) -> None:
    """Put the ring in its place; another one that lay there is kept beside it."""
    here = Path(settings.DATA_DIR) / KEYS
    if not ring.exists() or (here.exists() and here.read_text() == ring.read_text()):
        return
    if here.exists():
        here.rename(here.with_name(f"{KEYS}.before-{timezone.now():%Y%m%d%H%M%S}"))
    shutil.copy(ring, here)
    here.chmod(0o600)


def _copy_sqlite(to: Path) -> dict[str, Any]:
    """A copy as of one moment, beside whoever writes."""
    with sqlite3.connect(str(connection.settings_dict["NAME"]), uri=True) as source, sqlite3.connect(to) as copy:
        source.backup(copy)
        found = copy.execute(LEDGER).fetchone()
    source.close()
    copy.close()
    return {"ledger": [int(number) for number in found]}


def _restore_sqlite(database: Path) -> None:
    connection.close()
    with sqlite3.connect(database) as source, sqlite3.connect(str(connection.settings_dict["NAME"]), uri=True) as here:
        source.backup(here)
    source.close()
    here.close()


def _dump_postgresql(to: Path) -> dict[str, Any]:
    """pg_dump and the sums under one snapshot."""
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY")
        cursor.execute("SET LOCAL statement_timeout = 0")
        cursor.execute("SET LOCAL idle_in_transaction_session_timeout = 0")
        cursor.execute("SELECT pg_export_snapshot()")
        (snapshot,) = cursor.fetchone()
        cursor.execute(LEDGER)
        sums = {"ledger": [int(number) for number in cursor.fetchone()]}
        _run("pg_dump", "--format=custom", "--no-owner", "--no-privileges", f"--snapshot={snapshot}", f"--file={to}")
    return sums


_CLEAR = """
DO $$ DECLARE one record; BEGIN
    FOR one IN SELECT tablename FROM pg_tables WHERE schemaname = current_schema() LOOP
        EXECUTE format('DROP TABLE IF EXISTS %I CASCADE', one.tablename);
    END LOOP;
    FOR one IN SELECT p.oid::regprocedure AS name FROM pg_proc p
        LEFT JOIN pg_depend d ON d.objid = p.oid AND d.deptype = 'e'
        WHERE p.pronamespace = current_schema()::regnamespace AND d.objid IS NULL LOOP
        EXECUTE format('DROP FUNCTION %s CASCADE', one.name);
    END LOOP;
END $$;
"""


def _restore_postgresql(database: Path) -> None:
    """In one transaction: what is here goes and the backup comes, or all stays as it is."""
    clear, script = database.with_name("clear.sql"), database.with_name("restore.sql")
    clear.write_text(_CLEAR)
    _run("pg_restore", "--no-owner", "--no-privileges", f"--file={script}", str(database))
    connection.close()
    _run(
        "psql", "--no-psqlrc", "--quiet", "--set=ON_ERROR_STOP=1", "--single-transaction", f"--file={clear}",
        f"--file={script}",
    )  # fmt: skip


def _name() -> str:
    return str(connection.settings_dict["NAME"])


def _run(program: str, *words: str) -> None:
    """One of PostgreSQL's own programs; the password goes by the environment, where no list of processes shows it."""
    if shutil.which(program) is None:
        raise Refusal(f"{program} is not installed; it comes with PostgreSQL's client package")
    held = connection.settings_dict
    given = {
        "PGHOST": held["HOST"],
        "PGPORT": held["PORT"],
        "PGUSER": held["USER"],
        "PGPASSWORD": held["PASSWORD"],
        "PGDATABASE": _name(),
    }
    env = {
        **os.environ,
        "PGOPTIONS": "-c statement_timeout=0 -c client_min_messages=warning",
        **{name: str(value) for name, value in given.items() if value},
    }
    done = subprocess.run([program, *words], env=env, capture_output=True, text=True)  # noqa: S603
    if done.returncode:
        raise Refusal(f"{program} failed: {done.stderr.strip()[-500:]}")
