"""A key that stands in an address stays out of the web server's log."""

from __future__ import annotations

import re

from audit.pages import program
from shop.settings import ROOT


def logged(path: str) -> str:
    """What Caddy's filter leaves of an address; its `${1}` is Python's group 1."""
    written = (ROOT / "deploy" / "Caddyfile").read_text(encoding="utf-8")
    [pattern] = re.findall(r'request>uri regexp "(.+?)" "\$\{1\}-"', written)
    return re.sub(pattern, r"\g<1>-", path)


def test_no_address_with_a_key_is_logged_whole():
    rules = [rule for rule in program().url_map.iter_rules() if {"token", "code"} & rule.arguments]
    paths = [re.sub(r"<(?:token|code)>", "SECRET", rule.rule) for rule in rules]
    assert len(paths) > 10
    assert [path for path in paths if "SECRET" in logged(path)] == []
    assert "SECRET" not in logged("/koeb/tak?session_id=SECRET")
    assert logged("/priser") == "/priser"
