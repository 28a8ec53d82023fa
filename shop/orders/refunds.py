"""Carries refunds out: outside any transaction, and again until Stripe has answered.

Whatever is lost on the way, the request stays open: the next turn looks at what Stripe has made
before it asks again.
"""

from __future__ import annotations

from contextlib import suppress

from shop.db import transaction
from shop.orders import refund_actions, refund_gateway, refund_models
from shop.orders.gateway import StripeUnavailable
from shop.orders.refund_rules import Sending
from shop.orders.sync import Contended, sync
from shop.web import log, now

MOST_KEYS = 3  # per turn; Stripe's trouble may be over at the next
MOST_SILENCES = 3


def carry_out(order_id: int) -> None:
    """Pays back at once what was asked for of this order, as far as Stripe answers."""
    with suppress(StripeUnavailable, Contended):
        for request_id in refund_models.open_requests(order_id):
            _carry_out(request_id, patient=False)


def carry_out_due() -> int:
    """What is still open, of all orders; returns how many. One that fails keeps no other waiting.

    Raises StripeUnavailable when Stripe is away and nothing came through.
    """
    with transaction():
        refund_actions.remind(now())
    requests = refund_models.open_requests()
    worked, away = 0, []
    for request_id in requests:
        try:
            with suppress(Contended):
                _carry_out(request_id, patient=True)
            worked += 1
        except StripeUnavailable as error:
            log.warning("refund not carried out", request=request_id, error=str(error))
            if error.is_theirs or not error.refused:
                away.append(error)
        if len(away) == MOST_SILENCES:
            break  # each takes half a minute, and the mails wait for this worker too
    if away and not worked:
        raise away[-1]
    return len(requests)


def _carry_out(request_id: int, patient: bool) -> None:
    for _ in range(MOST_KEYS):
        with transaction():
            sending = refund_actions.send(request_id, now())
        if sending is None:
            return
        if _is_answered(sending, patient):
            sync(sending.attempt_id, patient)
            return


def _is_answered(sending: Sending, patient: bool) -> bool:
    """Asks Stripe; False when it is worth asking again under another key."""
    if not sending.is_new and refund_gateway.has_refund(sending.intent_id, sending.key, patient):
        return True
    try:
        refund_gateway.refund(sending, patient)
    except StripeUnavailable as error:
        if not error.refused:
            raise
        if refund_gateway.has_refund(sending.intent_id, sending.key, patient):
            return True
        log.warning("refund not made", key=sending.key, code=error.code)
        with transaction():
            if error.is_theirs:
                refund_actions.renew(sending)
            else:
                refund_actions.refused(sending.request_id, error.code, now())
        return not error.is_theirs
    return True
