"""Answers by machine at every door: what the help pages say, in whose words, and when not."""

from app.answering.attempt import (
    Attempt,
    Source,
    article_answer,
    attempt,
)
from app.answering.said import asks_for_person, locale_of, only_greets, reply_to_answer

__all__ = [
    "Attempt",
    "Source",
    "article_answer",
    "asks_for_person",
    "attempt",
    "locale_of",
    "only_greets",
    "reply_to_answer",
]
