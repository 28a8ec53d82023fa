"""The mails about orders."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from shop.gifts.models import Gift
from shop.invoices.models import Document
from shop.invoices.rules import file
from shop.letters import written
from shop.orders import rules
from shop.orders.models import Order
from shop.outbox.rules import Attachment, Letter
from shop.web import public_url, settings

ALERTS = {
    "review": (
        "Betalingen passer ikke med ordren",
        "Kurset er ikke åbnet. Se på betalingen i Stripe, og skriv til kunden. Skal pengene "
        "tilbage, så betal dem tilbage fra ordren.",
    ),
    "disputed": (
        "En kunde har gjort indsigelse mod en betaling",
        "Adgangen til kurset er lukket imens. Svar i Stripe, inden fristen udløber. På ordren kan "
        "du hente et bevis som PDF og sende det med.",
    ),
    "appealed": (
        "En indsigelse bliver prøvet igen",
        "Adgangen til kurset er lukket imens. Svar i Stripe, inden fristen udløber.",
    ),
    "charged_back": (
        "En betaling er ført tilbage til kunden",
        "Banken har givet kunden ret. Pengene er trukket hos Stripe, adgangen til kurset er "
        "lukket, og der er lavet en kreditnota. Du skal ikke gøre mere.",
    ),
    "charged_back_again": (
        "En indsigelse er tabt igen",
        "Banken har set på sagen igen og giver stadig kunden ret. Pengene bliver hos kunden, "
        "adgangen til kurset bliver lukket, og kreditnotaen gælder. Du skal ikke gøre mere.",
    ),
    "paid_back_twice": (
        "En kunde har fået pengene to gange",
        "Du havde betalt pengene tilbage, og nu har banken også ført dem tilbage. Kan sagen stadig "
        "besvares i Stripe, så svar med tilbagebetalingen som bevis. Ellers skriv til Stripe, og "
        "bed kunden om at betale det ene beløb igen. Der er ikke lavet en ny kreditnota, for hele "
        "købet var krediteret. I regnskabet står beløbet under »Andet hos Stripe« uden moms.",
    ),
    "paid_twice": (
        "En ordre er betalt to gange",
        "Kunden har adgang til kurset. Betal den ene betaling tilbage fra ordren.",
    ),
    "inquiry": (
        "En kundes bank spørger til en betaling",
        "Der er ikke lukket for noget. Svar banken i Stripe, inden fristen udløber.",
    ),
    "bought_again": (
        "En kunde har købt kurset igen",
        "Kunden havde allerede adgang til kurset og har nu betalt én gang til. Spørg, om det var "
        "meningen. Ellers kan du betale pengene tilbage fra ordren.",
    ),
    "gift_homeless": (
        "En gave har ingen modtager",
        "Modtageren har fået slettet sin mailadresse, før gaven nåede frem. Spørg køberen, hvor "
        "den skal hen, uden at sige hvorfor. Skriv adressen under gaven på ordren, eller betal "
        "pengene tilbage.",
    ),
    "dispute_won": (
        "En indsigelse faldt ud til din fordel",
        "Sagen er lukket, og pengene er dine. Kurset er åbent igen, medmindre købet er fortrudt "
        "eller betalt tilbage. Du skal ikke gøre noget.",
    ),
    "dispute_won_again": (
        "En indsigelse faldt ud til din fordel, da den blev prøvet igen",
        "Sagen er lukket, og pengene er dine. Kurset er åbent igen, medmindre købet er fortrudt "
        "eller betalt tilbage. Du skal ikke gøre noget.",
    ),
    "inquiry_closed": (
        "En kundes bank spørger ikke længere",
        "Banken har lukket sagen, og alt er, som det var. Kunden får ingen besked, og du skal ikke "
        "gøre noget.",
    ),
    "refund_failed": (
        "En tilbagebetaling kom retur",
        "Kundens bank tog ikke imod pengene. Aftal med kunden, hvordan de kan komme frem, og betal "
        "dem tilbage på en anden måde.",
    ),
    "refund_refused": (
        "En tilbagebetaling blev afvist",
        "Stripe ville ikke betale pengene tilbage. Se på betalingen i Stripe, og find en anden "
        "vej. Kunden skal have sine penge inden for 14 dage.",
    ),
    "refund_waits": (
        "En tilbagebetaling venter på svar",
        "Stripe har ikke svaret i et døgn. Vi bliver ved med at prøve. Kunden skal have sine penge "
        "inden for 14 dage. Bliver det ved, så se på betalingen i Stripe.",
    ),
}

MAKER = "order-confirmation"  # the name under which the outbox has its file made


def confirmed(
    order: Order,
    discount_ore: int,
    token: str,
    documents: Sequence[Document],
    now: datetime,
    gift: Gift | None = None,
) -> Letter:
    """The order confirmation, with a way in (e-handelsloven § 12, forbrugeraftaleloven § 13).

    For a gift it says instead what becomes of that.
    """
    subject = f"Tak for dit køb (ordre {order.number})"
    text, html = written(
        "orders/mail/confirmed",
        subject,
        order=order,
        gift=gift,
        discount_ore=discount_ore,
        paid_at=now,
        link=public_url("accounts.link", token=token),
        sign_in=public_url("accounts.sign_in"),
        terms=public_url("pages.text", slug="handelsbetingelser"),
        documents=documents,
        withdrawal=public_url("withdrawals.withdraw"),
    )
    return Letter(
        order.email,
        subject,
        text,
        html,
        reply_to=settings().clinic_email,
        attachments=(
            Attachment(rules.paper(order.number), "application/pdf", maker=MAKER, key=order.number),
            *(file(each.kind, each.number) for each in documents),
        ),
    )


def paused(order: Order) -> Letter:
    """The buyer's bank questions the payment: what that means, and how it is put right."""
    what = "Din gave" if order.is_gift else "Dit kursus"
    subject = f"{what} er sat på pause (ordre {order.number})"
    text, html = written("orders/mail/paused", subject, order=order)
    return Letter(order.email, subject, text, html, reply_to=settings().clinic_email)


