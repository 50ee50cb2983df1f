"""What the waiting list refuses."""

from app.kit.errors import Conflict


class OnSale(Conflict):
    code, message = "orders.waiting_on_sale", "Nobody holds this vehicle; reserve it instead of waiting for it."


class HeldByYou(Conflict):
    """`order_id` is the order that holds it."""

    code, message = "orders.waiting_for_own", "The customer holds this vehicle herself."


class WaitingLimit(Conflict):
    """`most` is how many vehicles one person may wait for."""

    code, message = "orders.waiting_limit", "The customer waits for as many vehicles as one person may."
