"""Reads the types of the installed stripe library: which fields, which values.

The library's `stripe.params` TypedDicts and the annotations of its resources are generated
from Stripe's own specification. Holding requests and answers to them keeps this stand-in from
accepting what Stripe refuses, and from answering what Stripe never sends.
"""

from __future__ import annotations

import inspect
import typing
from collections.abc import Mapping
from functools import cache
from types import UnionType
from typing import Any, ClassVar, ForwardRef, Literal, Union, get_args, get_origin

import typing_extensions
from stripe import ListObject
from stripe._request_options import RequestOptions

CLASS_VARS: tuple[Any, ...] = (ClassVar,)
MARKERS: tuple[Any, ...] = (
    typing.NotRequired,
    typing.Required,
    typing_extensions.NotRequired,
    typing_extensions.Required,
)


@cache
def arms(hint: Any) -> list[Any]:
    """The alternatives of a type. Beside named values the open `str` is dropped.

    The library writes every enum as `Literal[...] | str` to survive values of the future;
    a stand-in must hold to those of today.
    """
    if get_origin(hint) in MARKERS:
        return arms(get_args(hint)[0])
    parts = list(get_args(hint)) if get_origin(hint) in (Union, UnionType) else [hint]
    flat = [arm for part in parts for arm in (arms(part) if part is not hint else [part])]
    named = [arm for arm in flat if get_origin(arm) is Literal and get_args(arm) != ("",)]
    return [arm for arm in flat if arm is not str] if named else flat


@cache
def request_fields(params: Any) -> dict[str, Any]:
    """Name → type of a params TypedDict, without the library's own request options."""
    # Inherited options name types of their own module, one of them seen by type checkers only.
    names = {"Mapping": Mapping, "StripeContext": Any}
    hints = typing.get_type_hints(params, localns=names, include_extras=True)
    options = RequestOptions.__annotations__
    if not set(options) <= set(hints):
        return hints
    return {name: hint for name, hint in hints.items() if name not in options}


@cache
def resource_fields(resource: Any) -> dict[str, Any]:
    """Name → type of a resource class or one of the classes inside it."""
    hints = inspect.get_annotations(resource)
    if resource is ListObject:
        hints = {**hints, "object": Literal["list"]}
    return {name: hint for name, hint in hints.items() if get_origin(hint) not in CLASS_VARS}


def expandable(resource: Any, field: str) -> bool:
    """Whether Stripe's types let this field be asked for with `expand`."""
    options = arms(resource_fields(resource).get(field, str))
    included = any(get_origin(arm) is ListObject for arm in options)
    return included or (str in options and any(isinstance(arm, ForwardRef) for arm in options))
