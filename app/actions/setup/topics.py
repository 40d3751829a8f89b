"""The topics that contacts are sorted by, described: words decide until enough was learned."""

from app.actions.setup.field import PARAGRAPHS, REFERENCE, TEXT, Field
from app.actions.setup.resource import Resource, Section
from app.models.answering import topics
from app.pages import N_

TOPICS = Resource(
    slug="topics",
    noun="topic",
    table=topics,
    title=N_("Topics"),
    one=N_("Topic"),
    new=N_("New topic"),
    icon="tags",
    lead=N_(
        "What contacts are about. Agents see it beside a conversation and correct it; what they "
        "correct is learned from. Queue rules may ask for a topic."
    ),
    columns=("name", "brand_id"),
    sections=(
        Section(
            N_("Topic"),
            (
                Field("name", N_("Name"), TEXT, required=True, longest=80),
                Field(
                    "brand_id",
                    N_("Brand"),
                    REFERENCE,
                    source="brands",
                    empty=N_("Every brand"),
                    default=None,
                ),
                Field(
                    "words",
                    N_("Words"),
                    PARAGRAPHS,
                    longest=4_000,
                    hint=N_(
                        "Separated by commas, in every language you serve. The topic with most of "
                        "its words in a message counts, until there are enough examples."
                    ),
                ),
            ),
        ),
    ),
)
