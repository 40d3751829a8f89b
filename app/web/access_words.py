"""What the access log says was done with a customer, in words."""

from app.pages import N_, Pages

DID = {
    "viewed": N_("Looked"),
    "revealed": N_("Revealed a number"),
    "downloaded": N_("Took a file along"),
    "exported": N_("Took everything along"),
    "changed": N_("Changed"),
    "merged": N_("Merged"),
    "unmerged": N_("Undid a merge"),
    "erased": N_("Erased"),
    "held": N_("Put under hold"),
    "released": N_("Ended the hold"),
    "signed_in": N_("Signed in to their pages"),
    "over_limit": N_("Wrote first beyond the weekly limit"),
    "mass_view": N_("Opened unusually many"),
    "mass_view_seen": N_("Saw to the alarm"),
}
REASONS = {  # why a hidden number was shown, by the log's code
    "payment": N_("To look into a payment"),
    "refund": N_("To pay money back"),
    "identity": N_("To make sure who it is"),
    "complaint": N_("To settle a complaint"),
    "request": N_("The customer asks for it"),
    "law": N_("A duty by law"),
    "other": N_("Another reason"),
}


def reason_choices(pages: Pages, locale: str) -> list[tuple[str, str]]:
    """The reasons to choose from."""
    return [(code, pages.translate(locale, words)) for code, words in REASONS.items()]
