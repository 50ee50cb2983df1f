"""Lists as files: asked for by staff, written by a worker, fetched by whoever asked, gone after some days."""
