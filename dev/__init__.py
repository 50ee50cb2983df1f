"""The local stack: everything that `make setup`, `make run` and `make test` need beside the platform itself."""
