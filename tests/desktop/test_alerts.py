"""What a person is told on a real desktop while a quota is used up and comes back, and that nothing is said twice."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from probe_tray.demo import DemoService
from tests.desktop.bench import Desktop
from tests.desktop.notifications import Notification
from tests.desktop.waiting import wait_for
from tests.desktop.walking import PANEL, SETTINGS_WINDOW, App, data_folder, official_login, write_config
from tests.support.mitm import Mitm

pytestmark = [pytest.mark.desktop]

ANA = "ana@example.com"
SHORT, WEEK = 18_000, 604_800


@pytest.fixture
def service() -> Iterator[DemoService]:
    with DemoService() as running:
        yield running


@pytest.fixture
def proxy(service: DemoService, tmp_path: Path) -> Iterator[Mitm]:
    with Mitm(service.addresses, tmp_path) as running:
        yield running


class AccountAlerts:
    """The app with one account, whose use is what the test says, and all that it has told so far."""

    def __init__(self, desktop: Desktop, service: DemoService, proxy: Mitm) -> None:
        self.desktop, self.service = desktop, service
        home = desktop.home / "codex"
        home.mkdir()
        (home / "auth.json").write_bytes(official_login(service.issue_login(ANA)))
        service.set_used(ANA, {SHORT: 10, WEEK: 10})
        self.env = {**proxy.environment, "CODEX_HOME": str(home)}
        self.app = self.start()

    def start(self) -> App:
        self.app = App(self.desktop, env=self.env)
        self.app.wait_account("", r"— \d+%")
        return self.app

    def use(self, short: int, *, week: int = 10, shown: int | None = None) -> None:
        """Let so much be used, ask for it, and wait until ``shown`` percent stand in the menu."""
        asked = self.service.count("/wham/usage", status=200)
        self.service.set_used(ANA, {SHORT: short, WEEK: week})
        self.app.item.click_menu("Refresh now")
        self.answered(asked, short if shown is None else shown)

    def begin_new_window(self) -> None:
        """Let the 5-hour window end and another one begin."""
        later = datetime.now(UTC) + timedelta(hours=9)

        def window(seconds: int, used: int) -> dict[str, object]:
            return {"used_percent": used, "limit_window_seconds": seconds, "reset_at": int(later.timestamp())}

        asked = self.service.count("/wham/usage", status=200)
        limit = {"allowed": True, "primary_window": window(SHORT, 1), "secondary_window": window(WEEK, 10)}
        self.service.set_usage(ANA, {"plan_type": "plus", "rate_limit": limit})
        self.app.item.click_menu("Refresh now")
        self.answered(asked, 1)

    def answered(self, before: int, shown: int) -> None:
        wait_for("the next question for the quota", lambda: self.service.count("/wham/usage", status=200) > before)
        self.app.wait_account("", "— full until" if shown == 100 else rf"— {shown}%")

    def close_panel(self) -> None:
        """Close the panel once it is there: what it shows in front is not notified."""
        self.desktop.screen.wait_window(PANEL)
        self.desktop.screen.key("Escape", to=PANEL)
        self.desktop.screen.wait_no_window(PANEL)

    def kept(self) -> bytes:
        """What the app remembers of what it told."""
        return (data_folder(self.desktop, demo=False) / "alerts.json").read_bytes()

    def is_gone(self, told: Notification) -> bool:
        """Whether it is off the screen again."""
        return any(note.closed for note in self.desktop.notifications.all() if note.id == told.id)

    @property
    def titles(self) -> list[str]:
        ours = (told.summary for told in self.desktop.notifications.all() if told.app_name == "Probe Tray")
        return [title for title in ours if title != "Probe Tray keeps running"]


def test_each_level_is_told_once_and_a_restart_repeats_nothing(
    desktop: Desktop, service: DemoService, proxy: Mitm
) -> None:
    told = AccountAlerts(desktop, service, proxy)
    told.use(80)
    warning = desktop.notifications.wait("80% of the 5-hour quota used")
    assert warning.body.startswith("Resets ")
    desktop.notifications.press(warning, "Open")
    told.close_panel()
    told.use(95)
    desktop.notifications.wait("95% of the 5-hour quota used")
    told.use(10, shown=95)
    told.use(96)
    told.use(100)
    full = desktop.notifications.wait("the 5-hour quota is used up")
    assert full.body.startswith("No capacity until ")
    # Only a lost login stays.
    assert full.urgency == 1
    told.begin_new_window()
    desktop.notifications.wait("there is capacity again")
    told.app.quit()
    service.set_usage(ANA, None)
    service.set_used(ANA, {SHORT: 1, WEEK: 10})
    told.start()
    told.use(1, week=85)
    desktop.notifications.wait("85% of the weekly quota used")
    assert told.titles == [
        f"{ANA}: 80% of the 5-hour quota used",
        f"{ANA}: 95% of the 5-hour quota used",
        f"{ANA}: the 5-hour quota is used up",
        f"{ANA}: there is capacity again",
        f"{ANA}: 85% of the weekly quota used",
    ]
    assert ANA.encode() not in told.kept()


def test_notifications_pause_and_what_matters_is_told_afterwards(
    desktop: Desktop, service: DemoService, proxy: Mitm
) -> None:
    told = AccountAlerts(desktop, service, proxy)
    before = told.app.item.icon_pixels
    told.app.item.click_menu("Pause notifications", "For an hour")
    # Icon, tooltip and panel say so too.
    wait_for("another icon", lambda: told.app.item.icon_pixels != before)
    told.app.item.wait_tooltip("^Probe Tray: notifications paused")
    told.app.open_panel()
    told.app.read("^Notifications paused until ")
    told.close_panel()
    paused = told.app.item.wait_menu("Notifications paused until")
    assert paused.labels() == ["For an hour", "Until tomorrow 08:00", "Resume notifications"]
    told.use(85, week=96)
    wait_for("the lesser warning to be forgotten", lambda: b'"5h warning"' in told.kept())
    told.app.quit()
    told.start()
    told.app.item.click_menu("Notifications paused until", "Resume notifications")
    desktop.notifications.wait("96% of the weekly quota used")
    assert told.titles == [f"{ANA}: 96% of the weekly quota used"]


def test_a_test_notification_comes_from_the_settings_and_privacy_hides_names(
    desktop: Desktop, service: DemoService, proxy: Mitm
) -> None:
    write_config(desktop, '{"privacy": true}', demo=False)
    told = AccountAlerts(desktop, service, proxy)
    told.app.open_settings("Notifications")
    told.app.read("Show a test notification")
    desktop.screen.key("alt+n", to=SETTINGS_WINDOW)
    trial = desktop.notifications.wait("Notifications work")
    desktop.notifications.press(trial, "Open")
    told.close_panel()
    # Nothing lies over the window that is in use: it comes once that is closed.
    told.use(80)
    assert told.titles == ["Notifications work"]
    desktop.screen.key("Escape", to=SETTINGS_WINDOW)
    desktop.screen.wait_no_window(SETTINGS_WINDOW)
    desktop.notifications.wait("80% of the 5-hour quota used")
    assert told.titles == ["Notifications work", "a•••@e•••: 80% of the 5-hour quota used"]


def test_an_account_has_one_notification_which_goes_once_it_is_not_true_and_at_the_end(
    desktop: Desktop, service: DemoService, proxy: Mitm
) -> None:
    told = AccountAlerts(desktop, service, proxy)
    told.use(80)
    first = desktop.notifications.wait("80% of the 5-hour quota used")
    told.use(95)
    second = desktop.notifications.wait("95% of the 5-hour quota used")
    wait_for("the older one to go", lambda: told.is_gone(first))
    assert not told.is_gone(second)
    told.begin_new_window()
    wait_for("it to go with its window", lambda: told.is_gone(second))
    service.set_usage(ANA, None)
    told.use(1, week=85, shown=1)
    last = desktop.notifications.wait("85% of the weekly quota used")
    assert not told.is_gone(last)
    # The desktop decides how long each is seen: none is asked to stay.
    assert {(note.urgency, note.expire_ms) for note in (first, second, last)} == {(1, -1)}
    told.app.quit()
    wait_for("the last one to go with the program", lambda: told.is_gone(last))


def test_muted_until_its_reset_an_account_says_nothing_more_of_its_quota(
    desktop: Desktop, service: DemoService, proxy: Mitm
) -> None:
    told = AccountAlerts(desktop, service, proxy)
    calm = told.app.item.icon_pixels
    told.use(80)
    note = desktop.notifications.wait("80% of the 5-hour quota used")
    wait_for("the icon of a warning", lambda: told.app.item.icon_pixels != calm)
    before = told.app.item.icon_pixels
    desktop.notifications.press(note, "Mute until reset")
    wait_for("another icon", lambda: told.app.item.icon_pixels != before)
    told.app.open_panel()
    told.app.read(rf"^{ANA}\..*Muted until ")
    told.close_panel()
    told.use(100)
    # The end of the login comes after whatever was to be said of the quota.
    service.end_logins(ANA)
    told.app.item.click_menu("Refresh now")
    desktop.notifications.wait(f"{ANA}: (start Codex once|log in again)")
    assert [title for title in told.titles if "quota" in title] == [f"{ANA}: 80% of the 5-hour quota used"]
