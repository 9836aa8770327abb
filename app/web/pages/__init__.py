"""The pages, one module per section of the site."""

from fastapi import APIRouter

from app.web.pages import (
    account,
    candidates,
    comparisons,
    home,
    imports,
    instance,
    jobs,
    join,
    models,
    people,
    projects,
    prompts,
    rate,
    releases,
    rubrics,
    runs,
    seeds,
    sign_in,
    similarity,
)

ROUTERS: tuple[APIRouter, ...] = (
    sign_in.router,
    join.router,
    account.router,
    home.router,
    instance.router,
    projects.router,
    seeds.router,
    models.router,
    prompts.router,
    runs.router,
    comparisons.router,
    imports.router,
    jobs.router,
    candidates.router,
    similarity.router,
    rate.router,
    rubrics.router,
    releases.router,
    people.router,
)
