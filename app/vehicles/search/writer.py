"""Writing one generation of the index: of every brand its documents, then what they show as one commit."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Iterable

import tantivy
from tantivy import Query

from app.vehicles.search.folders import Generation, State, Unreadable, check
from app.vehicles.search.layout import COLUMNS, Documents, Row, schema
from app.vehicles.search.names import GrowingNames

# After so many rows the caller may do something else.
ROWS_AT_ONCE = 500
BRAND, NUMBER, VISIBLE = COLUMNS.index("brand_id"), COLUMNS.index("number"), COLUMNS.index("visible")


class _Brand:
    """The index of one brand, open for writing."""

    def __init__(self, generation: Generation, brand_id: uuid.UUID, heap_bytes: int) -> None:
        folder = generation.of_brand(brand_id)
        try:
            if folder.exists():
                check(folder)
                generation.check_names(brand_id)
            else:
                folder.mkdir()
            self.names = GrowingNames(folder)
            # Refuses an index of another layout.
            self.index = tantivy.Index(schema(), str(folder))
            self.index.config_reader("manual")
        except (OSError, ValueError) as error:
            raise Unreadable(f"{folder.name}: {error}") from error
        self.writer = self.index.writer(heap_size=heap_bytes, num_threads=1)
        self.documents = Documents(self.names)
        self.is_changed = False


class Writer:
    """A generation, open for writing by one process.

    A failure of tantivy leaves its writers unusable: any error but that of the database means to close, and to begin again from what was
    committed.
    """

    def __init__(self, generation: Generation, heap_bytes: int) -> None:
        """Raises `Unreadable` when a brand's index is damaged or of another layout."""
        self.generation, self._heap_bytes = generation, heap_bytes
        self._brands = {brand_id: _Brand(generation, brand_id, heap_bytes) for brand_id in generation.brands()}

    def put(self, rows: Iterable[Row], *, anew: bool = False, each: Callable[[], None] = lambda: None) -> int:
        """Take rows over, shown by the next commit; cars that are not visible leave. `anew` says that none is there yet.

        `each` is called every now and then. Returns how many rows there were.
        """
        count = 0
        for count, row in enumerate(rows, start=1):  # the last one is the answer
            brand = self._brands.get(row[BRAND]) or self._begin(row[BRAND])
            brand.is_changed = True
            if not anew:
                # By a query: by a term, tantivy's Python side takes the number for a signed one and finds nothing.
                brand.writer.delete_documents_by_query(Query.term_query(brand.index.schema, "number", row[NUMBER], "basic"))
            if row[VISIBLE]:
                brand.writer.add_json(brand.documents.of(row))
            if count % ROWS_AT_ONCE == 0:
                each()
        return count

    def name_options(self, options: Iterable[tuple[uuid.UUID, str]]) -> None:
        """Make the options of each brand known before its first car is put."""
        for brand_id, option in options:
            (self._brands.get(brand_id) or self._begin(brand_id)).names.number_of("options", option)

    def show(self, source: str, snapshot: str) -> None:
        """Commit what was put: all that a snapshot of a database sees. The state comes last; a crash before it has everything put again."""
        for brand in self._brands.values():
            if brand.is_changed:
                brand.names.save()
                brand.writer.commit()
                brand.is_changed = False
        names = {str(brand_id): brand.names.saved for brand_id, brand in self._brands.items()}
        self.generation.write_state(State(source, snapshot, names))

    def documents(self) -> int:
        """How many cars the last commits show."""
        total = 0
        for brand in self._brands.values():
            brand.index.reload()
            total += brand.index.searcher().num_docs
        return total

    def close(self) -> None:
        """Let go of the folder; what was not committed is forgotten."""
        for brand in self._brands.values():
            brand.names.close()
        self._brands.clear()

    def _begin(self, brand_id: uuid.UUID) -> _Brand:
        made = self._brands[brand_id] = _Brand(self.generation, brand_id, self._heap_bytes)
        return made
