"""What people say in their own words: taken as it was meant, and refused where it could show as something else."""

from __future__ import annotations

import unicodedata

from recognizance.errors import InvalidParameter

UNSEEN = (
    *((one, one) for one in (0xAD, 0x34F, 0x2800, 0x3164, 0xFEFF, 0xFFA0)),
    *((0x115F, 0x1160), (0x17B4, 0x17B5), (0x180B, 0x180F), (0x200B, 0x200F), (0x202A, 0x202E), (0x2060, 0x206F)),
    *((0xFE00, 0xFE0F), (0xFFF0, 0xFFF8), (0x1BCA0, 0x1BCA3), (0x1D173, 0x1D17A), (0xE0000, 0xE0FFF)),
)
"""First and last of the characters that show as nothing or as a blank: Unicode's Default_Ignorable_Code_Point, and
the empty pattern of Braille."""
SCRIPTS = ("LATIN", "CYRILLIC", "GREEK", "ARMENIAN", "CHEROKEE")
"""As Unicode's names of letters begin: scripts some of whose letters look like another's."""


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


def person_or_none(text: str | None, member: str, most: int) -> str | None:
    """Return the name of a person as it is kept, in Unicode's form NFKC and with single blanks; None for none.

    Two names that are the same person to people should be so here too, and two that differ should look so: raises
    `InvalidParameter` where a name has characters that do not show, letters of scripts that look alike, or no letter.
    """
    if text is None or not text.strip():
        return None
    kept = " ".join(unicodedata.normalize("NFKC", text).split())
    if not (text.strip() + kept).isprintable() or any(_unseen(sign) for sign in text + kept):
        raise InvalidParameter(f"{member} should be text of characters that show, in one line.")
    if len(kept) > most:
        raise InvalidParameter(f"{member} should have at most {most} characters, and has {len(kept)}.")
    if not any(sign.isalpha() for sign in kept):
        raise InvalidParameter(f"{member} should have at least one letter.")
    scripts = {_script(sign) for sign in kept if sign.isalpha()} & set(SCRIPTS)
    if len(scripts) > 1:
        mixed = " and ".join(one.capitalize() for one in SCRIPTS if one in scripts)
        raise InvalidParameter(f"{member} should be written in one script, and mixes letters of {mixed}.")
    return kept


def person(text: str, member: str, most: int) -> str:
    """Return the name of a person as `person_or_none` does. Raises `InvalidParameter` where there is none, too."""
    kept = person_or_none(text, member, most)
    if kept is None:
        raise InvalidParameter(f"{member} should not be empty.")
    return kept


def _unseen(sign: str) -> bool:
    return any(first <= ord(sign) <= last for first, last in UNSEEN)


def _script(letter: str) -> str:
    return unicodedata.name(letter, "").partition(" ")[0]
