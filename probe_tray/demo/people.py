"""The people who have accounts at the simulated service."""

import hashlib
import uuid

import msgspec

from probe_tray.demo.shapes import Plan, Shape, budget, plus, pro, shape_of, team

_PLANS = (Plan.PLUS, Plan.TEAM, Plan.PRO, Plan.PLUS, Plan.FREE, Plan.BUSINESS, Plan.PLUS, Plan.ENTERPRISE)
_PERSONAL = frozenset({Plan.FREE, Plan.PLUS, Plan.PRO})


class Workspace(msgspec.Struct, frozen=True, kw_only=True):
    """One membership. Every member of a team shares ``account_id``; the quota is the member's own."""

    account_id: str
    title: str
    plan: str
    shape: Shape
    role: str = "owner"
    fedramp: bool = False
    codex_enabled: bool = True
    """Off: a login into this workspace ends with ``access_denied`` and ``missing_codex_entitlement``."""
    routing_override: str = "NO_CONSTRAINT"
    """Other than this for a workspace that is tied to a region: its models answer only where this is sent along."""

    @property
    def label(self) -> str:
        """Plan, and the workspace's name where it is not the personal one."""
        return self.plan.capitalize() if self.plan in _PERSONAL else f"{self.title} · {self.plan.capitalize()}"


class DemoPerson(msgspec.Struct, frozen=True, kw_only=True):
    """One user and the workspaces this user may log in to, the default one first."""

    email: str
    user_id: str
    workspaces: tuple[Workspace, ...]

    def workspace(self, account_id: str) -> Workspace | None:
        """The membership in ``account_id``, or None."""
        return next((space for space in self.workspaces if space.account_id == account_id), None)


def account_id_of(name: str) -> str:
    """The same UUID for the same name, always."""
    return str(uuid.uuid5(uuid.NAMESPACE_URL, f"account:{name}"))


def user_id_of(email: str) -> str:
    """The same user id for the same address, always."""
    return f"user-{hashlib.sha256(email.casefold().encode()).hexdigest()[:24]}"


def person(email: str, *workspaces: Workspace) -> DemoPerson:
    """A person whose user id follows from the address."""
    return DemoPerson(email=email, user_id=user_id_of(email), workspaces=workspaces)


def personal(email: str, plan: str, shape: Shape) -> Workspace:
    """The workspace that belongs to one person alone."""
    return Workspace(account_id=account_id_of(email.casefold()), title="Personal", plan=plan, shape=shape)


def studio(shape: Shape, role: str = "owner") -> Workspace:
    """A membership in the team that several sample people share."""
    title = "Studio"
    return Workspace(account_id=account_id_of("team:studio"), title=title, plan=Plan.TEAM, shape=shape, role=role)


def sample_people() -> tuple[DemoPerson, ...]:
    """The three whom ``--demo`` starts with: one fine, one close to the 5 h limit, one whose week is used up."""
    ana, research = "ana@example.com", "research@example.com"
    return (
        person(ana, personal(ana, Plan.PLUS, plus())),
        person("lee@studio.example", studio(team())),
        person(research, personal(research, Plan.PRO, pro())),
    )


def special_people() -> tuple[DemoPerson, ...]:
    """The odd cases: a team mate, two workspaces of one address, FedRAMP, a budget, Codex switched off."""
    sam, guest = "sam@example.com", "guest@example.com"
    agency = Workspace(
        account_id=account_id_of("team:agency"), title="Agency", plan=Plan.ENTERPRISE, shape=plus(55, 70), fedramp=True
    )
    company = Workspace(account_id=account_id_of("team:company"), title="Company", plan=Plan.BUSINESS, shape=budget())
    closed = personal(guest, Plan.FREE, shape_of(Plan.FREE, 0))
    return (
        person("kim@studio.example", studio(team(12, 34), role="member")),
        person(sam, personal(sam, Plan.PLUS, plus(5, 90)), studio(team(40, 20), role="member")),
        person("pat@agency.example", agency),
        person("bo@company.example", company),
        person(guest, msgspec.structs.replace(closed, codex_enabled=False)),
    )


def people(count: int) -> tuple[DemoPerson, ...]:
    """``count`` people: the samples first, then as many others as needed."""
    others = (newcomer(f"user{number:03}@example.com") for number in range(1, count + 1))
    return (*sample_people(), *others)[:count]


def newcomer(email: str) -> DemoPerson:
    """Whoever signs in with an address nobody has used: plan and quota follow from the address."""
    share = int.from_bytes(hashlib.sha256(email.casefold().encode()).digest()[:4])
    plan = _PLANS[share % len(_PLANS)]
    space = personal(email, plan, shape_of(plan, share // len(_PLANS)))
    if plan not in _PERSONAL:
        space = msgspec.structs.replace(space, title=email.partition("@")[2].partition(".")[0].capitalize())
    return person(email, space)
