"""The quiet report in one statement (PostgreSQL): a unit that says again what is known already.

Nearly every report of a fleet is one: it makes a connection row, keeps the balance and raises the counter, and settles
nothing. The ORM path needs a dozen round trips for that; the goal of bench/ for rc_data can't be met with them. What a
quiet report writes is the same as what that path writes; apps/gateway/tests/test_parity.py holds the two together.

The statement only acts when the counter is newer than the last and all that was seen of the unit still holds (its key,
orders, switches, software); else nothing happens and the ORM path decides. The unit's row is locked before anything is
written, as everywhere (docs/adr/0016): the rows that are written come from the locked one, so that no plan can turn
the order round, and after a wait PostgreSQL looks at what the unit has become meanwhile.
"""

import functools
import json

from django.db import connection
from django.utils import timezone

from apps.core.actors import unit
from apps.core.statements import execute_prepared
from apps.dcm.models import Balance
from apps.gateway.report import Report
from apps.gateway.snapshot import Snapshot
from apps.products.models import Connection, EnableState


def is_quiet(seen: Snapshot, report: Report) -> bool:
    """Nothing to settle, nothing new to keep but the contact and the balance."""
    return (
        seen.counter is not None
        and _unchanged(
            report.enabled,
            seen.desired_enable_flag,
            seen.current_enable_flag,
            seen.enable_state,
            at_zero=seen.keeps_credit and report.balance == 0,
        )  # fmt: skip
        and _unchanged(report.tamper_enabled, seen.desired_tamper_flag, seen.current_tamper_flag, seen.tamper_state)
        # The first balance makes its series; one that is being reset is no longer the unit's to say.
        and (report.balance is None or (seen.balance_series is not None and not seen.is_resetting))
        # While it awaits software each report ends a telling (models.Told), whatever it says.
        and not seen.awaits_software
        and report.software in (None, seen.reported_software)
        and not (report.parameters and seen.awaits_parameters)
        and not (report.part_parameters and seen.parts_await)
        and not report.acknowledged
        and report.final_balance is None
        and report.gps is None
        and report.ip_address is None
    )


def _unchanged(reported: bool | None, desired: bool, current: bool, state: str | None, at_zero: bool = False) -> bool:
    before = EnableState(state or EnableState.INIT)
    return reported is None or (
        reported == current and before.after_report(desired=desired, reported=reported, at_zero=at_zero) == before
    )


def record_quiet(seen: Snapshot, report: Report, *, counter: int, tag: str, body: bytes) -> bool:
    """True when it was recorded; False when somebody was faster, and nothing was."""
    columns = Connection.columns_of_contact([vars(cell) for cell in report.cells], None, None, report.balance)
    meta = (timezone.now(), unit(seen.imei).name_for_record)
    still = [
        seen.device_key_digest, seen.order_seq, seen.current_enable_flag, seen.current_tamper_flag,
        seen.latest_enable_history_id, seen.latest_tamper_enable_history_id, seen.reported_software,
    ]  # fmt: skip
    params = [seen.pk, *still, counter, tag, 200, body, counter, *meta, seen.imei, *columns.values()]
    if report.balance is not None:
        now, balance = meta[0], report.balance
        params += [*meta, seen.imei, balance, Balance.expiry_of(balance), now, now, balance]
        params += [seen.balance_series, now, json.dumps(balance)]
    params.append(seen.pk)
    with connection.cursor() as cursor:
        execute_prepared(cursor, _statement(tuple(columns), report.balance is not None), params)
        return cursor.fetchone() is not None


@functools.lru_cache(maxsize=64)
def _statement(columns: tuple[str, ...], with_balance: bool) -> str:
    kinds = [Connection._meta.get_field(name).db_type(connection) for name in columns]
    values = ", ".join(["%s::timestamptz", "%s::text", "%s::varchar", *(f"%s::{kind}" for kind in kinds)])
    balance = ""
    if with_balance:
        balance = """, balance AS (
            INSERT INTO dcm_balance (created_at, created_by, product_imei, balance, expected_expiry,
                reported_at, since, since_balance)
            SELECT %s::timestamptz, %s::text, %s::varchar, %s::bigint, %s::timestamptz,
                %s::timestamptz, %s::timestamptz, %s::bigint FROM won
            ON CONFLICT (product_imei) DO UPDATE SET balance = excluded.balance,
                expected_expiry = excluded.expected_expiry, reported_at = excluded.reported_at,
                since = CASE WHEN dcm_balance.since IS NULL OR excluded.balance > dcm_balance.balance
                    THEN excluded.since ELSE dcm_balance.since END,
                since_balance = CASE WHEN dcm_balance.since IS NULL OR excluded.balance > dcm_balance.balance
                    THEN excluded.since_balance ELSE dcm_balance.since_balance END,
                modified_at = excluded.created_at, modified_by = excluded.created_by
        ), kept AS (
            INSERT INTO telemetry_point (series_id, time, value, ahead)
            SELECT %s::bigint, %s::timestamptz, %s::jsonb, FALSE FROM won
            ON CONFLICT (series_id, time) DO UPDATE SET value = excluded.value
        )"""
    return f"""
        WITH unit AS (
            SELECT row_no FROM products_product
            WHERE row_no = %s AND device_key_digest = %s AND order_seq = %s
            AND current_enable_flag = %s AND current_tamper_flag = %s
            AND latest_enable_history_id IS NOT DISTINCT FROM %s
            AND latest_tamper_enable_history_id IS NOT DISTINCT FROM %s
            AND reported_software IS NOT DISTINCT FROM %s
            FOR NO KEY UPDATE
        ), won AS (
            UPDATE gateway_lastexchange last SET counter = %s, tag = %s, status = %s, body = %s
            FROM unit WHERE last.product_id = unit.row_no AND last.counter < %s
            RETURNING last.product_id
        ), contact AS (
            INSERT INTO products_connection (created_at, created_by, product_imei, {", ".join(columns)})
            SELECT {values} FROM won RETURNING connection_id
        ){balance}
        UPDATE products_product SET latest_connection_id = contact.connection_id FROM contact WHERE row_no = %s
        RETURNING row_no
    """  # noqa: S608  # column names only, from columns_of_contact()
