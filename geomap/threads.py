"""Holds the library that multiplies matrices to one thread, while geomap's models run.

The models' matrices are small: on two threads numpy's OpenBLAS takes longer than on one, and up to a hundred times as
long where the other core is busy. One thread is also what a process on a cluster is given; more documents at a time
are read by more processes.
"""

from __future__ import annotations

from contextlib import contextmanager
from functools import cache
from threading import Lock
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from threadpoolctl import ThreadpoolController


@cache
def _controller() -> ThreadpoolController:
    from threadpoolctl import ThreadpoolController

    return ThreadpoolController()


class _Guard:
    """Remembers how many threads there were before anybody asked for one.

    Libraries keep the number for each thread of the process or for all of them; so everybody sets it, and everybody
    gives back what was before the first.
    """

    def __init__(self) -> None:
        self._lock = Lock()
        self._count = 0
        self._give_back: Callable[[], object] = int

    @contextmanager
    def hold(self) -> Iterator[None]:
        """Let matrices be multiplied on one thread inside the block."""
        with self._lock:
            limit = _controller().limit(limits=1, user_api="blas")
            if self._count == 0:
                self._give_back = limit.restore_original_limits
            self._count += 1
            give_back = self._give_back
        try:
            yield
        finally:
            give_back()
            with self._lock:
                self._count -= 1


one = _Guard().hold
