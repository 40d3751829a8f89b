"""Tells those who have asked for it by mail that an article waits for them."""

from app.actions.system_mail import SystemMail, queue_system_mail
from app.db import Tx
from app.pages import N_
from app.queries.waiting_reviews import Reviewer, WaitingReview, latest_review, reviewers
from app.runtime import Runtime

SUBJECT = N_("An article waits for review: %(title)s")


def tell_reviewers(tx: Tx, runtime: Runtime, article_id: int) -> None:
    """Queue a mail to each of them, in their own language, in the write that asks; nothing where
    nobody is asked."""
    review = latest_review(tx.conn, article_id)
    if review is None:
        return
    for one in reviewers(tx.conn, review):
        queue_system_mail(tx, _mail(runtime, one, review))


def _mail(runtime: Runtime, to: Reviewer, review: WaitingReview) -> SystemMail:
    link = f"{runtime.settings.base_url}/knowledge/{review.article_id}"
    subject = runtime.pages.translate(to.locale, SUBJECT, title=review.title)
    text = runtime.pages.render(
        "mail/review.txt", to.locale, who=review.who, title=review.title, link=link
    )
    return SystemMail(to.email, " ".join(subject.split())[:300], text.strip())
