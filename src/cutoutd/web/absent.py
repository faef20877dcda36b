"""What counts as nothing: a key, an id or a header that is empty was not given."""


def given(text: str | None) -> str | None:
    """The text without the space around it, or None where nothing else is there."""
    return (text or "").strip() or None
