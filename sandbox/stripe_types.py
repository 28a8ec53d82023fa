"""Checks requests and responses against the types of the installed stripe library.

The library's `stripe.params` TypedDicts and the annotations of its resources are generated
from Stripe's own specification. Walking them keeps this stand-in from accepting what Stripe
refuses, and from answering what Stripe never sends.
"""

from __future__ import annotations

import inspect
import re
import typing
from collections.abc import Mapping
from decimal import Decimal, InvalidOperation
from functools import cache
from types import UnionType
from typing import Any, ClassVar, ForwardRef, Literal, Union, get_args, get_origin

import stripe
from stripe import ListObject, StripeObject
from stripe._object_classes import get_object_class
from stripe._request_options import RequestOptions
from stripe._stripe_object import UntypedStripeObject
from typing_extensions import NotRequired, Required, is_typeddict

from sandbox.stripe_errors import ApiError

MARKERS = (NotRequired, Required, typing.NotRequired, typing.Required)


class ShapeError(Exception):
    """A response that Stripe's own types do not allow; the message names the field."""


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
    return {n: h for n, h in hints.items() if n not in options or not set(options) <= set(hints)}


@cache
def resource_fields(resource: Any) -> dict[str, Any]:
    """Name → type of a resource class or one of the classes inside it."""
    hints = inspect.get_annotations(resource)
    if resource is ListObject:
        hints = {**hints, "object": Literal["list"]}
    return {n: h for n, h in hints.items() if get_origin(h) is not ClassVar and h is not ClassVar}


def expandable(resource: Any, field: str) -> bool:
    """Whether Stripe's types let this field be asked for with `expand`."""
    options = arms(resource_fields(resource).get(field, str))
    included = any(get_origin(arm) is ListObject for arm in options)
    return included or (str in options and any(isinstance(arm, ForwardRef) for arm in options))


# Requests ---------------------------------------------------------------------------------


def checked_request(params: Any, form: dict[str, Any]) -> dict[str, Any]:
    """The form's values in their real types; raises ApiError as Stripe answers bad input."""
    result: dict[str, Any] = _typed_dict(form, params, "")
    return result


def _typed_dict(value: Any, params: Any, path: str) -> dict[str, Any]:
    if not isinstance(value, dict):
        raise ApiError("Invalid object", param=path, code="parameter_invalid_object")
    fields = request_fields(params)
    for name in value:
        if name not in fields:
            param = _join(path, name)
            raise ApiError(
                f"Received unknown parameter: {param}", code="parameter_unknown", param=param
            )
    for name in params.__required_keys__:
        if name not in value:
            param = _join(path, name)
            raise ApiError(
                f"Missing required param: {param}.", code="parameter_missing", param=param
            )
    return {name: _request_value(v, fields[name], _join(path, name)) for name, v in value.items()}


def _join(path: str, name: str) -> str:
    return f"{path}[{name}]" if path else name


def _request_value(value: Any, hint: Any, path: str) -> Any:
    failures = []
    options = arms(hint)
    named = tuple(v for arm in options if get_origin(arm) is Literal for v in get_args(arm))
    if isinstance(value, str) and value in named:
        return value
    for arm in options:
        if get_origin(arm) is Literal:
            continue
        try:
            return _request_arm(value, arm, path)
        except ApiError as error:
            failures.append(error)
    if failures:
        raise max(failures, key=lambda error: len(error.param or ""))
    allowed = ", ".join(str(v) for v in named)
    raise ApiError(f"Invalid {path}: must be one of {allowed}", param=path)


def _request_arm(value: Any, arm: Any, path: str) -> Any:
    origin = get_origin(arm)
    if is_typeddict(arm):
        return _typed_dict(value, arm, path)
    if origin is list:
        return _request_list(value, get_args(arm)[0], path)
    if origin in (dict, UntypedStripeObject):
        return _metadata(value, path)
    if not isinstance(value, str):
        raise ApiError("Invalid string: an object was given", param=path)
    return _scalar(value, arm, path)


def _request_list(value: Any, item: Any, path: str) -> list[Any]:
    if not isinstance(value, dict) or not all(key.isdigit() for key in value):
        raise ApiError("Invalid array", param=path)
    ordered = [value[key] for key in sorted(value, key=int)]
    return [_request_value(v, item, f"{path}[{i}]") for i, v in enumerate(ordered)]


def _metadata(value: Any, path: str) -> dict[str, str]:
    if value == "":
        return {}
    if not isinstance(value, dict) or not all(isinstance(v, str) for v in value.values()):
        raise ApiError("Metadata must be a set of key-value pairs of strings", param=path)
    if len(value) > 50:
        raise ApiError("Metadata can hold at most 50 keys", param=path)
    for key, text in value.items():
        if len(key) > 40 or len(text) > 500:
            raise ApiError(
                "Metadata keys can be up to 40 characters and values up to 500",
                param=_join(path, key),
            )
    return value


def _scalar(value: str, kind: Any, path: str) -> Any:
    if value == "":
        raise ApiError(
            f"You passed an empty string for '{path}', which cannot be unset.",
            code="parameter_invalid_empty",
            param=path,
        )
    if kind is int:
        if not re.fullmatch(r"-?[0-9]{1,18}", value):
            raise ApiError(
                f"Invalid integer: {value}", code="parameter_invalid_integer", param=path
            )
        return int(value)
    if kind is bool:
        if value not in ("true", "false"):
            raise ApiError(f"Invalid boolean: {value}", param=path)
        return value == "true"
    if kind is Decimal:
        try:
            return Decimal(value)
        except InvalidOperation:
            raise ApiError(f"Invalid decimal: {value}", param=path) from None
    return value


# Responses --------------------------------------------------------------------------------


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
    if arm is Any or isinstance(arm, typing.TypeVar):
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
