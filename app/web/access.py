"""The access table: who may call each route. A route that isn't here is refused, and a test fails."""

from dataclasses import dataclass

from app.models.people import Role


@dataclass(frozen=True, slots=True)
class Access:
    """``signed_in``: whether a person is needed. ``roles``: the least roles in the project of the path; one of them is
    enough. ``rates``: closed to whoever is paused. ``edits``: open to annotators only where the project lets them
    change texts. ``makes_projects`` and ``runs_instance``: only for who has the right to. ``in_archive``: also open
    where the project is archived, in which nothing changes.
    """

    signed_in: bool = True
    roles: tuple[Role, ...] = ()
    rates: bool = False
    edits: bool = False
    makes_projects: bool = False
    runs_instance: bool = False
    in_archive: bool = False

    def admits(self, role: Role, *, annotators_edit: bool = False) -> bool:
        """Return whether somebody with ``role`` in a project may call the route; ``annotators_edit`` is what it lets
        annotators do."""
        may_edit = annotators_edit or role.includes(Role.CURATOR)
        has_role = not self.roles or any(role.includes(least) for least in self.roles)
        return has_role and (may_edit or not self.edits)


PUBLIC = Access(signed_in=False)
SIGNED_IN = Access()
MEMBER = Access(roles=(Role.VIEWER, Role.ANNOTATOR), in_archive=True)
VIEWER = Access(roles=(Role.VIEWER,), in_archive=True)
ANNOTATOR = Access(roles=(Role.ANNOTATOR,), rates=True)
EDITOR = Access(roles=(Role.ANNOTATOR,), rates=True, edits=True)
OWN = Access(roles=(Role.ANNOTATOR,))
OWN_SEEN = Access(roles=(Role.ANNOTATOR,), in_archive=True)
CURATOR = Access(roles=(Role.CURATOR,))
OWNER = Access(roles=(Role.OWNER,))
KEEPER = Access(roles=(Role.OWNER,), in_archive=True)
MAKES_PROJECTS = Access(makes_projects=True)
RUNS_INSTANCE = Access(runs_instance=True)

