"""What to do where something that a person asked of the table failed."""

from probe_tray.core.errors import Problem
from probe_tray.view.text.translate import Translator


def advice_of(problem: Problem, t: Translator) -> str:
    """What to do about ``problem``. What goes away by itself is tried again by the person alone, unlike a sync."""
    if not problem.kind.passing:
        return t.hint(problem)
    return t("Check your network and proxy, then try again.") if problem.kind.offline else t("Try again later.")
