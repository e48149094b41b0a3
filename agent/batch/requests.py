"""Pull requests of tasks that an earlier run has done but not published, or not come so far as to publish."""

from dataclasses import replace

from agent.batch import commits
from agent.batch.results import Result, failure
from agent.batch.state import State
from agent.forge.publishing import Publisher, report_of


def requested(result: Result, publisher: Publisher, state: State) -> Result:
    """Open the request of a task whose branch is there; a branch that is gone, or goes on, is left alone.

    Raises:
        WriteError: the state file cannot be written.

    """
    if result.status != "done" or result.pull_request or not result.branch or not result.commit:
        return result
    tip = commits.tips(result.task.repository).get(result.branch)
    if tip is None or tip.commit != result.commit:
        return result
    try:
        opened = publisher.publish(result.task, result.branch, result.commit, report_of(result.outcome.get("tests")))
    except Exception as error:  # noqa: BLE001 - whatever it is, the other tasks are not to suffer from it
        code, reason = failure(error)
        return replace(result, status="failed", exit_code=code, reason=reason, before=False)
    state.add(result.task.id, "done", pull_request=opened.url)
    return replace(result, pull_request=opened.url)
