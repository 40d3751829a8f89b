"""The indexes behind the search of messages and customers.

What is searched for is the words of the column `searchable`, which stands between spaces as
`knowledge.text.searchable` wrote it. SQLite keeps an FTS5 table beside each table, with triggers: a
migration that makes one of these tables anew (batch mode) has to create its triggers again.
PostgreSQL has an index on the words as they are, not on what its parser would make of them.
"""

from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

TABLES = {"messages": "message_index", "customers": "customer_index"}
# Only spaces part words. detail=none: whether a word is there is all that is asked.
SQLITE = (
    """CREATE VIRTUAL TABLE {index} USING fts5(
        searchable, content='{table}', content_rowid='id', detail=none, columnsize=0,
        tokenize="unicode61 remove_diacritics 0 categories 'L* M* N* P* S*'"
    )""",
    """CREATE TRIGGER {table}_searched_insert AFTER INSERT ON {table} BEGIN
        INSERT INTO {index} (rowid, searchable) VALUES (new.id, new.searchable);
    END""",
    """CREATE TRIGGER {table}_searched_delete AFTER DELETE ON {table} BEGIN
        INSERT INTO {index} ({index}, rowid, searchable) VALUES ('delete', old.id, old.searchable);
    END""",
    """CREATE TRIGGER {table}_searched_update AFTER UPDATE OF searchable ON {table} BEGIN
        INSERT INTO {index} ({index}, rowid, searchable) VALUES ('delete', old.id, old.searchable);
        INSERT INTO {index} (rowid, searchable) VALUES (new.id, new.searchable);
    END""",
    "INSERT INTO {index} ({index}) VALUES ('rebuild')",
)
POSTGRES = (
    """CREATE INDEX {index} ON {table}
        USING gin (array_to_tsvector(string_to_array(searchable, ' ')))""",
)


def upgrade() -> None:
    statements = SQLITE if op.get_bind().dialect.name == "sqlite" else POSTGRES
    for table, index in TABLES.items():
        for statement in statements:
            op.execute(statement.format(table=table, index=index))
