"""Helping a buyer who mistyped their address. Nothing here commits."""

from __future__ import annotations

from datetime import datetime

import sqlalchemy as sa

import shop.accounts.actions as accounts
import shop.course.actions as course_actions
import shop.gifts.actions as gifts
import shop.gifts.models as gift_models
import shop.invoices.actions as invoices
import shop.outbox.actions as outbox
from shop.accounts.rules import fold
from shop.course.rules import RESUME
from shop.db import db
from shop.gifts.rules import CARD
from shop.invoices.models import of_order
from shop.orders import emails, models
from shop.orders.models import Order
from shop.orders.rules import ACCESS, masked
from shop.orders.timeline_actions import note
from shop.outbox.actions import queue


class SameAddress(Exception):
    """The order has this address already."""


def is_confirmed_anew(order: Order) -> bool:
    """Whether who gets a new address gets the confirmation too: not of what gives no access."""
    return order.state in ACCESS and order.withdrawn_at is None


def correct(order: Order, email: str, who: str, now: datetime) -> bool:
    """Makes the order, its access and its papers those of the address that was meant.

    Whoever is known by this order alone gets the address, and keeps all they have written. Of
    somebody else's the right person gets what this order gave, and nothing more. The browser that
    paid goes on with the course; who has opened a gift has nothing to do with it. Says whether
    there was anything to mail: the confirmation, or else the documents. Raises SameAddress.
    """
    address = fold(email)
    if address == order.email:
        raise SameAddress
    was = order.email
    outbox.withhold(order.about, now)
    accounts.take_back_invitations(order.person_id)
    right, is_first = _right_person(order, address, now)
    db.session.execute(
        sa.update(Order)
        .where(Order.id == order.id)
        .values(person_id=right, email=address, is_first=is_first)
    )
    note(order.id, "address_corrected", who, now, was=masked(was))
    if is_confirmed_anew(order):
        _confirm_anew(order, right, now)
        return True
    documents = of_order(order.id)
    invoices.send_again(documents, address, now)
    return bool(documents)


def _right_person(order: Order, address: str, now: datetime) -> tuple[int, bool]:
    """Whose the order is from now on, and whether it is how we came to know them."""
    person_id = order.person_id
    is_all_of_them = order.is_first and not models.has_others(person_id, order.id)
    if is_all_of_them and accounts.readdress(person_id, order.id, address):
        return person_id, True
    right, is_new = accounts.find_or_add(address, order.name, now)
    is_first = is_new and order.is_first
    if not order.is_gift:
        accounts.hand_over_browsers(order.id, right, is_first)
        course_actions.hand_over(order.source, right, with_progress=order.is_first)
    return right, is_first


def _confirm_anew(order: Order, person_id: int, now: datetime) -> None:
    invitation = accounts.invite(person_id, RESUME, now)
    paid = models.paid_attempt(order.id)
    gift = gift_models.of_order(order.id) if order.is_gift else None
    told = (paid.discount_ore if paid else 0, invitation.token, of_order(order.id))
    letter = emails.confirmed(order, *told, order.confirmed_at or now, gift)
    key = f"order-confirmed:{order.id}:{invitation.sign_in_id}"
    queue(letter, "order-confirmed", key, now, about=order.about)
    if gift and gift.way == CARD and gift.state(now) == "ready":
        gifts.send_card(gift, order.email, now)
