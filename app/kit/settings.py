"""Every environment variable the platform reads: typed, read once, and a refusal to start when a secret is missing."""

from __future__ import annotations

import base64
import functools
import sys
from enum import StrEnum

from pydantic import Field, SecretStr, ValidationError, field_validator, model_validator
from pydantic_settings import BaseSettings, SettingsConfigDict


class Environment(StrEnum):
    demo = "demo"
    test = "test"
    production = "production"


class Settings(BaseSettings):
    """One field is one environment variable of the same name in capitals; `.env.example` lists each with a sentence."""

    model_config = SettingsConfigDict(extra="ignore", frozen=True)

    environment: Environment = Environment.production

    # Where the state lives
    database_url: str
    redis_url: str
    database_pool_size: int = 10
    queue_prefix: str = "marque"

    # Secrets
    secret_key: SecretStr = Field(min_length=32)
    field_key: SecretStr
    phone_pepper: SecretStr = Field(min_length=16)

    # Who we are to the outside
    public_base_url: str
    cookie_secure: bool = True
    trusted_proxies: int = Field(default=0, ge=0)
    live_url: str = ""

    # Tencent's servers
    wechat_api_base: str = "https://api.weixin.qq.com"
    wechat_pay_base: str = "https://api.mch.weixin.qq.com"
    wecom_api_base: str = "https://qyapi.weixin.qq.com"
    wechat_open_base: str = "https://open.weixin.qq.com"
    wechat_mp_base: str = "https://mp.weixin.qq.com"
    wechat_connect_timeout_seconds: float = 3.0
    wechat_read_timeout_seconds: float = 10.0
    wechat_calls_at_once: int = Field(default=64, ge=1)
    wechat_breaker_failures: int = Field(default=10, ge=1)
    wechat_breaker_seconds: float = 10.0
    wechat_quotas: dict[str, dict[str, int | None]] = Field(default_factory=dict)
    wechat_callback_window_seconds: int = 300
    wechat_callback_max_bytes: int = Field(default=131_072, ge=16_384)
    wechat_doubtful_per_minute: int = Field(default=60, ge=1)
    wechat_raw_days: int = Field(default=7, ge=1)
    wechat_inbox_days: int = Field(default=90, ge=2)

    # Tencent Location Service; without a key our own table answers
    lbs_base: str = "https://apis.map.qq.com"
    lbs_key: SecretStr = SecretStr("")
    lbs_secret: SecretStr = SecretStr("")
    lbs_timeout_seconds: float = 1.0
    lbs_calls_per_second: int = Field(default=5, ge=1)
    lbs_calls_per_day: int = Field(default=6_000, ge=1)

    # What Tencent allows between people and accounts: for how long (seconds) and how often an account may answer her, by what she did
    reply_windows: dict[str, tuple[int, int]] = Field(
        default_factory=lambda: {
            "service_account.wrote": (172_800, 5),
            "service_account.menu": (60, 3),
            "service_account.followed": (60, 3),
            "service_account.scanned": (60, 3),
            "mini_program.wrote": (172_800, 5),
            "mini_program.entered": (60, 2),
        }
    )
    group_sends_per_month: int = Field(default=4, ge=1)
    member_tasks_per_month: int = Field(default=0, ge=0)
    member_messages_per_minute: int = Field(default=30, ge=1)
    member_messages_per_hour: int = Field(default=1_000, ge=1)

    # Short messages, by Tencent Cloud; without an app id there are none
    sms_base: str = "https://sms.tencentcloudapi.com"
    sms_region: str = "ap-guangzhou"
    sms_app_id: str = ""
    sms_sign: str = ""
    sms_secret_id: str = ""
    sms_secret_key: SecretStr = SecretStr("")

    # Hosts of private networks that webhooks may call all the same, as host:port
    webhook_hosts_allowed: list[str] = Field(default_factory=list)

    # Policies that a brand may want to change without a release; the first three are what its first deposit terms start with
    soft_hold_minutes: int = Field(default=15, ge=6)
    hard_hold_hours: int = Field(default=72, ge=1)
    active_reservations_per_customer: int = Field(default=1, ge=1)
    waitlist_offer_minutes: int = Field(default=15, ge=1)
    waitlist_cars_per_customer: int = Field(default=5, ge=1)
    shipping_warn_hours: int = Field(default=36, ge=1)
    stock_confirm_days: int = Field(default=14, ge=0)
    feed_max_bytes: int = Field(default=128 * 1024 * 1024, ge=1024)
    feed_report_days: int = Field(default=90, ge=1)
    export_days: int = Field(default=7, ge=1)
    export_max_rows: int = Field(default=1_000_000, ge=1)
    favourites_per_customer: int = Field(default=500, ge=1)
    recent_views_per_customer: int = Field(default=100, ge=1)
    saved_searches_per_customer: int = Field(default=20, ge=1)
    saved_search_most_results: int = Field(default=5000, ge=1)
    price_drop_alert_yuan: int = Field(default=1000, ge=1)
    digest_hour: int = Field(default=9, ge=0, le=23)
    broadcast_ahead: int = Field(default=5_000, ge=1)
    journey_error_percent: int = Field(default=10, ge=1, le=100)
    journey_errors_least: int = Field(default=20, ge=1)
    campaign_window_days: int = Field(default=30, ge=1)
    campaign_ticket_minutes: int = Field(default=10, ge=1)
    alerts_kept_days: int = Field(default=180, ge=1)
    customer_session_days: int = 30
    staff_session_hours: int = 12

    # How often a minute, per customer or else per device; 0 is as often as they like
    logins_per_minute: int = Field(default=30, ge=0)
    shares_per_minute: int = Field(default=60, ge=0)
    event_batches_per_minute: int = Field(default=60, ge=0)
    places_per_minute: int = Field(default=30, ge=0)
    interests_per_minute: int = Field(default=120, ge=0)
    partner_calls_per_minute: int = Field(default=600, ge=0)
    people_per_address: int = Field(default=10, ge=1)

    # The clock may be moved forward for demo and tests; production refuses
    clock_movable: bool = False
    clock_token: SecretStr = SecretStr("")

    # What processes count, for Prometheus; without a token nobody may read it
    metrics_token: SecretStr = SecretStr("")
    prometheus_multiproc_dir: str = ""

    # The index of the search
    search_dir: str = "var/search"
    search_away_seconds: float = Field(default=60.0, gt=0)

    media_dir: str = "var/media"
    photo_max_bytes: int = Field(default=15_000_000, ge=100_000)
    photos_before_listing: int = Field(default=0, ge=0, le=200)
    photos_per_vehicle: int = Field(default=40, ge=1, le=200)
    photo_undo_days: int = Field(default=7, ge=1)
    photo_hosts_allowed: list[str] = Field(default_factory=list)
    log_level: str = "INFO"
    log_json: bool = True

    @field_validator("field_key")
    @classmethod
    def _is_32_bytes(cls, value: SecretStr) -> SecretStr:
        try:
            raw = base64.b64decode(value.get_secret_value(), validate=True)
        except ValueError:
            raw = b""
        if len(raw) != 32:
            raise ValueError("must be the base64 of exactly 32 random bytes")
        return value

    @field_validator("database_url")
    @classmethod
    def _speaks_psycopg(cls, value: str) -> str:
        for scheme in ("postgresql://", "postgres://"):
            if value.startswith(scheme):
                return "postgresql+psycopg://" + value.removeprefix(scheme)
        return value

    @model_validator(mode="after")
    def _production_is_strict(self) -> Settings:
        if self.environment is Environment.production:
            if self.clock_movable:
                raise ValueError("CLOCK_MOVABLE cannot be set in production: the clock there is the database's own")
            if not self.public_base_url.startswith("https://"):
                raise ValueError("PUBLIC_BASE_URL must be https in production: WeChat Pay refuses other notify addresses")
        if self.clock_movable and len(self.clock_token.get_secret_value()) < 16:
            raise ValueError("CLOCK_TOKEN of at least 16 characters is needed when CLOCK_MOVABLE is set")
        return self


@functools.cache
def settings() -> Settings:
    """The settings of this process. Ends the process, naming every variable that is missing or wrong, when they do not hold."""
    try:
        return Settings()  # type: ignore[call-arg]  # the fields come from the environment
    except ValidationError as error:
        lines = [
            f"  {'.'.join(str(part) for part in problem['loc']).upper() or 'SETTINGS'}: {problem['msg']}" for problem in error.errors()
        ]
        sys.exit("Marque cannot start, because of these settings (see .env.example):\n" + "\n".join(lines))
