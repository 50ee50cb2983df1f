"""Every day WeChat Pay's bills are compared with our ledger and with the orders, and what differs waits for finance."""
