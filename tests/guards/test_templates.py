"""Templates: where they lie, what they may hold, and that everything they name exists."""

from __future__ import annotations

import ast
from functools import cache
from html.parser import HTMLParser

import pytest
from jinja2 import Environment, nodes
from werkzeug.routing import BuildError

from shop.pages.views import TEXTS
from shop.settings import ROOT
from shop.web import PAGES_FOR_ERRORS
from tests.guards.source import SLICES, Module, dotted, full_name, modules

TEMPLATES = ROOT / "templates"
NAMES = sorted(  # templates of PDF files are not for Jinja
    str(path.relative_to(TEMPLATES))
    for path in TEMPLATES.rglob("*.*")
    if not path.is_relative_to(TEMPLATES / "pdf")
)
PAGES = [name for name in NAMES if name.endswith(".html")]
MAILS = [name for name in NAMES if "mail" in name.split("/")[:-1]]
FRAME = "mail/frame.html"
VOID = {"area", "base", "br", "col", "embed", "hr", "img", "input", "link", "meta", "source", "wbr"}


@cache
def source(name: str) -> str:
    return (TEMPLATES / name).read_text(encoding="utf-8")


@cache
def parsed(name: str) -> nodes.Template:
    return Environment().parse(source(name))  # noqa: S701 (nothing is rendered)


def markup(node: nodes.Node) -> str:
    """The template's own markup, without what is filled in."""
    return "".join(data.data for data in node.find_all(nodes.TemplateData))


class Tags(HTMLParser):
    """Elements with their depth, and what <script> and <style> hold."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.depth = 0
        self.found: list[tuple[int, str, dict[str, str | None]]] = []
        self.inline = ""
        self.open: list[str] = []
        self.feed(text)

    def handle_starttag(self, tag, attrs):
        self.found.append((len(self.open), tag, dict(attrs)))
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag, attrs):
        self.found.append((len(self.open), tag, dict(attrs)))

    def handle_endtag(self, tag):
        assert self.open, f"</{tag}> closes nothing"
        assert self.open.pop() == tag, f"</{tag}> closes something else"

    def handle_data(self, data):
        if self.open and self.open[-1] in {"script", "style"}:
            self.inline += data.strip()


@pytest.mark.parametrize("name", NAMES)
def test_a_template_lies_in_its_slices_folder(name):
    folder, _, file = name.rpartition("/")
    if folder:
        assert folder.removesuffix("/mail") in {*SLICES, "errors", "dev", "mail"}
        assert file.endswith((".html", ".txt") if name in MAILS else ".html")
    else:
        assert file in {"base.html", "macros.html"} or (
            file.startswith("_") and file.endswith(".svg.html")
        )


@pytest.mark.parametrize("name", PAGES)
def test_a_template_holds_no_inline_script_or_style(name):
    """A mail may say how it looks: it brings no stylesheet along, but for darkness in its frame."""
    tags = Tags(markup(parsed(name)))
    assert not tags.inline or name == FRAME
    assert sum(tag == "style" for _, tag, _ in tags.found) == (name == FRAME)
    for _, tag, attributes in tags.found:
        for attribute, value in attributes.items():
            assert attribute != "style" or name in MAILS, f"style= on <{tag}>"
            assert not attribute.startswith(("on", "data-hx-on")), f"{attribute}= on <{tag}>"
            assert not attribute.startswith("hx-"), f"{attribute}= on <{tag}> is not valid HTML"
            assert not (value or "").strip().lower().startswith("javascript:")
        if tag == "script":
            assert "src" in attributes or attributes.get("type") == "application/ld+json"


@pytest.mark.parametrize("name", [name for name in MAILS if name.endswith(".html")])
def test_a_mail_in_html_says_the_same_in_plain_text_and_fetches_nothing(name):
    assert name == FRAME or name.removesuffix(".html") + ".txt" in MAILS
    assert name == FRAME or named_by(name) == {FRAME}
    for _, tag, attributes in Tags(markup(parsed(name))).found:
        assert tag not in {"script", "link", "img", "iframe", "form"}
        assert not {"src", "srcset", "background"} & set(attributes), f"<{tag}> fetches something"
        assert "url(" not in (attributes.get("style") or "")


def roots(template: nodes.Template) -> list[str]:
    """Markup of a fragment; of each branch when it is all one choice between branches."""
    whole = [node for node in template.body if not _is_silent(node)]
    if len(whole) == 1 and isinstance(whole[0], nodes.If):
        choice = whole[0]
        branches = [choice.body, *(other.body for other in choice.elif_), choice.else_]
        return [markup(nodes.Output(branch)) for branch in branches]
    return [markup(template)]


def _is_silent(node: nodes.Node) -> bool:
    is_blank = isinstance(node, nodes.Output) and not any(
        not isinstance(part, nodes.TemplateData) or part.data.strip() for part in node.nodes
    )
    return is_blank or isinstance(node, (nodes.FromImport, nodes.Import, nodes.Assign))


FRAGMENTS = [
    name for name in PAGES if "/_" in name and "extends" not in source(name).partition("\n")[0]
]


def test_there_are_fragments():
    assert "course/_completed.html" in FRAGMENTS


@pytest.mark.parametrize("name", FRAGMENTS)
def test_a_fragment_has_one_root_named_after_itself(name):
    """One that stands on a page several times is named after what it is for: "enquiries-email"."""
    slice_name, _, file = name.partition("/_")
    one_of_many = f'id="{slice_name}-{{{{' in source(name)
    noun = "" if one_of_many else file.removesuffix(".html")
    for text in roots(parsed(name)):
        outermost = [(tag, attributes) for depth, tag, attributes in Tags(text).found if depth == 0]
        assert len(outermost) == 1, outermost
        assert outermost[0][1].get("id") == f"{slice_name}-{noun}"


@cache
def named_by_code() -> dict[str, str]:
    """Every template that Python names, and where."""
    found = {
        node.value: module.at(node)
        for module in modules()
        for node in module.nodes
        if isinstance(node, ast.Constant)
        and isinstance(node.value, str)
        and node.value.endswith((".html", ".txt"))
        and "/" in node.value
        and not node.value.startswith("/")
    }
    for module in (module for module in modules() if module.file == "emails"):
        for called, call in module.calls:
            if called == "written":
                found |= {
                    f"{call.args[0].value}{end}": module.at(call) for end in (".txt", ".html")
                }
    for module in (module for module in modules() if module.slice):
        found |= dict.fromkeys(_filled_in(module), module.name)
    return found | {f"errors/{status}.html": "shop/web.py" for status in PAGES_FOR_ERRORS}


def _filled_in(module: Module):
    """What f"clinic/{page}.html" may be: with `page` as the function's callers name it."""
    for function in (node for node in module.tree.body if isinstance(node, ast.FunctionDef)):
        for text in (node for node in ast.walk(function) if isinstance(node, ast.JoinedStr)):
            front, *rest = text.values
            end = getattr(rest[-1], "value", "") if rest else ""
            if end in {".html", ".txt"} and "/" in getattr(front, "value", ""):
                assert dotted(rest[0].value) == function.args.args[0].arg, module.at(text)
                for caller in (other for other in modules() if other.slice == module.slice):
                    for called, call in caller.calls:
                        if full_name(caller, called) == f"{module.name}.{function.name}":
                            yield f"{front.value}{call.args[0].value}{end}"


