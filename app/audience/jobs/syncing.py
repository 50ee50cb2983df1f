"""Tags that WeCom and the service accounts know, too: told, heard and read through."""

from __future__ import annotations

from app.audience.service import hearing, linking, telling
from app.kit.queue import job


@job("audience.tell_tags", every=30, queue="bulk", transactional=False, timeout=600)
def tell_tags() -> None:
    while telling.tell_due() == telling.BATCH:
        pass


@job("audience.read_contact_tags", every=30, queue="bulk", transactional=False, timeout=600)
def read_contact_tags() -> None:
    while hearing.read_contacts() == hearing.BATCH:
        pass


@job("audience.tend_links", every=60, queue="bulk", transactional=False, timeout=1800)
def tend_links() -> None:
    linking.tend()
