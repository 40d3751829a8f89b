"""Tells those who have asked for it by mail that an article waits for them."""

from app.actions.system_mail import SystemMail, queue_system_mail
from app.db import Tx
from app.pages import N_
from app.queries.waiting_reviews import latest_review, reviewers
from app.runtime import Runtime

SUBJECT = N_("An article waits for review: %(title)s")


async def tell_reviewers(runtime: Runtime, article_id: int) -> None:
    """Queue a mail to each of them, in their own language; nothing where nobody is asked."""
    review = await runtime.db.query(latest_review, article_id)
    if review is None:
        return
    link = f"{runtime.settings.base_url}/knowledge/{article_id}"
    mails = [
        SystemMail(
            one.email,
            " ".join(runtime.pages.translate(one.locale, SUBJECT, title=review.title).split())[
                :300
            ],
            runtime.pages.render(
                "mail/review.txt", one.locale, who=review.who, title=review.title, link=link
            ).strip(),
        )
        for one in await runtime.db.query(reviewers, review)
    ]
    if mails:
        await runtime.db.write(_queue, mails)


def _queue(tx: Tx, mails: list[SystemMail]) -> None:
    for mail in mails:
        queue_system_mail(tx, mail)
