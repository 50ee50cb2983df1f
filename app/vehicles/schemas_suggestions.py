"""What the door of suggestions takes and gives."""

from __future__ import annotations

from apiflask import Schema
from apiflask.fields import Dict, Integer, List, Nested, Raw, String
from apiflask.validators import Length


class SuggestIn(Schema):
    q = String(load_default="", validate=Length(0, 60), metadata={"description": "what is typed so far; nothing asks for popular ones"})


class SuggestionOut(Schema):
    """A way to go on; it leads to cars."""

    kind = String(metadata={"description": "series, model, brand, filter, city, words, or correction of the spelling"})
    text = String(metadata={"description": "what the box shows when it is chosen"})
    label = String()
    filters = Dict(keys=String(), values=Raw(), metadata={"description": "parameters of the search that it stands for"})
    count = Integer(metadata={"description": "how many cars that search finds"})


class SuggestionsOut(Schema):
    items = List(Nested(SuggestionOut))
