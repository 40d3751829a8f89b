"""Why a question has no answer."""


class CannotAnswer(Exception):
    """There is no answer; `code` says why, in a word the page puts into a sentence."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code
