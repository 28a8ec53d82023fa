"""Reads a request into the types of the library's own `stripe.params`.

Unknown names, missing ones, wrong types and values outside an enum are refused as Stripe
refuses them.
"""

from __future__ import annotations

import re
from decimal import Decimal, InvalidOperation
from typing import Any, Literal, get_args, get_origin

from stripe._stripe_object import UntypedStripeObject
from typing_extensions import is_typeddict

from sandbox.stripe.errors import ApiError
from sandbox.stripe.types import arms, request_fields


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
