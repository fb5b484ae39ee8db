"""What a test of the shared table showed, in words."""

from collections.abc import Mapping
from typing import Final

from probe_tray.core.sync.rights import TableGrants, TableRight
from probe_tray.core.sync.setup import SyncTestResult
from probe_tray.view.sync.advice import advice_of
from probe_tray.view.text.translate import Translator, mark
from probe_tray.view.view_models import Tone

_RIGHTS: Final[Mapping[TableRight, str]] = {
    TableRight.READ: mark("reading rows"),
    TableRight.ADD: mark("adding rows"),
    TableRight.CHANGE: mark("changing rows"),
    TableRight.LEASE: mark("leases"),
}
_NEEDED: Final = frozenset({TableRight.READ, TableRight.ADD, TableRight.CHANGE})


def tested_words(test: SyncTestResult, t: Translator) -> tuple[str, str, Tone]:
    """What it showed, what to do about it or what else is known, and how grave that is."""
    if test.problem is not None:
        return t.title(test.problem), advice_of(test.problem, t), Tone.CRITICAL
    if test.rights is not None and test.rights.missing:
        return missing_rights(test.rights, t)
    said, others = _opened(test, t), test.rows - test.opened
    if others > 0:
        advice = t.plural(
            "The other row has a different key or is damaged. It was not changed.",
            "The other rows have a different key or are damaged. They were not changed.",
            others,
        )
        return said, advice, Tone.WARNING
    if test.rights is None:
        advice = t(
            "Only reading was tested. Copy the SQL and run it in the project's SQL editor: then the test covers "
            "everything, and computers renew a login one at a time."
        )
        return said, advice, Tone.WARNING
    return (
        said,
        t("Reading, adding and changing rows and leases were tested. Nothing was left in the table."),
        Tone.CALM,
    )


def missing_rights(rights: TableGrants, t: Translator) -> tuple[str, str, Tone]:
    """Which rights a table lacks, and how to grant them."""
    said = t("The table doesn't allow: {what}.", what=t(", ").join(t(_RIGHTS[right]) for right in rights.missing))
    advice = [
        t("Run all of the SQL in the project's SQL editor, then test again."),
        t("If the table has policies of its own, they must allow this for the role anon."),
    ]
    tone = Tone.CRITICAL if _NEEDED & set(rights.missing) else Tone.WARNING
    return said, t.joined(advice if tone is Tone.CRITICAL else advice[:1]), tone


def _opened(test: SyncTestResult, t: Translator) -> str:
    if not test.rows:
        return t("It works. The table is empty.")
    if test.opened < test.rows:
        return t(
            "The table is there, but the key opens only {opened} of its {rows} rows.",
            opened=str(test.opened),
            rows=str(test.rows),
        )
    return t.plural(
        "It works: the table has {n} row, and the key opens it.",
        "It works: the table has {n} rows, and the key opens all of them.",
        test.rows,
    )
