"""The one MetaData of all tables, and the column types every table shares."""

from typing import Any

from sqlalchemy import JSON, BigInteger, Column, ForeignKey, Integer, MetaData

metadata = MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "ck": "ck_%(table_name)s_%(constraint_name)s",
        "fk": "fk_%(table_name)s_%(column_0_N_name)s_%(referred_table_name)s",
        "pk": "pk_%(table_name)s",
    }
)

# SQLite numbers rows by itself only for a column that is exactly INTEGER PRIMARY KEY.
BigId = BigInteger().with_variant(Integer(), "sqlite")
Json = JSON()


def id_column() -> Column[int]:
    """The primary key of a table: a number, also shown to people (conversation #1042)."""
    return Column("id", BigId, primary_key=True, autoincrement=True)


def ref(
    name: str, target: str, *, null: bool = False, index: bool = False, cascade: bool = False
) -> Column[Any]:
    """A reference to another table's id."""
    return Column(
        name, BigId, ForeignKey(f"{target}.id", ondelete="CASCADE" if cascade else None),
        nullable=null, index=index,
    )  # fmt: skip


def moment(name: str, *, null: bool = False, index: bool = False) -> Column[Any]:
    """A moment in ms since the epoch, UTC."""
    return Column(name, BigInteger, nullable=null, index=index)
