"""Writes about gifts. Nothing here commits."""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from datetime import datetime
from typing import NamedTuple

import sqlalchemy as sa

import shop.accounts.actions as accounts
import shop.course.actions as course_actions
import shop.course.models as course_models
from shop.accounts.rules import fold
from shop.content import Consent
from shop.course.models import Course, Offer
from shop.course.rules import RESUME
from shop.db import UNREADABLE, db, insert_once
from shop.gifts import emails, rules
from shop.gifts.models import Gift, of_order
from shop.gifts.rules import Wish
from shop.outbox import actions as outbox
from shop.outbox import models as mails
from shop.reference import ALPHABET
from shop.web import hashed


class NotToBeHad(Exception):
    """The gift cannot be taken into use; `state` says why: redeemed, closed, expired, unpaid."""

    def __init__(self, state: str) -> None:
        super().__init__(state)
        self.state = state


class Taken(NamedTuple):
    """Who has taken a gift into use, and whether we knew them before."""

    person_id: int
    is_new: bool


def add(order_id: int, course: Offer, giver: str, wish: Wish, now: datetime) -> None:
    """Writes down that an order is a gift; it can be used when the order is paid."""
    code = _new_code()
    insert_once(
        Gift,
        order_id=order_id,
        course_id=course.id,
        access_months=course.access_months,
        giver=giver,
        way=wish.way,
        recipient=wish.recipient or None,
        send_on=wish.send_on,
        code=code,
        code_hash=hashed(code),
        is_open=False,
        created_at=now,
    )


def _new_code() -> str:
    return "".join(secrets.choice(ALPHABET) for _ in range(rules.CODE_LENGTH))


def _recode(gift: Gift) -> None:
    gift.code = _new_code()
    gift.code_hash = hashed(gift.code)


def _readable(gift: Gift) -> Gift:
    """With a new code when none of our keys opens the one that is about to be mailed."""
    if gift.code is UNREADABLE:
        _recode(gift)
    return gift


def follow(order_id: int, is_paid: bool, giver_email: str, now: datetime) -> None:
    """Opens or closes a gift with its order, and with it what was already taken into use.

    The first time it opens, the mails about it are written: to the recipient on its day, or to
    the giver with the card. A gift that was erased with one of its people stays gone, but what
    the other was given goes on with the payment.
    """
    gift = db.session.scalar(sa.select(Gift).where(Gift.order_id == order_id).with_for_update())
    source = course_models.enrolment_source(order_id)
    if not is_paid:
        course_actions.close(source, "gift")  # its reader is not told who did what
    elif gift is None:
        course_actions.reopen(source)
    if gift is None or gift.is_open == is_paid:
        return
    gift.is_open = is_paid
    is_first = is_paid and gift.opened_at is None
    if is_first:
        gift.opened_at, gift.expires_at = now, rules.expires_at(now)
    db.session.flush()
    if is_paid and gift.redeemed_by is not None:
        _enrol(gift, gift.redeemed_by, now)
    if gift.way == rules.MAIL:
        _tell(gift, is_first, now)
    elif is_first:
        send_card(gift, giver_email, now)


def _tell(gift: Gift, is_first: bool, now: datetime) -> None:
    leaves_at = rules.leaves_at(gift.send_on, now)
    if not gift.recipient:
        return  # the address was erased before it was paid
    if is_first:
        _send(gift, leaves_at, 1, now)
    elif gift.is_open:
        outbox.resume(gift.about, leaves_at)
    else:
        outbox.withhold(gift.about, now)


def _send(gift: Gift, leaves_at: datetime, sequence: int, now: datetime) -> None:
    course = db.session.get_one(Course, gift.course_id)
    outbox.queue(
        emails.for_you(_readable(gift), course),
        "gift",
        f"gift:{gift.id}:{sequence}",
        now,
        about=gift.about,
        sequence=sequence,
        not_before=leaves_at,
    )


