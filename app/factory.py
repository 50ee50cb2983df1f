"""create_app(): the only module that knows every domain, which it finds by walking app/."""

from __future__ import annotations

from app.kit import memory  # isort: split

import importlib
import importlib.util
import pkgutil
from pathlib import Path
from types import ModuleType

import click
from apiflask import APIBlueprint, APIFlask
from werkzeug.middleware.proxy_fix import ProxyFix

from app.kit import clock, db, docs, health, idempotency, logging, metrics, web
from app.kit.settings import Environment, settings

_APP = Path(__file__).parent
# What is there in every process. Doors for HTTP and for hand are the application's: to import them takes a worker a sixth of its start.
DOORS = ("models", "jobs", "handlers", "exported")


def domains() -> list[str]:
    """The names of all domains: the packages under app/ except the kit."""
    return sorted(info.name for info in pkgutil.iter_modules([str(_APP)]) if info.ispkg and info.name != "kit")


def modules(door: str) -> list[ModuleType]:
    """The modules of this name in every domain that has one; a package is walked."""
    found = []
    for domain in domains():
        name = f"app.{domain}.{door}"
        if importlib.util.find_spec(name) is None:
            continue
        module = importlib.import_module(name)
        found.append(module)
        for info in pkgutil.iter_modules(getattr(module, "__path__", []), name + "."):
            found.append(importlib.import_module(info.name))
    return found


def assemble() -> None:
    """Import every door, so that jobs, handlers and tables are known: what workers and migrations need."""
    for door in DOORS:
        modules(door)


def prepare_work() -> None:
    """Everything for a process that works and answers nobody."""
    logging.configure()
    assemble()
    _settle()


def create_app() -> APIFlask:
    """The web application with every domain's routes and commands."""
    logging.configure()
    assemble()
    app = APIFlask("app", title="Marque", version="0.1.0", docs_path="/docs", spec_path="/openapi.json")
    app.config.update(
        SECRET_KEY=settings().secret_key.get_secret_value(),
        MAX_CONTENT_LENGTH=2 * 1024 * 1024,
        AUTO_404_RESPONSE=False,
        VALIDATION_ERROR_STATUS_CODE=422,
        VALIDATION_ERROR_DESCRIPTION="Fields of the wrong form",
        LOCAL_SERVERS=False,
    )
    if settings().trusted_proxies:
        app.wsgi_app = ProxyFix(app.wsgi_app, x_for=settings().trusted_proxies)  # type: ignore[method-assign]
    web.install(app)
    docs.install(app)
    app.register_blueprint(health.public)
    app.register_blueprint(metrics.platform)
    for module in modules("routes"):
        for value in vars(module).values():
            if isinstance(value, APIBlueprint) and value.name not in app.blueprints:
                app.register_blueprint(value)
    idempotency.install(app)
    for module in modules("cli"):
        for value in vars(module).values():
            if isinstance(value, click.Group) and value.name not in app.cli.commands:
                app.cli.add_command(value)
    _settle()
    return app


def _settle() -> None:
    if settings().environment is Environment.production:
        with db.transaction() as session:
            clock.refuse_a_moved_clock(session)
    memory.settle()
