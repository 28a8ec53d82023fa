"""Words of a mail: one template for the plain text, and one for the same in HTML."""

from __future__ import annotations

from typing import Any

from flask import current_app


def written(name: str, subject: str, /, **facts: Any) -> tuple[str, str]:
    """Text and HTML of "orders/mail/confirmed" and the like, filled in with `facts`.

    Nothing of the request goes in: a mail is the same whoever's click had it written.
    """
    templates, facts = current_app.jinja_env, {"subject": subject, **facts}
    text, html = (templates.get_template(name + end).render(facts) for end in (".txt", ".html"))
    return text, html
