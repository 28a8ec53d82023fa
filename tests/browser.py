"""A test client that behaves like a browser: it keeps cookies, fills in real forms with their
hidden fields, and refuses what no browser should be given (bad HTML, no title, no action)."""

from __future__ import annotations

from typing import Any
from urllib.parse import urljoin, urlsplit
from xml.etree import ElementTree as ET

import html5lib
from flask import Flask
from werkzeug.test import TestResponse

HTML = "{http://www.w3.org/1999/xhtml}"


class Browser:
    """One visitor. `page` is the last HTML answer as a tree, `text` as it came."""

    def __init__(self, app: Flask, address: str = "127.0.0.1") -> None:
        self.client = app.test_client()
        self.address = address
        self.path = "/"
        self.response: TestResponse = None  # type: ignore[assignment]
        self.page: ET.Element = None  # type: ignore[assignment]

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
            for field in form.iter(f"{HTML}input")
            if field.get("name")
            and (field.get("type") not in {"checkbox", "radio"} or "checked" in field.attrib)
        }
        if pressed.get("name"):
            data[pressed.get("name")] = pressed.get("value", "")
        data.update(fields)
        data = {name: value for name, value in data.items() if value is not None}
        target = pressed.get("formaction") or form.get("action") or self.path
        action = urljoin(self.path, target)
        return self._open(form.get("method", "get").upper(), action, data=data)

    def fields(self) -> dict[str, ET.Element]:
        """All named input fields of the page."""
        inputs = self.page.iter(f"{HTML}input")
        return {field.get("name"): field for field in inputs if field.get("name")}

    def csrf(self) -> str:
        """The page's CSRF token, wherever it carries it."""
        article = self.page.find(f".//{HTML}article[@data-csrf]")
        field = self.fields().get("csrf_token")
        return field.get("value") if field is not None else article.get("data-csrf")

    def buttons(self) -> list[str]:
        return [_words(button) for button in self.page.iter(f"{HTML}button")]

    def links(self) -> dict[str, str]:
        return {_words(link): link.get("href", "") for link in self.page.iter(f"{HTML}a")}

    def links_to(self) -> list[str]:
        """Where every link of the page leads, in order."""
        return [link.get("href", "") for link in self.page.iter(f"{HTML}a")]

    def words(self) -> str:
        """What a reader reads."""
        return _words(self.page.find(f".//{HTML}main"))

    def _form_of(self, button: str) -> tuple[ET.Element, ET.Element]:
        for form in self.page.iter(f"{HTML}form"):
            for candidate in form.iter(f"{HTML}button"):
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


def check_html(text: str, is_fragment: bool = False) -> ET.Element:
    """Parses strictly; a page needs a title, and each form an action and, to post, a CSRF field."""
    if not text.strip() or text.startswith("<!doctype html>\n<html lang=en>\n<title>Redirecting"):
        return ET.Element("empty")
    parser = html5lib.HTMLParser(strict=True)
    if is_fragment:
        tree = ET.Element("fragment")
        tree.append(parser.parseFragment(text))
        assert len(tree[0]) == 1, "a fragment has one root element"
    else:
        tree = parser.parse(text)
        title = tree.find(f".//{HTML}title")
        assert title is not None, "the page has no title"
        assert (title.text or "").strip(), "the page has an empty title"
    for form in tree.iter(f"{HTML}form"):
        assert form.get("action"), "a form without action"
        names = {field.get("name") for field in form.iter(f"{HTML}input")}
        assert form.get("method", "get").lower() == "get" or "csrf_token" in names, "no CSRF field"
    return tree


def _words(element: ET.Element | None) -> str:
    return " ".join("".join(element.itertext()).split()) if element is not None else ""
