"""Doing something alone where no one row could be locked for it."""

import zlib

from django.db import connection


def alone(what: str) -> None:
    """Until this transaction ends nobody else gets past the same words; it must have begun.

    On SQLite a transaction that writes is alone anyway. On PostgreSQL a later statement sees what those before us have
    committed. Take it after locks of rows, never before, so that no two wait for each other.
    """
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_xact_lock(%s)", [zlib.crc32(what.encode())])