ACCESS: dict[str, Access] = {
    "health.show": PUBLIC,
    "static": PUBLIC,
    "sign_in.show": PUBLIC,
    "sign_in.password": PUBLIC,
    "sign_in.link": PUBLIC,
    "sign_in.provider": PUBLIC,
    "sign_in.back": PUBLIC,
    "sign_in.arrive": PUBLIC,
    "sign_in.enter": PUBLIC,
    "sign_in.forgotten": PUBLIC,
    "sign_in.send": PUBLIC,
    "sign_in.reset": PUBLIC,
    "sign_in.choose": PUBLIC,
    "join.show": PUBLIC,
    "join.redeem": PUBLIC,
    "sign_out.all": SIGNED_IN,
    "sign_out.here": SIGNED_IN,
    "account.show": SIGNED_IN,
    "account.rename": SIGNED_IN,
    "account.password": SIGNED_IN,
    "account.link": SIGNED_IN,
    "home.show": SIGNED_IN,
    "instance.show": RUNS_INSTANCE,
    "instance.workers": RUNS_INSTANCE,
    "instance.link": RUNS_INSTANCE,
    "instance.projects": RUNS_INSTANCE,
    "projects.create": MAKES_PROJECTS,
    "projects.archived": SIGNED_IN,
    "projects.going": SIGNED_IN,
    "projects.show": MEMBER,
    "projects.settings": VIEWER,
    "projects.edit": CURATOR,
    "projects.archive": OWNER,
    "projects.restore": KEEPER,
    "projects.deletion": KEEPER,
    "projects.delete": KEEPER,
    "seeds.list": VIEWER,
    "seeds.new": CURATOR,
    "seeds.add": CURATOR,
    "seeds.import": CURATOR,
    "seeds.add_shipped": CURATOR,
    "seeds.show": VIEWER,
    "seeds.edit": CURATOR,
    "seeds.retire": CURATOR,
    "seeds.restore": CURATOR,
    "models.list": VIEWER,
    "models.new": CURATOR,
    "models.add": CURATOR,
    "models.show": VIEWER,
    "models.edit": CURATOR,
    "models.try": CURATOR,
    "models.remove": CURATOR,
    "prompts.list": VIEWER,
    "prompts.show": VIEWER,
    "prompts.save": CURATOR,
    "prompts.preview": CURATOR,
    "prompts.compare": VIEWER,
    "prompts.restore": CURATOR,
    "prompts.dry_run": CURATOR,
    "runs.list": VIEWER,
    "runs.new": CURATOR,
    "runs.start": CURATOR,
    "runs.dry_run": CURATOR,
    "runs.estimate": CURATOR,
    "runs.show": VIEWER,
    "runs.live": VIEWER,
    "runs.figures": VIEWER,
    "runs.cancel": CURATOR,
    "runs.pause": CURATOR,
    "runs.change": CURATOR,
    "runs.continue": CURATOR,
    "reread.new": CURATOR,
    "reread.start": CURATOR,
    "reread.keep": CURATOR,
    "calls.list": VIEWER,
    "calls.show": VIEWER,
    "calls.download": VIEWER,
    "calls.write_off": OWNER,
    "comparisons.list": VIEWER,
    "comparisons.new": CURATOR,
    "comparisons.start": CURATOR,
    "comparisons.show": VIEWER,
    "comparisons.figures": VIEWER,
    "comparisons.download": VIEWER,
    "imports.list": VIEWER,
    "imports.new": CURATOR,
    "imports.start": CURATOR,
    "imports.look": CURATOR,
    "imports.answer": CURATOR,
    "imports.give_up": CURATOR,
    "imports.answers": CURATOR,
    "imports.undoing": CURATOR,
    "imports.undo": CURATOR,
    "jobs.show": VIEWER,
    "jobs.card": VIEWER,
    "jobs.live": VIEWER,
    "jobs.cancel": CURATOR,
    "similarity.list": VIEWER,
    "similarity.start_replay": CURATOR,
    "similarity.replay": VIEWER,
    "similarity.search": CURATOR,
    "similarity.duplicates": VIEWER,
    "similarity.keep": CURATOR,
    "similarity.turn_down": CURATOR,
    "similarity.take_back": CURATOR,
    "candidates.list": VIEWER,
    "candidates.show": VIEWER,
    "candidates.edit": CURATOR,
    "candidates.decide": CURATOR,
    "candidates.use": CURATOR,
    "rate.next": ANNOTATOR,
    "rate.ahead": ANNOTATOR,
    "rate.recent": ANNOTATOR,
    "rate.show": ANNOTATOR,
    "rate.back": ANNOTATOR,
    "rate.save": ANNOTATOR,
    "rate.edit": EDITOR,
    "rate.undo": ANNOTATOR,
    "rubrics.list": VIEWER,
    "rubrics.copy": CURATOR,
    "rubrics.show": VIEWER,
    "rubrics.save": CURATOR,
    "rubrics.preview": CURATOR,
    "rubrics.use": CURATOR,
    "studies.list": MEMBER,
    "studies.new": CURATOR,
    "studies.estimate": CURATOR,
    "studies.start": CURATOR,
    "studies.show": VIEWER,
    "studies.open": CURATOR,
    "studies.close": CURATOR,
    "studies.adjudicate": VIEWER,
    "studies.decide": CURATOR,
    "studies.report": VIEWER,
    "studies.download": VIEWER,
    "studies.rate": ANNOTATOR,
    "studies.ahead": ANNOTATOR,
    "studies.recent": ANNOTATOR,
    "studies.turn": ANNOTATOR,
    "studies.back": ANNOTATOR,
    "studies.save": ANNOTATOR,
    "studies.undo": ANNOTATOR,
    "releases.list": VIEWER,
    "releases.freeze": CURATOR,
    "releases.show": VIEWER,
    "releases.download": VIEWER,
    "people.list": KEEPER,
    "own.show": OWN_SEEN,
    "own.answer": OWN,
    "people.invite": OWNER,
    "people.mail": OWNER,
    "people.crowd": OWNER,
    "people.download": KEEPER,
    "people.pause": OWNER,
    "people.leave_out": OWNER,
    "people.link": OWNER,
    "people.take_back": OWNER,
    "people.revoke": OWNER,
    "people.change": OWNER,
}
