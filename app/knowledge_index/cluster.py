"""A process of its own that groups questions and compares articles: seconds of work that must not
hold up the server's loop.

In: JSON {"questions": […], "articles": [{id, locale, title, body, brand}]}; out: JSON {"gaps":
[[question, [positions]]], "overlaps": [[left id, right id, [[words, words]], negated]]}.
"""

import json
import os
import sys

from knowledge.gaps import gaps
from knowledge.overlap import overlaps
from knowledge.semantic import encoder
from knowledge.values import Article

NICENESS = 10  # customers first


def main() -> None:
    """Read, compute, write."""
    os.nice(NICENESS)
    given = json.load(sys.stdin)
    questions = given["questions"]
    articles = [Article(**item) for item in given["articles"]]
    found = {
        "gaps": [[gap.question, list(gap.members)] for gap in gaps(questions, encoder=encoder())],
        "overlaps": [
            [articles[it.left].id, articles[it.right].id, it.differing, it.negated]
            for it in overlaps(articles)
        ],
    }
    json.dump(found, sys.stdout)


if __name__ == "__main__":
    main()
