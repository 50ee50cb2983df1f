"""The page at /docs, whose scripts and styles we serve ourselves: it works without any network but ours."""

from __future__ import annotations

from importlib.resources import files

from apiflask import APIFlask
from flask import Response, send_from_directory

ASSETS = "/docs/assets"


def install(app: APIFlask) -> None:
    """Point APIFlask's Swagger page at our copies of its files."""
    folder = str(files("flask_swagger_ui") / "dist")
    app.config.update(
        SWAGGER_UI_CSS=f"{ASSETS}/swagger-ui.css",
        SWAGGER_UI_BUNDLE_JS=f"{ASSETS}/swagger-ui-bundle.js",
        SWAGGER_UI_STANDALONE_PRESET_JS=f"{ASSETS}/swagger-ui-standalone-preset.js",
        DOCS_FAVICON=f"{ASSETS}/favicon-32x32.png",
    )

    @app.get(f"{ASSETS}/<path:name>", endpoint="openapi.asset")
    @app.doc(hide=True)
    def asset(name: str) -> Response:
        return send_from_directory(folder, name, max_age=86400)
