"""What each agent had in hand and when, kept as the day is played."""

from collections.abc import Iterator

from routing.summary import Stretch


class TimeSheet:
    """Stretches of time per agent, from one change to the next, up to the end of the day."""

    def __init__(self, start: int, end: int) -> None:
        self.worked: list[Stretch] = []
        self._start, self._end = start, end
        self._since: dict[int, int] = {}
        self._there: dict[int, bool] = {}
        self._units: dict[int, int] = {}
        self._live: dict[int, int] = {}

    def there(self, agent: int, now: int, is_there: bool) -> None:
        """The agent comes or goes."""
        self._close(agent, now)
        self._there[agent] = is_there

    def begin(self, agent: int, units: int, now: int) -> None:
        """The agent has a contact more."""
        self._close(agent, now)
        self._units[agent] = self._units.get(agent, 0) + units
        self._live[agent] = self._live.get(agent, 0) + 1

    def finish(self, agent: int, units: int, now: int) -> None:
        """The agent has a contact less."""
        self.begin(agent, -units, now)
        self._live[agent] -= 2

    def close(self, now: int) -> None:
        """The day is over."""
        for agent in list(self._since):
            self._close(agent, now)

    def of(self, agent: int) -> Iterator[Stretch]:
        """The agent's stretches."""
        return (stretch for stretch in self.worked if stretch.agent == agent)

    def _close(self, agent: int, now: int) -> None:
        now = min(now, self._end)
        since = self._since.get(agent, self._start)
        live = self._live.get(agent, 0)
        if since < now and (live or self._there.get(agent, False)):
            stretch = Stretch(agent, since, now, self._units.get(agent, 0), live > 0)
            self.worked.append(stretch)
        self._since[agent] = now
