"""Lists: filters, cursors and pages, as every list of the API has them."""

from __future__ import annotations

from collections.abc import Callable
from fnmatch import fnmatchcase
from typing import Any

from sandbox.stripe.errors import ApiError, missing, not_done_here
from sandbox.stripe.objects import Object

PAGING = {"created", "ending_before", "expand", "limit", "starting_after"}


def listing(data: list[Object], url: str, has_more: bool = False) -> Object:
    """A list object."""
    return {"object": "list", "data": data, "has_more": has_more, "url": url}


def chosen(
    found: list[Object], kind: str, given: Object, delivered: Callable[[str], bool]
) -> list[Object]:
    """Those of `found` that meet every filter of the request.

    `delivered` tells for an event id whether its webhooks were taken.
    """
    if len(given.get("types", [])) > 20 or ("type" in given and "types" in given):
        raise ApiError("Give type, or up to 20 types.", code="parameters_exclusive")
    found = [made for made in found if _in_time(made, given.get("created"))]
    for field, wanted in given.items():
        if field in PAGING:
            continue
        if field == "delivery_success":
            found = [made for made in found if delivered(made["id"]) == wanted]
        elif kind == "event":
            names = wanted if field == "types" else [wanted]
            found = [m for m in found if any(fnmatchcase(m["type"], name) for name in names)]
        else:
            found = [made for made in found if _matches(made, field, wanted)]
    return found


def _matches(made: Object, field: str, wanted: Any) -> bool:
    if field not in made:
        raise not_done_here(field)
    if isinstance(wanted, dict):
        inner = made[field] or {}
        return all(inner.get(name) == value for name, value in wanted.items())
    return bool(made[field] == wanted)


def _in_time(made: Object, wanted: Any) -> bool:
    if wanted is None:
        return True
    at = made["created"]
    if isinstance(wanted, int):
        return bool(at == wanted)
    return bool(
        at > wanted.get("gt", -1)
        and at >= wanted.get("gte", 0)
        and at < wanted.get("lt", at + 1)
        and at <= wanted.get("lte", at)
    )


def page(found: list[Object], everything: list[Object], url: str, given: Object) -> Object:
    """One page of `found`, newest first, by limit and cursor.

    `everything` is the whole collection, oldest first: a cursor may name an object that the
    filters leave out.
    """
    limit = given.get("limit", 10)
    if not 1 <= limit <= 100:
        raise ApiError("Invalid limit: must be between 1 and 100", param="limit")
    after, before = given.get("starting_after"), given.get("ending_before")
    if after and before:
        raise ApiError(
            "Give starting_after or ending_before, not both.", code="parameters_exclusive"
        )
    ranks = {made["id"]: rank for rank, made in enumerate(everything)}
    for name, cursor in (("starting_after", after), ("ending_before", before)):
        if cursor and cursor not in ranks:
            raise missing("object", cursor, param=name, status=400)
    newest = list(reversed(found))
    if before:
        newer = [made for made in newest if ranks[made["id"]] > ranks[before]]
        return listing(newer[-limit:], url, has_more=len(newer) > limit)
    if after:
        newest = [made for made in newest if ranks[made["id"]] < ranks[after]]
    return listing(newest[:limit], url, has_more=len(newest) > limit)
