"""The back office: enquiries, mails, and what is kept."""

from __future__ import annotations

from typing import Any

from flask import Response, abort, redirect, request, stream_with_context, url_for
from werkzeug.wrappers import Response as AnyResponse

from shop.clinic import labels, shown
from shop.clinic.export import lines
from shop.clinic.room import blueprint, room
from shop.content import retention as kept
from shop.cpr import holds_cpr
from shop.danish import day_start
from shop.db import UNREADABLE, transaction
from shop.enquiries import actions as enquiry_actions
from shop.enquiries import models, rules
from shop.enquiries.models import Enquiry
from shop.outbox import actions as outbox
from shop.outbox import models as mails_of
from shop.web import came_from, now

PER_PAGE = 25
MOST_FOUND = 50
COUNTED = 100
LARGEST_ID = 2**31


@blueprint.get("/")
def home() -> AnyResponse:
    """The door: what the clinician comes for is behind it."""
    return redirect(url_for("clinic.enquiries"), 303)


@blueprint.get("/henvendelser")
def enquiries() -> Response:
    """The enquiries of one filter, newest first."""
    state = request.args.get("state", "open")
    if state not in labels.FILTERS:
        abort(404)
    before = request.args.get("before", type=int)
    before = before if before and 0 < before < LARGEST_ID else None
    rows = models.page(labels.FILTERS[state][1], before, PER_PAGE + 1)
    of_page, more = rows[:PER_PAGE], len(rows) > PER_PAGE
    older = more and url_for("clinic.enquiries", state=state, before=of_page[-1].id)
    newest = before and url_for("clinic.enquiries", state=state)
    return _list(of_page, state, older_url=older, newest_url=newest)


@blueprint.post("/henvendelser")
def search() -> Response:
    """What fits a search; a POST, so that no name stands in an address."""
    query = request.form.get("query", "").strip()[:200]
    return _list(models.found(query, MOST_FOUND), "all", query=query)


def _list(rows: Any, state: str, query: str = "", **context: Any) -> Response:
    counts = models.counts(("new", "suspected"), COUNTED)
    return room(
        "enquiries",
        "enquiries",
        rows=[shown.listed(row) for row in rows],
        filters=[
            (value, label, shown.count(counts.get(value), COUNTED), value == state and not query)
            for value, (label, _) in labels.FILTERS.items()
        ],
        state=state,
        query=query,
        csv_url=url_for("clinic.export", state=state),
        **context,
    )


@blueprint.get("/henvendelser.csv")
def export() -> Response:
    """The enquiries of one filter as a file for a spreadsheet."""
    state = request.args.get("state", "open")
    if state not in labels.FILTERS:
        abort(404)
    rows = models.every(labels.FILTERS[state][1])
    name = f"henvendelser-{now().date()}.csv"
    headers = {"Content-Disposition": f"attachment; filename={name}", "Cache-Control": "no-store"}
    return Response(stream_with_context(lines(rows)), mimetype="text/csv", headers=headers)


@blueprint.get("/henvendelser/<reference>")
def enquiry(reference: str) -> Response:
    found = _found(reference)
    return _enquiry_page(found, saved="gemt" in request.args)


def _found(reference: str) -> Enquiry:
    return models.by_reference(rules.read_reference(reference)) or abort(404)


def _enquiry_page(found: Enquiry, status_code: int = 200, **typed: Any) -> Response:
    lost = found.note is UNREADABLE
    note = typed.pop("note", "" if lost else found.note or "")
    return room(
        "enquiry",
        "enquiries",
        status_code=status_code,
        enquiry=shown.enquiry(found) | {"note": note},
        note_is_lost=lost,
        choices=shown.choices(found),
        reply_url=shown.reply_url(found),
        mails=[shown.fate(mail) for mail in mails_of.fates(found.about)],
        version=found.version,
        **typed,
    )


@blueprint.post("/henvendelser/<reference>")
def change(reference: str) -> Response | AnyResponse:
    """Moves an enquiry on and keeps the note, unless somebody else was faster."""
    found = _found(reference)
    state, note = request.form.get("state", found.state), request.form.get("note", "").strip()
    version = request.form.get("version", type=int)
    if holds_cpr(note):
        return _enquiry_page(found, 422, note=note, chosen=state, note_holds_cpr=True)
    if version is None or state not in {found.state, *rules.MOVES[found.state]}:
        return _enquiry_page(found, 409, conflict=True, note=note)
    with transaction():
        changed = enquiry_actions.change(found, state, note, version, now())
    if not changed:
        return _enquiry_page(_found(reference), 409, conflict=True, note=note, chosen=state)
    return redirect(url_for("clinic.enquiry", reference=reference, gemt=1), 303)


@blueprint.route("/henvendelser/<reference>/slet", methods=["GET", "POST"])
def delete(reference: str) -> Response | AnyResponse:
    found = _found(reference)
    if request.method == "GET":
        return room("delete", "enquiries", enquiry=shown.enquiry(found))
    with transaction():
        enquiry_actions.erase(found.id)
    return redirect(url_for("clinic.enquiries"), 303)


@blueprint.get("/mails")
def mails() -> Response:
    """What waits and what nobody got."""
    return room(
        "mails",
        "mails",
        failed=[shown.mail(mail) for mail in mails_of.lost()],
        waiting=[shown.mail(mail) for mail in mails_of.waiting()],
        sent_today=mails_of.sent_since(day_start(now())),
    )


@blueprint.post("/mails/<int(max=2147483647):id>/igen")
def retry(id: int) -> AnyResponse:
    with transaction():
        outbox.retry(id, now())
    return _back()


@blueprint.post("/mails/<int(max=2147483647):id>/retur")
def bounced(id: int) -> AnyResponse:
    with transaction():
        outbox.bounced(id)
    return _back()


@blueprint.post("/mails/<int(max=2147483647):id>/set")
def seen(id: int) -> AnyResponse:
    with transaction():
        outbox.seen(id, now())
    return _back()


def _back() -> AnyResponse:
    """To the page whose button was pressed."""
    return redirect(came_from() or url_for("clinic.mails"), 303)


@blueprint.get("/opbevaring")
def retention() -> Response:
    """What is kept of people, and for how long."""
    return room("retention", "retention", rows=kept())
