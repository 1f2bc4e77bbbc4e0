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
PAIR = re.compile(
    r"""(?P<name>[\w-]{2,40})(?P<mid>["']?\s*[:=]\s*)"""
    r"""(?P<value>"(?:[^"\\]|\\.)*"?|'[^']*'?|(?:Bearer |Basic )?[^\s,;&}\]]+)"""
)


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

    def mask(pair: re.Match[str]) -> str:
        if is_secret(pair["name"], "string") or is_secret_value(pair["value"]):
            return f"{pair['name']}{pair['mid']}masked"
        return pair[0]

    return PAIR.sub(mask, text)
