"""What is wrong with a template: found while somebody writes it, and not by whoever should have got the message."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from app.kit.texts import listed, t
from app.messaging import lint, rendering
from app.messaging.models import Purpose
from app.messaging.values import ValueRefused, fit, kind_of

# How an address on the web begins.
WEB = ("http://", "https://")
# Every fact that a form may speak of, with the longest example that is likely: `app/messaging/facts.py` gives them, and a test compares.
EXAMPLES = {
    "customer_name": "欧阳·娜塔莉亚女士",
    "customer_phone": "138****5678",
    "customer_city": "乌鲁木齐市",
    "last_series": "极曜 Kayan",
    "budget_band": "30–50 万",
    "visits_30d": "12",
    "last_seen_at": "2026年11月22日 09:05",
    "order_id": "01a204a5-7858-766a-9d2a-6d953af971dc",
    "order_number": "M20261122123456789012",
    "amount": "¥20000.00",
    "paid_at": "2026年11月22日 09:05",
    "cancel_reason": "客户计划有变",
    "dealer_note": "车辆已由其他客户订走，抱歉",
    "vehicle_id": "01a204a5-7858-766a-9d2a-6d953af971dc",
    "vehicle_title": "2026款 极曜 Kayan 纯电四驱长续航领航版 曜石黑",
    "vehicle_series": "极曜 Kayan",
    "vehicle_trim": "纯电四驱长续航领航版",
    "vehicle_price": "¥359800",
    "store_name": "极曜汽车上海浦东金桥体验中心",
    "store_phone": "021-58881234",
    "store_city": "上海市",
    "store_address": "上海市浦东新区金桥路 1358 弄 28 号一层",
    "visit_time": "2026年11月22日 09:00~18:00",
    "order_outcome": "已延长保留",
    "held_until": "2026年11月22日 09:05",
    "offered_until": "2026年11月22日 09:05",
    "waitlist_outcome": "不再出售",
    "refusal_link": "https://brand.example.cn/api/public/wishes/" + "x" * 87,
}


@dataclass(frozen=True)
class Problem:
    """`field` is the template's, or one of title, page, target, template_ids; `message` is Chinese. A warning keeps nobody from sending."""

    field: str
    code: str
    message: str
    is_warning: bool = False

    @classmethod
    def of(cls, field: str, code: str, *, is_warning: bool = False, **values: Any) -> Problem:
        return cls(field, code, t(f"messaging.problems.{code}", field=field, **values), is_warning)


@dataclass(frozen=True)
class Draft:
    """What somebody wrote. `platform`: of each account that the template is meant for, the typed keys that the account's template has, by
    label; None when the account has no such template (any more).
    """

    channel: str
    fields: Mapping[str, str]
    purpose: str = Purpose.transactional
    page: str | None = None
    template_ids: Mapping[str, str] = field(default_factory=dict)
    target: Mapping[str, str] | None = None
    let_pass: Sequence[str] = ()
    platform: Mapping[str, Mapping[str, str] | None] = field(default_factory=dict)


def form_problems(draft: Draft) -> list[Problem]:
    """Forms that are no Liquid, and facts that nobody has heard of."""
    found = []
    for name, form in {**draft.fields, **({"page": draft.page} if draft.page else {})}.items():
        try:
            speaks_of = rendering.checked(form) - EXAMPLES.keys()
            # What a system of the brand's answers nobody knows beforehand.
            unknown = sorted(name for name in speaks_of if not name.startswith("answers."))
        except rendering.FormWrong as wrong:
            found.append(Problem.of(name, f"form_{wrong.reason}", detail=wrong.detail))
            continue
        if unknown:
            found.append(Problem.of(name, "fact_unknown", is_warning=True, facts=listed(unknown)))
    return found


def marketing(draft: Draft) -> list[Problem]:
    """Marketing words in a notice of service, as far as nobody answers for them."""
    words = {name: [one for one in lint.marketing_words(form) if one not in draft.let_pass] for name, form in draft.fields.items()}
    return [Problem.of(name, "marketing_words", words=listed(those)) for name, those in words.items() if those]


def typed(draft: Draft) -> list[Problem]:
    """The fields are the typed keys of the platform's template, no more and no fewer; their words fit the type, and so does the longest
    example.
    """
    found = [] if draft.template_ids else [Problem.of("template_ids", "no_template_id")]
    for appid, keys in draft.platform.items():
        if keys is None:
            found.append(Problem.of("template_ids", "platform_gone", appid=appid))
            continue
        found += [Problem.of(name, "key_unknown") for name in draft.fields if name not in keys]
        found += [Problem.of(name, "key_missing", label=label) for name, label in keys.items() if name not in draft.fields]
    return list(dict.fromkeys(found)) + [problem for name, form in draft.fields.items() for problem in _value(name, form)]


def _value(name: str, form: str) -> list[Problem]:
    try:
        speaks_of = rendering.checked(form)
        text = rendering.rendered(form, EXAMPLES)
    except (rendering.FormWrong, rendering.FactMissing):
        return []  # said elsewhere, or not known before there is somebody
    shown = kind_of(name)
    try:
        fitted = fit(name, text)
    except ValueRefused as refused:
        return [Problem.of(name, f"value_{refused.reason}", is_warning=bool(speaks_of), type=shown, example=text)]
    if len(fitted) < len(" ".join(text.split())) and fitted.endswith("…"):
        return [Problem.of(name, "value_cut", is_warning=True, example=text, shown=fitted)]
    return []


def parts(draft: Draft, *wanted: str, longest_bytes: int, optional: Sequence[str] = ()) -> list[Problem]:
    """The fields are parts of a plain message with these names."""
    found = [Problem.of(name, "part_missing") for name in wanted if not draft.fields.get(name, "").strip()]
    found += [Problem.of(name, "part_unknown") for name in draft.fields if name not in (*wanted, *optional)]
    for name, form in draft.fields.items():
        try:
            text = rendering.rendered(form, EXAMPLES)
        except (rendering.FormWrong, rendering.FactMissing):
            continue
        if len(text.encode()) > longest_bytes:
            found.append(Problem.of(name, "text_too_long", is_warning=bool(rendering.checked(form)), most=longest_bytes))
    return found


def way_on(draft: Draft, *, opens_web: bool) -> list[Problem]:
    """A page where only a mini-program's can be opened is one of it."""
    shown = _example(draft.page or "")
    return [Problem.of("page", "page_outside")] if shown.startswith(WEB) and not opens_web else []


def refusable(draft: Draft, *, where: str) -> list[Problem]:
    """Whoever gets advertisements can refuse them where she reads them (Personal Information Protection Law, article 24)."""
    forms = (*draft.fields.values(), draft.page or "")
    if draft.purpose != Purpose.marketing or any("refusal_link" in _speaks_of(form) for form in forms):
        return []
    return [Problem.of(where, "no_refusal", is_warning=True)]


def _example(form: str) -> str:
    try:
        return rendering.rendered(form, EXAMPLES)
    except (rendering.FormWrong, rendering.FactMissing):
        return ""


def without_facts(draft: Draft) -> list[Problem]:
    """What goes to many at once is the same for all of them."""
    return [Problem.of(name, "no_facts_here") for name, form in draft.fields.items() if _speaks_of(form)]


def _speaks_of(form: str) -> frozenset[str]:
    try:
        return rendering.checked(form)
    except rendering.FormWrong:
        return frozenset()
