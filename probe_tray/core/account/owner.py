"""Whose a login is, and whether two are one person's: the only place that knows what to do without a user id."""

import enum

import msgspec


class OwnerMatch(enum.Enum):
    """Whether two logins are one person's in one workspace."""

    SAME = "same"
    OTHER = "other"
    UNCLEAR = "unclear"
    """One names its user, the other doesn't, and an email is missing."""


class Owner(msgspec.Struct, frozen=True):
    """What a login says of its owner.

    Every member of a team has the account id in common, so the user id belongs to it. Older tokens don't name their
    user; those go by their email.
    """

    account_id: str
    user_id: str = ""
    email: str = ""

    def match(self, other: "Owner") -> OwnerMatch:
        """Whether this is ``other``; the same the other way round.

        Of two that both don't name their user every store can keep only one, so they count as one.
        """
        if self.account_id != other.account_id:
            return OwnerMatch.OTHER
        if bool(self.user_id) == bool(other.user_id):
            return OwnerMatch.SAME if self.user_id == other.user_id else OwnerMatch.OTHER
        if not (self.email and other.email):
            return OwnerMatch.UNCLEAR
        return OwnerMatch.SAME if self.email.casefold() == other.email.casefold() else OwnerMatch.OTHER

    def may_become(self, later: "Owner") -> bool:
        """Whether a renewal of this one's login may bring one of ``later``, which can know more and never less.

        A renewal keeps an email that is known, so that ``later`` without it is somebody else.
        """
        match = self.match(later)
        return match is OwnerMatch.SAME or (match is OwnerMatch.UNCLEAR and not self.email)
