"""Changes to a form that is being filled in: an item more or less, another variant."""

from __future__ import annotations

from collections.abc import Mapping

from dashboard.forms import names
from dashboard.forms.reading import MAX_ITEMS, chosen, count
from dashboard.forms.shapes import Kind, Shape
from dashboard.forms.writing import blank


def added(shape: Shape, typed: Mapping[str, str], name: str) -> dict[str, str]:
    """One more empty item at the end of the list called ``name``."""
    found = find(shape, typed, name)
    if found is None or found.kind is not Kind.LIST:
        return dict(typed)
    index = count(typed, name)
    if index >= MAX_ITEMS:
        return dict(typed)
    return dict(typed) | {name: str(index + 1)} | blank(found.item(), names.under(name, index))


def removed(typed: Mapping[str, str], name: str) -> dict[str, str]:
    """Without the item called ``name``; those after it move up."""
    parent, _, at = name.rpartition(".")
    if not at.isdigit() or int(at) >= count(typed, parent):
        return dict(typed)
    gone, changed = int(at), {}
    for key, value in typed.items():
        piece, rest = _item_of(key, parent)
        if piece is None or piece < gone:
            changed[key] = value
        elif piece > gone:
            changed[f"{parent}.{piece - 1}{rest}"] = value
    return changed | {parent: str(count(typed, parent) - 1)}


def _item_of(key: str, parent: str) -> tuple[int | None, str]:
    if not key.startswith(f"{parent}."):
        return None, ""
    piece, dot, rest = key[len(parent) + 1 :].partition(".")
    return (int(piece), dot + rest) if piece.isdigit() else (None, "")


def picked(shape: Shape, typed: Mapping[str, str]) -> dict[str, str]:
    """With empty fields for every variant that is chosen and has none yet."""
    filled = dict(typed)
    for name in [name for name in typed if typed[name].isdigit()]:
        found = find(shape, typed, name)
        if found is not None and found.kind is Kind.UNION and (index := chosen(found, typed, name)) is not None:
            filled = blank(found.variants()[index], names.content(name)) | filled
    return filled


def find(shape: Shape, typed: Mapping[str, str], name: str) -> Shape | None:
    """The shape of the place called ``name``, in the form as it is filled in."""
    if name == names.ROOT:
        return shape
    parent, _, piece = name.rpartition(".")
    around = find(shape, typed, parent) if parent else None
    match around:
        case None:
            return None
        case Shape(kind=Kind.STRUCT):
            own = (member.shape for member in around.members() if names.under(parent, member.name) == name)
            return next(own, None)
        case Shape(kind=Kind.LIST) if piece.isdigit() and int(piece) < count(typed, parent):
            return around.item()
        case Shape(kind=Kind.UNION) if piece == names.CONTENT:
            index = chosen(around, typed, parent)
            return None if index is None else around.variants()[index]
    return None