def reopened(order: Order) -> Letter:
    """The bank has given its answer, and the course is open again, or the gift is good again."""
    what = "Din gave gælder" if order.is_gift else "Dit kursus er åbent"
    subject = f"{what} igen (ordre {order.number})"
    link = public_url("accounts.sign_in")
    text, html = written("orders/mail/reopened", subject, order=order, link=link)
    return Letter(order.email, subject, text, html, reply_to=settings().clinic_email)


def alert(number: str, kind: str) -> Letter:
    """Tells the clinician of a payment that needs a look; says nothing about the buyer."""
    what, told = ALERTS[kind]
    subject, link = f"{what} (ordre {number})", public_url("clinic.order", number=number)
    text, html = written(
        "orders/mail/alert", subject, number=number, what=what, told=told, link=link
    )
    return Letter(settings().clinic_email, subject, text, html)


DIFFERENCES = {
    "paid_without_access": (
        "En betalt ordre er ikke åben",
        "Kurset er lukket, selv om Stripe siger, at ordren er betalt. Se på ordren, og skriv til "
        "køberen.",
    ),
    "access_without_payment": (
        "En ordre er åben uden betaling",
        "Kurset er åbent, men Stripe kender ingen betaling, der giver adgang. Se på ordren.",
    ),
    "amounts_differ": (
        "Et beløb passer ikke med Stripe",
        "Beløbet hos Stripe er et andet end det, vi har skrevet ned. Se på ordren og på "
        "betalingen i Stripe.",
    ),
    "unknown_payment": (
        "Stripe har en betaling, vi ikke kender",
        "Den hører ikke til nogen ordre her. Find den i Stripe, og betal den tilbage, hvis den "
        "ikke er din.",
    ),
    "inbox_waits": (
        "En besked fra Stripe er ikke behandlet",
        "Den har ventet i mere end fem minutter. Vi prøver selv igen. Bliver det ved, så sig det "
        "til den, der passer serveren.",
    ),
    "payout_differs": (
        "En udbetaling passer ikke",
        "Udbetalingen er på et andet beløb, end der er gået ud af saldoen. Se på den i Stripe, "
        "før du bogfører den.",
    ),
}
OF_ORDERS = {"paid_without_access", "access_without_payment", "amounts_differ"}


def difference(kind: str, what: str) -> Letter:
    """Tells the clinician where Stripe and we disagree; `what` is an order's or Stripe's number."""
    subject, told = DIFFERENCES[kind]
    link = public_url("clinic.order", number=what) if kind in OF_ORDERS else None
    text, html = written("orders/mail/difference", subject, what=what, told=told, link=link)
    return Letter(settings().clinic_email, subject, text, html)
