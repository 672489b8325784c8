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
    """Counts who needs one thread: the first sets it, the last gives back what was before."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._count = 0
        self._restore: Callable[[], object] = int

    @contextmanager
    def hold(self) -> Iterator[None]:
        """Let matrices be multiplied on one thread inside the block, in all threads of the process."""
        with self._lock:
            self._count += 1
            if self._count == 1:
                self._restore = _controller().limit(limits=1, user_api="blas").restore_original_limits
        try:
            yield
        finally:
            with self._lock:
                self._count -= 1
                if self._count == 0:
                    self._restore()


one = _Guard().hold
