"""Small enough to read: sizes, names of files, and a docstring where the name is not enough."""

from __future__ import annotations

import ast

import pytest

from shop.settings import ROOT
from tests.guards.source import Module, dotted, modules

LONGEST_FILE = 250
LONGEST_FUNCTION = 50
LONGEST_VIEW = 20
EMPTY_NAMES = {"utils", "util", "helpers", "helper", "common", "manager", "service", "core", "misc"}
SELF_EVIDENT_BASES = {"FlaskForm"}  # a form's fields say what it asks for
# Their methods bear SQLAlchemy's and Flask-Login's names.
LIBRARY_CLASSES = {"UTCDateTime", "EncryptedText", "EncryptedJSON", "Visitor"}

Function = ast.FunctionDef | ast.AsyncFunctionDef


def functions():
    for module in modules():
        for node in module.nodes:
            if isinstance(node, Function):
                yield module, node


def lines(node: Function) -> int:
    """Length from the name on, without decorators and docstring."""
    body = node.body[1:] if ast.get_docstring(node) and len(node.body) > 1 else node.body
    head = body[0].lineno - node.body[0].lineno if body is not node.body else 0
    return node.end_lineno - node.lineno + 1 - head


def is_view(node: Function) -> bool:
    targets = [
        dotted(d.func) if isinstance(d, ast.Call) else dotted(d) for d in node.decorator_list
    ]
    return any((target or "").startswith("blueprint.") for target in targets)


@pytest.mark.parametrize("module", modules(), ids=lambda module: module.name)
def test_a_file_is_one_idea(module: Module):
    assert len(module.path.read_text(encoding="utf-8").splitlines()) <= LONGEST_FILE


def test_a_function_fits_on_a_screen():
    long = [
        f"{module.at(node)} {node.name}: {lines(node)} lines"
        for module, node in functions()
        if lines(node) > (LONGEST_VIEW if is_view(node) else LONGEST_FUNCTION)
    ]
    assert not long, "\n".join(long)


def test_there_are_views():
    assert sum(is_view(node) for _, node in functions()) > 15


def test_names_say_what_is_inside():
    folders = ("shop", "sandbox", "tests", "templates", "static", "bench", "deploy", "content")
    empty = [
        str(path.relative_to(ROOT))
        for folder in folders
        for path in (ROOT / folder).rglob("*")
        if path.stem.lower() in EMPTY_NAMES
    ]
    assert not empty


def test_no_third_level_of_folders():
    deep = [
        module.name for module in modules() if len(module.path.relative_to(ROOT / "shop").parts) > 2
    ]
    assert not deep


def test_every_file_says_what_it_is_for():
    silent = [
        module.name
        for module in modules()
        if module.tree.body and not ast.get_docstring(module.tree)
    ]
    assert not silent


def undocumented(module: Module):
    """Public names without a docstring.

    Let off: views, whose address says it; properties; and what a library calls by its own names.
    """
    for node in module.tree.body:
        if isinstance(node, Function) and not node.name.startswith("_"):
            if not ast.get_docstring(node) and not is_view(node):
                yield module.at(node), node.name
        elif isinstance(node, ast.ClassDef) and not node.name.startswith("_"):
            bases = {dotted(base) for base in node.bases}
            if not ast.get_docstring(node) and not bases & SELF_EVIDENT_BASES:
                yield module.at(node), node.name
            yield from _undocumented_methods(module, node, bases)


def _undocumented_methods(module: Module, owner: ast.ClassDef, bases: set[str | None]):
    for node in owner.body:
        if isinstance(node, Function) and not node.name.startswith("_"):
            decorators = {
                dotted(d.func if isinstance(d, ast.Call) else d) for d in node.decorator_list
            }
            let_off = decorators or bases & SELF_EVIDENT_BASES
            if not ast.get_docstring(node) and not let_off and owner.name not in LIBRARY_CLASSES:
                yield module.at(node), f"{owner.name}.{node.name}"


def test_public_names_have_a_docstring():
    silent = [f"{where} {name}" for module in modules() for where, name in undocumented(module)]
    assert not silent, "\n".join(silent)
