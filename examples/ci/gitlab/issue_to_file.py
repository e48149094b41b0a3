"""Writes the text of an issue to a file, if a member of the project has labelled it `magicode`.

    python -I issue_to_file.py NUMBER FILE

The text never passes through a shell or a variable. Needs GITLAB_TOKEN; the rest is what GitLab CI sets.
"""

import os
import sys
from pathlib import Path

import gitlab

LABEL = "magicode"
REPORTER = 20  # the least role that may label issues


def main() -> None:
    """Fetch, check and write."""
    number, target = int(sys.argv[1]), Path(sys.argv[2])
    server = gitlab.Gitlab(os.environ["CI_SERVER_URL"], oauth_token=os.environ["GITLAB_TOKEN"], timeout=30)
    project = server.projects.get(os.environ["CI_PROJECT_ID"])
    issue = project.issues.get(number)
    added = [each for each in issue.resourcelabelevents.list(get_all=True) if (each.label or {}).get("name") == LABEL]
    if LABEL not in issue.labels or not added or added[-1].action != "add":
        sys.exit(f"issue {number} is not labelled {LABEL}")
    member = project.members_all.get(added[-1].user["id"])  # an error where it is no member
    if member.access_level < REPORTER:
        sys.exit(f"{member.username} may not ask for a merge request")
    if issue.updated_at > added[-1].created_at and issue.author["id"] != member.id:
        description_at = max((note.created_at for note in issue.notes.list(get_all=True) if note.system), default="")
        if description_at > added[-1].created_at:
            sys.exit(f"issue {number} was changed after it was labelled; look at it and label it again")
    target.write_text(f"{issue.title}\n\n{issue.description or ''}\n", encoding="utf-8")


if __name__ == "__main__":
    main()
