"""geomap: reads news reports and maps where forces are said to move."""
