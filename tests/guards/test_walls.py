"""The load-bearing walls: which way imports go, where the doors are, what a transaction holds."""

from __future__ import annotations

import ast
import sys

from tests.guards import source
from tests.guards.source import (
    SLICES,
    WIRING,
    Module,
    calls,
    full_name,
    imports,
    kind_of,
    module_of,
    modules,
)

SHARED_FILES = {"rules", "models", "actions", "hours"}  # hours: the rest of booking's tables
# Talks to Stripe after the commit, for whoever asked for money to be paid back.
STARTED_FROM_BELOW = {"shop.orders.refunds"}
KIT_OF_RULES = {"babel", "holidays"}
NOT_PURE = {"http", "io", "os", "pathlib", "random", "secrets", "socket", "sqlite3", "time"}
CLOCKS = {"now", "utcnow", "today", "fromtimestamp"}
OUTWARD_FILES = {
    *("views", "forms", "gateway", "mailer", "delivery", "sync", "checkout", "fetch", "renewal"),
    "refunds",
}
DOORS = {
    "stripe": "shop.orders.gateway",
    "smtplib": "shop.outbox.mailer",
    "flask_mail": "shop.outbox.mailer",
    # The worker reads the clinician's other calendars. It connects to the very address that it
    # has checked, which no HTTP library lets it do.
    "http.client": "shop.booking.fetch",
    "socket": "shop.booking.fetch",
}
NO_DOOR = {"requests", "urllib.request", "urllib3", "httpx", "aiohttp"}
# Tens of megabytes in every web process, and only `flask db` needs them.
FOR_MIGRATIONS = {"alembic", "flask_migrate"}
NETWORK = (
    "shop.orders.gateway.client",
    "shop.outbox.mailer.Line",
    "shop.booking.fetch.get",
    "time.sleep",
)


def ours(module: Module):
    """(module of ours that is imported, where)"""
    for imported, _, node in imports(module):
        target = module_of(imported)
        if target.startswith("shop.") and target != module.name:
            yield target, module.at(node)


def slice_of(name: str) -> str | None:
    return next((module.slice for module in modules() if module.name == name), None)


def test_what_migrates_is_loaded_when_asked_for():
    found = [
        module.at(node)
        for module in modules()
        for imported, _, node in imports(module)
        if imported.split(".")[0] in FOR_MIGRATIONS and node in module.tree.body
    ]
    assert found == []


def test_every_folder_is_a_known_slice():
    assert {module.slice for module in modules()} - {None} <= set(SLICES)


def test_a_slice_knows_only_rules_models_and_actions_of_slices_above():
    broken = []
    for module in modules():
        if module.slice is None:
            continue
        above = SLICES[: SLICES.index(module.slice)]
        for target, where in ours(module):
            other = slice_of(target)
            if other in {None, module.slice}:
                continue
            is_shared = kind_of(target) in SHARED_FILES or target in STARTED_FROM_BELOW
            if other not in above or not is_shared:
                broken.append(f"{where} imports {target}")
    assert not broken, "\n".join(broken)


def test_only_the_wiring_and_nothing_in_the_kit_knows_slices():
    broken = [
        f"{where} imports {target}"
        for module in modules()
        if module.slice is None and module.name not in WIRING
        for target, where in ours(module)
        if slice_of(target) or target in WIRING
    ]
    assert not broken, "\n".join(broken)


def test_nobody_imports_the_wiring():
    broken = [
        f"{where} imports {target}"
        for module in modules()
        if module.name not in WIRING
        for target, where in ours(module)
        if target in WIRING
    ]
    assert not broken, "\n".join(broken)


def test_rules_are_pure():
    broken = []
    for module in (module for module in modules() if module.file == "rules"):
        for imported, _, node in imports(module):
            root = imported.partition(".")[0]
            pure = (
                kind_of(module_of(imported)) == "rules"
                if root == "shop"
                else root in KIT_OF_RULES
                or (root in sys.stdlib_module_names and root not in NOT_PURE)
            )
            if not pure or imported.startswith("urllib.request"):
                broken.append(f"{module.at(node)} imports {imported}")
        for name, call in module.calls:
            if name.rpartition(".")[2] in CLOCKS or name in {"open", "print", "input"}:
                broken.append(f"{module.at(call)} calls {name}")
    assert not broken, "\n".join(broken)


