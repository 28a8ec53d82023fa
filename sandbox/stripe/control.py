"""The control plane under /_control: what an operator, a bank or bad luck would do."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from flask import Blueprint, Response, jsonify, redirect, render_template, request

from sandbox.stripe.errors import ApiError
from sandbox.stripe.objects import Object

Actions = dict[str, Callable[..., Any]]
# Words of a form that are numbers or truths in JSON.
NUMBERS: dict[str, Callable[[str], Any]] = {
    "amount": int,
    "count": int,
    "times": int,
    "parallel": int,
    "percent": int,
    "max_redemptions": int,
    "seconds": float,
    "drop": lambda word: word == "true",
    "done_first": lambda word: word == "true",
    "as_new": lambda word: word == "true",
}


def blueprint(actions: Actions, state: Callable[[], Object]) -> Blueprint:
    """Every action as POST (JSON or form), the state as GET, and a page with buttons."""
    control = Blueprint("stripe_control", __name__, url_prefix="/_control")

    @control.get("/")
    def page() -> str:
        return render_template("stripe/control.html", state=state())

    @control.get("/state")
    def dump() -> Response:
        return jsonify(state())

    @control.post("/<path:name>")
    def act(name: str) -> Any:
        if name not in actions:
            known = ", ".join(sorted(actions))
            return jsonify(error=f"No such action: {name}. There are: {known}."), 404
        try:
            given = _given()
            back = given.pop("back", None)
            result = actions[name](**given)
        except ApiError as error:
            return jsonify(error.body()), error.status
        except (TypeError, ValueError) as error:
            return jsonify(ApiError(str(error)).body()), 400
        return redirect("/_control/", 303) if back else jsonify({"ok": True, "result": result})

    return control


def _given() -> Object:
    if request.is_json:
        body = request.get_json()
        if not isinstance(body, dict):
            raise ApiError("A JSON object is expected.")
        return body
    words = {name: word for name, word in request.form.items() if word != ""}
    return {name: NUMBERS.get(name, str)(word) for name, word in words.items()}
