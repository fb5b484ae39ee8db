"""What can be done at once about a quota that is used up: the reset credits that are still unused."""

from probe_tray.core.account.condition import local_time
from probe_tray.core.quota.snapshot import Snapshot, WindowKind
from probe_tray.view.text.times import Now, at, is_today
from probe_tray.view.text.translate import Translator

_FULL = 100.0


def unused_credits(snapshot: Snapshot, now: Now, t: Translator) -> str:
    """That there are some and which is lost first; empty where there are none, or where one would reset nothing."""
    count = snapshot.reset_credits or 0
    # A credit resets a window of time, no budget of credits.
    full = any(w.used_percent >= _FULL and w.kind is not WindowKind.BUDGET for w in snapshot.main.windows)
    if count <= 0 or not full:
        return ""
    said = t.plural("You have {n} unused reset credit.", "You have {n} unused reset credits.", count)
    ends = [end for end in (local_time(e, snapshot) for e in snapshot.reset_credit_ends) if end > now.moment]
    if not ends:
        return said
    first = min(ends)
    when = at(first, now, t, long=True)
    if count == 1:
        lost = t("It expires at {when}.", when=when) if is_today(first, now) else t("It expires {when}.", when=when)
    else:
        lost = (
            t("The first expires at {when}.", when=when)
            if is_today(first, now)
            else t("The first expires {when}.", when=when)
        )
    return t.joined((said, lost))
