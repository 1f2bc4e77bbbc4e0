"""The jobs that a question was about, small enough for a field of its form: six bytes of a digest for each."""

from __future__ import annotations

import binascii
from base64 import b64decode, b64encode
from collections.abc import Iterable
from hashlib import blake2b
from typing import Final

SIZE: Final = 6
"""Among a thousand jobs and a million others no two are likely to share it."""


def of(job_id: str) -> bytes:
    return blake2b(job_id.encode(errors="surrogatepass"), digest_size=SIZE).digest()


def written(ids: Iterable[str]) -> str:
    return b64encode(b"".join(map(of, ids))).decode()


def read(text: str) -> frozenset[bytes]:
    """Empty for what is none."""
    try:
        packed = b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        return frozenset()
    return frozenset(packed[at : at + SIZE] for at in range(0, len(packed), SIZE))
