"""The database as one file and back, on SQLite and PostgreSQL. What comes back is proven before what is here goes."""

import contextlib
import os
import shutil
import sqlite3
import subprocess
import time
from collections.abc import Iterable
from pathlib import Path

from django.db import connection, transaction

LEDGER = """
    SELECT COUNT(*), COALESCE(SUM(value), 0), COALESCE(SUM(CASE WHEN void THEN 0 ELSE value END), 0)
    FROM dcm_paymentcommand
"""
MIGRATIONS = "SELECT app || '.' || name FROM django_migrations ORDER BY 1"


class Refusal(Exception):
    """Nothing was done, or nothing was kept; the text says why and what to do."""


Sums = list[int]  # commands; seconds of all; seconds of those in force


def dump(to: Path) -> tuple[Sums, list[str]]:
    """Write the database as of one moment, while everything runs on; its ledger's sums and its migrations."""
    return _dump_postgresql(to) if connection.vendor == "postgresql" else _dump_sqlite(to)


def put_back(database: Path, ledger: Sums) -> None:
    """Put this file in place of the database, once it is proven that it is whole and its ledger adds up to `ledger`."""
    if connection.vendor == "postgresql":
        _put_back_postgresql(database, ledger)
    else:
        _put_back_sqlite(database, ledger)


def ledger_of_this_database() -> Sums:
    with connection.cursor() as cursor:
        cursor.execute(LEDGER)
        return [int(number) for number in cursor.fetchone()]


def _differ(found: Iterable[int], wanted: Sums) -> Refusal:
    return Refusal(f"The ledger's sums differ: {list(found)} instead of {wanted}; nothing was changed")


# SQLite

PATIENCE = 5.0  # seconds that somebody else may hold the database
_HELD = (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED)
_PARTS = ("", "-wal", "-shm")


def _dump_sqlite(to: Path) -> tuple[Sums, list[str]]:
    with sqlite3.connect(str(connection.settings_dict["NAME"]), uri=True) as source, sqlite3.connect(to) as copy:
        _copied(source, copy)
        sums = [int(number) for number in copy.execute(LEDGER).fetchone()]
        applied = [name for (name,) in copy.execute(MIGRATIONS)]
    source.close()
    copy.close()
    return sums, applied


def _put_back_sqlite(database: Path, ledger: Sums) -> None:
    """The copy is checked page by page and summed; only then it comes here, in one transaction."""
    with sqlite3.connect(database) as copy:
        try:
            found = [text for (text,) in copy.execute("PRAGMA integrity_check(5)")]
            if found != ["ok"]:
                raise Refusal(f"The database in the backup is damaged ({found[0]}); nothing was changed")
            sums = [int(number) for number in copy.execute(LEDGER).fetchone()]
        except sqlite3.DatabaseError as error:
            raise Refusal(f"The database in the backup is damaged ({error}); nothing was changed") from None
    copy.close()
    if sums != ledger:
        raise _differ(sums, ledger)
    connection.close()
    try:
        _copy_pages(database)
    except sqlite3.OperationalError as error:
        raise _why_not(error) from None
    except sqlite3.DatabaseError:  # what lies here is no database any more: it makes room
        _make_room_and_copy(database)


def _why_not(error: sqlite3.OperationalError) -> Refusal:
    if error.sqlite_errorcode & 0xFF in _HELD:  # the primary code of all its kinds
        return Refusal(f"Something still uses the database ({error}): stop the servers first; nothing was changed")
    return Refusal(f"The database can't be written ({error}); nothing was changed")


def _make_room_and_copy(database: Path) -> None:
    here = Path(str(connection.settings_dict["NAME"]))
    broken = here.with_name(f"{here.name}.broken-{os.getpid()}")
    for rest in _PARTS:
        with contextlib.suppress(FileNotFoundError):
            here.with_name(here.name + rest).rename(broken.with_name(broken.name + rest))
    os.close(os.open(here, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600))  # its further files get the mode of the first
    try:
        _copy_pages(database)
    except sqlite3.Error as error:
        for rest in _PARTS:
            here.with_name(here.name + rest).unlink(missing_ok=True)
            with contextlib.suppress(FileNotFoundError):
                broken.with_name(broken.name + rest).rename(here.with_name(here.name + rest))
        raise Refusal(f"The database can't be written ({error}); nothing was changed") from None