def named_by(name: str) -> set[str]:
    kinds = (nodes.Extends, nodes.Include, nodes.FromImport, nodes.Import)
    return {node.template.value for kind in kinds for node in parsed(name).find_all(kind)}


def test_every_template_that_is_named_exists():
    missing = {name: where for name, where in named_by_code().items() if name not in NAMES}
    assert not missing
    for name in NAMES:
        assert named_by(name) <= set(NAMES), name


def test_every_template_is_rendered_by_somebody():
    reached: set[str] = set()
    waiting = [name for name in named_by_code() if name in NAMES]
    while waiting:
        name = waiting.pop()
        reached.add(name)
        waiting += named_by(name) - reached
    assert set(NAMES) == reached


def _links():
    """(where, endpoint, values): every address that a template or a view builds."""
    for name in NAMES:
        for call in parsed(name).find_all(nodes.Call):
            if isinstance(call.node, nodes.Name) and call.node.name == "url_for":
                assert isinstance(call.args[0], nodes.Const), f"{name}: name the endpoint outright"
                values = {word.key: getattr(word.value, "value", None) for word in call.kwargs}
                yield name, call.args[0].value, values
    for module in modules():
        for node in module.nodes:
            if isinstance(node, ast.Call) and dotted(node.func) in {"url_for", "public_url"}:
                assert isinstance(node.args[0], ast.Constant), module.at(node)
                values = {
                    word.arg: word.value.value if isinstance(word.value, ast.Constant) else None
                    for word in node.keywords
                    if word.arg
                }
                yield module.at(node), node.args[0].value, values


def test_every_link_leads_to_a_view_of_ours(program):
    adapter = program.url_map.bind("localhost")
    wrong = []
    for where, endpoint, values in _links():
        # What is not written outright is known only when it runs; a text's address must be a text.
        unknown = "akut-hjaelp" if endpoint == "pages.text" else "1"
        given = {key: str(unknown if text is None else text) for key, text in values.items()}
        try:
            adapter.build(endpoint, given)
        except BuildError as error:
            wrong.append(f"{where}: {error}")
    assert not wrong, "\n".join(wrong)


def test_every_text_has_an_address(program):
    own = {"fortryd"}  # stands below the form that withdraws
    assert set(program.extensions["texts"]) == set(TEXTS) | own


def test_every_asset_exists(program):
    asset = program.jinja_env.globals["asset"]
    found = 0
    for name in NAMES:
        for call in parsed(name).find_all(nodes.Call):
            if isinstance(call.node, nodes.Name) and call.node.name == "asset":
                assert asset(call.args[0].value), name
                found += 1
    assert found > 3


@pytest.mark.parametrize("name", NAMES)
def test_a_template_compiles(program, name):
    assert program.jinja_env.get_template(name)


@pytest.mark.parametrize("name", MAILS)
def test_a_mail_ends_with_a_line_break_and_sells_nothing(name):
    text = source(name)
    assert text.endswith("\n")
    words = ["tilbud", "rabat", "spar ", "nyhedsbrev", "gavekort", "http://"]
    for word in [*words, "<a "] if name.endswith(".txt") else words:
        assert word not in text.lower(), word
