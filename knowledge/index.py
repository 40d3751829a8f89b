"""The index of one process: article rows in, FTS5 tables and word statistics kept in step.

Titles, alternative questions and the lines of a body that lists them share one FTS5 table, a row
for each phrasing; another holds whole articles, so that each is scored by its own lengths and
frequencies. The file is a cache: it is thrown away and begun anew when it cannot be read, and the
owner fills it from the article rows.
"""

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from sqlite3 import Connection
from threading import RLock

from knowledge import sqlite
from knowledge.listed import listed
from knowledge.markdown import plain
from knowledge.semantic import LONGEST, Encoder, Vector, Vectors, beginning
from knowledge.text import tokens, words
from knowledge.thesaurus import Thesaurus
from knowledge.values import Article
from knowledge.vocabulary import FieldStatistics, Words, all_grams

_FORMAT = 4
_INDEXED_CHARACTERS = 20_000
_TOKENIZER = "tokenize = \"ascii tokenchars '-_./&+#'\""
_SCHEMA = f"""
CREATE TABLE entry (
  id INTEGER PRIMARY KEY, article_id INTEGER NOT NULL, locale TEXT NOT NULL, title TEXT NOT NULL,
  text TEXT NOT NULL, brand INTEGER NOT NULL, visibility TEXT NOT NULL, version INTEGER NOT NULL,
  category INTEGER,
  UNIQUE (article_id, locale));
CREATE TABLE phrasing (id INTEGER PRIMARY KEY, entry_id INTEGER NOT NULL, position INTEGER NOT NULL,
  text TEXT NOT NULL);
CREATE INDEX phrasing_by_entry ON phrasing (entry_id);
CREATE VIRTUAL TABLE phrasing_fts USING fts5(tokens, {_TOKENIZER});
CREATE VIRTUAL TABLE document_fts USING fts5(tokens, {_TOKENIZER});
CREATE TABLE word (word TEXT PRIMARY KEY, count INTEGER NOT NULL) WITHOUT ROWID;
PRAGMA user_version = {_FORMAT};
"""