def send_card(gift: Gift, giver_email: str, now: datetime) -> None:
    """Sends the giver the card to print; one still on its way to another address stays here."""
    outbox.withhold(gift.about, now)
    letter = emails.card(_readable(gift), giver_email)
    key = f"gift-card:{gift.id}:{secrets.token_hex(4)}"
    outbox.queue(letter, "gift-card", key, now, about=gift.about)


def send_to(gift: Gift, email: str, now: datetime) -> bool:
    """Sends a gift to another address, now or on its day; False when it is too late for that.

    Whoever got it by mistake has a code that opens nothing any more. Nobody else had that one: a
    card, whose code the giver hands on, is never sent.
    """
    if gift.state(now) != "ready" or gift.way != rules.MAIL:
        return False
    if gift.recipient != email:
        _recode(gift)
    gift.recipient = email
    db.session.flush()
    _send(gift, rules.leaves_at(gift.send_on, now), int(now.timestamp()), now)
    return True


def lose_recipient(gift_id: int, now: datetime) -> int:
    """Forgets to whom a gift was to be sent, as they have asked to be erased (GDPR article 17).

    What has not left stays here. The gift is its giver's and stays good; returns its order's id.
    """
    gift = db.session.get_one(Gift, gift_id, with_for_update=True, populate_existing=True)
    sent = "sent" in {mail.state for mail in mails.fates(gift.about) if mail.kind == "gift"}
    outbox.withhold(gift.about, now)
    gift.recipient = "" if sent else None
    db.session.flush()
    return gift.order_id


def is_homeless(order_id: int, now: datetime) -> bool:
    """Whether an order is a gift that waits for somebody who was erased before it was sent."""
    gift = of_order(order_id)
    if gift is None or gift.way != rules.MAIL:
        return False
    return gift.recipient is None and gift.state(now) == "ready"


class Taker(NamedTuple):
    """Who came with the code, and what they said yes to."""

    email: str
    name: str
    terms_version: str
    consent: Consent
    browser_hash: str


def redeem(gift_id: int, taker: Taker, now: datetime) -> Taken:
    """Gives the course to whoever came with the code, from now on and once for all.

    Keeps the words of the consent as they stood that day (GDPR art. 7, 1).

    Two at once: one wins. Raises NotToBeHad, and then nothing is written.
    """
    won = db.session.execute(
        sa.update(Gift)
        .where(Gift.id == gift_id, Gift.is_open, Gift.redeemed_at.is_(None), Gift.expires_at > now)
        .values(
            redeemed_at=now,
            terms_version=taker.terms_version,
            consent_version=taker.consent.version,
            consent=taker.consent.text,
            taken_in=taker.browser_hash,
        )
        .execution_options(synchronize_session=False)
    )
    gift = db.session.get_one(Gift, gift_id, populate_existing=True)
    if won.rowcount != 1:  # type: ignore[attr-defined]
        raise NotToBeHad(gift.state(now))
    person_id, is_new = accounts.find_or_add(taker.email, taker.name, now)
    gift.redeemed_by = person_id
    _enrol(gift, person_id, now)
    invitation = accounts.invite(person_id, RESUME, now)
    letter = emails.taken(fold(taker.email), taker.name, gift, invitation.token)
    outbox.queue(letter, "gift-taken", f"gift-taken:{gift.id}", now)
    return Taken(person_id, is_new)


def _enrol(gift: Gift, person_id: int, now: datetime) -> None:
    course = db.session.get_one(Course, gift.course_id)
    course_actions.enrol(person_id, course, gift.access_months, gift.source, now)


def forget(order_ids: Sequence[int]) -> None:
    """Deletes the gifts that these orders were, with their mails."""
    gone = sa.delete(Gift).where(Gift.order_id.in_(order_ids)).returning(Gift.id)
    for gift_id in db.session.scalars(gone):
        outbox.forget(f"gift:{gift_id}")
