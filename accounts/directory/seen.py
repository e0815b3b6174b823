"""Which rows of the directory a list has spoken of so far: twelve bytes for each, whatever the length of the list."""

from __future__ import annotations

from array import array

_BLOCK = 1 << 16


class Seen:
    """By primary key: the line that spoke of the row first, and a digest of what it said.

    Blocks of keys are made as they are met, so that keys far apart cost no more than those they lie among.
    """

    def __init__(self) -> None:
        self._blocks: dict[int, tuple[array[int], array[int]]] = {}

    def put(self, pk: int, number: int, digest: int) -> tuple[int, bool] | None:
        """Note line `number`; (first line, whether it said the same) when there was one before."""
        block, place = divmod(pk, _BLOCK)
        found = self._blocks.get(block)
        if found is None:
            found = self._blocks[block] = (array("I", bytes(4 * _BLOCK)), array("q", bytes(8 * _BLOCK)))
        numbers, digests = found
        if numbers[place]:
            return numbers[place], digests[place] == digest
        numbers[place], digests[place] = number, digest
        return None

    def __contains__(self, pk: object) -> bool:
        if not isinstance(pk, int):
            return False
        block, place = divmod(pk, _BLOCK)
        found = self._blocks.get(block)
        return found is not None and found[0][place] > 0
