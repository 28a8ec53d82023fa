"""The mails about gifts. Their subjects say nothing about anybody's health."""

from __future__ import annotations

from shop.course.models import Course
from shop.gifts import rules
from shop.gifts.models import Gift
from shop.letters import written
from shop.outbox.rules import Attachment, Letter
from shop.web import public_url, settings


def for_you(gift: Gift, course: Course) -> Letter:
    """Tells the recipient of a gift, from whom, and how it is taken into use."""
    subject = f"Der er en gave til dig fra {gift.giver}"
    text, html = written(
        "gifts/mail/for_you",
        subject,
        gift=gift,
        course=course,
        link=public_url("gifts.gift", code=gift.shown_code),
        door=public_url("gifts.door"),
    )
    return Letter(gift.recipient or "", subject, text, html, reply_to=settings().clinic_email)


def card(gift: Gift, email: str) -> Letter:
    """Gives the buyer the card to print, and the code for whoever would rather write it."""
    subject = "Dit gavekort er klar til print"
    link = public_url("gifts.card", code=gift.shown_code)
    text, html = written("gifts/mail/card", subject, gift=gift, link=link)
    file = Attachment(rules.CARD_FILE, "application/pdf", maker=rules.CARD_MAKER, key=str(gift.id))
    reply_to = settings().clinic_email
    return Letter(email, subject, text, html, reply_to=reply_to, attachments=(file,))


def taken(email: str, name: str, gift: Gift, token: str) -> Letter:
    """Welcomes whoever has taken a gift into use, with a way in."""
    subject = "Din gave er åben"
    text, html = written(
        "gifts/mail/taken",
        subject,
        name=name,
        gift=gift,
        link=public_url("accounts.link", token=token),
        sign_in=public_url("accounts.sign_in"),
    )
    return Letter(email, subject, text, html, reply_to=settings().clinic_email)
