"""Who the consumer is: login by code, phone binding, one profile across accounts, consent and erasure."""
