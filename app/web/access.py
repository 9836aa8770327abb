"""The access table: who may call each route. A route that isn't here is refused, and a test fails."""

from dataclasses import dataclass

from app.models.people import Role


@dataclass(frozen=True, slots=True)
class Access:
    """``signed_in``: whether a person is needed. ``role``: the least role in the project of the path.

    ``runs_instance``: only who runs the instance.
    """

    signed_in: bool = True
    role: Role | None = None
    runs_instance: bool = False


PUBLIC = Access(signed_in=False)
SIGNED_IN = Access()
ANNOTATOR = Access(role=Role.ANNOTATOR)
CURATOR = Access(role=Role.CURATOR)
OWNER = Access(role=Role.OWNER)
RUNS_INSTANCE = Access(runs_instance=True)

ACCESS: dict[str, Access] = {
    "health.show": PUBLIC,
    "static": PUBLIC,
    "sign_in.show": PUBLIC,
    "sign_in.password": PUBLIC,
    "sign_in.link": PUBLIC,
    "join.show": PUBLIC,
    "join.redeem": PUBLIC,
    "sign_out.all": SIGNED_IN,
    "sign_out.here": SIGNED_IN,
    "account.show": SIGNED_IN,
    "account.rename": SIGNED_IN,
    "account.password": SIGNED_IN,
    "home.show": SIGNED_IN,
    "instance.show": RUNS_INSTANCE,
    "instance.workers": RUNS_INSTANCE,
    "projects.create": SIGNED_IN,
    "projects.show": ANNOTATOR,
    "projects.settings": CURATOR,
    "projects.edit": CURATOR,
    "seeds.list": CURATOR,
    "seeds.new": CURATOR,
    "seeds.add": CURATOR,
    "seeds.import": CURATOR,
    "seeds.add_shipped": CURATOR,
    "seeds.show": CURATOR,
    "seeds.edit": CURATOR,
    "seeds.retire": CURATOR,
    "seeds.restore": CURATOR,
    "models.list": CURATOR,
    "models.new": CURATOR,
    "models.add": CURATOR,
    "models.show": CURATOR,
    "models.edit": CURATOR,
    "models.try": CURATOR,
    "models.remove": CURATOR,
    "prompts.list": CURATOR,
    "prompts.show": CURATOR,
    "prompts.save": CURATOR,
    "prompts.preview": CURATOR,
    "prompts.compare": CURATOR,
    "prompts.restore": CURATOR,
    "prompts.dry_run": CURATOR,
    "runs.list": CURATOR,
    "runs.new": CURATOR,
    "runs.start": CURATOR,
    "runs.dry_run": CURATOR,
    "runs.estimate": CURATOR,
    "runs.show": CURATOR,
    "runs.live": CURATOR,
    "runs.figures": CURATOR,
    "runs.cancel": CURATOR,
    "runs.pause": CURATOR,
    "runs.change": CURATOR,
    "runs.continue": CURATOR,
    "comparisons.list": CURATOR,
    "comparisons.new": CURATOR,
    "comparisons.start": CURATOR,
    "comparisons.show": CURATOR,
    "comparisons.figures": CURATOR,
    "comparisons.download": CURATOR,
    "imports.list": CURATOR,
    "imports.new": CURATOR,
    "imports.start": CURATOR,
    "jobs.show": CURATOR,
    "jobs.card": CURATOR,
    "jobs.live": CURATOR,
    "jobs.cancel": CURATOR,
    "similarity.list": CURATOR,
    "similarity.start_replay": CURATOR,
    "similarity.replay": CURATOR,
    "similarity.search": CURATOR,
    "similarity.duplicates": CURATOR,
    "similarity.keep": CURATOR,
    "similarity.turn_down": CURATOR,
    "similarity.take_back": CURATOR,
    "candidates.list": CURATOR,
    "candidates.show": CURATOR,
    "candidates.edit": CURATOR,
    "candidates.decide": CURATOR,
    "candidates.use": CURATOR,
    "rate.next": ANNOTATOR,
    "rate.ahead": ANNOTATOR,
    "rate.recent": ANNOTATOR,
    "rate.show": ANNOTATOR,
    "rate.back": ANNOTATOR,
    "rate.save": ANNOTATOR,
    "rate.edit": ANNOTATOR,
    "rate.undo": ANNOTATOR,
    "rubrics.list": CURATOR,
    "rubrics.copy": CURATOR,
    "rubrics.show": CURATOR,
    "rubrics.save": CURATOR,
    "rubrics.preview": CURATOR,
    "rubrics.use": CURATOR,
    "releases.list": CURATOR,
    "releases.freeze": CURATOR,
    "releases.show": CURATOR,
    "releases.download": CURATOR,
    "people.list": OWNER,
    "people.invite": OWNER,
    "people.revoke": OWNER,
    "people.change": OWNER,
}
