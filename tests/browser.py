"""A test client that behaves like a browser: it keeps cookies, fills in real forms with their
hidden fields, and refuses what no browser should be given (bad HTML, no title, no action)."""

from __future__ import annotations

import re
from functools import cache
from typing import Any
from urllib.parse import urljoin, urlsplit

import html5lib
import lxml.html
from flask import Flask, session
from flask_wtf.csrf import generate_csrf
from werkzeug.test import TestResponse

# What a page shows of Python or Markdown when a template forgot something.
# Each way begins with a letter of its own: only so is it looked for fast.
LEFT_OVER = re.compile(
    r"None\b|Undefined\b|undefined\b|\]\(/|&lt;bound method|Markup\(|datetime\.|Decimal\("
)
VALUE = re.compile(r'="[^"]*"')
WORDS = re.compile(r">[^<]*[^<\s][^<]*")
LONE_AMPERSAND = re.compile(r"&(?!#?\w+;)")


class Browser:
    """One visitor. `page` is the last HTML answer as a tree, `text` as it came."""

    def __init__(self, app: Flask, address: str = "127.0.0.1") -> None:
        self.client = app.test_client()
        self.address = address
        self.path = "/"
        self.response: TestResponse = None  # type: ignore[assignment]
        self.page: lxml.html.HtmlElement = None  # type: ignore[assignment]

    @property
    def text(self) -> str:
        return self.response.get_data(as_text=True)

    @property
    def status(self) -> int:
        return self.response.status_code

    def get(self, path: str, **headers: str) -> Browser:
        return self._open("GET", path, headers={k.replace("_", "-"): v for k, v in headers.items()})

    def post(self, path: str, data: Any = None, **headers: str) -> Browser:
        """A bare POST, without what a form would carry."""
        fields = {k.replace("_", "-"): v for k, v in headers.items()}
        return self._open("POST", path, data=data, headers=fields)

    def follow(self) -> Browser:
        """Goes where the last answer points, as long as it is ours."""
        while self.response.status_code in {301, 302, 303, 307, 308}:
            target = urlsplit(urljoin(f"http://localhost{self.path}", self.response.location))
            assert target.netloc in {"localhost", "127.0.0.1:5000"}, self.response.location
            self.get(target.path + (f"?{target.query}" if target.query else ""))
        return self

    def submit(self, button: str, **fields: str | None) -> Browser:
        """Presses the named button of the form it stands in; None leaves a field out."""
        form, pressed = self._form_of(button)
        data = {
            field.get("name"): field.get("value", "on" if field.get("type") == "checkbox" else "")
            for field in form.iter("input")
            if field.get("name")
            and (field.get("type") not in {"checkbox", "radio"} or "checked" in field.attrib)
        }
        data |= {area.get("name"): area.text or "" for area in form.iter("textarea")}
        data |= {choice.get("name"): _chosen(choice) for choice in form.iter("select")}
        if pressed.get("name"):
            data[pressed.get("name")] = pressed.get("value", "")
        data.update(fields)
        data = {name: value for name, value in data.items() if value is not None}
        target = pressed.get("formaction") or form.get("action") or self.path
        action = urljoin(self.path, target)
        return self._open(form.get("method", "get").upper(), action, data=data)

    def fields(self) -> dict[str, lxml.html.HtmlElement]:
        """All named input fields of the page."""
        inputs = self.page.iter("input")
        return {field.get("name"): field for field in inputs if field.get("name")}

    def csrf(self) -> str:
        """The page's CSRF token, wherever it carries it."""
        article = self.page.find(".//article[@data-csrf]")
        field = self.fields().get("csrf_token")
        return field.get("value") if field is not None else article.get("data-csrf")

    def token(self) -> str:
        """A CSRF token such as any page would give this visitor, without fetching a page."""
        with (
            self.client.session_transaction() as kept,
            self.client.application.test_request_context(),
        ):
            session.update(kept)
            token = generate_csrf()
            kept["csrf_token"] = session["csrf_token"]
        return token

    def buttons(self) -> list[str]:
        return [_words(button) for button in self.page.iter("button")]

    def links(self) -> dict[str, str]:
        return {_words(link): link.get("href", "") for link in self.page.iter("a")}

    def links_to(self) -> list[str]:
        """Where every link of the page leads, in order."""
        return [link.get("href", "") for link in self.page.iter("a")]

    def words(self) -> str:
        """What a reader reads."""
        return _words(self.page.find(".//main"))

    def _form_of(self, button: str) -> tuple[lxml.html.HtmlElement, lxml.html.HtmlElement]:
        for form in self.page.iter("form"):
            for candidate in form.iter("button"):
                if _words(candidate) == button:
                    return form, candidate
        raise AssertionError(f"no button {button!r} on {self.path}, but {self.buttons()}")

    def _open(self, method: str, path: str, **kwargs: Any) -> Browser:
        # Reading the whole answer here also closes the request's database session.
        self.response = self.client.open(
            path,
            method=method,
            environ_base={"REMOTE_ADDR": self.address},
            buffered=True,
            **kwargs,
        )
        self.path = path
        if self.response.mimetype == "text/html" and self.response.status_code != 304:
            self.page = check_html(self.text, is_fragment="HX-Request" in kwargs.get("headers", {}))
        return self


def check_html(text: str, is_fragment: bool = False) -> lxml.html.HtmlElement:
    """Parses strictly; a page needs a title, and each form an action and, to post, a CSRF field."""
    if not text.strip() or text.startswith("<!doctype html>\n<html lang=en>\n<title>Redirecting"):
        return lxml.html.Element("empty")
    _check_grammar(_wordless(text), is_fragment)
    if is_fragment:
        tree = lxml.html.Element("fragment")
        tree.extend(lxml.html.fragments_fromstring(text.strip(), no_leading_text=True))
        assert len(tree) == 1, "a fragment has one root element"
    else:
        tree = lxml.html.document_fromstring(text)
        title = tree.find(".//title")
        assert title is not None, "the page has no title"
        assert (title.text or "").strip(), "the page has an empty title"
    left = LEFT_OVER.search(text)
    assert not left, f"what the program left in the page: {text[left.start() - 80 :][:160]}"
    for area in tree.iter("textarea"):
        area.text = (area.text or "").removeprefix("\n")  # as HTML says
    for form in tree.iter("form"):
        assert form.get("action"), "a form without action"
        names = {field.get("name") for field in form.iter("input")}
        assert form.get("method", "get").lower() == "get" or "csrf_token" in names, "no CSRF field"
    return tree


def _chosen(choice: lxml.html.HtmlElement) -> str:
    """What a select sends: what was chosen, else its first."""
    options = list(choice.iter("option"))
    chosen = next((option for option in options if "selected" in option.attrib), options[0])
    return str(chosen.get("value", chosen.text))


def _wordless(text: str) -> str:
    """A word for any words and no value for any value; only an ampersand may be wrong in them."""
    if LONE_AMPERSAND.search(text):
        return text
    return WORDS.sub(">x", VALUE.sub('=""', text))


@cache
def _check_grammar(text: str, is_fragment: bool) -> None:
    """The strict parser is slow, and most pages differ from another in nothing but their words."""
    parser = html5lib.HTMLParser(strict=True)
    (parser.parseFragment if is_fragment else parser.parse)(text)


def _words(element: lxml.html.HtmlElement | None) -> str:
    return " ".join("".join(element.itertext()).split()) if element is not None else ""
