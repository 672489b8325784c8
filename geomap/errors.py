"""Every exception that geomap raises on purpose.

A message says what failed, on which input, and what to do. Inside the pipeline, "not resolved" is data, not an
exception.
"""


class GeomapError(Exception):
    """Base of all errors that a user can cause and mend; the command line prints it as one line and exits with 1."""


class ReadError(GeomapError):
    """A report could not be read: missing, empty, binary, not decodable, or without text."""


class PlaceNotFoundError(GeomapError, LookupError):
    """No place in the gazetteer, or with the geocoder, fits the words."""


class ServiceError(GeomapError):
    """An online service refused, failed or timed out."""


class DataError(GeomapError):
    """Embedded or given data (gazetteer, corrections, settings, output path) cannot be used."""


class ModelError(GeomapError):
    """A language model is missing or does not fit; geomap never downloads one."""
