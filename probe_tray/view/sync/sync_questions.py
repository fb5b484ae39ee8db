"""What is asked before rows are overwritten, an account leaves the table, or a table is used without protection."""

from probe_tray.core.sync.rows import StepKind
from probe_tray.view.sync.sync_view import SyncRow
from probe_tray.view.text.translate import Translator, mark
from probe_tray.view.view_models import Question

_BEFORE_OVERWRITING = {
    StepKind.UNDECRYPTABLE: mark(
        "The login on this computer replaces it. If another computer wrote that row with a "
        "different key, the table loses that login and that computer can no longer share this "
        "account. If you're not sure, cancel and compare the keys first."
    ),
    StepKind.GARBAGE: mark(
        "The login on this computer replaces what is in the row now. If a newer version of Probe Tray wrote it, cancel "
        "and update this computer first."
    ),
    StepKind.ROLLED_BACK: mark(
        "The login on this computer replaces the old copy. If another computer has a newer login, cancel and overwrite "
        "the row there."
    ),
    StepKind.WITHDRAWN: mark(
        "Someone with your key removed the account from the table for all computers. The login on this computer takes "
        "that place, and your computers share the account again."
    ),
}
"""What a person reads before a row is overwritten, by what is wrong with it."""


def overwriting(row: SyncRow, t: Translator) -> Question:
    """Whether to replace a row that is not used."""
    said = _BEFORE_OVERWRITING[row.kind if row.kind in _BEFORE_OVERWRITING else StepKind.UNDECRYPTABLE]
    return Question(
        window_title=t("Overwrite a row"),
        title=t("Overwrite the row of {who}?", who=row.who),
        text=t(said),
        yes=t("&Overwrite"),
        no=t("Cancel"),
    )


def overwriting_all(count: int, t: Translator) -> Question:
    """Whether to replace the rows of the accounts that are here, though none of them can be read."""
    return Question(
        window_title=t("Overwrite rows"),
        title=t("Overwrite the rows of the accounts on this computer?"),
        text=t.plural(
            (
                "The login of {n} account on this computer replaces its row. Do this only if the old key "
                "is lost: the logins in those rows will be gone, and your other computers need this "
                "computer's key."
            ),
            (
                "The logins of {n} accounts on this computer replace their rows. Do this only if the old "
                "key is lost: the logins in those rows will be gone, and your other computers need this "
                "computer's key."
            ),
            count,
        ),
        yes=t("&Overwrite"),
        no=t("Cancel"),
    )


def withdrawing(row: SyncRow, t: Translator) -> Question:
    """Whether to take an account that was removed here out of the table for all computers."""
    return Question(
        window_title=t("Remove from the table"),
        title=t("Remove {who} from the table?", who=row.who),
        text=t(
            "Your computers no longer share it, and sync doesn't bring it back to any of them. Computers that have its "
            "login keep it, but only one of them can renew it; log in again on the others."
        ),
        yes=t("&Remove"),
        no=t("Cancel"),
    )


def allowing_open(t: Translator) -> Question:
    """Whether to use a table that is not protected any more."""
    return Question(
        window_title=t("Use the table unprotected"),
        title=t("Use the table although it isn't protected anymore?"),
        text=t(
            "Anyone with the publishable key can then damage rows, put old ones back or keep your computers from "
            "renewing. They still can't read or forge a login. If you didn't turn its protection off yourself, cancel "
            "and protect it again: someone else may have changed your database. Your answer holds on this computer "
            "until the table is protected again."
        ),
        yes=t("&Use it unprotected"),
        no=t("Cancel"),
    )
