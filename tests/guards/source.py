"""The program as its guards read it: every module of shop/ with its imports and its calls."""

from __future__ import annotations

import ast
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cache, cached_property
from pathlib import Path

from shop.settings import ROOT

# From the top down: a slice knows only those above it.
SLICES = (
    "outbox",
    "accounts",
    "enquiries",
    "booking",
    "course",
    "coursework",
    "rhythm",
    "invoices",
    "gifts",
    "orders",
    "withdrawals",
    "privacy",
    "clinic",
    "pages",
)
WIRING = {"shop", "shop.cli", "shop.dev"}


@dataclass(frozen=True)
class Module:
    name: str
    path: Path
    tree: ast.Module

    @cached_property
    def nodes(self) -> tuple[ast.AST, ...]:
        """All of the tree: every guard walks it."""
        return tuple(ast.walk(self.tree))

    @cached_property
    def calls(self) -> tuple[tuple[str, ast.Call], ...]:
        """Every call in it whose target is names and dots."""
        return tuple(_calls(self.nodes))

    @property
    def slice(self) -> str | None:
        """The slice's name; None for the kit and the wiring."""
        parts = self.name.split(".")
        return parts[1] if len(parts) > 1 and (ROOT / "shop" / parts[1]).is_dir() else None

    @property
    def file(self) -> str:
        """The kind of file: "rules" for rules.py and for refund_rules.py beside it."""
        return kind_of(self.path.stem)

    def at(self, node: ast.AST) -> str:
        return f"{self.path.relative_to(ROOT)}:{getattr(node, 'lineno', 1)}"


def kind_of(name: str) -> str:
    """What the last word of a module's name says it holds."""
    return name.rpartition(".")[2].rpartition("_")[2]


@cache
def modules() -> tuple[Module, ...]:
    return tuple(
        Module(_name(path), path, ast.parse(path.read_text(encoding="utf-8")))
        for path in sorted((ROOT / "shop").rglob("*.py"))
    )


def _name(path: Path) -> str:
    return ".".join(path.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__")


@cache
def _names() -> frozenset[str]:
    return frozenset(module.name for module in modules())


def imports(module: Module) -> Iterator[tuple[str, str, ast.AST]]:
    """What is imported, under which name, and where.

    `from shop.outbox import rules` imports the module shop.outbox.rules; of
    `from shop.db import db` the name stays behind the last dot: shop.db.db.
    """
    for node in module.nodes:
        if isinstance(node, ast.Import):
            for alias in node.names:
                yield alias.name, alias.asname or alias.name, node
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{module.at(node)}: write imports out in full"
            for alias in node.names:
                yield f"{node.module}.{alias.name}", alias.asname or alias.name, node


def module_of(imported: str) -> str:
    """The module of ours that an import reaches; the import itself when it is not ours."""
    while imported.startswith("shop") and imported not in _names():
        imported, _, _ = imported.rpartition(".")
    return imported


def dotted(node: ast.AST) -> str | None:
    """`a.b.c` as written, or None when it is anything but names and dots."""
    if isinstance(node, ast.Name):
        return node.id
    if isinstance(node, ast.Attribute):
        front = dotted(node.value)
        return f"{front}.{node.attr}" if front else None
    return None


def calls(node: ast.AST) -> Iterator[tuple[str, ast.Call]]:
    """Every call below the node whose target is names and dots."""
    return _calls(ast.walk(node))


def _calls(nodes: Iterable[ast.AST]) -> Iterator[tuple[str, ast.Call]]:
    for node in nodes:
        if isinstance(node, ast.Call):
            name = dotted(node.func)
            if name:
                yield name, node


@cache
def _aliases(module: Module) -> dict[str, str]:
    return {alias: imported for imported, alias, _ in imports(module)}


def full_name(module: Module, called: str) -> str:
    """What a call means: local names become the dotted names they were imported as."""
    aliases = _aliases(module)
    first = max(
        (a for a in aliases if called == a or called.startswith(f"{a}.")), key=len, default=""
    )
    if first:
        return aliases[first] + called.removeprefix(first)
    return f"{module.name}.{called}" if "." not in called else called


@cache
def reaching(*doors: str) -> frozenset[str]:
    """The functions of ours that call one of these, themselves or through others."""
    known = {
        f"{module.name}.{function.name}": {full_name(module, name) for name, _ in calls(function)}
        for module in modules()
        for function in module.tree.body
        if isinstance(function, ast.FunctionDef)
    }
    found = set(doors)
    while True:
        more = {name for name, called in known.items() if called & found} - found
        if not more:
            return frozenset(found)
        found |= more
