"""The page on which sync is set up, in words."""

import msgspec

from probe_tray.core.errors import Problem, SyncNoTableError
from probe_tray.core.sync.setup import (
    API_KEY,
    KEY,
    KEY_BYTES,
    SecretPlace,
    SyncSetup,
    SyncState,
    base_address,
    is_api_key,
    is_key,
    key_lengths,
)
from probe_tray.view.sync.table_test import tested_words
from probe_tray.view.text.translate import Translator
from probe_tray.view.view_models import Question, Tone


class CodeEntryView(msgspec.Struct, frozen=True, kw_only=True):
    """Where the code of another computer is entered."""

    heading: str
    text: str
    label: str
    warning: str
    said: str
    """What is wrong with what was typed, or that it was taken; empty before."""
    taken: bool


class NextComputerView(msgspec.Struct, frozen=True, kw_only=True):
    """Where the code for the next computer is shown."""

    heading: str
    text: str
    show: str
    hide: str
    copy: str
    copied: str
    picture: str
    """What a screen reader calls the QR code. Likewise ``written``, the same as text."""
    written: str


class ProjectStepView(msgspec.Struct, frozen=True, kw_only=True):
    """The first step: where the table is."""

    heading: str
    text: str
    address: str
    address_example: str
    kept_address: str
    """The one in the settings; empty where there is none."""
    api_key: str
    api_key_kept: str
    """Where there is one already; empty where there is none."""
    api_key_fixed: bool
    """The configuration file has it, so that typing another one would change nothing."""
    placeholder_kept: str


class KeyStepView(msgspec.Struct, frozen=True, kw_only=True):
    """The second step: the encryption key."""

    heading: str
    text: str
    label: str
    kept: str
    """Where there is one already; empty where there is none."""
    fixed: bool
    """The configuration file has it, so that typing another one would change nothing."""
    exists: bool
    placeholder_kept: str
    changes: bool
    """Whether another key is for the table in use; else it can't be made here where the configuration file has it."""
    create: str
    """Makes another key, or begins with what changes the one of a table in use."""
    show: str
    hide: str
    copy: str
    copied: str
    """Said once the key is in the clipboard; ``{seconds}`` later it is taken out."""


class TableStepView(msgspec.Struct, frozen=True, kw_only=True):
    """The third step: the SQL that makes the table."""

    heading: str
    text: str
    compatible: str
    """The box for who lets other programs use the table."""
    begins_compatible: bool
    """Whether it is ticked when the page opens: the table is in use, and was never seen protected."""
    warning: str
    """What that means. Likewise ``protection``, what it means without."""
    protection: str
    incomplete: str
    """Why there is no SQL yet."""
    copy: str
    """Of the key that is kept. Likewise ``show``."""
    show: str
    save_and_copy: str
    """The same of a key that is typed. Likewise ``save_and_show``."""
    save_and_show: str
    copied: str
    hide: str
    name: str
    """What a screen reader calls the SQL."""


class TypedCode(msgspec.Struct, frozen=True, kw_only=True):
    """What came of a code that a person entered."""

    problem: Problem | None = None
    """Why it can't be used."""
    taken: bool = False
    fixed: bool = False
    """It was taken as far as the configuration file has no key of its own, which goes before the code's."""


class SyncSetupView(msgspec.Struct, frozen=True, kw_only=True):
    """The window, from top to bottom: a code or three steps, the next computer, a test, and the end."""

    window_title: str
    title: str
    text: str
    code: CodeEntryView
    project: ProjectStepView
    key: KeyStepView
    table: TableStepView
    next: NextComputerView
    test: str
    said: str
    """What the test showed; empty before."""
    advice: str
    tone: Tone | None
    testing: bool
    forget: str
    """Empty where there is nothing to forget."""
    save: str
    cancel: str
    close: str
    """What the same button says where nothing is typed that closing the window would lose."""


def sync_setup(sync: SyncState, url: str, typed: TypedCode, seconds: int, t: Translator) -> SyncSetupView:
    """The page, on which the address ``url`` stands. A copied key or code stays in the clipboard for ``seconds``."""
    setup = sync.setup
    said, advice, tone = _tested(sync, t)
    return SyncSetupView(
        window_title=t("Set up sync"),
        title=t("Share logins between your computers"),
        text=t(
            "Logins are encrypted here and stored in your own Supabase project, where your other "
            "computers find them. A free project is enough."
        ),
        code=_code_entry(typed, t),
        project=_project_step(setup, t),
        key=_key_step(setup, url, seconds, t),
        table=_table_step(sync, t),
        next=_next_computer(seconds, t),
        test=t("&Test connection"),
        said=said,
        advice=advice,
        tone=tone,
        testing=sync.testing,
        forget=t("Stop s&yncing…") if setup.begun else "",
        save=t("&Save"),
        cancel=t("Cancel"),
        close=t("Close"),
    )


