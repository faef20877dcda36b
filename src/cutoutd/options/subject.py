"""Which subject is meant."""

from typing import Annotated

from pydantic import BeforeValidator, Field

from cutoutd.command import Length, Point, Prompt, Region, Unit
from cutoutd.options.fields import Box, Options, Place, Takes, Text, groups

MOST_PLACES = 64
"""In one prompt; each costs memory in the network."""

Places = Annotated[
    list[Place],
    BeforeValidator(groups),
    Field(max_length=MOST_PLACES),
    Takes("str | Sequence[Sequence[float]]"),
]


class SubjectOptions(Options):
    """Finding the subject."""

    model: Text | None = Field(None, description="A model, of /v1/models or `cutoutd models list`")
    subject_at: Places = Field(
        [], description="Places on the subject, x, y as shares 0..1; for models with prompts"
    )
    background_at: Places = Field([], description="Places that are not the subject, likewise")
    subject_box: Box | None = Field(
        None, description="A box around the subject: left, top, right, bottom, likewise"
    )
    region: Box | None = Field(
        None, description="Where the subject is: left, top, right, bottom as shares 0..1"
    )

    @property
    def prompted(self) -> bool:
        """Whether it says where the subject is, which only some models want to hear."""
        return bool(self.subject_at or self.background_at or self.subject_box)

    def to_prompt(self) -> Prompt | None:
        """What a model with prompts is told."""
        named = ((self.subject_at, True), (self.background_at, False))
        points = tuple(
            Point(x=percent(x), y=percent(y), subject=subject)
            for places, subject in named
            for x, y in places
        )
        boxes = (_region(self.subject_box),) if self.subject_box else ()
        return Prompt(points=points, boxes=boxes) if points or boxes else None

    def to_region(self) -> Region | None:
        """The only part of the image that may hold a subject."""
        return _region(self.region) if self.region else None


def percent(share: float) -> Length:
    """A share 0..1 as a length."""
    return Length(value=share * 100, unit=Unit.PERCENT)


def _region(shares: list[float]) -> Region:
    left, top, right, bottom = map(percent, shares)
    return Region(left=left, top=top, right=right, bottom=bottom)
