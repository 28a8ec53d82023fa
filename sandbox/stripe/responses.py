"""Holds every answer and event to the annotations of the library's own resources."""

from __future__ import annotations

import inspect
from decimal import Decimal
from typing import Any, ForwardRef, Literal, TypeVar, get_args, get_origin

import stripe
from stripe import ListObject, StripeObject
from stripe._object_classes import get_object_class
from stripe._stripe_object import UntypedStripeObject

from sandbox.stripe.types import arms, resource_fields


class ShapeError(Exception):
    """A response that Stripe's own types do not allow; the message names the field."""


def check_response(value: Any, resource: Any, path: str = "") -> None:
    """Raises ShapeError where a response differs from the resource's own annotations."""
    if not isinstance(value, dict):
        raise ShapeError(f"{path or 'response'}: {resource.__name__} expected, got {value!r}")
    fields = resource_fields(resource)
    for name in value:
        if name not in fields:
            raise ShapeError(f"{path}{name}: {resource.__name__} has no such field")
    for name, hint in fields.items():
        if name in value:
            _response_value(value[name], hint, f"{path}{name}")
        elif type(None) not in arms(hint):
            raise ShapeError(f"{path}{name}: missing from {resource.__name__}")


def check_list(value: dict[str, Any], resource: Any) -> None:
    """The same for a page of a list."""
    check_response({**value, "data": []}, ListObject)
    for number, item in enumerate(value["data"]):
        check_response(item, resource, f"data.{number}.")


def _response_value(value: Any, hint: Any, path: str) -> None:
    failures = []
    for arm in arms(hint):
        try:
            return _response_arm(value, arm, path)
        except ShapeError as failure:
            failures.append(failure)
    # The failure that got furthest into the object tells most.
    raise max(failures, key=lambda failure: str(failure).split(":")[0].count("."))


def _response_arm(value: Any, arm: Any, path: str) -> None:
    origin = get_origin(arm)
    fits = True
    if isinstance(arm, ForwardRef):
        return _check_named(value, arm.__forward_arg__, path)
    if inspect.isclass(arm) and issubclass(arm, StripeObject):
        return check_response(value, arm, f"{path}.")
    if arm is Any or isinstance(arm, TypeVar):
        return None
    if origin is list:
        return _check_items(value, get_args(arm)[0], path)
    if origin is ListObject:
        return _check_page(value, get_args(arm)[0], path)
    if origin is UntypedStripeObject:
        fits = isinstance(value, dict) and (
            get_args(arm) != (str,) or all(isinstance(v, str) for v in value.values())
        )
    elif origin is Literal:
        fits = value in get_args(arm)
    elif arm is type(None):
        fits = value is None
    elif arm is Decimal:
        fits = isinstance(value, str)
    elif arm in (int, float):
        fits = isinstance(value, (int, arm)) and not isinstance(value, bool)
    else:
        fits = isinstance(value, arm)
    if not fits:
        raise ShapeError(f"{path}: {value!r} is not {getattr(arm, '__name__', arm)}")
    return None


def _check_named(value: Any, name: str, path: str) -> None:
    """A whole resource where the types name one; which, its own `object` must agree."""
    if not isinstance(value, dict) or "object" not in value:
        raise ShapeError(f"{path}: {name} expected, got {value!r}")
    resource = get_object_class("V1", value["object"])
    if hasattr(stripe, name) and getattr(stripe, name) is not resource:
        raise ShapeError(f"{path}.object: {value['object']!r} is not a {name}")
    check_response(value, resource, f"{path}.")


def _check_items(value: Any, item: Any, path: str) -> None:
    if not isinstance(value, list):
        raise ShapeError(f"{path}: a list expected, got {value!r}")
    for number, entry in enumerate(value):
        _response_value(entry, item, f"{path}.{number}")


def _check_page(value: Any, item: Any, path: str) -> None:
    if not isinstance(value, dict):
        raise ShapeError(f"{path}: a list object expected, got {value!r}")
    check_response({**value, "data": []}, ListObject, f"{path}.")
    _check_items(value["data"], item, f"{path}.data")
