"""Plan the days, work them off, and deal with what differs."""

from app.reconciliation.service.notices import count_open
from app.reconciliation.service.planning import claim, plan, run_again
from app.reconciliation.service.resolving import resolve
from app.reconciliation.service.working import work

__all__ = ["claim", "count_open", "plan", "resolve", "run_again", "work"]
