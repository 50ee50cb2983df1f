"""What people type for cars, and what it means: Chinese, Latin, pinyin, colloquial names, slips of the finger. Pure; knows no database.

A car is indexed under `tokens_of` its words; a search is `understood` as groups of alternatives, of which each must be there, once what it
says of the price is `priced`.
"""

from app.vehicles.words.asking import understood
from app.vehicles.words.catalogue import edition
from app.vehicles.words.prices import Priced, priced
from app.vehicles.words.tokens import CITY, VALUES, tokens_of
from app.vehicles.words.vocabulary import UNCOUNTED, Vocabulary

__all__ = ["CITY", "UNCOUNTED", "VALUES", "Priced", "Vocabulary", "edition", "priced", "tokens_of", "understood"]