class Index:
    """Articles to search in. Safe to share between threads.

    `path` is a file that only this process uses, or ":memory:". With an `encoder` articles are
    found by their meaning, too.
    """

    def __init__(self, path: str | Path, encoder: Encoder | None = None) -> None:
        self.meanings: Thesaurus | None = None  # of its own, beside the one that is shipped
        self._path = str(path)
        self._lock = RLock()
        self._connection = self._opened()
        self.phrasings = FieldStatistics()
        self.documents = FieldStatistics()
        self.letters = FieldStatistics()
        self.words = Words(self._connection.execute("SELECT word, count FROM word"))
        for (row,) in self._connection.execute("SELECT tokens FROM phrasing_fts"):
            self.phrasings.add(row.split())
        for (row,) in self._connection.execute("SELECT tokens FROM document_fts"):
            self.documents.add(row.split())
            self.letters.add(all_grams(row.split()))
        self._encoder = encoder
        self.vectors = None if encoder is None else Vectors(encoder)
        self._understand()

    def close(self) -> None:
        with self._lock:
            self._connection.close()

    @contextmanager
    def reading(self) -> Iterator[Connection]:
        """The connection, held for this thread."""
        with self._lock:
            yield self._connection

    def meaning(self, question: str) -> Vector | None:
        """The question as a vector, to be compared while reading; None if meaning plays no part."""
        if not question or self._encoder is None:
            return None
        return self._encoder.encode([question])[0]

    def versions(self) -> dict[tuple[int, str], int]:
        """The version held of each (article id, locale): tells what must be put or removed."""
        with self.reading() as connection:
            rows = connection.execute("SELECT article_id, locale, version FROM entry")
            return {(article_id, locale): version for article_id, locale, version in rows}

    def replace_all(self, articles: Iterable[Article]) -> None:
        """Hold exactly these articles, or the old ones if anything fails."""
        with self._writing() as connection:
            for table in ("entry", "phrasing", "phrasing_fts", "document_fts", "word"):
                connection.execute(f"DELETE FROM {table}")
            before = self.phrasings, self.documents, self.letters, self.words, self.vectors
            self.phrasings, self.documents = FieldStatistics(), FieldStatistics()
            self.letters, self.words = FieldStatistics(), Words()
            self.vectors = None if self._encoder is None else Vectors(self._encoder)
            try:
                for article in articles:
                    self._drop(article.id, article.locale)
                    self._add(article)
                self._understand()
                connection.executemany("INSERT INTO word VALUES (?, ?)", self.words.counts.items())
            except BaseException:
                self.phrasings, self.documents, self.letters, self.words, self.vectors = before
                raise

    def put(self, article: Article) -> None:
        """Add this locale version of an article, in place of the one held before."""
        with self._writing():
            changed = self._drop(article.id, article.locale) | self._add(article)
            self._store_counts(changed)
            self._understand(article)

    def remove(self, id: int, locale: str) -> None:
        """Forget this locale version; nothing happens if it is not held."""
        with self._writing():
            self._store_counts(self._drop(id, locale))

    def _opened(self) -> Connection:
        connection = sqlite.connect(self._path)
        try:
            sqlite.prepare(connection)
            held = connection.execute("PRAGMA user_version").fetchone()[0]
            damage = connection.execute("PRAGMA quick_check(1)").fetchone()[0]
            if held == _FORMAT and damage == "ok":
                return connection
        except sqlite.errors:
            pass  # whatever is wrong with the file, a new one takes its place
        connection.close()
        if self._path != ":memory:":
            Path(self._path).unlink(missing_ok=True)
        connection = sqlite.connect(self._path)
        sqlite.prepare(connection)
        connection.executescript(_SCHEMA)
        return connection

    @contextmanager
    def _writing(self) -> Iterator[Connection]:
        with self._lock:
            self._connection.execute("BEGIN IMMEDIATE")
            try:
                yield self._connection
            except BaseException:
                self._connection.execute("ROLLBACK")
                raise
            self._connection.execute("COMMIT")

    def _add(self, article: Article) -> set[str]:
        title, text = _writable(article.title), plain(article.body)
        locale = article.locale
        execute = self._connection.execute
        entry_id = execute(
            "INSERT INTO entry (article_id, locale, title, text, brand, visibility, version,"
            " category) VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
            (article.id, locale, title, text, article.brand, article.visibility, article.version,
             article.category),
        ).lastrowid  # fmt: skip
        written = set(words(text[:_INDEXED_CHARACTERS]))
        whole: list[str] = []
        asked = (title, *map(_writable, article.alternatives))
        for position, phrasing in enumerate((*asked, *listed(_writable(article.body)))):
            found = tokens(phrasing, locale)
            rowid = execute(
                "INSERT INTO phrasing (entry_id, position, text) VALUES (?, ?, ?)",
                (entry_id, position, phrasing),
            ).lastrowid
            row = (rowid, " ".join(found))
            execute("INSERT INTO phrasing_fts (rowid, tokens) VALUES (?, ?)", row)
            self.phrasings.add(found)
            whole.extend(found if position < len(asked) else ())  # the rest is in the text
            written.update(words(phrasing))
        whole.extend(tokens(text[:_INDEXED_CHARACTERS], locale))
        execute(
            "INSERT INTO document_fts (rowid, tokens) VALUES (?, ?)", (entry_id, " ".join(whole))
        )
        self.documents.add(whole)
        self.letters.add(all_grams(whole))
        self.words.add(written)
        return written

    def _drop(self, article_id: int, locale: str) -> set[str]:
        execute = self._connection.execute
        entry = execute(
            "SELECT id, text FROM entry WHERE article_id = ? AND locale = ?", (article_id, locale)
        ).fetchone()
        if entry is None:
            return set()
        entry_id, text = entry
        written = set(words(text[:_INDEXED_CHARACTERS]))
        phrasings = execute("SELECT id, text FROM phrasing WHERE entry_id = ?", (entry_id,))
        for phrasing_id, phrasing in phrasings.fetchall():
            self.phrasings.remove(self._tokens_of("phrasing_fts", phrasing_id))
            execute("DELETE FROM phrasing_fts WHERE rowid = ?", (phrasing_id,))
            written.update(words(phrasing))
        whole = self._tokens_of("document_fts", entry_id)
        self.documents.remove(whole)
        self.letters.remove(all_grams(whole))
        execute("DELETE FROM document_fts WHERE rowid = ?", (entry_id,))
        execute("DELETE FROM phrasing WHERE entry_id = ?", (entry_id,))
        execute("DELETE FROM entry WHERE id = ?", (entry_id,))
        if self.vectors is not None:
            self.vectors.remove(entry_id)
        self.words.remove(written)
        return written

    def _understand(self, article: Article | None = None) -> None:
        """Make the vectors of an article's phrasings and beginning, or those of all articles."""
        if self.vectors is None:
            return
        only = "" if article is None else " WHERE e.article_id = ? AND e.locale = ?"
        which = () if article is None else (article.id, article.locale)
        texts: dict[int, list[str]] = {}
        for entry_id, text in self._connection.execute(
            f"SELECT e.id, p.text FROM entry e JOIN phrasing p ON p.entry_id = e.id{only}", which
        ):
            texts.setdefault(entry_id, []).append(text)
        for entry_id, text in self._connection.execute(
            f"SELECT e.id, substr(e.text, 1, {LONGEST}) FROM entry e{only}", which
        ):
            texts[entry_id].append(beginning(text))
        self.vectors.add(list(texts.items()))

    def _tokens_of(self, table: str, rowid: int) -> list[str]:
        row = self._connection.execute(f"SELECT tokens FROM {table} WHERE rowid = ?", (rowid,))
        return str(row.fetchone()[0]).split()

    def _store_counts(self, changed: set[str]) -> None:
        counts = [(word, self.words.counts[word]) for word in changed]
        self._connection.executemany("INSERT OR REPLACE INTO word VALUES (?, ?)", counts)
        self._connection.execute("DELETE FROM word WHERE count <= 0")


def _writable(text: str) -> str:
    # Lone surrogates cannot be written as UTF-8.
    return text.encode("utf-8", "replace").decode()
