"""What the percents of a limit count."""

import enum


class Percentages(enum.Enum):
    """What numbers, bars and sentences about limits count. Levels and colours always go by what is used."""

    USED = "used"
    LEFT = "left"
