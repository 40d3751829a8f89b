"""Routes are worked out when they are first asked for, and each can be."""

from fastapi import APIRouter, Depends, FastAPI
from fastapi.routing import APIRoute

from app.web.late_route import LateRoute, lay


def test_no_route_is_worked_out_before_it_is_asked_for_and_each_can_be(app: FastAPI) -> None:
    ours = [route for route in app.routes if isinstance(route, APIRoute)]
    assert len(ours) > 400
    for route in ours:
        assert isinstance(route, LateRoute), route.path
        fresh = route.below("", [])  # other tests have asked for most of ours
        assert "dependant" not in vars(fresh), route.path
        assert fresh.dependant.call is route.endpoint


def test_a_part_is_laid_below_its_router_with_what_is_needed_there() -> None:
    def needed() -> None: ...

    part = APIRouter(prefix="/things", route_class=LateRoute)
    whole = APIRouter(prefix="/all", include_in_schema=False)

    @part.get("/{id}", tags=["things"])
    def thing(id: int) -> None: ...

    lay(whole, part, [Depends(needed)])
    (route,) = whole.routes
    assert isinstance(route, LateRoute)
    assert (route.path, route.include_in_schema, route.tags) == (
        "/all/things/{id}",
        False,
        ["things"],
    )
    assert [it.call for it in route.dependant.dependencies] == [needed]
