"""A job's record as people and programs read it."""

from typing import Any

from agent.errors import ExitCode, exit_code_of
from agent.loop import Record


def outcome_json(record: Record, error: BaseException | None) -> dict[str, Any]:
    """Return the object that `--output-format json` prints; its keys are stable."""
    return {
        "status": "failed" if error else record.status,
        "exit_code": int(exit_code_of(error)) if error else int(ExitCode.DONE),
        "error": str(error) if error else None,
        "diff": record.diff,
        "files": _files(record),
        "attempts": {
            "n": len(record.completions),
            "rejected": [{"text": each.text, "reason": str(each.error)} for each in record.rejected],
        },
        "tests": _tests(record),
        "usage": usage(record),
        "timings_s": {phase: round(seconds, 3) for phase, seconds in record.timings_s.items()},
        "undo_id": record.change.undo_id if record.change else None,
    }


def usage(record: Record) -> dict[str, float]:
    """Return what the model's answers cost, in tokens and seconds."""
    done = record.completions
    return {
        "prompt_tokens": max((each.n_prompt_tokens for each in done), default=0),
        "new_tokens": sum(each.n_new_tokens for each in done),
        "chosen_tokens": sum(each.n_chosen_tokens for each in done),
        "prefill_s": round(max((each.prefill_s for each in done), default=0.0), 3),
        "decode_s": round(sum(each.decode_s for each in done), 3),
    }


def _files(record: Record) -> list[dict[str, Any]]:
    if record.patch is None:
        return []
    return [
        {
            "path": str(file.path),
            "kind": file.kind,
            "hunks": [
                {"old_start": each.old_start, "tier": each.tier}
                for each in record.patch.placements
                if each.path == file.path
            ],
        }
        for file in record.patch.patch.files
    ]


def _tests(record: Record) -> dict[str, Any] | None:
    report = record.report
    if report is None:
        return None
    return {
        "command": report.command,
        "exit_code": report.exit_code,
        "duration_s": round(report.duration_s, 3),
        "timed_out": report.timed_out,
        "tail": report.tail,
    }
