"""The job: patch, placement, validation, workspace, review, loop and command line."""
