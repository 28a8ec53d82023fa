"""What the back office calls what happens to an order, in Danish."""

from __future__ import annotations

ORDER_STATES = {
    "awaiting": "Ikke betalt",
    "processing": "Betaling på vej",
    "paid": "Betalt",
    "partly_refunded": "Delvist betalt tilbage",
    "refunded": "Betalt tilbage",
    "disputed": "Indsigelse",
    "charged_back": "Ført tilbage af banken",
    "review": "Skal ses efter",
    "failed": "Betaling mislykket",
    "expired": "Udløbet",
}
TROUBLE = frozenset({"disputed", "charged_back", "review"})

# Which orders a filter shows. The first one is what the clinician comes for.
ORDER_FILTERS = {
    "bought": ("Købt", ("paid", "partly_refunded", "processing", "disputed", "review")),
    "trouble": ("Skal ses efter", ("disputed", "charged_back", "review")),
    "refunded": ("Betalt tilbage", ("refunded", "partly_refunded", "charged_back")),
    "unpaid": ("Ikke betalt", ("awaiting", "failed", "expired")),
    "all": ("Alle", tuple(ORDER_STATES)),
}

REASONS = {
    "dissatisfied": "Kunden er ikke tilfreds",
    "mistake": "Fejlkøb",
    "duplicate": "Betalt to gange",
    "goodwill": "Kulance",
    "withdrawal": "Fortrudt",
}

REFUND_STATES = {
    "requested": "Skal sendes",
    "sent": "Sendt til Stripe",
    "pending": "På vej",
    "succeeded": "Betalt tilbage",
    "failed": "Kom retur",
    "refused": "Afvist af Stripe",
}

LINES = {
    "order_failed": "Betalingen gik ikke igennem",
    "order_review": "Betalingen passer ikke med ordren",
    "refund_asked": "Bedt om at betale tilbage",
    "refund_pending": "Stripe er ved at betale tilbage",
    "refund_succeeded": "Pengene er betalt tilbage",
    "refund_failed": "Tilbagebetalingen kom retur",
    "refund_refused": "Stripe afviste tilbagebetalingen",
    "withdrawn": "Købet er fortrudt, og adgangen er lukket",
    "statement_in_time": "Fortrydelse modtaget i tide",
    "statement_late": "Fortrydelse modtaget efter fristen",
    "statement_again": "Fortrydelse modtaget igen",
    "address_corrected": "Mailadressen er rettet",
    "dispute_needs_response": "Banken gør indsigelse: skal besvares",
    "dispute_under_review": "Banken ser på svaret",
    "dispute_appeal_needs_response": "Indsigelsen prøves igen: skal besvares",
    "dispute_appeal_under_review": "Banken ser på indsigelsen igen",
    "dispute_won": "Indsigelsen faldt ud til din fordel",
    "dispute_lost": "Indsigelsen er tabt, og pengene er ført tilbage",
    "dispute_won_again": "Indsigelsen blev prøvet igen og faldt ud til din fordel",
    "dispute_lost_again": "Indsigelsen blev prøvet igen og er tabt",
    "dispute_prevented": "Indsigelsen blev afværget",
    "dispute_warning_needs_response": "Banken spørger til betalingen",
    "dispute_warning_under_review": "Banken ser på svaret",
    "dispute_warning_closed": "Banken spørger ikke længere",
}

WHO = {"stripe": "Stripe", "buyer": "Køberen", "site": "Siden"}
CHANNELS = {"form": "På siden", "letter": "Brev", "mail": "Mail"}
VERDICTS = {
    "in_time": "I tide",
    "late": "Efter fristen",
    "again": "Fortrudt før",
    "unmatched": "Passer ikke med et køb",
}
