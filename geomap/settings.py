"""Every default, in one frozen object that is passed as ``settings=``."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Literal

Viewpoint = Literal["un", "de-facto"]
Service = Literal["nominatim", "photon", "pelias", "geonames", "opencage"]
"""The online geocoders that can be asked."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """How a report is read, resolved and drawn."""

    spacy_model: str | None = None
    """Name or path of a spaCy pipeline; None takes the installed small English model."""
    gazetteer: Path | None = None
    """A gazetteer file other than the embedded one."""
    viewpoint: Viewpoint = "un"
    """Whose boundaries are drawn; named on every map. "un" follows the United Nations' maps."""
    border_width_m: float = 50_000.0
    """Assumed depth of "at the border" when the words give none; stated on the map.

    Public reporting of forces "at" a border has placed them up to tens of kilometres from it."""
    near_m: float = 30_000.0
    """Assumed reach of "near" a border or a line, when the words give none."""
    geocoder: Service | None = None
    """An online geocoder to ask for names that the gazetteer lacks; None stays offline."""
    geocoder_first: bool = False
    """Whether the online geocoder is asked for every name in its literal sense, before the gazetteer."""
    private_addresses: bool = False
    """Whether ``https://`` addresses may lead into this machine's own network (and ``http://`` is understood)."""
    longest_text: int = 400_000
    """Characters of a document that are read, some 65,000 words; what follows is told in a warning.

    A text of any kind up to this length takes less than a minute of one processor core, and 1 GB of memory."""
    corrections: Path | None = None
    """An append-only CSV of a person's decisions about places; it wins over everything."""


DEFAULTS = Settings()
