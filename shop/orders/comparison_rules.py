"""What Stripe says against what we believe: pure, so that every difference has a name."""

from __future__ import annotations

from dataclasses import dataclass

from shop.orders.rules import NO_REFUND, OPEN_DISPUTE

ENDS_ACCESS = OPEN_DISPUTE | {"lost"}


@dataclass(frozen=True)
class Theirs:
    """One completed Checkout Session at Stripe, with all that came of its payment; øre."""

    session_id: str
    reference: str
    intent_id: str | None
    is_paid: bool
    total_ore: int
    refunded_ore: int = 0
    dispute_states: frozenset[str] = frozenset()

    @property
    def gives_access(self) -> bool:
        """Whether somebody should be let in for it."""
        is_back = 0 < self.total_ore <= self.refunded_ore
        return self.is_paid and not is_back and not ENDS_ACCESS & self.dispute_states


@dataclass(frozen=True)
class Ours:
    """The same as our rows have it. `has_access` is the truth of the course, not of the order.

    `is_over` says that no access is owed any more: it was withdrawn from, or its people erased.
    `pays_otherwise` says that another payment of the order gives access.
    """

    attempt_id: int
    order_number: str
    total_ore: int
    refunded_ore: int
    has_access: bool
    is_over: bool = False
    pays_otherwise: bool = False


def counted(refunds: list[tuple[int, str]]) -> int:
    """What went back, in øre, of refunds with their status; those that bounced do not count."""
    return sum(amount for amount, status in refunds if status not in NO_REFUND)


def differences(theirs: Theirs, ours: Ours | None) -> frozenset[str]:
    """What a person must look at, as kinds of alert; none when both say the same."""
    if ours is None:
        return frozenset({"unknown_payment"} if theirs.is_paid else ())
    found = set()
    if theirs.gives_access and not ours.has_access and not ours.is_over:
        found.add("paid_without_access")
    if ours.has_access and not theirs.gives_access and not ours.pays_otherwise:
        found.add("access_without_payment")
    money = (theirs.total_ore, theirs.refunded_ore)
    if theirs.is_paid and money != (ours.total_ore, ours.refunded_ore):
        found.add("amounts_differ")
    return frozenset(found)
