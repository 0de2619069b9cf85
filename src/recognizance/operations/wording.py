"""What people say in their own words: taken as it was meant, and refused where it could show as something else."""

from __future__ import annotations

from recognizance.errors import InvalidParameter


def said(text: str, member: str, most: int) -> str:
    """Return a text without the blanks around it. Raises `InvalidParameter` where nothing is left, or it hides signs.

    Characters that do not print could make a list, a terminal or a log show something else than is kept.
    """
    kept = said_or_none(text, member, most)
    if kept is None:
        raise InvalidParameter(f"{member} should not be empty.")
    return kept


def said_or_none(text: str | None, member: str, most: int) -> str | None:
    """Return a text as `said` does, and None for none or an empty one; `most` is how many characters it may have."""
    kept = (text or "").strip()
    if not kept.isprintable():
        raise InvalidParameter(f"{member} should be text of characters that print, in one line.")
    if len(kept) > most:
        raise InvalidParameter(f"{member} should have at most {most} characters, and has {len(kept)}.")
    return kept or None
