"""What is shown where others may look on: enough to tell one's own accounts apart, too little for anybody else.

Views take the state through :func:`discreet` or :func:`discreet_account`, so that no sentence can be forgotten.
"""

import re

from msgspec.structs import replace

from probe_tray.core.account.report import AccountReport
from probe_tray.core.codex.codex_state import CodexHome, CodexState
from probe_tray.core.errors import Problem
from probe_tray.core.models.model_test import ModelTest
from probe_tray.core.settings import Settings
from probe_tray.core.state import AccountState, AppState, LoginState

_HIDDEN = "•••"
_EMAIL = re.compile(r'([^\s@<>"(),;:]+)@([^\s@<>"(),;:]*[^\s@<>"(),;:.])')
_NAMED_AFTER = re.compile(r'([^\s@/\\<>"(),;:]+)_at_([^\s@/\\<>"(),;:]+?)(?=\.json)')
"""A file that is named after its owner, the sign in the address written out (``formats/writer.py``)."""
_ID = re.compile(
    # In the name of a file it stands between underscores, which are letters to a regular expression.
    r"(?<![0-9a-z])(?:[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}(?![0-9a-z])"
    r"|(?:user|org|acct|account)-[0-9a-z_-]{4,})",
    re.IGNORECASE,
)


def mask(text: str) -> str:
    """``text`` with ``ana@example.com`` as ``a•••@e•••``, and with account ids left out."""
    return _ID.sub(_HIDDEN, _NAMED_AFTER.sub(_hidden_address, _EMAIL.sub(_hidden_address, text)))


def masked_name(account: AccountState) -> str:
    """What an account is called where its name is to be hidden.

    First letters of the person's own name for it, of its address or its workspace, or the start of its slug.
    """
    if account.alias:
        return _first(account.alias)
    if account.email:
        before, _, after = account.email.rpartition("@")
        return f"{_first(before)}@{_first(after)}" if before else _first(after)
    return _first(account.workspace) if account.workspace else f"#{account.key.slug[:4]}"


def discreet_account(account: AccountState, settings: Settings) -> AccountState:
    """The account as it is to be shown: in privacy mode without an address, an id or the name of a workspace."""
    return _hidden(account) if settings.privacy else account


def discreet(state: AppState, accounts: tuple[AccountState, ...]) -> AppState:
    """The same of the state, with its ``accounts`` as they are to be shown."""
    if not state.settings.privacy:
        return state
    return replace(
        state,
        accounts=accounts,
        removing=tuple(discreet_account(account, state.settings) for account in state.removing),
        unreadable=tuple(replace(u, location=mask(u.location), problem=_problem(u.problem)) for u in state.unreadable),
        store_problems=tuple((kind, _problem(problem)) for kind, problem in state.store_problems),
        api_key=None if state.api_key is None else replace(state.api_key, location=mask(state.api_key.location)),
        login=None if state.login is None else _login(state.login),
        trouble=_maybe(state.trouble),
        codex=discreet_codex(state.codex, state.settings),
    )


def discreet_codex(codex: CodexState, settings: Settings) -> CodexState:
    """What is known of the official client, in privacy mode without the addresses in it."""
    if not settings.privacy:
        return codex
    use = codex.use
    return replace(
        codex,
        homes=_hidden_homes(codex.homes),
        use=None if use is None else replace(use, found=mask(use.found), problem=_maybe(use.problem)),
    )


def named_by_hand(account: AccountState, name: str, settings: Settings) -> str:
    """The alias that is meant by typing ``name`` over the shown one; empty where the account is called so anyway."""
    if settings.privacy and name.strip() == masked_name(account):
        # The name as it was shown was left as it is.
        return account.alias
    plain = replace(account, alias="")
    shown = {plain.email or plain.workspace or plain.key.account_id}
    if settings.privacy:
        shown.add(masked_name(plain))
    return "" if name.strip() in shown else name


def discreet_report(report: AccountReport) -> AccountReport:
    """A row of the command's tables without addresses and ids."""
    return replace(
        report,
        location=mask(report.location),
        account_id=_HIDDEN if report.account_id else "",
        email=mask(report.email),
        workspace=_first(report.workspace) if report.workspace else "",
        problem=_maybe(report.problem),
        renewal=None if report.renewal is None else replace(report.renewal, problem=_maybe(report.renewal.problem)),
        models=_models(report.models),
    )


def _hidden(account: AccountState) -> AccountState:
    return replace(
        account,
        alias=masked_name(account),
        email="",
        workspace="",
        location=mask(account.location),
        problem=_maybe(account.problem),
        renewal=replace(account.renewal, problem=_maybe(account.renewal.problem)),
        models=_models(account.models),
    )


def _hidden_homes(homes: tuple[CodexHome, ...]) -> tuple[CodexHome, ...]:
    """The homes with numbers where nothing else is left to tell them apart."""
    paths, found = [mask(home.key) for home in homes], list[CodexHome]()
    for place, (home, path) in enumerate(zip(homes, paths, strict=True)):
        shown = f"{path} ({paths[:place].count(path) + 1})" if paths.count(path) > 1 else path
        found.append(replace(home, path=shown, hidden=home.key, problem=_maybe(home.problem)))
    return tuple(found)


def _login(login: LoginState) -> LoginState:
    return replace(login, problem=_maybe(login.problem), pasted=_maybe(login.pasted))


def _models(test: ModelTest | None) -> ModelTest | None:
    if test is None:
        return None
    results = tuple(replace(result, problem=_maybe(result.problem)) for result in test.results)
    return replace(test, problem=_maybe(test.problem), results=results)


def _problem(problem: Problem) -> Problem:
    return problem.with_facts(mask)


def _maybe(problem: Problem | None) -> Problem | None:
    return None if problem is None else _problem(problem)


def _hidden_address(found: re.Match[str]) -> str:
    return f"{_first(found[1])}@{_first(found[2])}"


def _first(text: str) -> str:
    return f"{text[:1]}{_HIDDEN}"
