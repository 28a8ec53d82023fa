"""What every API call passes first: key, version, idempotency, and trouble made on request."""

from __future__ import annotations

import hashlib
import json
import secrets
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from sandbox.stripe.errors import ApiError
from sandbox.stripe.state import API_VERSION


@dataclass
class Answer:
    """Status and JSON body of a response."""

    status: int
    body: dict[str, Any]
    replayed: bool = False


@dataclass
class Trouble:
    """Calls still to be spoiled: answered with `status`, or dropped when status is None.

    `done_first` lets the work happen before the answer is lost.
    """

    calls: int
    status: int | None = 500
    done_first: bool = False


class Dropped(Exception):
    """The connection is to be cut without an answer."""


def check_key(authorization: str) -> None:
    """Only secret test keys pass; ApiError 401 for all others, with a clear word on live ones."""
    key = authorization.removeprefix("Bearer ").strip()
    if key.startswith(("sk_live_", "rk_live_", "pk_live_")):
        raise ApiError(
            "A live key reached the local Stripe. It takes test keys only (sk_test_…); roll the "
            "live key if this machine is not yours alone.",
            status=401,
        )
    if not authorization.startswith("Bearer ") or len(key) <= len("sk_test_"):
        raise ApiError("You did not provide an API key (Authorization: Bearer …).", status=401)
    if not key.startswith("sk_test_"):
        raise ApiError("Invalid API Key provided: use one that begins sk_test_.", status=401)


def check_version(version: str | None) -> None:
    """Only the version this stand-in imitates."""
    if version not in (None, API_VERSION):
        raise ApiError(f"Invalid Stripe API version: {version}. This is {API_VERSION}.")


class Gate:
    """Idempotency keys and arranged trouble, safe for many threads."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self.clear()

    def clear(self) -> None:
        """Forget keys, trouble and latency."""
        with self._lock:
            self.latency = 0.0
            self._trouble: list[Trouble] = []
            self._answers: dict[str, tuple[str, Answer | None]] = {}

    def fail_next(self, trouble: Trouble) -> None:
        """Spoil the next calls."""
        with self._lock:
            self._trouble.append(trouble)

    def recover(self) -> None:
        """Spoil no more calls."""
        with self._lock:
            self._trouble.clear()

    def _next_trouble(self) -> Trouble | None:
        with self._lock:
            while self._trouble and self._trouble[0].calls <= 0:
                self._trouble.pop(0)
            if not self._trouble:
                return None
            self._trouble[0].calls -= 1
            return self._trouble[0]

    def through(self, key: str | None, call: str, work: Callable[[], Answer]) -> Answer:
        """Run `work` once per key; the same key and call replay, another call is refused.

        `call` is method, path and parameters. An answer is kept once the work had begun,
        500s included: https://docs.stripe.com/api/idempotent_requests
        """
        if key is None:
            return self._run(work)[0]
        print_ = hashlib.sha256(call.encode()).hexdigest()
        kept = self._claim(key, print_)
        if kept is not None:
            return Answer(kept.status, kept.body, replayed=True)
        answer, store = None, False
        try:
            answer, store = self._run(work)
        except Dropped as cut:
            answer, store = (cut.args[0], True) if cut.args else (None, False)
            raise
        finally:
            with self._lock:
                if store and answer is not None:
                    self._answers[key] = (print_, answer)
                else:
                    self._answers.pop(key, None)
        return answer

    def _claim(self, key: str, print_: str) -> Answer | None:
        with self._lock:
            if key not in self._answers:
                self._answers[key] = (print_, None)
                return None
            seen, answer = self._answers[key]
        if seen != print_:
            raise ApiError(
                "Keys for idempotent requests can only be used with the same parameters they "
                f"were first used with. Try using a key other than '{key}' if you meant to "
                "execute a different request.",
                kind="idempotency_error",
            )
        if answer is None:
            raise ApiError(
                f"Another request is using the idempotency key '{key}' right now.",
                status=409,
                code="idempotency_key_in_use",
            )
        return answer

    def _run(self, work: Callable[[], Answer]) -> tuple[Answer, bool]:
        """The answer, and whether an idempotency key keeps it."""
        time.sleep(self.latency)
        trouble = self._next_trouble()
        if trouble is None:
            return _outcome(work)
        answer, store = _outcome(work) if trouble.done_first else (None, False)
        if trouble.status is None:
            raise Dropped(*([answer] if store else []))
        kind = "api_error" if trouble.status >= 500 else "invalid_request_error"
        code = {429: "rate_limit", 409: "lock_timeout"}.get(trouble.status)
        spoiled = ApiError("Spoiled on request.", status=trouble.status, code=code, kind=kind)
        return Answer(trouble.status, spoiled.body()), trouble.status == 500


def _outcome(work: Callable[[], Answer]) -> tuple[Answer, bool]:
    try:
        return work(), True
    except ApiError as error:
        return Answer(error.status, error.body()), error.stored


def request_id() -> str:
    """An id for the Request-Id header."""
    return f"req_{secrets.token_hex(7)}"


def described(method: str, path: str, params: dict[str, Any]) -> str:
    """A call as one line, the same for the same parameters in any order."""
    return f"{method} {path} {json.dumps(params, sort_keys=True)}"
