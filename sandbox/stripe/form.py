"""Reads the nested form encoding the Stripe library writes: a[b][0][c]=value."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Any

from sandbox.stripe.errors import ApiError

KEY = re.compile(r"([^\[\]]+)((?:\[[^\[\]]*\])*)")


def nested(pairs: Iterable[tuple[str, str]]) -> dict[str, Any]:
    """Dicts within dicts; list entries are kept under their number. Raises ApiError."""
    result: dict[str, Any] = {}
    for key, value in pairs:
        match = KEY.fullmatch(key)
        if match is None:
            raise ApiError(f"Invalid parameter name: {key}", param=key)
        path = [match[1], *re.findall(r"\[([^\[\]]*)\]", match[2])]
        node = result
        for part in path[:-1]:
            node = node.setdefault(_name(part, node), {})
            if not isinstance(node, dict):
                raise ApiError("Invalid object", param=key)
        node[_name(path[-1], node)] = value
    return result


def _name(part: str, node: dict[str, Any]) -> str:
    """`a[]=x` means the next entry of the list."""
    return part or str(len(node))
