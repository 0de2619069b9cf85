"""Held candidates before people: line-ups, verdicts, reviewers."""
