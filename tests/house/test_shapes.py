"""Laws of the description of our API, from which the console's types are made."""

import re
from typing import Any


def test_no_two_shapes_go_by_one_name(app: Any):
    schemas = app.spec["components"]["schemas"]

    assert [name for name in schemas if re.search(r"(In|Out)\d+$", name)] == []


def test_every_reference_of_the_description_leads_somewhere(app: Any):
    described = app.spec
    referred = set(re.findall(r"#/components/schemas/([\w.-]+)", str(described)))

    assert referred - set(described["components"]["schemas"]) == set()


def test_what_we_give_is_described_as_there_unless_it_says_that_it_may_be_absent(app: Any):
    schemas = app.spec["components"]["schemas"]

    assert schemas["console.OrderRowOut"]["required"] == list(schemas["console.OrderRowOut"]["properties"])
    assert "next_cursor" not in schemas["console.JourneysOut"]["required"]
    assert "x-absent" not in str(schemas)
