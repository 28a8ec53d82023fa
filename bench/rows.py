"""Fills a shop's tables with rows of nobody, fast: one statement a table, in SQLite itself."""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence
from pathlib import Path

PAST, FUTURE = "2026-01-01 00:00:00.000000", "2099-01-01 00:00:00.000000"

HALF_HOUR = "((strftime('%s', 'now') / 1800 - i) * 1800)"  # the i-th before now
# Each inserts :rows rows. Keys that people and Stripe make come in no order, as in life.
FILLINGS = {
    "person (email, name, created_at, verified_at)": (
        "lower(hex(randomblob(8))) || '@example.dk', 'Maal Ing', :past, :past"
    ),
    "browser (token_hash, person_id, is_first, created_at, expires_at)": (
        "lower(hex(randomblob(32))), i, 0, :past, :future"
    ),
    "enrolment (source, person_id, course_id, open, starts_at, access_until)": (
        "'order:' || (i + 10000000), i, (SELECT min(id) FROM course), 1, :past, :future"
    ),
    "progress (person_id, lesson_id, place, seen_at)": (
        "i, (SELECT min(id) FROM lesson), 'afsnit-3', :past"
    ),
    # A dozen answers a person, as in a lesson; of people of their own, so none is the reader's.
    "answer_consent (person_id, active_of, version, text, given_at)": (
        "i + 1000000, i + 1000000, '1', hex(randomblob(200)), :past"
    ),
    "answer (person_id, sheet, field, version, value, pen, clashed, changed_at)": (
        "i / 12 + 1000000, (SELECT min(slug) FROM lesson), 'felt' || (i % 12), 1,"
        " randomblob(180), hex(randomblob(6)), 0, :past"
    ),
    "purchase_order (number, person_id, course_id, email, name, amount_ore, currency,"
    " course_title, access_months, terms_version, browser_hash, current_of, is_first, state,"
    " version, created_at, confirmed_at)": (
        "hex(randomblob(6)), i, (SELECT min(id) FROM course), i || '@example.dk', 'Maal Ing',"
        " 49900, 'dkk', 'Kursus', 24, '1', lower(hex(randomblob(32))), lower(hex(randomblob(32))),"
        " 1, 'paid', 1, :past, :past"
    ),
    "payment_attempt (order_id, number, session_id, intent_id, url, state, refunded_ore,"
    " created_at, expires_at, refused)": (
        "i, 1, 'cs_' || hex(randomblob(28)), 'pi_' || hex(randomblob(12)),"
        " 'https://checkout.stripe.com/c/pay/' || hex(randomblob(100)), 'paid', 0,"
        " :past, :past, 0"
    ),
    "stripe_event (id, type, object_id, status, tries, created_at, received_at)": (
        "'evt_' || hex(randomblob(12)), 'charge.succeeded', 'ch_' || hex(randomblob(12)),"
        " 'done', 1, :past, :past"
    ),
    "enquiry (reference, submit_key, state, version, topic, name, email, phone, message,"
    " consent_version, consent_text, suspicions, search_text, received_at, changed_at, purge_at)": (
        "printf('%08X', i), lower(hex(randomblob(32))),"
        " CASE i % 50 WHEN 0 THEN 'new' WHEN 1 THEN 'in_progress' WHEN 2 THEN 'suspected'"
        " ELSE 'closed' END, 0, 'andet', 'Maal Ing', i || '@example.dk', '', randomblob(400),"
        " '1', hex(randomblob(100)), '', 'maal ing ' || i || '@example.dk', :past, :past, :future"
    ),
    "mail (dedupe_key, kind, about, letter, message_id, state, tries, queued_at, not_before,"
    " sent_at)": (
        "'enquiry:' || i || ':lead', 'lead', 'enquiry:' || i, randomblob(2000),"
        " hex(randomblob(16)), 'sent', 1, :past, :past, :past"
    ),
    # One every half hour, back from the day that times are asked for.
    "appointment (uid, practitioner_id, service_id, starts_at, ends_at, blocked_until, state,"
    " version, sequence, token_hash, token, name, email, phone, remind_short, reminded, booked_by,"
    " created_at, changed_at, purge_at)": (
        "lower(hex(randomblob(16))), (SELECT min(id) FROM practitioner),"  # noqa: S608 (ours alone)
        f" (SELECT min(id) FROM service), {HALF_HOUR}, {HALF_HOUR} + 1800, {HALF_HOUR} + 1800,"
        " CASE i % 9 WHEN 0 THEN 'cancelled' ELSE 'completed' END, 1, 0,"
        " lower(hex(randomblob(32))), randomblob(150), 'Maal Ing', i || '@example.dk', '', 0, 0,"
        " 'patient', :past, :past, :future"
    ),
}
OF_ENQUIRIES = ("enquiry", "mail")
OF_COURSEWORK = ("answer_consent", "answer")


def fill(database: Path, rows: int, tables: Sequence[str] = ()) -> None:
    """Puts `rows` rows into these tables, or into every table that grows with the trade."""
    numbers = "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < :rows)"
    connection = sqlite3.connect(database)
    connection.execute("PRAGMA synchronous=OFF")  # a measurement's rows may be lost
    with connection:
        for table, values in FILLINGS.items():
            if tables and table.split()[0] not in tables:
                continue
            connection.execute(
                f"INSERT INTO {table} {numbers} SELECT {values} FROM n",  # noqa: S608 (ours alone)
                {"rows": rows, "past": PAST, "future": FUTURE},
            )
    connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    connection.close()
