"""To which message it is owed that somebody reached the goal."""

from __future__ import annotations

# The last message of a walk `w` that had left by the moment `told.at`, as `got`; NULLs where none had.
OWED = """
    LEFT JOIN LATERAL (
        SELECT step.send_id, step.node_id, step.version_id
        FROM walk_steps step JOIN sends ON sends.id = step.send_id AND sends.status = 'accepted'
        WHERE step.walk_id = w.id AND step.left_at <= told.at ORDER BY step.visit_no DESC LIMIT 1
    ) got ON true
"""
