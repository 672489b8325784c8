"""Output files that are written whole or not at all, and cells that no spreadsheet runs."""

from __future__ import annotations

import contextlib
import os
import stat
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

from geomap.errors import DataError

if TYPE_CHECKING:
    from collections.abc import Iterator

# What spreadsheets take for the beginning of a formula (OWASP, "CSV Injection").
_FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")


@contextlib.contextmanager
def replacing(path: str | os.PathLike[str]) -> Iterator[Path]:
    """Give a temporary path that takes the place of a file when the block ends well, and is removed when it does not.

    A link is followed: what it leads to is replaced. A pipe or device such as ``/dev/stdout`` is written to itself.

    Raises
    ------
    DataError
        If the folder does not exist or the file cannot be written.
    """
    name = os.fspath(path)
    try:
        target = Path(os.path.realpath(name))
        if target.exists() and not (target.is_file() or target.is_dir()):
            yield Path(name)
            return
        if target.is_dir():
            raise IsADirectoryError(21, "Is a directory")
        # A name of 255 bytes is as long as file systems allow; the temporary one must not be longer.
        handle, made = tempfile.mkstemp(dir=target.parent, prefix=f".{target.name[:40]}.", suffix=target.suffix[:20])
        os.close(handle)
        temporary = Path(made)
        try:
            yield temporary
            temporary.chmod(_permissions(target))
            temporary.replace(target)
        finally:
            temporary.unlink(missing_ok=True)
            # GeoPackage is SQLite, which may leave a journal beside the file.
            Path(f"{made}-journal").unlink(missing_ok=True)
    except (OSError, ValueError) as error:
        if not isinstance(error, OSError) and "\0" not in name:
            raise
        msg = f"{name} cannot be written: {getattr(error, 'strerror', None) or error}; name another output path"
        raise DataError(msg) from error


def write_bytes(content: bytes, path: str | os.PathLike[str]) -> None:
    """Write a file, whole or not at all.

    Raises
    ------
    DataError
        If it cannot be written.
    """
    with replacing(path) as temporary:
        temporary.write_bytes(content)


def _permissions(target: Path) -> int:
    """Return the permissions of the file that is replaced, or those that a new file gets."""
    if target.exists():
        return stat.S_IMODE(target.stat().st_mode)
    mask = os.umask(0)
    os.umask(mask)
    return 0o666 & ~mask


def disarm(cell: str) -> str:
    """Return a cell that no spreadsheet takes for a formula: an apostrophe goes before what could begin one."""
    return f"'{cell}" if cell.startswith(_FORMULA_STARTS) else cell


def rearm(cell: str) -> str:
    """Return a cell as it was before :func:`disarm`."""
    return cell[1:] if cell.startswith("'") and cell[1:].startswith(_FORMULA_STARTS) else cell
