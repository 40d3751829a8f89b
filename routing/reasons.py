"""Why an agent does not get a contact: codes with parameters, which the product puts into words."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum


class ReasonCode(StrEnum):
    """In the order of the rules: the first that fails is the one reported."""

    # Who may have it at all (E, which only widens with waiting)
    QUEUE_PAUSED = "queue_paused"
    NOT_MEMBER = "not_member"
    QUEUE_DELAY = "queue_delay"
    SKILL = "skill"
    HELD_FOR_PREFERRED = "held_for_preferred"
    # Who can take it now
    NOT_AVAILABLE = "not_available"
    WRAP_UP = "wrap_up"
    EXCLUDED = "excluded"
    CAPACITY = "capacity"
    CHANNEL_MAXIMUM = "channel_maximum"
    DRAINING = "draining"
    # Who gets it
    EARLIER_CONTACT = "earlier_contact"
    GAVE_WAY = "gave_way"
    BETTER_AGENT = "better_agent"
    CHOSEN = "chosen"


RULE_ORDER: Mapping[ReasonCode, int] = {code: place for place, code in enumerate(ReasonCode)}


@dataclass(frozen=True, slots=True)
class Reason:
    """A code and what it speaks of.

    Parameters by code: queue_paused and not_member `queue`; queue_delay `until`; skill `skill`,
    `level`, `has`, `until` (0 if no step drops it); held_for_preferred `agent`, `until`; wrap_up
    `until`; capacity `used`, `cost`, `capacity`; channel_maximum `channel`, `live`, `maximum`;
    draining, earlier_contact and gave_way `contact`; better_agent `agent`; the others none.
    """

    code: ReasonCode
    params: Mapping[str, int | str] = field(default_factory=dict)
