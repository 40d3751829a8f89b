"""Routes that are worked out when they are first asked for.

FastAPI reads an endpoint's signature and makes validators for it as soon as there is a route: a
fifth of the start, and memory for each of five hundred routes of which most are asked for rarely.
"""

from collections.abc import Callable, Sequence
from typing import Any, Self

from fastapi import APIRouter
from fastapi.params import Depends
from fastapi.routing import APIRoute
from starlette.routing import compile_path, get_name


class LateRoute(APIRoute):
    """A route that knows its address and methods; anything else makes FastAPI work it out."""

    def __init__(self, path: str, endpoint: Callable[..., Any], **given: Any) -> None:
        self._given, self._made = given, False
        self.path, self.endpoint = path, endpoint
        self.path_regex, self.path_format, self.param_convertors = compile_path(path)
        self.methods = {method.upper() for method in given.get("methods") or ["GET"]}
        self.name = given.get("name") or get_name(endpoint)
        self.include_in_schema = given.get("include_in_schema", True)

    def __getattr__(self, name: str) -> Any:
        """What is not there yet."""
        if "_given" not in self.__dict__ or self._made:
            raise AttributeError(f"{type(self).__name__} has no {name}")
        self._made = True
        try:
            super().__init__(self.path, self.endpoint, **self._given)
        except BaseException:
            self._made = False
            raise
        return getattr(self, name)

    def below(self, prefix: str, dependencies: Sequence[Depends], **other: Any) -> Self:
        """The same route at an address that begins with `prefix`, asked for with more."""
        given = self._given | other
        given["dependencies"] = [*dependencies, *(self._given.get("dependencies") or ())]
        return type(self)(prefix + self.path, self.endpoint, **given)


class PageRoute(LateRoute):
    """A page for everybody, which may also be asked for its head alone: by caches, programs that
    check links, and robots (RFC 9110, 9.3.2). The server leaves the body out."""

    def __init__(self, path: str, endpoint: Callable[..., Any], **given: Any) -> None:
        methods = set(given.pop("methods", None) or ["GET"])
        if "GET" in methods:
            methods |= {"HEAD"}
        super().__init__(path, endpoint, methods=sorted(methods), **given)


def lay(
    router: APIRouter, part: APIRouter, dependencies: Sequence[Depends] = (), **other: Any
) -> None:
    """Add the routes of a part to a router, below its prefix. Unlike with `include_router` each is
    worked out once, and no request is led through one router after the other."""
    for route in part.routes:
        if not isinstance(route, LateRoute):
            raise TypeError(f"{route} is not a LateRoute: give its router route_class=LateRoute")
        in_schema = router.include_in_schema and route.include_in_schema
        router.routes.append(
            route.below(router.prefix, dependencies, include_in_schema=in_schema, **other)
        )