def key_changing(t: Translator) -> str:
    """What is said where two keys are kept."""
    return t("The encryption key is being changed. End the old key once your other computers have the new one.")


def changes_key(setup: SyncSetup, url: str) -> bool:
    """Whether another key is one for the table that is in use, at the address ``url`` of the page."""
    return setup.ready and base_address(url) == base_address(setup.url)


def complaint(url: str, api_key: str, key: str, setup: SyncSetup, t: Translator) -> str:
    """What keeps the page from being saved or tested; empty when nothing does. Never repeats what was typed."""
    if not url.strip():
        return t("Enter the address of the project.")
    if base_address(url) is None:
        return t("The address must start with https://, for example https://abcdefgh.supabase.co.")
    if not api_key.strip() and setup.api_key is SecretPlace.NOWHERE:
        return t("Enter the publishable key of the project.")
    if api_key.strip() and not is_api_key(api_key.strip()):
        return t("The publishable key is one word, exactly as the project shows it.")
    if not key.strip() and setup.key is SecretPlace.NOWHERE:
        return t("Create a key, or enter the one from your other computer.")
    if key.strip() and not is_key(key):
        return _key_complaint(key_lengths(key), t)
    return ""


def _key_complaint(lengths: tuple[int, ...], t: Translator) -> str:
    counts = t(", ").join(map(str, lengths))
    match lengths:
        case (count,) if count != KEY_BYTES * 2:
            return t("A key has 64 characters, 0 to 9 and a to f. This one has {count}.", count=counts)
        case (_, _) if set(lengths) != {KEY_BYTES * 2}:
            return t("The new key and the old one have 64 characters each. These have {counts}.", counts=counts)
        case (_,) | (_, _):
            return t("A key has only the characters 0 to 9 and a to f.")
        case _:
            return t("Enter one key, or the new one, a colon and the old one.")


def refusal(problem: Problem, t: Translator) -> str:
    """Why the page could not be kept."""
    return t.told(problem)


def replacing_key(t: Translator) -> Question:
    """Whether to make another key although there is one."""
    return Question(
        window_title=t("Create a new key"),
        title=t("Replace the key?"),
        text=t(
            "A table that is encrypted with the old key can't be read with a new one, and a protected table lets "
            "nobody in without the old one. Replace the key only if the table is new or the old key is lost, and keep "
            "a copy of the old one."
        ),
        yes=t("C&reate a new key"),
        no=t("Cancel"),
    )


def replacing_kept_key(t: Translator) -> Question:
    """Whether to save a key that a person typed or got with a code, although another one is kept."""
    asked = replacing_key(t)
    return msgspec.structs.replace(asked, window_title=t("Replace the key"), yes=t("&Replace the key"))


def forgetting(t: Translator) -> Question:
    """Whether to forget the setup."""
    return Question(
        window_title=t("Stop syncing"),
        title=t("Stop syncing on this computer?"),
        text=t(
            "This removes the address from Settings and both keys from the system keyring. Your "
            "logins and the table are not changed. If no other computer has the encryption key, copy "
            "it first: without it nobody can read the table again."
        ),
        yes=t("&Stop syncing"),
        no=t("Cancel"),
    )


def place_words(place: SecretPlace, name: str, t: Translator) -> str:
    """Where a secret is kept; empty where there is none. ``name``: its key in the configuration file."""
    match place:
        case SecretPlace.FILE:
            return t("It comes from {name} in the configuration file.", name=name)
        case SecretPlace.KEYRING:
            return t("It is in the system keyring.")
        case SecretPlace.NOWHERE:
            return ""


def _project_step(setup: SyncSetup, t: Translator) -> ProjectStepView:
    return ProjectStepView(
        heading=t("1. Your project"),
        text=t("Find both in the project's settings, under Data API and API Keys."),
        address=t("A&ddress"),
        address_example="https://abcdefgh.supabase.co",
        kept_address=setup.url,
        api_key=t("&Publishable key"),
        api_key_kept=place_words(setup.api_key, API_KEY, t),
        api_key_fixed=setup.api_key is SecretPlace.FILE,
        placeholder_kept=_replaces(t),
    )


