"""What a simulated account's quota looks like, before time is applied to it."""

from enum import StrEnum

import msgspec

FIVE_HOURS = 5 * 3600
WEEK = 7 * 86_400
MONTH = 30 * 86_400


class SimulatedWindow(msgspec.Struct, frozen=True):
    """A window as it stood at its anchor: ``used`` percent, ``elapsed`` as a fraction of its ``seconds``.

    The anchor is ``at`` (unix seconds) or, without it, the moment its person became known to the service.
    """

    seconds: int
    used: float
    elapsed: float
    at: float | None = None


class Extra(msgspec.Struct, frozen=True):
    """An additional limit of one feature."""

    limit_name: str
    metered_feature: str
    window: SimulatedWindow


class Shape(msgspec.Struct, frozen=True, kw_only=True):
    """The windows in the order of their slots (primary first), and what else usage reports."""

    windows: tuple[SimulatedWindow, ...] = ()
    code_review: SimulatedWindow | None = None
    extras: tuple[Extra, ...] = ()
    balance: str | None = None
    """The credit balance as the service writes it; None leaves ``credits`` null."""
    spend_limit: float | None = None
    """The member's spending limit in credits; None leaves ``spend_control`` null."""
    spent: float = 4
    """Percent of the spending limit that are used at the anchor."""
    reset_credits: int = 0


class Plan(StrEnum):
    """The plans that the simulated service sells."""

    FREE = "free"
    PLUS = "plus"
    PRO = "pro"
    TEAM = "team"
    BUSINESS = "business"
    ENTERPRISE = "enterprise"


def plus(short: float = 42, weekly: float = 17) -> Shape:
    """Both windows, credits, two reset credits."""
    windows = (SimulatedWindow(FIVE_HOURS, short, 0.57), SimulatedWindow(WEEK, weekly, 0.43))
    return Shape(windows=windows, balance="12.50", reset_credits=2)


def team(short: float = 88, weekly: float = 61) -> Shape:
    """Both windows, code review, one extra limit and a spending limit."""
    return Shape(
        windows=(SimulatedWindow(FIVE_HOURS, short, 0.873), SimulatedWindow(WEEK, weekly, 0.68)),
        code_review=SimulatedWindow(WEEK, 24, 0.68),
        extras=(Extra("GPT-6-Spark", "codex_spark", SimulatedWindow(FIVE_HOURS, 30, 0.5)),),
        spend_limit=1000,
    )


def pro(short: float = 11, weekly: float = 100) -> Shape:
    """A healthy 5 h window that means nothing, because the week is used up."""
    windows = (SimulatedWindow(FIVE_HOURS, short, 0.79), SimulatedWindow(WEEK, weekly, 0.55))
    return Shape(windows=windows, balance="0E-10", reset_credits=1)


def free(weekly: float = 35) -> Shape:
    """One weekly window, in the primary slot."""
    return Shape(windows=(SimulatedWindow(WEEK, weekly, 0.5),))


def business(monthly: float = 63) -> Shape:
    """One monthly window, in the primary slot."""
    return Shape(windows=(SimulatedWindow(MONTH, monthly, 0.8),), spend_limit=250)


def budget(spent: float = 92) -> Shape:
    """No window at all: a budget of credits is all that limits."""
    return Shape(spend_limit=1000, spent=spent)


def shape_of(plan: str, share: int) -> Shape:
    """A shape of ``plan``; ``share`` (any integer) sets how much of it is used."""
    if plan == Plan.FREE:
        return free(share % 97)
    if plan == Plan.BUSINESS:
        return business(share % 101)
    if plan == Plan.ENTERPRISE:
        return budget(share % 101) if share % 2 else Shape()
    kind = {Plan.TEAM: team, Plan.PRO: pro}.get(Plan(plan), plus)
    return kind(share % 96, share // 7 % 101)
