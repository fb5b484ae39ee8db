"""Percents of a limit as the person wants to read them: what is used, or what is left."""

from probe_tray.core.quota.percent import whole
from probe_tray.core.settings import Percentages
from probe_tray.view.text.translate import Translator

_FULL = 100


def shown(used: float, wanted: Percentages) -> int:
    """The whole percents that stand for ``used`` percent."""
    return whole(used) if wanted is Percentages.USED else _FULL - whole(used)


def amount(used: float, wanted: Percentages, t: Translator) -> str:
    """The same with its word: "42% used" or "58% left"."""
    number = str(shown(used, wanted))
    return t("{n}% used", n=number) if wanted is Percentages.USED else t("{n}% left", n=number)


def counted(numbers: str, wanted: Percentages, t: Translator) -> str:
    """Several of them with one word behind: "42% · 17% used". Empty where there are no numbers."""
    if not numbers:
        return ""
    if wanted is Percentages.USED:
        return t("{numbers} used", numbers=numbers)
    return t("{numbers} left", numbers=numbers)


def listed(numbers: str, wanted: Percentages, t: Translator) -> str:
    """Several of them with one word before: "Used: 5 h 42%". Empty where there are no numbers."""
    if not numbers:
        return ""
    if wanted is Percentages.USED:
        return t("Used: {numbers}", numbers=numbers)
    return t("Left: {numbers}", numbers=numbers)


def headed(window: str, wanted: Percentages, t: Translator) -> str:
    """What stands above a column of numbers: "Week: % used". Without the sign, "5 h left" would be a time."""
    if wanted is Percentages.USED:
        return t("{window}: % used", window=window)
    return t("{window}: % left", window=window)


def barred(window: str, wanted: Percentages, t: Translator) -> str:
    """What stands above a column of bars without numbers: "Week: used"."""
    if wanted is Percentages.USED:
        return t("{window}: used", window=window)
    return t("{window}: left", window=window)