def test_actions_models_and_mails_do_not_reach_outwards():
    """A view may call everything of its slice; what it calls does not call back or go out."""
    broken = [
        f"{where} imports {target}"
        for module in modules()
        if module.file in {"actions", "models", "emails", "forms"}
        for target, where in ours(module)
        if kind_of(target) in OUTWARD_FILES
        or (module.file == "models" and kind_of(target) in {"actions", "emails"})
    ]
    assert not broken, "\n".join(broken)


def is_door(module: Module, only: str) -> bool:
    """Whether this is the one file, or another of its kind beside it."""
    folder, _, kind = only.rpartition(".")
    return (module.name.rpartition(".")[0], module.file) == (folder, kind)


def test_each_door_is_in_one_place():
    broken = []
    for module in modules():
        for imported, _, node in imports(module):
            for library, only in DOORS.items():
                if (imported + ".").startswith(f"{library}.") and not is_door(module, only):
                    broken.append(f"{module.at(node)} imports {imported}; the door is {only}")
            if any((imported + ".").startswith(f"{library}.") for library in NO_DOOR):
                broken.append(f"{module.at(node)} imports {imported}: a new door")
    assert not broken, "\n".join(broken)


def test_only_settings_reads_the_environment():
    broken = []
    for module in modules():
        if module.name == "shop.settings":
            continue
        for imported, _, node in imports(module):
            if imported in {"os.environ", "os.getenv", "dotenv.load_dotenv"}:
                broken.append(module.at(node))
        broken += [
            module.at(node)
            for node in module.nodes
            if source.dotted(node) in {"os.environ", "os.getenv"}
        ]
    assert not broken, "\n".join(broken)


def test_only_the_kit_reads_what_htmx_says():
    """`web.show` and `web.after_post` decide what a part is; a view that looks too may disagree."""
    broken = [
        module.at(node)
        for module in modules()
        if module.name != "shop.web"
        for node in module.nodes
        if isinstance(node, ast.Constant) and str(node.value).lower().startswith("hx-")
    ]
    assert not broken, "\n".join(broken)


def test_only_views_commands_and_the_worker_open_transactions():
    """Actions run in their caller's transaction, so that they can be put together."""
    opening = source.reaching("shop.db.transaction")
    broken = [
        name
        for name in opening
        if kind_of(name.rpartition(".")[0]) in {"actions", "models", "rules", "emails", "forms"}
    ]
    assert not broken, "\n".join(sorted(broken))


def test_only_the_database_module_commits():
    """The clock, too, may give up what a job left half done; a slice never does that itself."""
    ending = {"commit", "begin", "begin_nested"}
    broken = [
        f"{module.at(call)} calls {name}"
        for module in modules()
        if module.name != "shop.db"
        for name, call in module.calls
        if name.rpartition(".")[2] in (ending | {"rollback"} if module.slice else ending)
    ]
    assert not broken, "\n".join(broken)


def _transactions():
    for module in modules():
        for node in module.nodes:
            if isinstance(node, ast.With) and any(
                isinstance(item.context_expr, ast.Call)
                and full_name(module, source.dotted(item.context_expr.func) or "")
                == "shop.db.transaction"
                for item in node.items
            ):
                yield module, node


def test_there_are_transactions_to_look_into():
    assert len(list(_transactions())) > 10


def test_nothing_inside_a_transaction_talks_to_the_network_or_sleeps():
    slow = source.reaching(*NETWORK)
    assert {"shop.orders.sync.sync", "shop.orders.checkout.pay_page"} <= slow
    assert "shop.outbox.delivery.deliver_due" in slow
    broken = [
        f"{module.at(call)} calls {name}"
        for module, block in _transactions()
        for statement in block.body
        for name, call in calls(statement)
        if full_name(module, name) in slow
    ]
    assert not broken, "\n".join(broken)


def test_nothing_inside_a_transaction_opens_another():
    opening = source.reaching("shop.db.transaction")
    broken = [
        f"{module.at(call)} calls {name}"
        for module, block in _transactions()
        for statement in block.body
        for name, call in calls(statement)
        if full_name(module, name) in opening
    ]
    assert not broken, "\n".join(broken)
