"""Job ids as they come in paths and fields."""

from cutoutd.errors import NotFound


def job_id_of(text: str) -> int:
    """The number. Raises NotFound for what no job's id could be."""
    if not text.isascii() or not text.isdigit() or len(text) > 18:
        raise NotFound("There is no such job.")
    return int(text)
