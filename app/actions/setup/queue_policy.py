"""Whether a queue's rules may be saved: what they would make wrong is refused at its field.

What was wrong before keeps nobody from changing something else; the overview of the settings shows
it. So a new queue may stand there without agents, until something leads contacts into it.
"""

from app.actions.setup.field import Reason
from app.actions.setup.resource import Values
from app.db import Tx
from app.queries.queue_policies import in_names, leads_somewhere, policies, policy_of, staff
from routing.policy import Problem, problems

NEW = 0  # the id of a queue that has none yet
FIELDS = {"step_out_of_order": "steps", "step_narrows": "steps", "nobody_serves": "skills"}


def refuse_bad_policy(tx: Tx, row_id: int | None, values: Values) -> dict[str, str]:
    """The reasons by field, with their parameters; empty if the queue may be saved so."""
    queue_id = row_id or NEW
    before = policies(tx.conn)
    after = before | {
        queue_id: policy_of(
            queue_id, values["skills"], values["steps"], values["overflow"], values["closed"]
        )
    }
    people = staff(tx.conn)
    known = problems(before.values(), people)
    new = [each for each in problems(after.values(), people) if each not in known]
    found = [each for each in new if _matters(tx, each, queue_id)]
    reasons: dict[str, str] = {}
    for each in in_names(tx.conn, found):
        params = each.params
        if "path" in params:
            params["path"] = params["path"].replace("…", values["name"])
        reasons.setdefault(FIELDS.get(each.code, "overflow"), Reason(each.code, params))
    return reasons


def _matters(tx: Tx, problem: Problem, queue_id: int) -> bool:
    if problem.code == "overflow_cycle":
        return queue_id in problem.params["path"]  # type: ignore[operator]
    if problem.queue != queue_id:
        return False
    return problem.code != "nobody_serves" or leads_somewhere(tx.conn, queue_id)
