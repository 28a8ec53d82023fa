"""What the program imports is what it says it needs: a bare machine has nothing else."""

from __future__ import annotations

import sys
from importlib.metadata import packages_distributions, requires

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from shop.settings import ROOT
from tests.guards.source import imports, modules


def pins() -> list[Requirement]:
    lines = (ROOT / "requirements.txt").read_text(encoding="utf-8").splitlines()
    return [Requirement(line) for line in lines if line and not line.startswith("#")]


def with_what_they_need(asked: list[Requirement]) -> set[str]:
    """The names of the distributions pip installs for these."""
    found: set[tuple[str, str]] = set()
    while asked:
        requirement = asked.pop()
        for extra in {"", *requirement.extras}:
            key = (canonicalize_name(requirement.name), extra)
            if key in found:
                continue
            found.add(key)
            needed = map(Requirement, requires(requirement.name) or [])
            asked += [n for n in needed if not n.marker or n.marker.evaluate({"extra": extra})]
    return {name for name, _ in found}


def test_each_requirement_is_pinned_once():
    names = [canonicalize_name(pin.name) for pin in pins()]
    assert sorted(names) == sorted(set(names))
    assert all(str(pin.specifier).startswith("==") for pin in pins())


def test_nothing_is_imported_that_is_not_required():
    installed, sources = with_what_they_need(pins()), packages_distributions()
    strays = {
        f"{module.path.relative_to(ROOT)}: {name}"
        for module in modules()
        for name in {imported.partition(".")[0] for imported, _, _ in imports(module)}
        - sys.stdlib_module_names
        - {"shop"}
        if not installed & {canonicalize_name(source) for source in sources.get(name, [])}
    }
    assert not strays, "imported, but not in requirements.txt: " + ", ".join(sorted(strays))
