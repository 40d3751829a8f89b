"""The articles of each brand in an index of their own.

Words that are rare in one brand may be common in another, and no brand's articles tell anything of
another's. A whole brand is filled into a new index, which then takes the old one's place: whoever
searches meanwhile finds what was there before.
"""

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence

from knowledge.answer import Answer, answer
from knowledge.index import Index
from knowledge.search import search, suggest
from knowledge.semantic import encoder
from knowledge.thesaurus import Thesaurus
from knowledge.values import Article, Hit

Brands = int | Collection[int] | None  # one, some, or all of them


class Shelves:
    """The index of each brand. Every method may take long and belongs into a thread."""

    def __init__(self) -> None:
        self._by_brand: dict[int, Index] = {}
        self._meanings: dict[int, Thesaurus] = {}

    def mean(self, meanings: Mapping[int, Thesaurus]) -> None:
        """Which words mean the same in each brand, beside those that do everywhere."""
        self._meanings = dict(meanings)
        for brand, index in list(self._by_brand.items()):
            index.meanings = self._meanings.get(brand)

    def close(self) -> None:
        """Let go of everything."""
        held, self._by_brand = self._by_brand, {}
        for index in held.values():
            index.close()

    def fill(self, articles: Iterable[Article]) -> None:
        """Hold exactly these articles."""
        by_brand: dict[int, list[Article]] = {brand: [] for brand in self._by_brand}
        for article in articles:
            by_brand.setdefault(article.brand, []).append(article)
        for brand, theirs in by_brand.items():
            self.fill_brand(brand, theirs)

    def fill_brand(self, brand: int, articles: Sequence[Article]) -> None:
        """Hold exactly these articles of a brand."""
        if not articles:
            self._by_brand.pop(brand, None)  # closed when the last search in it has ended
            return
        fresh = self._empty(brand)
        fresh.replace_all(articles)
        self._by_brand[brand] = fresh

    def _empty(self, brand: int) -> Index:
        index = Index(":memory:", encoder())
        index.meanings = self._meanings.get(brand)
        return index

    def replace(self, ids: Collection[int], articles: Sequence[Article]) -> None:
        """Hold of the articles with these ids exactly these language versions."""
        fresh = {(article.brand, article.id, article.locale) for article in articles}
        for brand, index in list(self._by_brand.items()):
            for article_id, locale in index.versions():
                if article_id in ids and (brand, article_id, locale) not in fresh:
                    index.remove(article_id, locale)
        for article in articles:
            if article.brand not in self._by_brand:
                self._by_brand[article.brand] = self._empty(article.brand)
            self._by_brand[article.brand].put(article)

    def held(self) -> list[tuple[int, str, int]]:
        """What is held: article, locale and version of each."""
        return [
            (article_id, locale, version)
            for index in list(self._by_brand.values())
            for (article_id, locale), version in index.versions().items()
        ]

    def search(
        self,
        query: str,
        brands: Brands,
        locale: str,
        visibilities: Collection[str],
        limit: int,
        categories: Collection[int] | None = None,
    ) -> list[Hit]:
        """The articles that answer a question, best first; `categories` None: of all."""
        return self._found(search, query, brands, locale, visibilities, limit, categories)

    def suggest(
        self,
        query: str,
        brands: Brands,
        locale: str,
        visibilities: Collection[str],
        limit: int,
        categories: Collection[int] | None = None,
    ) -> list[Hit]:
        """The same for a text that is still being typed."""
        return self._found(suggest, query, brands, locale, visibilities, limit, categories)

    def answer(
        self, question: str, brands: Brands, locale: str, visibilities: Collection[str]
    ) -> Answer:
        """The answer to a question: of several brands' the one that is surest."""
        given = [
            answer(index, question, brand=None, locale=locale, visibilities=visibilities)
            for index in self._of(brands)
        ]
        return max(
            given, key=lambda it: (it.sure, it.confidence), default=Answer(None, 0.0, sure=False)
        )

    def _found(
        self,
        find: Callable[..., list[Hit]],
        query: str,
        brands: Brands,
        locale: str,
        visibilities: Collection[str],
        limit: int,
        categories: Collection[int] | None,
    ) -> list[Hit]:
        found: list[Hit] = []
        for index in self._of(brands):
            found += find(
                index,
                query,
                brand=None,
                locale=locale,
                visibilities=visibilities,
                limit=limit,
                categories=categories,
            )
        return sorted(found, key=lambda hit: -hit.score)[:limit]

    def _of(self, brands: Brands) -> Iterator[Index]:
        if brands is None:
            yield from list(self._by_brand.values())
            return
        for brand in [brands] if isinstance(brands, int) else sorted(set(brands)):
            index = self._by_brand.get(brand)
            if index is not None:
                yield index
