"""Looks across the domains, within what a staff member may see."""
