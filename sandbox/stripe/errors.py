"""Errors as the Stripe API answers them."""

from __future__ import annotations

from typing import Any


class ApiError(Exception):
    """An answer in Stripe's error shape: HTTP status, type, code, message and parameter.

    `stored` says whether an idempotency key keeps it: Stripe keeps every answer of a call
    whose work had begun, also failures, but nothing of a call refused before that.
    """

    def __init__(
        self,
        message: str,
        *,
        status: int = 400,
        code: str | None = None,
        param: str | None = None,
        kind: str = "invalid_request_error",
        stored: bool = False,
    ) -> None:
        super().__init__(message)
        self.message = message
        self.status = status
        self.code = code
        self.param = param
        self.kind = kind
        self.stored = stored

    def body(self) -> dict[str, Any]:
        """The JSON body."""
        error: dict[str, Any] = {"message": self.message, "type": self.kind}
        if self.code:
            error["code"] = self.code
        if self.param:
            error["param"] = self.param
        return {"error": error}


def missing(what: str, key: str, *, param: str = "id", status: int = 404) -> ApiError:
    """No object of that kind has that id."""
    return ApiError(f"No such {what}: '{key}'", status=status, code="resource_missing", param=param)


def not_done_here(param: str) -> ApiError:
    """Stripe knows the parameter, this stand-in does not act on it and says so."""
    return ApiError(
        f"The local Stripe does not do `{param}`. Real Stripe may accept it.", param=param
    )
