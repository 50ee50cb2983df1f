"""Shoppers' words on real titles, on machines that have the file: nobody's to pass on, so no part of the project."""

from __future__ import annotations

import csv
import re
import tomllib
from collections import Counter, defaultdict
from pathlib import Path

from app.vehicles.labels import search_text
from app.vehicles.words import Vocabulary, understood
from dev.environment import REAL_DATA

LISTINGS = REAL_DATA / "guazi_china_10cities_2021.csv"
PORSCHES = REAL_DATA / "otomoto_porsche_2024.csv"
GOLD = tomllib.loads(Path(__file__).with_name("words_gold_real.toml").read_text(encoding="utf-8"))
GEARBOXES = {"自动": "automatic", "手动": "manual"}
RECALL, PRECISION = 0.97, 0.97
NO_CAR = "(?!)"


class Titles:
    """Titles of a file by the tokens under which they are found."""

    def __init__(self, rows: list[tuple[str, str]]) -> None:
        """(title, tokens parted by spaces) each."""
        self.titles = [title for title, _ in rows]
        self.having: dict[str, set[int]] = defaultdict(set)
        for number, (_, tokens) in enumerate(rows):
            for token in tokens.split():
                self.having[token].add(number)
        self.vocabulary = Vocabulary(Counter({token: len(numbers) for token, numbers in self.having.items()}))

    def found(self, q: str) -> set[int]:
        of_groups = [set().union(*(self.having.get(token, set()) for token in group)) for group in understood(q, self.vocabulary)]
        return set.intersection(*of_groups)

    def meant(self, pattern: str) -> set[int]:
        return {number for number, title in enumerate(self.titles) if re.search(pattern, title)}


def listings() -> Titles:
    with LISTINGS.open(encoding="utf-8-sig", newline="") as file:
        rows = {}
        for row in csv.DictReader(file):
            values = {"title": row["title"], "model_year": int(row["model_year"] or row["reg_year"])}
            values |= {"gearbox": GEARBOXES.get(row["gearbox"]), "specifications": {"displacement": row["displacement"]}}
            rows[row["title"], row["displacement"], row["gearbox"]] = search_text("", values)
    return Titles([(title, tokens) for (title, _, _), tokens in rows.items()])


def porsches() -> Titles:
    with PORSCHES.open(encoding="utf-8-sig", newline="") as file:
        rows = []
        for row in csv.DictReader(file):
            title = f"{row['model']} {row['version']}".strip()
            rows.append((title, search_text(row["model"], {"title": title, "model_year": int(row["year"])})))
    return Titles(rows)


def measured(titles: Titles, gold: dict[str, str]) -> tuple[float, float, list[str]]:
    """(recall, precision) over all queries of a kind, each query counting the same, and what is not as it should be."""
    recalls, precisions, wrong = [], [], []
    for q, pattern in gold.items():
        wanted, got = titles.meant(pattern), titles.found(q)
        assert wanted or pattern == NO_CAR, f"{q}: {pattern} is in no title"
        recalls.append(len(wanted & got) / len(wanted) if wanted else 1.0)
        precisions.append(len(wanted & got) / len(got) if got else float(not wanted or not got))
        if wanted != got:
            missing, much = [{titles.titles[one] for one in some} for some in (wanted - got, got - wanted)]
            wrong.append(f"{q}: {len(wanted - got)} missing {sorted(missing)[:3]}, {len(got - wanted)} too many {sorted(much)[:3]}")
    return sum(recalls) / len(recalls), sum(precisions) / len(precisions), wrong


if LISTINGS.exists():

    def test_words_find_the_real_titles_that_they_mean() -> None:
        titles = listings()
        told = {}
        for kind, gold in GOLD.items():
            told[kind] = measured(titles, gold)
            print(f"{kind:12} {len(gold):4} queries: recall {told[kind][0]:.3f}, precision {told[kind][1]:.3f}")
            print("".join(f"    {line}\n" for line in told[kind][2]))
        for kind, (recall, precision, wrong) in told.items():
            assert recall >= RECALL, (kind, wrong)
            assert precision >= PRECISION, (kind, wrong)


if PORSCHES.exists():

    def test_words_find_the_real_porsches_of_a_market_that_writes_no_chinese() -> None:
        gold = {"卡宴": "^Cayenne", "kayan": "^Cayenne", "帕梅": "^Panamera", "911": "^911", "泰肯": "^Taycan", "玛卡": "^Macan"}
        gold |= {"卡雷拉": "Carrera", "911 卡雷拉 4S": "^911 .*Carrera 4S", "cayman": "Cayman", "保时捷": "", "panamra": "^Panamera"}
        recall, precision, wrong = measured(porsches(), gold)
        print(f"recall {recall:.3f}, precision {precision:.3f}")
        assert recall >= RECALL, wrong
        assert precision >= PRECISION, wrong
