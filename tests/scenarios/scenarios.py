"""The scenarios; each body runs all of them, from a module of its own."""

from datetime import timedelta

import pytest

from tests.scenarios.driver import Driver

HOUR, DAY = timedelta(hours=1), timedelta(days=1)


class Scenarios:
    @pytest.fixture
    def program(self) -> Driver:
        """The program in this body, not yet started."""
        raise NotImplementedError

    async def test_a_first_login_brings_the_numbers(self, program: Driver) -> None:
        program.set_used("ana", short=42, weekly=17)
        async with program.running():
            assert "No account yet" in program.tray_text()
            await program.log_in("ana")
            assert "There is capacity" in program.tray_text()
            assert "ana@example.com" in program.tray_text()
            assert "5 h 42%" in program.tray_text()
            assert "Week 17%" in program.tray_text()
            assert await program.is_kept("ana")
        assert program.notifications() == []

    async def test_a_quota_that_gets_tight_is_said_once_for_each_level(self, program: Driver) -> None:
        program.add_account("ana")
        program.set_used("ana", short=42, weekly=17)
        async with program.running():
            program.set_used("ana", short=82, weekly=17)
            await program.refresh()
            first = "ana@example.com: 82% of the 5-hour quota used"
            assert program.notifications() == [first]
            await program.refresh()
            assert program.notifications() == [first]
            program.set_used("ana", short=96, weekly=17)
            await program.refresh()
            assert program.notifications() == [first, "ana@example.com: 96% of the 5-hour quota used"]

    async def test_a_used_up_quota_says_when_it_comes_back(self, program: Driver) -> None:
        program.add_account("ana")
        program.set_used("ana", short=100, weekly=17)
        async with program.running():
            assert "No capacity until " in program.tray_text()
            assert program.notifications() == ["ana@example.com: the 5-hour quota is used up"]
            await program.sleep(5 * HOUR)
            assert "There is capacity" in program.tray_text()
            assert program.notifications()[1:] == ["ana@example.com: there is capacity again"]

    async def test_a_login_is_renewed_before_it_ends(self, program: Driver) -> None:
        program.add_account("ana")
        program.set_used("ana", short=5, weekly=5)
        async with program.running():
            await program.advance(HOUR / 3)
            assert program.renewals("ana") == 0
            await program.sleep(9 * DAY)
            assert program.renewals("ana") == 1
            assert "ana@example.com: the login was renewed" in program.notifications()
            assert "log in again" not in program.card("ana").lower()
            assert await program.is_kept("ana")

    async def test_a_recorded_end_is_no_end_while_the_service_takes_the_login(self, program: Driver) -> None:
        program.add_copied_account("ana", recorded=-DAY)
        program.set_used("ana", short=42, weekly=17)
        async with program.running():
            assert "5 h 42%" in program.tray_text()
            assert "17%" in program.card("ana")
            await program.advance(HOUR)
            assert "There is capacity" in program.tray_text()
            assert "log in again" not in program.card("ana").lower() + program.tray_text().lower()
        assert (program.notifications(), program.renewals("ana")) == ([], 0)

    async def test_a_login_that_was_ended_is_told_and_signed_in_again(self, program: Driver) -> None:
        program.add_account("ana")
        program.set_used("ana", short=42, weekly=17)
        async with program.running():
            program.end_login("ana")
            await program.refresh()
            assert program.notifications() == ["ana@example.com: log in again"]
            assert "Login needed" in program.tray_text()
            await program.log_in_again("ana")
            assert "There is capacity" in program.tray_text()
            assert "Week 17%" in program.tray_text()
            assert len(program.state.accounts) == 1
            assert await program.is_kept("ana")
        assert program.notifications() == ["ana@example.com: log in again"]

    async def test_a_journey_without_a_network_keeps_the_numbers_and_disturbs_nobody(self, program: Driver) -> None:
        program.add_account("ana")
        program.set_used("ana", short=42, weekly=17)
        async with program.running():
            program.go_offline()
            await program.refresh()
            assert "Offline" in program.tray_text()
            assert "Week 17%" in program.tray_text()
            program.go_online()
            await program.refresh()
            assert "There is capacity" in program.tray_text()
        assert program.notifications() == []

    async def test_a_second_account_stands_beside_the_first(self, program: Driver) -> None:
        program.add_account("ana")
        program.set_used("ana", short=20, weekly=10)
        program.set_used("ben", short=60, weekly=30)
        async with program.running():
            await program.log_in("ben")
            assert "2 of 2 can work" in program.tray_text()
            assert "ben@example.com" in program.tray_text(), "the icon is about the tightest account"
            assert "10%" in program.card("ana")
            assert "30%" in program.card("ben")

    async def test_a_removed_account_does_not_come_back_with_the_next_start(self, program: Driver) -> None:
        program.add_account("ana")
        program.add_account("ben")
        async with program.running():
            await program.remove("ana")
            assert [account.email for account in program.state.accounts] == ["ben@example.com"]
        async with program.running():
            assert [account.email for account in program.state.accounts] == ["ben@example.com"]
            assert await program.is_kept("ben")
        assert not await program.is_kept("ana")

    async def test_the_official_client_works_with_the_account_that_was_chosen(self, program: Driver) -> None:
        program.add_account("ana")
        program.add_account("ben")
        async with program.running():
            await program.use_in_codex("ana")
            assert program.done() == "Codex uses ana@example.com from its next start."
            assert "In use by Codex" in program.card("ana")
            assert "In use by Codex" not in program.card("ben")
            assert await program.in_codex() == ["ana@example.com"]
            # It is renewed here, and the client gets the new access token.
            await program.sleep(9 * DAY)
            assert program.renewals("ana") == 1
            assert await program.in_codex() == ["ana@example.com"]
            await program.use_in_codex("ben")
            await program.use_in_codex("ana")
            assert await program.in_codex() == ["ana@example.com"]
            assert await program.is_kept("ana")
            assert await program.is_kept("ben")
        assert program.faults() == []

    async def test_a_restart_keeps_logins_and_numbers_and_says_nothing_twice(self, program: Driver) -> None:
        program.add_account("ana")
        program.set_used("ana", short=82, weekly=17)
        async with program.running():
            said = list(program.notifications())
            assert said == ["ana@example.com: 82% of the 5-hour quota used"]
        program.go_offline()
        async with program.running():
            assert "Week 17%" in program.tray_text()
            assert list(program.notifications()) == said
            program.go_online()
            await program.refresh()
            assert list(program.notifications()) == said
            assert "There is capacity" in program.tray_text()
