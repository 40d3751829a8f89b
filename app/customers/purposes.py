"""What customers agree to, or do not: the purposes that come with the product, in words."""

from app.pages import N_

SERVICE = ""  # what belongs to a question or an order of theirs needs no consent

PURPOSES = {
    "marketing": N_("Marketing"),
    "surveys": N_("Surveys"),
    "personalisation": N_("Personal offers"),
    "recording": N_("Recording"),
}
# What is agreed to about a conversation or a page: nothing is sent for it.
NEVER_SENT = frozenset({"personalisation", "recording"})
