"""The topics of the live side. Who may listen is asked in `access`, at subscribe and when rights
change."""


def of_agent(agent_id: int) -> str:
    """What concerns one agent: their offers, their presence, their lists."""
    return f"agent:{agent_id}"


def of_conversation(conversation_id: int) -> str:
    """A conversation as agents see it, with notes and system lines."""
    return f"conversation:{conversation_id}"


def of_visitor(conversation_id: int) -> str:
    """A conversation as its customer may see it: never a note."""
    return f"visitor:{conversation_id}"


def of_board(brands: frozenset[int] | None) -> str:
    """The wallboard of supervisors who see these brands (None: all)."""
    return "board" if brands is None else f"board:{','.join(map(str, sorted(brands)))}"
