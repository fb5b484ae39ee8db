"""How a person arranges accounts."""

from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from probe_tray.core.account.arrangement import Alias, Arrangement, Density, Sort
from probe_tray.core.account.identity import AccountKey, StoreKind
from probe_tray.core.events import AccountsRead, ArrangementChanged
from probe_tray.core.reduce import reduce
from probe_tray.core.state import AccountState, AppState

ANA = AccountState(key=AccountKey("a"), stores=(StoreKind.VAULT,))
BEN = AccountState(key=AccountKey("b"), stores=(StoreKind.VAULT,))
_SLUGS = st.lists(st.sampled_from("abcdef"), unique=True, min_size=1)


def test_a_name_is_given_changed_and_taken_away() -> None:
    arrangement = Arrangement(aliases=(Alias("b", "Ben"),)).named("a", " Work\n").named("a", "Home")
    assert (arrangement.alias("a"), arrangement.alias("b")) == ("Home", "Ben")
    assert arrangement.named("a", "  ").aliases == (Alias("b", "Ben"),)


def test_a_name_is_never_long_or_unprintable() -> None:
    assert Arrangement().named("a", "x\0" * 100).alias("a") == "x" * 60


@given(_SLUGS, st.data())
def test_moving_keeps_everybody_and_puts_one_before_another(slugs: list[str], data: st.DataObject) -> None:
    slug = data.draw(st.sampled_from(slugs))
    before = data.draw(st.sampled_from([*slugs, None]))
    arrangement = Arrangement().moved(slugs, slug, before)
    assert arrangement.sort is Sort.OWN
    assert sorted(arrangement.order) == sorted(slugs)
    assert [s for s in arrangement.order if s != slug] == [s for s in slugs if s != slug]
    if before is None:
        assert arrangement.order[-1] == slug
    elif before != slug:
        assert arrangement.order.index(slug) + 1 == arrangement.order.index(before)


def test_accounts_carry_their_names_whichever_comes_first() -> None:
    named = Arrangement().named(ANA.key.slug, "Work")
    arranged = reduce(reduce(AppState(), AccountsRead(accounts=(ANA, BEN))), ArrangementChanged(arrangement=named))
    read = reduce(reduce(AppState(), ArrangementChanged(arrangement=named)), AccountsRead(accounts=(ANA, BEN)))
    assert [a.alias for a in arranged.accounts] == [a.alias for a in read.accounts] == ["Work", ""]
    again = reduce(arranged, ArrangementChanged(arrangement=Arrangement()))
    assert [a.alias for a in again.accounts] == ["", ""]


def test_a_name_survives_another_reading_without_a_change() -> None:
    state = reduce(AppState(arrangement=Arrangement().named(ANA.key.slug, "Work")), AccountsRead(accounts=(ANA,)))
    assert reduce(state, AccountsRead(accounts=(ANA,))) is state


_ARRANGEMENTS = st.builds(
    Arrangement,
    aliases=st.dictionaries(st.sampled_from("abc"), st.sampled_from(["x", "y"])).map(
        lambda names: tuple(Alias(slug, name) for slug, name in sorted(names.items()))
    ),
    order=st.permutations("abc").map(tuple),
    sort=st.sampled_from(Sort),
    density=st.sampled_from(Density),
    pinned=st.booleans(),
)


def _sorted(arrangement: Arrangement) -> Arrangement:
    return replace(arrangement, aliases=tuple(sorted(arrangement.aliases, key=lambda alias: alias.slug)))


@given(_ARRANGEMENTS, _ARRANGEMENTS)
def test_undoing_the_last_change_brings_back_what_was_before(before: Arrangement, after: Arrangement) -> None:
    assert _sorted(after.without(before, after)) == _sorted(before)


@given(_ARRANGEMENTS, st.sampled_from(Sort), st.sampled_from(["a", "b"]))
def test_undoing_a_name_leaves_what_was_changed_since(before: Arrangement, sort: Sort, slug: str) -> None:
    after = before.named(slug, "new")
    undone = replace(after, sort=sort).without(before, after)
    assert (undone.alias(slug), undone.sort) == (before.alias(slug), sort)
