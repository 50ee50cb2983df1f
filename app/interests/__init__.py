"""What a customer keeps an eye on: favourites, cars she looked at, searches she saved, and the alerts that come of them."""
