"""The tray's menu while it is open: its words follow the state, and each row stays where it is, about the same account.

Whoever aims at a row would otherwise press another one, and the panel of a desktop may show the old words for a while.
"""

from collections.abc import Callable, Iterable

from msgspec.structs import replace

from probe_tray.core.account.identity import AccountKey
from probe_tray.view.codex.use_actions import can_be_used, put_back_actions, use_label
from probe_tray.view.panel.survey import Seen, SurveyFinding
from probe_tray.view.text.translate import Translator
from probe_tray.view.tray.tray import account_row, use_row
from probe_tray.view.view_models import Menu, MenuRow, UseMenu


def in_place(opened: Menu, current: Menu, seen: Seen, t: Translator) -> Menu:
    """``current`` with the rows that the menu had when it ``opened``.

    New accounts are in it when it opens the next time. What has gone can't be pressed, and is not named.
    """
    found = {one.account.key: one for one in seen.found}

    def rows(before: Iterable[MenuRow], make: Callable[[SurveyFinding, Seen, Translator], MenuRow]) -> list[MenuRow]:
        there = ((row, found.get(row.key)) for row in before)
        return [_gone(row, t) if one is None else make(one, seen, t) for row, one in there]

    shown = replace(
        current,
        use_next=opened.use_next,
        rows=tuple(rows(opened.rows, account_row)),
        all_accounts=opened.all_accounts and (current.all_accounts or opened.all_accounts),
        use=_use(opened.use, current.use, tuple(rows(opened.use.rows, use_row)), seen, t),
        release=opened.release and (current.release or opened.release),
    )
    return _with_next(_with_best(shown, opened.best_account, found, seen, t), seen, t)


def _with_best(
    shown: Menu, best: AccountKey | None, found: dict[AccountKey, SurveyFinding], seen: Seen, t: Translator
) -> Menu:
    """With the row of the account that was the best one."""
    if shown.best_account == best:
        return shown
    if best is None:
        return replace(shown, best="", best_account=None)
    if best not in found:
        return replace(shown, best=_no_longer(t), best_account=None)
    # Another one is better by now, so that this sentence says of it what its row does.
    return replace(shown, best=account_row(found[best], seen, t).text, best_account=best)


def _with_next(shown: Menu, seen: Seen, t: Translator) -> Menu:
    action = shown.use_next
    if action is None or action.key is None:
        return shown
    account = seen.state.account(action.key)
    if account is None or not can_be_used(seen.state, account):
        return replace(shown, use_next=replace(action, label=_no_longer(t), key=None))
    return replace(shown, use_next=replace(action, label=use_label(account, seen, t)))


def _use(opened: UseMenu, current: UseMenu, rows: tuple[MenuRow, ...], seen: Seen, t: Translator) -> UseMenu:
    home = None if opened.put_back is None else opened.put_back.home
    return UseMenu(
        title=opened.title and (current.title or opened.title),
        rows=rows,
        all_accounts=opened.all_accounts and (current.all_accounts or opened.all_accounts),
        put_back=next((action for action in put_back_actions(seen.state, t) if action.home == home), None),
    )


def _gone(row: MenuRow, t: Translator) -> MenuRow:
    return replace(row, text=_no_longer(t), chosen=False, there=False)


def _no_longer(t: Translator) -> str:
    return t("No longer available")
