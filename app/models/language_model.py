"""How a language model is reached that may word answers: values of `installation`, one a brand."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Self

NAME = "language_model"  # of the row; its keys are brand ids, "0" is for all that have none
TIMEOUT_S, MOST_S = 6, 8  # a visitor's browser waits for ten seconds


@dataclass(frozen=True, slots=True)
class ModelSettings:
    """An OpenAI-compatible endpoint; `key` is sealed. Off unless somebody turns it on."""

    on: bool = False
    base_url: str = ""
    model: str = ""
    key: str = ""
    timeout_s: int = TIMEOUT_S

    @classmethod
    def of(cls, kept: Mapping[str, Any] | None, brand_id: int) -> Self:
        """Those of a brand, else those of the installation; never fails."""
        found = (kept or {}).get(str(brand_id)) or (kept or {}).get("0") or {}
        return cls(
            on=bool(found.get("on")),
            base_url=str(found.get("base_url", "")),
            model=str(found.get("model", "")),
            key=str(found.get("key", "")),
            timeout_s=max(1, min(MOST_S, int(found.get("timeout_s", TIMEOUT_S)))),
        )

    @property
    def usable(self) -> bool:
        """Whether it is on and can be asked."""
        return self.on and bool(self.base_url and self.model)
