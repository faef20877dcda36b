"""Notes: what a caller should know of an answer, as stable words, and what each means in words.

A note is one word, with what it tells after colons: `frames_left_out:12`, `fill_low:83:85:amazon`.
The words never change; the sentences may.
"""

from typing import Final

EMPTY_MASK: Final = "empty_mask"
"""No subject was found."""
OWN_ALPHA: Final = "cut_out_already"
"""The image's own alpha is a cutout, and was kept."""
INVALID_PREDICTION: Final = "invalid_prediction"
"""The network gave no number somewhere; that is background."""
FLAT_PREDICTION: Final = "flat_prediction"
"""The network sees the same everywhere, and not nothing: it cannot tell."""
TOUCHES_FRAME: Final = "touches_frame"
"""With the sides: `touches_frame:left+bottom`."""
FILL_LOW: Final = "fill_low"
"""Per cent that the subject fills, per cent that are wanted, by whom."""
FILL_HIGH: Final = "fill_high"
SMALL: Final = "canvas_small"
"""Pixels of the longer side, pixels that are wanted, by whom."""
NOT_WHITE: Final = "background_not_white"
"""By whom it is wanted."""
ENLARGED: Final = "enlarged"
"""So many times."""
ENDS_ABOVE_FRAME: Final = "ends_above_frame"
"""A portrait's image ends before the canvas does."""
HEAD_GUESSED: Final = "head_guessed"
"""No neck was found in the mask: where the chin is was guessed from the head's width."""

SENTENCES: Final[dict[str, str]] = {
    EMPTY_MASK: "No subject was found.",
    OWN_ALPHA: "The image was a cutout already; its own transparency was kept.",
    INVALID_PREDICTION: "The network gave no number somewhere; that became background.",
    FLAT_PREDICTION: "The network cannot tell subject from background here.",
    "matting_over_budget_fast": "Exact matting took too long or too much memory; fast matting "
    "was used.",
    "matting_over_budget_mask": "Matting took too long or too much memory; the mask was used.",
    "matting_needs_sure_subject_and_background": "Matting found nothing that is surely subject "
    "or surely background; the mask was used.",
    "corrections_over_budget": "There was no time left to find the edges of all that was painted.",
    "missing_rows": "The file ends early: {} rows are missing.",
    "frames_left_out": "The file has more frames or pages; {} were left out.",
    "first_of_several": "Several images were made; the answer holds the first.",
    TOUCHES_FRAME: "The subject touches the frame: {}.",
    FILL_LOW: "The subject fills {} %; {2} wants {1} %.",
    FILL_HIGH: "The subject fills {} %; {2} wants at most {1} %.",
    SMALL: "The longer side has {} pixels; {2} wants {1}.",
    NOT_WHITE: "The background is not pure white; {} wants it to be.",
    ENLARGED: "The subject was enlarged {} times; it may look soft.",
    ENDS_ABOVE_FRAME: "The image ends above the frame's lower edge; use one that shows more below.",
    HEAD_GUESSED: "The chin was guessed, as the mask shows no neck; check the head's height.",
}


def explain(note: str) -> str:
    """A note as a sentence for people; a word that is unknown here stays as it is."""
    word, *told = note.split(":")
    sentence = SENTENCES.get(word)
    if sentence is None:
        return note
    try:
        return sentence.replace("{}", "{0}").format(*(one.replace("+", ", ") for one in told))
    except IndexError:
        return note