def _copy_pages(database: Path) -> None:
    name = str(connection.settings_dict["NAME"])
    with (
        contextlib.closing(sqlite3.connect(database)) as source,
        contextlib.closing(sqlite3.connect(name, uri=True, timeout=PATIENCE, isolation_level=None)) as here,
    ):
        here.execute("BEGIN IMMEDIATE")  # whoever writes is waited for here, with an end
        here.execute("ROLLBACK")
        _copied(source, here)


def _copied(source: sqlite3.Connection, to: sqlite3.Connection) -> None:
    """backup() by itself asks again for ever where somebody holds a lock."""
    deadline = time.monotonic() + PATIENCE

    def look(status: int, _left: int, _all: int) -> None:
        if status in _HELD and time.monotonic() > deadline:
            held = sqlite3.OperationalError("database is locked")
            held.sqlite_errorcode = status
            raise held

    source.backup(to, progress=look)


# PostgreSQL


def _dump_postgresql(to: Path) -> tuple[Sums, list[str]]:
    """pg_dump and the sums under one snapshot."""
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY")
        cursor.execute("SET LOCAL statement_timeout = 0")
        cursor.execute("SET LOCAL idle_in_transaction_session_timeout = 0")
        cursor.execute("SELECT pg_export_snapshot()")
        (snapshot,) = cursor.fetchone()
        cursor.execute(MIGRATIONS)
        applied = [name for (name,) in cursor.fetchall()]
        sums = ledger_of_this_database()
        run("pg_dump", "--format=custom", "--no-owner", "--no-privileges", f"--snapshot={snapshot}", f"--file={to}")
    return sums, applied


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
_PROVE = """
RESET search_path;  -- which pg_dump's script has emptied
DO $$ DECLARE found bigint[]; BEGIN
    SELECT ARRAY[COUNT(*), COALESCE(SUM(value), 0), COALESCE(SUM(CASE WHEN void THEN 0 ELSE value END), 0)]
    INTO found FROM dcm_paymentcommand;
    IF found <> ARRAY[%s]::bigint[] THEN
        RAISE EXCEPTION 'the sums of the ledger differ: %% instead of %s', found;
    END IF;
END $$;
"""


def _put_back_postgresql(database: Path, ledger: Sums) -> None:
    """In one transaction: what is here goes, the backup comes and its ledger is summed; or all stays as it is."""
    clear, script, prove = (database.with_name(name) for name in ("clear.sql", "restore.sql", "prove.sql"))
    clear.write_text(_CLEAR)
    sums = ", ".join(str(int(number)) for number in ledger)
    prove.write_text(_PROVE % (sums, sums))
    run("pg_restore", "--no-owner", "--no-privileges", f"--file={script}", str(database))
    connection.close()
    run(
        "psql", "--no-psqlrc", "--quiet", "--set=ON_ERROR_STOP=1", "--single-transaction", f"--file={clear}",
        f"--file={script}", f"--file={prove}",
    )  # fmt: skip


def run(program: str, *words: str) -> None:
    """One of PostgreSQL's own programs; the password goes by the environment, where no list of processes shows it."""
    if shutil.which(program) is None:
        raise Refusal(f"{program} is not installed; it comes with PostgreSQL's client package")
    held = connection.settings_dict
    given = {
        "PGHOST": held["HOST"],
        "PGPORT": held["PORT"],
        "PGUSER": held["USER"],
        "PGPASSWORD": held["PASSWORD"],
        "PGDATABASE": str(held["NAME"]),
    }
    env = {
        **os.environ,
        "PGOPTIONS": "-c statement_timeout=0 -c client_min_messages=warning",
        **{name: str(value) for name, value in given.items() if value},
    }
    done = subprocess.run([program, *words], env=env, capture_output=True, text=True)  # noqa: S603
    if done.returncode:
        raise Refusal(f"{program} failed: {done.stderr.strip()[-500:]}; nothing was changed")
