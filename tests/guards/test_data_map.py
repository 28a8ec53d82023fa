"""Every table and column stands in content/data_map.toml, and nothing else does."""

from __future__ import annotations

from shop.content import data_map, retention
from shop.db import Base, EncryptedJSON, EncryptedText
from shop.privacy.map_rules import IF_NEEDED, KEEP, LETTER, WITH_OWNER, Entry, draft, faults

TABLES = {table.name: list(table.columns.keys()) for table in Base.metadata.sorted_tables}


def read(program) -> dict[str, Entry]:
    with program.app_context():
        return {name: Entry.read(written) for name, written in data_map().items()}


def test_the_map_is_complete(program):
    """Something new? Say in content/data_map.toml whose it is; the message says what to write."""
    found = list(faults(read(program), TABLES))
    assert not found, "content/data_map.toml: " + "\n\n".join(found)


def test_what_leads_to_a_person_is_somebodys(program):
    """A table from which a foreign key leads to somebody's row holds something of somebody."""
    entries = read(program)
    for table in Base.metadata.sorted_tables:
        owned = [
            key
            for key in table.foreign_keys
            if entries[key.column.table.name].whose and key.column.table is not table
        ]
        assert entries[table.name].whose or not owned, f"[{table.name}] whose: {owned[0].parent}"


def test_whose_leads_to_a_row_or_holds_an_address(program):
    for name, entry in read(program).items():
        table = Base.metadata.tables[name]
        for column in entry.whose:
            if name == "person" or column == LETTER:
                continue
            keys = table.c[column].foreign_keys
            assert keys or column == "email", f"[{name}] {column} says not whose it is"
        if entry.erase == WITH_OWNER:
            assert len(entry.whose) == 1
            assert table.c[entry.whose[0]].foreign_keys, f"[{name}] has no row to go with"


def test_what_stays_holds_nothing_that_is_encrypted(program):
    """What is encrypted may tell of health, and no bookkeeping asks for that."""
    for name, entry in read(program).items():
        if entry.erase in {KEEP, IF_NEEDED, WITH_OWNER}:
            for column in Base.metadata.tables[name].columns:
                is_told = isinstance(column.type, EncryptedText | EncryptedJSON)
                assert not is_told or column.name in entry.emptied, f"[{name}] {column.name}"


def test_what_is_encrypted_is_somebodys_or_the_clinics_own(program):
    for name, entry in read(program).items():
        told = any(
            isinstance(column.type, EncryptedText | EncryptedJSON)
            for column in Base.metadata.tables[name].columns
        )
        assert entry.whose or not told or name == "busy_calendar"


def test_the_map_and_the_list_of_what_is_kept_name_the_same_tables(program):
    with program.app_context():
        named = {table for row in retention() for table in row["tables"]}
    assert named == set(read(program))


def test_a_table_that_is_forgotten_is_named_with_what_to_write():
    [said] = faults({}, {"diary": ["id", "person_id", "token_hash", "text"]})
    assert 'whose = ["person_id"]' in said
    assert 'secret = ["token_hash"]' in said
    assert draft("diary", ["id", "person_id", "text"]).endswith('shown = { text = "…" }')


def test_a_column_that_is_forgotten_is_named():
    diary = Entry("Dagbog", ("person_id",), "delete", inner=("id", "person_id", "gone"))
    said = "\n".join(faults({"diary": diary}, {"diary": ["id", "person_id", "text"]}))
    assert "[diary] the column text is missing" in said
    assert "[diary] there is no column gone" in said
    assert list(faults({"diary": diary}, {})) == [
        "[diary]: there is no such table; take the section out"
    ]
