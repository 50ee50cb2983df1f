"""Money in and out through WeChat Pay: intents, attempts, refunds, the ledger, and what a person has to look at."""
