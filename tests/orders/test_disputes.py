"""What the buyer's bank says is seen in access, mails and the order's timeline."""

from __future__ import annotations

import pytest

from tests.conftest import AGREED, BUYER, FIRST_LESSON

GIFT = {"email": BUYER, "name": "Kirsten Prøve", **AGREED, "gift": "card"}


def test_a_dispute_that_is_won_pauses_and_opens_again(shop, counter, bought, browser):
    dispute = shop.stripe.open_dispute(bought())["id"]
    shop.deliver_all()
    assert browser.get(FIRST_LESSON).status == 403
    shop.stripe.close_dispute(dispute, "won")
    shop.deliver_all()
    shop.deliver_all()
    assert browser.get(FIRST_LESSON).status == 200
    assert counter.timeline() == ["dispute_needs_response", "dispute_won"]
    assert counter.mails("order-alert") == ["disputed", "dispute_won"]
    assert [len(counter.mails(kind)) for kind in ("order-paused", "order-reopened")] == [1, 1]


def test_a_dispute_that_is_lost_closes_the_course(shop, counter, bought, browser):
    dispute = shop.stripe.open_dispute(bought())["id"]
    shop.deliver_all()
    shop.stripe.close_dispute(dispute, "lost")
    shop.deliver_all()
    assert counter.order().state == "charged_back"
    assert browser.get(FIRST_LESSON).status == 403
    assert counter.timeline() == ["dispute_needs_response", "dispute_lost"]
    assert counter.mails("order-alert") == ["disputed", "charged_back"]
    assert not counter.mails("order-reopened")


@pytest.mark.parametrize(("end", "kind"), [("lost", "charged_back"), ("won", "dispute_won")])
def test_what_an_appeal_ends_in_is_told_too(end, kind, shop, counter, bought):
    dispute = shop.stripe.open_dispute(bought())["id"]
    shop.stripe.close_dispute(dispute, "lost")
    shop.deliver_all()
    shop.stripe.update_dispute(dispute, "appeal_needs_response")
    shop.deliver_all()
    shop.stripe.close_dispute(dispute, end)
    shop.deliver_all()
    shop.deliver_all()
    told = ["dispute_lost", "dispute_appeal_needs_response", f"dispute_{end}_again"]
    assert counter.timeline() == told
    assert counter.mails("order-alert") == ["charged_back", "appealed", f"{kind}_again"]


def test_money_that_went_back_twice_is_told_as_that(shop, counter, bought):
    intent = bought()
    shop.stripe.refund(intent)
    shop.stripe.close_dispute(shop.stripe.open_dispute(intent)["id"], "lost")
    shop.deliver_all()
    shop.deliver_all()
    assert counter.mails("order-alert") == ["paid_back_twice"]


def test_an_appeal_that_is_under_review_already_is_no_new_dispute(shop, counter, bought):
    dispute = shop.stripe.open_dispute(bought())["id"]
    shop.stripe.close_dispute(dispute, "lost")
    shop.deliver_all()
    shop.stripe.update_dispute(dispute, "appeal_under_review")
    shop.deliver_all()
    assert counter.mails("order-alert") == ["charged_back", "appealed"]


def test_an_inquiry_closes_nothing(shop, counter, bought, browser):
    inquiry = shop.stripe.open_dispute(bought(), "warning_needs_response")["id"]
    shop.deliver_all()
    shop.stripe.close_dispute(inquiry, "warning_closed")
    shop.deliver_all()
    assert browser.get(FIRST_LESSON).status == 200
    assert counter.timeline() == ["dispute_warning_needs_response", "dispute_warning_closed"]
    assert counter.mails("order-alert") == ["inquiry", "inquiry_closed"]
    assert not counter.mails("order-paused")


def test_each_dispute_of_an_order_is_told_of(shop, counter, bought):
    intent = bought()
    for _ in range(2):
        dispute = shop.stripe.open_dispute(intent)["id"]
        shop.deliver_all()
        shop.stripe.close_dispute(dispute, "won")
        shop.deliver_all()
    assert counter.mails("order-alert") == ["disputed", "dispute_won"] * 2
    assert len(counter.mails("order-reopened")) == 2


@pytest.mark.parametrize("status", ["won", "prevented"])
def test_a_dispute_heard_of_only_when_it_is_over_tells_the_buyer_nothing(
    status, shop, counter, bought
):
    shop.stripe.close_dispute(shop.stripe.open_dispute(bought())["id"], status)
    shop.deliver_all()
    assert counter.mails("order-alert") == ["dispute_won"]
    assert not counter.mails("order-paused")
    assert not counter.mails("order-reopened")


def test_a_giver_hears_of_the_gift_and_its_reader_of_nobody(shop, browser, new_browser, send_mail):
    browser.get("/koeb").submit("Køb med betalingspligt", **GIFT)
    session = browser.response.location.rsplit("/", 1)[1]
    shop.stripe.pay(session, "card")
    shop.deliver_all()
    code = next(mail["text"] for mail in send_mail() if "gavekort" in mail["subject"])
    friend = new_browser().get(f"/gave/{code.partition('/gave/')[2].partition('/')[0]}")
    friend.submit("Åbn gaven", email="jens@example.dk", name="Jens Prøve", **AGREED)
    dispute = shop.stripe.open_dispute(shop.intent(session))["id"]
    shop.deliver_all()
    assert friend.get(FIRST_LESSON).status == 403
    assert "Gaven er lukket" in friend.words()
    shop.stripe.close_dispute(dispute, "won")
    shop.deliver_all()
    assert friend.get(FIRST_LESSON).status == 200
    told = [mail for mail in send_mail() if mail["to"] == [BUYER]][-2:]
    subjects = [mail["subject"].partition(" (")[0] for mail in told]
    assert subjects == ["Din gave er sat på pause", "Din gave gælder igen"]
    assert not any("kurset er lukket" in mail["text"] + mail["html"] for mail in told)
