"""Branches pushed to a forge, and requests to merge them: GitHub, GitLab, Gitea and Forgejo."""
