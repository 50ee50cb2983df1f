"""The web server's entry point: `granian --interface wsgi wsgi:app`, `flask --app wsgi …`."""

from app.factory import create_app

app = create_app()
