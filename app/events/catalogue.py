"""Every event name there is, with one sentence; the Chinese label is in `app/texts/zh-CN/events.toml`."""

from __future__ import annotations

# What people do in the mini-program, as it tells us itself: it cannot forge any other name.
BEHAVIOUR: dict[str, str] = {
    "app.launched": "The mini-program was opened.",
    "app.shown": "The mini-program came to the foreground.",
    "app.hidden": "The mini-program went to the background.",
    "page.viewed": "A page was shown.",
    "vehicle.viewed": "Somebody looked at a vehicle.",
    "vehicle.gallery_viewed": "Somebody looked through the pictures of a vehicle.",
    "search.performed": "Somebody searched vehicles.",
    "search.filtered": "Somebody narrowed a search.",
    "finance.calculated": "Somebody calculated what a vehicle costs by the month.",
    "share.tapped": "Somebody tapped to share; whether it was sent, WeChat does not tell.",
    "poster.saved": "Somebody saved a poster.",
    "contact.tapped": "Somebody tapped to get in touch.",
    "navigation.opened": "Somebody asked for the way to a store.",
    "phone_call.tapped": "Somebody tapped a telephone number.",
    "reserve.tapped": "Somebody tapped to reserve.",
    "subscribe.prompted": "Somebody was asked whether to subscribe to messages.",
    "location.answered": "Somebody let us know where she is, or did not.",
    "api.failed": "The mini-program did not get an answer, or got a refusal.",
}

NAMES: dict[str, str] = BEHAVIOUR | {
    # wechat
    "wechat.payment_notified": "WeChat Pay told us of a payment; the verified notification is in the inbox.",
    "wechat.refund_notified": "WeChat Pay told us of a refund; the verified notification is in the inbox.",
    "wechat.followed": "A person follows the service account.",
    "wechat.unfollowed": "A person no longer follows the service account.",
    "wechat.template_delivered": "WeChat told us whether a template message reached the person.",
    "wechat.card_pressed": "A staff member pressed a button on a WeCom template card.",
    "wechat.message_received": "Any other callback; kept, not dropped.",
    # identity
    "customer.created": "A customer came to be.",
    "customer.logged_in": "A customer logged in to the mini-program.",
    "customer.phone_bound": "A customer bound her phone number.",
    "customer.merged": "Two customers turned out to be one person; customer_id is the one kept.",
    "customer.erased": "A customer had her personal data erased.",
    "customer.consent_given": "A customer agreed to a purpose.",
    "customer.consent_withdrawn": "A customer took an agreement back.",
    "customer.followed": "A customer follows the service account.",
    "customer.unfollowed": "A customer no longer follows the service account.",
    # vehicles
    "vehicle.listed": "A vehicle is on sale.",
    "vehicle.price_changed": "The price of a vehicle changed.",
    "vehicle.reserved": "A vehicle is held for one customer.",
    "vehicle.released": "A held vehicle is on sale again.",
    "vehicle.sold": "A vehicle was sold.",
    "vehicle.withdrawn": "A vehicle was taken off sale.",
    # payments
    "payment.opened": "Money is asked for.",
    "payment.succeeded": "The money arrived and every figure agreed.",
    "payment.closed": "The time to pay ended unpaid, and WeChat takes no more money for it.",
    "payment.failed": "An attempt to pay failed.",
    "payment.mismatched": "A notification did not agree with what was asked for; a person has to look.",
    "refund.requested": "Money is to go back.",
    "refund.succeeded": "The money went back.",
    "refund.abnormal": "WeChat could not return the money; a person has to look.",
    # orders
    "order.reserved": "A customer holds a vehicle and is about to pay its deposit.",
    "deposit.paid": "The deposit arrived and the hold is firm.",
    "order.cancelled": "An order was cancelled.",
    "order.expired": "A hold ran out.",
    "order.closed": "An order came to its end.",
    "deposit.refunded": "The deposit went back to the customer.",
    # sharing
    "share.created": "A customer shared a vehicle or a list.",
    "share.opened": "Somebody opened a share.",
    "share.converted": "What a share led to: a login, a lead, an order.",
    # leads
    "lead.created": "Somebody became a lead.",
    "lead.assigned": "A lead was given to an adviser.",
    "lead.accepted": "The adviser accepted the lead.",
    "lead.callback_promised": "The adviser promised to call back.",
    "lead.test_drive_booked": "The adviser booked a test drive with the customer.",
    "lead.updated": "The grade, stage or adviser of a lead changed.",
    # messaging
    "message.accepted": "A channel took a message.",
    "message.rejected": "A channel refused a message for good.",
    "message.unknown": "Nobody can say whether a message left; a person has to look.",
    "message.delivered": "A message reached the person.",
    "message.undelivered": "A message did not reach the person.",
    "message.button_pressed": "A button on a message was pressed.",
    "subscription.answered": "A customer answered whether she wants messages of a template of the mini-program.",
    # audience
    "tag.added": "A customer got a tag.",
    "tag.removed": "A customer lost a tag.",
    # journeys
    "journey.entered": "A customer entered a journey.",
    "journey.exited": "A customer left a journey before its end.",
    "journey.completed": "A customer came to the end of a journey.",
}
