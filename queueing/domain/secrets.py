"""What looks secret, by the name it goes under or by its own look. Masking is a courtesy to whoever shares a screen,
not a vault: a secret under an innocent name is shown."""

from __future__ import annotations

import re

CAMEL = re.compile(r"(?<=[a-z0-9])(?=[A-Z])")
NUMERIC = r"(?:card|account)[^a-z]?(?:number|no)|pan|cvv|cvc|pin|ssn|iban"
NAME = re.compile(
    r"(?:^|[^a-z])(?:pass(?:word|wd|phrase|code)s?|pwd|secrets?|tokens?|authori[sz]ation|auth|bearer|jwt|otp"
    r"|(?:api|access|private|signing|encryption|secret)[^a-z]?keys?|credentials?|cookies?|session[^a-z]?id"
    rf"|signature|{NUMERIC})(?:[^a-z]|$)"
)
NUMBER = re.compile(rf"(?:^|[^a-z])(?:{NUMERIC})(?:[^a-z]|$)")
VALUE = re.compile(
    r"""^["']?(?:Bearer |Basic |eyJ[\w-]+\.eyJ|-----BEGIN |[sr]k_live_|xox[abp]-|gh[pousr]_|AKIA|AIza)"""
    r"""|://[^/\s:@]+:[^/\s@]+@"""
)
PAIR = re.compile(r"""(?P<name>[\w-]{2,40})["']?\s*[:=]\s*""")
PAIRED = re.compile(r""""(?:[^"\\]|\\.)*"?|'[^']*'?|(?:Bearer |Basic )?[^\s,;&}\]]+""")
LOOK = 500
"""Characters of a value that are looked at for what looks secret by itself."""


def is_secret(name: str, kind: str) -> bool:
    """``kind``: of the value. A number under ``max_tokens`` is a number; null and booleans hide nothing."""
    words = CAMEL.sub("_", name).lower()
    if kind == "word":
        return False
    return bool((NUMBER if kind == "number" else NAME).search(words))


def is_secret_value(literal: str) -> bool:
    return bool(VALUE.search(literal))


def hush(text: str) -> str:
    """Text that is not JSON, with the values of what looks like ``password=…`` replaced."""
    said, at = [], 0
    while pair := PAIR.search(text, at):
        start = pair.end()
        said.append(text[at:start])
        value = PAIRED.match(text, start, start + LOOK)
        if is_secret(pair["name"], "string") or (value and is_secret_value(value[0])):
            whole = PAIRED.match(text, start)
            said.append("masked" if whole else "")
            start = whole.end() if whole else start
        # What is innocent may hold a pair of its own: "failed: password=…".
        at = start
    return "".join(said) + text[at:]