def _key_step(setup: SyncSetup, url: str, seconds: int, t: Translator) -> KeyStepView:
    return KeyStepView(
        heading=t("2. The encryption key"),
        text=_key_text(setup, t),
        label=t("&Key"),
        kept=place_words(setup.key, KEY, t),
        fixed=setup.key is SecretPlace.FILE,
        exists=setup.key is not SecretPlace.NOWHERE,
        placeholder_kept=_replaces(t),
        changes=changes_key(setup, url),
        create=t("Chan&ge key…") if changes_key(setup, url) else t("C&reate a new key"),
        show=t("S&how"),
        hide=t("&Hide"),
        copy=t("C&opy"),
        copied=_copied(seconds, t),
    )


def _table_step(sync: SyncState, t: Translator) -> TableStepView:
    problem = None if sync.report is None else sync.report.problem
    is_there = bool(sync.setup.url) and (problem is None or not problem.is_a(SyncNoTableError))
    return TableStepView(
        # Whoever runs the SQL again, for what is new in it, must not shut out other programs by that.
        begins_compatible=is_there and not sync.setup.is_protected,
        heading=t("3. The table"),
        text=t("Copy the SQL, paste it into the project's SQL editor and run it once. It deletes nothing."),
        compatible=t("Let other programs &use the table"),
        protection=t(
            "Only computers with your encryption key can read or change the table. Other programs, such as "
            "the codex-probe written in Go, can't use it. A table you already use keeps its rows. This can't "
            "be undone: other programs can't read rows written from then on."
        ),
        incomplete=t("Complete steps 1 and 2 first: the SQL lets in only computers that have your key."),
        warning=t(
            "Anyone with the publishable key can read and overwrite the encrypted rows. They can't "
            "read or forge a login, and Probe Tray refuses rows that were tampered with. Still, keep "
            "that key private."
        ),
        copy=t("&Copy SQL"),
        show=t("Show SQ&L"),
        save_and_copy=t("Save and &copy SQL"),
        save_and_show=t("Save and show SQ&L"),
        copied=t("Copied. Paste it into the project's SQL editor and run it."),
        hide=t("Hide SQ&L"),
        name=t("SQL of the table"),
    )


def _replaces(t: Translator) -> str:
    return t("Saved. Type to replace it.")


def _key_text(setup: SyncSetup, t: Translator) -> str:
    if setup.key is SecretPlace.NOWHERE:
        return t(
            "Create it on your first computer and enter the same key on the others. It never leaves your computers."
        )
    if setup.is_key_changing:
        return key_changing(t)
    return t("Enter the same key on your other computers. Anyone with it and the publishable key can use your logins.")


def _code_entry(typed: TypedCode, t: Translator) -> CodeEntryView:
    said = t("The code was entered. Test the connection, then save.") if typed.taken else ""
    if typed.fixed:
        said = t("The code was entered, but the configuration file sets one of the keys. Change it there.")
    return CodeEntryView(
        heading=t("Already syncing on another computer?"),
        text=t("Choose “Show code” there and enter the code here. It fills in steps 1 and 2, and you can skip step 3."),
        label=t("Sy&nc code"),
        warning=t("Use only a code from your own computers. Whoever made it can read the logins you share."),
        said=t.told(typed.problem) if typed.problem is not None else said,
        taken=typed.taken and not typed.fixed,
    )


def _next_computer(seconds: int, t: Translator) -> NextComputerView:
    text = t(
        "The code has the address and both keys. Anyone who sees it can use your logins, so show it only when "
        "you need it."
    )
    return code_view(t("4. The next computer"), text, seconds, t)


def code_view(heading: str, text: str, seconds: int, t: Translator) -> NextComputerView:
    """The code, below this heading and sentence; copied, it stays in the clipboard for ``seconds``."""
    return NextComputerView(
        heading=heading,
        text=text,
        show=t("Sho&w code"),
        hide=t("H&ide code"),
        copy=t("Copy cod&e"),
        copied=_copied(seconds, t),
        picture=t("QR code of the sync code"),
        written=t("Sync code"),
    )


def _copied(seconds: int, t: Translator) -> str:
    return t(
        "Copied. Send it to the other computer with a password manager or an encrypted message. "
        "It is removed from the clipboard in {seconds} seconds.",
        seconds=str(seconds),
    )


def _tested(sync: SyncState, t: Translator) -> tuple[str, str, Tone | None]:
    if sync.testing:
        return t("Testing the table…"), "", None
    return ("", "", None) if sync.test is None else tested_words(sync.test, t)
