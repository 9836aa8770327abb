"""Who may call what, written out a second time: whoever widens the table says so here, too."""

from app.web.access import ACCESS, Access

# What a route asks for, and the routes that ask for it.
TABLE = {
    "annotator": """
        own.answer
    """,
    "annotator in_archive": """
        own.show
    """,
    "annotator rates": """
        rate.ahead rate.back rate.next rate.recent rate.save rate.show rate.undo studies.ahead studies.back studies.rate
        studies.recent studies.save studies.turn studies.undo
    """,
    "annotator rates edits": """
        rate.edit
    """,
    "anybody": """
        health.show join.redeem join.show sign_in.arrive sign_in.back sign_in.choose sign_in.enter sign_in.forgotten
        sign_in.link sign_in.password sign_in.provider sign_in.reset sign_in.send sign_in.show static
    """,
    "curator": """
        candidates.decide candidates.edit candidates.use comparisons.new comparisons.start imports.answer
        imports.answers imports.give_up imports.look imports.new imports.start imports.undo imports.undoing jobs.cancel
        models.add models.edit models.new models.remove models.try projects.edit prompts.dry_run prompts.preview
        prompts.restore prompts.save releases.freeze reread.keep reread.new reread.start rubrics.copy rubrics.preview
        rubrics.save rubrics.use runs.cancel runs.change runs.continue runs.dry_run runs.estimate runs.new runs.pause
        runs.start seeds.add seeds.add_shipped seeds.edit seeds.import seeds.new seeds.restore seeds.retire
        similarity.keep similarity.search similarity.start_replay similarity.take_back similarity.turn_down
        studies.close studies.decide studies.estimate studies.new studies.open studies.start
    """,
    "owner": """
        calls.write_off people.change people.crowd people.invite people.leave_out people.link people.mail people.pause
        people.revoke people.take_back projects.archive
    """,
    "owner in_archive": """
        people.download people.list projects.delete projects.deletion projects.restore
    """,
    "signed in": """
        account.link account.password account.rename account.show home.show projects.archived projects.going
        sign_out.all sign_out.here
    """,
    "signed in makes_projects": """
        projects.create
    """,
    "signed in runs_instance": """
        instance.link instance.projects instance.show instance.workers
    """,
    "viewer annotator in_archive": """
        projects.show studies.list
    """,
    "viewer in_archive": """
        calls.download calls.list calls.show candidates.list candidates.show comparisons.download comparisons.figures
        comparisons.list comparisons.show imports.list jobs.card jobs.live jobs.show models.list models.show
        projects.settings prompts.compare prompts.list prompts.show releases.download releases.list releases.show
        rubrics.list rubrics.show runs.figures runs.list runs.live runs.show seeds.list seeds.show similarity.duplicates
        similarity.list similarity.replay studies.adjudicate studies.download studies.report studies.show
    """,
}


def told(access: Access) -> str:
    """What an entry of the table asks for, in words."""
    who = ["anybody"] if not access.signed_in else [role.value for role in access.roles] or ["signed in"]
    flags = ("rates", "edits", "makes_projects", "runs_instance", "in_archive")
    return " ".join(who + [flag for flag in flags if getattr(access, flag)])


def test_the_table_is_as_it_is_written_here():
    written = {route: asks for asks, routes in TABLE.items() for route in routes.split()}
    assert {route: told(access) for route, access in ACCESS.items()} == written
