"""What interests refuse."""

from app.kit.errors import Conflict, NotFound


class FavouriteLimit(Conflict):
    """`most` is how many cars one person may keep."""

    code, message = "interests.favourite_limit", "The customer keeps as many favourites as one person may."


class SearchUnknown(NotFound):
    code, message = "interests.search_unknown", "There is no such saved search."


class SearchLimit(Conflict):
    """`most` is how many searches one person may save."""

    code, message = "interests.search_limit", "The customer has saved as many searches as one person may."


class SearchTooBroad(Conflict):
    """`most` is how many cars a search that is saved may find at that moment."""

    code, message = "interests.search_too_broad", "This search finds too many cars to tell of each new one."
