"""Reports of a batch: JSON for programs, Markdown for a comment, one static HTML page for people."""

import json
import os
import re
import tempfile
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from importlib.resources import files
from pathlib import Path
from typing import Any

import jinja2

from agent.batch import commits
from agent.batch.results import Result
from agent.errors import WriteError
from agent.escape import printable
from agent.markdown import escaped, fenced

_BLANKS = re.compile(r"\s+")
_FILE_NAME = re.compile(r"[^\w.-]+")


@dataclass(frozen=True, slots=True)
class _Page:
    """A result as the templates see it: every text made safe for the eye; to escape it is up to the format."""

    number: int
    title: str
    task: str
    status: str
    exit_code: int
    reason: str
    where: tuple[tuple[str, str], ...]
    figures: tuple[tuple[str, str], ...]
    diff: str
    tests: str
    test_output: str
    rejected: tuple[tuple[str, str], ...]
    log: tuple[str, ...]


def write_reports(folder: Path, results: Sequence[Result], summary: dict[str, Any]) -> None:
    """Write `report.json`, `report.md` and `report.html` into a folder, each as a whole or not at all.

    Raises:
        WriteError: the system refuses.

    """
    whole = {**summary, "tasks": [{**result.summary(), **result.outcome} for result in results]}
    pages = [_page(result) for result in results]
    _write(folder / "report.json", json.dumps(whole, indent=1).encode() + b"\n")
    _write(folder / "report.md", _markdown(pages, summary).encode("utf-8", "replace"))
    _write(folder / "report.html", _html(pages, summary).encode("utf-8", "replace"))


def write_patches(folder: Path, results: Iterable[Result]) -> list[Path]:
    """Write a file for `git am` for each commit, with reviewers who have an address in copy; return their paths.

    Raises:
        GitError: a commit is gone.
        WriteError: the system refuses.

    """
    written: list[Path] = []
    for result in results:
        if result.commit is None:
            continue
        task = result.task
        copies = [name for name in task.spec.reviewers if "@" in name[1:]]
        name = _FILE_NAME.sub("-", result.branch or task.branch).strip("-.")[:150]
        path = folder / f"{task.spec.number:04}-{name}.patch"
        _write(path, commits.patch_of(task.repository, result.commit, copies_to=copies))
        written.append(path)
    return written


def _page(result: Result) -> _Page:
    task, outcome = result.task, result.outcome
    tests = outcome.get("tests")
    usage = outcome.get("usage") or {}
    where = {
        "repository": task.repository.name,
        "base": task.base,
        "branch": result.branch,
        "commit": result.commit,
        "pull request": result.pull_request,
        "model": task.spec.model,
        "labels": ", ".join(task.spec.labels),
        "reviewers": ", ".join(task.spec.reviewers),
    }
    seconds = {f"seconds: {phase}": value for phase, value in (outcome.get("timings_s") or {}).items()}
    counts = {name.replace("_", " "): usage.get(name) for name in ("prompt_tokens", "reused_tokens", "new_tokens")}
    figures = {"seconds": outcome.get("seconds"), **seconds, **counts, "answers": outcome.get("attempts")}
    return _Page(
        number=task.spec.number,
        title=_line(task.title),
        task=_lines(task.spec.task),
        status=f"{result.status} before" if result.before else result.status,
        exit_code=result.exit_code,
        reason=_lines(result.reason or ""),
        where=tuple((key, _line(value)) for key, value in where.items() if value),
        figures=tuple((key, f"{value:,}") for key, value in figures.items() if value is not None),
        diff=_lines(outcome.get("diff") or ""),
        tests=_line(_verdict(tests)) if tests else "",
        test_output=_lines(tests["tail"]) if tests else "",
        rejected=tuple((_lines(each["reason"]), _lines(each["text"])) for each in outcome.get("rejected") or ()),
        log=tuple(
            _line(f"{each['at_s']:>9.3f} s  {each['event']}  {each.get('reason') or each.get('command') or ''}")
            for each in outcome.get("log") or ()
        ),
    )


def _verdict(tests: dict[str, Any]) -> str:
    end = "was stopped" if tests["timed_out"] else f"ended with {tests['exit_code']}"
    return f"{tests['command']} {end} after {tests['duration_s']:.1f} s"


def _html(pages: Sequence[_Page], summary: dict[str, Any]) -> str:
    environment = jinja2.Environment(autoescape=True, undefined=jinja2.StrictUndefined, trim_blocks=True)
    environment.filters["diff_lines"] = _diff_lines
    text = files("agent.batch").joinpath("templates", "report.html").read_text(encoding="utf-8")
    return environment.from_string(text).render(pages=pages, summary=summary)


def _diff_lines(diff: str) -> list[tuple[str, str]]:
    """Return each line of a diff with the class that it is shown in."""
    kinds = {"+": "new", "-": "old", "@": "at"}
    return [(kinds.get(line[:1], "") if line[:3] not in {"+++", "---"} else "at", line) for line in diff.split("\n")]


def _markdown(pages: Sequence[_Page], summary: dict[str, Any]) -> str:
    counts = ", ".join(f"{summary[f'n_{key}']} {key.replace('_', ' ')}" for key in _COUNTS if summary[f"n_{key}"])
    lines = [
        "# magicode batch",
        "",
        f"{summary['n_tasks']} tasks: {counts}. {summary['seconds']:.0f} s, exit code {summary['exit_code']}.",
        "",
        "| # | task | status | branch |",
        "|---|---|---|---|",
    ]
    for page in pages:
        branch = dict(page.where).get("branch", "")
        lines.append(f"| {page.number} | {escaped(page.title)} | {page.status} | {escaped(branch)} |")
    for page in pages:
        lines += ["", f"## {page.number}. {escaped(page.title)}", ""]
        lines += [f"- {key}: {escaped(value)}" for key, value in (("status", page.status), *page.where, *page.figures)]
        if page.reason:
            lines += ["", "Reason:", "", *fenced(page.reason, "text")]
        if page.task != page.title:
            lines += ["", *fenced(page.task, "text")]
        if page.diff:
            lines += ["", *fenced(page.diff, "diff")]
        if page.tests:
            lines += ["", escaped(page.tests), "", *fenced(page.test_output, "text")]
    return "\n".join(lines) + "\n"


_COUNTS = ("done", "done_before", "failed", "failed_before", "open")


def _line(text: str) -> str:
    return printable(_BLANKS.sub(" ", text).strip())


def _lines(text: str) -> str:
    return printable(text.replace("\r\n", "\n"), keep="\n\t")


def _write(path: Path, data: bytes) -> None:
    partial = ""
    try:
        descriptor, partial = tempfile.mkstemp(prefix=f".{path.name[:40]}.", dir=path.parent)
        with os.fdopen(descriptor, "wb") as out:
            out.write(data)
        Path(partial).chmod(0o644)
        Path(partial).replace(path)
    except OSError as error:
        if partial:
            Path(partial).unlink(missing_ok=True)
        raise WriteError(f"{path} cannot be written: {error.strerror}") from error
