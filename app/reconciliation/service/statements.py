"""What differs, in SQL: each statement gives rows of `COLUMNS` for one reconciliation, whatever their number.

Parameters: run_id, brand_id, account_id, bill_on, and since and until, the bounds of the day in China. Numbers are looked for in the bills
of all days: what the next day's bill has is no difference of this day any more.
"""

from __future__ import annotations

COLUMNS = (
    "kind", "concerns", "reference", "transaction_id", "out_trade_no", "out_refund_no", "sub_mchid", "attempt_id", "refund_id", "order_id",
    "ours_fen", "theirs_fen", "ours", "theirs",
)  # fmt: skip

# A payment in the bill beside the entry by which it came into the ledger, and the attempt by which we asked for it.
PAYMENTS = """
SELECT CASE WHEN e.id IS NULL THEN 'over' WHEN b.debit_fen <> l.amount_fen OR l.currency <> 'CNY' THEN 'amount' ELSE 'status' END AS kind,
       'payment' AS concerns, 'payment ' || l.number AS reference, l.transaction_id, l.out_trade_no, NULL AS out_refund_no, l.sub_mchid,
       a.id AS attempt_id, NULL::uuid AS refund_id, o.id AS order_id, b.debit_fen AS ours_fen, l.amount_fen AS theirs_fen,
       CASE WHEN e.sub_mchid IS DISTINCT FROM l.sub_mchid AND e.id IS NOT NULL THEN coalesce(e.sub_mchid, '-') ELSE a.status END AS ours,
       CASE WHEN e.sub_mchid IS DISTINCT FROM l.sub_mchid AND e.id IS NOT NULL THEN coalesce(l.sub_mchid, '-') ELSE l.state END AS theirs
FROM bill_lines l
LEFT JOIN payment_attempts a ON a.out_trade_no = l.out_trade_no AND a.account_id = :account_id
LEFT JOIN orders o ON o.intent_id = a.intent_id
LEFT JOIN ledger_entries e ON e.reference = 'payment ' || l.number AND e.account_id = :account_id
LEFT JOIN ledger_lines b ON b.entry_id = e.id AND b.account = 'wechat_clearing'
WHERE l.reconciliation_id = :run_id AND l.kind = 'payment'
  AND CASE
        WHEN e.id IS NULL THEN l.state = 'SUCCESS'
        ELSE b.debit_fen <> l.amount_fen OR l.currency <> 'CNY' OR l.state <> 'SUCCESS' OR a.status <> 'succeeded'
             OR e.sub_mchid IS DISTINCT FROM l.sub_mchid
      END
"""

# A refund in the bill beside ours. One that is under way there may be further on here by now.
REFUNDS = """
SELECT CASE WHEN r.id IS NULL THEN 'over' WHEN r.amount_fen <> l.amount_fen OR l.currency <> 'CNY' THEN 'amount' ELSE 'status' END AS kind,
       'refund' AS concerns, 'refund ' || l.number AS reference, l.transaction_id, l.out_trade_no, l.out_refund_no, l.sub_mchid,
       r.attempt_id, r.id AS refund_id, o.id AS order_id, r.amount_fen AS ours_fen, l.amount_fen AS theirs_fen, r.status AS ours,
       l.state AS theirs
FROM bill_lines l
LEFT JOIN refunds r ON r.out_refund_no = l.out_refund_no AND r.account_id = :account_id
LEFT JOIN orders o ON o.intent_id = r.intent_id
LEFT JOIN ledger_entries e ON e.reference = 'refund paid ' || l.out_refund_no AND e.account_id = :account_id
WHERE l.reconciliation_id = :run_id AND l.kind = 'refund'
  AND CASE
        WHEN r.id IS NULL THEN l.state <> 'FAIL'
        WHEN r.amount_fen <> l.amount_fen OR l.currency <> 'CNY' THEN true
        WHEN l.state = 'SUCCESS' THEN r.status <> 'succeeded' OR e.id IS NULL
        WHEN l.state = 'FAIL' THEN r.status <> 'closed'
        WHEN l.state = 'CHANGE' THEN r.status IN ('requested', 'submitted')
        ELSE r.status = 'requested'
      END
"""

PAYMENTS_WITHOUT_A_LINE = """
SELECT 'short' AS kind, 'payment' AS concerns, e.reference, substr(e.reference, 9) AS transaction_id,
       coalesce(a.out_trade_no, x.out_trade_no) AS out_trade_no, NULL AS out_refund_no, e.sub_mchid, a.id AS attempt_id,
       NULL::uuid AS refund_id, o.id AS order_id, b.debit_fen AS ours_fen, NULL::bigint AS theirs_fen, a.status AS ours, NULL AS theirs
FROM ledger_entries e
JOIN ledger_lines b ON b.entry_id = e.id AND b.account = 'wechat_clearing'
LEFT JOIN payment_attempts a ON a.transaction_id = substr(e.reference, 9)
LEFT JOIN payment_incidents x ON x.id = e.incident_id
LEFT JOIN orders o ON o.intent_id = e.intent_id
WHERE e.brand_id = :brand_id AND e.account_id = :account_id AND e.created_at >= :since AND e.created_at < :until AND e.kind = 'payment'
  AND NOT EXISTS (SELECT FROM bill_lines l WHERE l.number = substr(e.reference, 9) AND l.kind = 'payment')
"""

REFUNDS_WITHOUT_A_LINE = """
SELECT 'short' AS kind, 'refund' AS concerns, 'refund ' || coalesce(r.refund_id, r.out_refund_no) AS reference, a.transaction_id,
       r.out_trade_no, r.out_refund_no, r.sub_mchid, r.attempt_id, r.id AS refund_id, o.id AS order_id, r.amount_fen AS ours_fen,
       NULL::bigint AS theirs_fen, r.status AS ours, NULL AS theirs
FROM ledger_entries e
JOIN refunds r ON r.id = e.refund_id
LEFT JOIN payment_attempts a ON a.id = r.attempt_id
LEFT JOIN orders o ON o.intent_id = r.intent_id
WHERE e.brand_id = :brand_id AND e.account_id = :account_id AND e.created_at >= :since AND e.created_at < :until AND e.kind = 'refund paid'
  AND NOT EXISTS (SELECT FROM bill_lines l WHERE l.number = r.refund_id AND l.kind = 'refund')
"""

# Orders whose payments or refunds are in this bill: what is kept of a deposit belongs to a live order, and a live order has it.
ORDERS = """
WITH touched AS (
    SELECT a.intent_id, l.transaction_id, l.out_trade_no, l.sub_mchid
    FROM bill_lines l JOIN payment_attempts a ON a.out_trade_no = l.out_trade_no
    WHERE l.reconciliation_id = :run_id AND l.kind IN ('payment', 'refund')
), kept AS (
    SELECT t.intent_id, min(t.transaction_id) AS transaction_id, min(t.out_trade_no) AS out_trade_no, min(t.sub_mchid) AS sub_mchid,
           coalesce((
               SELECT sum(b.credit_fen - b.debit_fen) FROM ledger_entries e JOIN ledger_lines b ON b.entry_id = e.id
               WHERE e.intent_id = t.intent_id AND b.account = 'customer_deposits'
           ), 0) AS fen
    FROM touched t GROUP BY t.intent_id
)
SELECT 'order' AS kind, 'payment' AS concerns, 'order ' || coalesce(o.number, k.intent_id::text) AS reference, k.transaction_id,
       k.out_trade_no, NULL AS out_refund_no, k.sub_mchid, NULL::uuid AS attempt_id, NULL::uuid AS refund_id, o.id AS order_id,
       k.fen AS ours_fen, NULL::bigint AS theirs_fen, o.status AS ours, NULL AS theirs
FROM kept k
JOIN payment_intents i ON i.id = k.intent_id AND i.subject_type = 'order'
LEFT JOIN orders o ON o.intent_id = i.id
WHERE CASE WHEN k.fen > 0 THEN coalesce(o.status, 'closed') IN ('created', 'awaiting_payment', 'closed')
           ELSE o.status IN ('paid', 'confirmed') END
"""

# What the merchant's account got of a payment, or lost by a refund, on whatever day. A sub-merchant's money moves on its own account.
# Without a fund-flow bill it is one difference, and not one per line.
TRADES_WITHOUT_THEIR_FLOW = """
WITH moved AS (
    SELECT l.kind, l.number, l.transaction_id, l.out_trade_no, l.out_refund_no, coalesce(f.fen, 0) AS fen, coalesce(f.fee, 0) AS fee,
           CASE l.kind WHEN 'payment' THEN l.settled_fen ELSE -l.amount_fen END AS told, -l.fee_fen AS told_fee,
           EXISTS (SELECT FROM bill_lines x WHERE x.reconciliation_id = :run_id AND x.kind = 'flow') AS has_bill
    FROM bill_lines l
    CROSS JOIN LATERAL (
        SELECT sum(f.amount_fen) FILTER (WHERE f.state IN ('payment', 'refund')) AS fen,
               sum(f.amount_fen) FILTER (WHERE f.state IN ('fee', 'fee_back')) AS fee
        FROM bill_lines f
        WHERE f.kind = 'flow' AND f.transaction_id IN (l.number, l.transaction_id)
          AND CASE l.kind
                WHEN 'payment' THEN f.state IN ('payment', 'fee')
                ELSE f.state IN ('refund', 'fee_back') AND (f.transaction_id = l.number OR f.voucher IN (l.number, l.out_refund_no))
              END
    ) f
    WHERE l.reconciliation_id = :run_id AND l.kind IN ('payment', 'refund') AND l.state = 'SUCCESS' AND l.sub_mchid IS NULL
)
SELECT CASE WHEN m.fen <> m.told THEN 'flow' ELSE 'fee' END AS kind, m.kind AS concerns, m.kind || ' ' || m.number AS reference,
       m.transaction_id, m.out_trade_no, m.out_refund_no, NULL AS sub_mchid, NULL::uuid AS attempt_id, NULL::uuid AS refund_id,
       NULL::uuid AS order_id, CASE WHEN m.fen <> m.told THEN abs(m.told) ELSE -m.told_fee END AS ours_fen,
       CASE WHEN m.fen <> m.told THEN abs(m.fen) ELSE -m.fee END AS theirs_fen, NULL AS ours, NULL AS theirs
FROM moved m
WHERE m.has_bill AND (m.fen <> m.told OR m.fee <> m.told_fee)
UNION ALL
SELECT 'flow', 'flow', 'bill', NULL, NULL, NULL, NULL, NULL, NULL, NULL, sum(m.told), sum(m.fen), NULL, NULL
FROM moved m
WHERE NOT m.has_bill AND m.fen <> m.told
HAVING count(*) > 0
"""

FLOWS_WITHOUT_THEIR_TRADE = """
SELECT 'flow' AS kind, 'flow' AS concerns, 'flow ' || min(f.number) AS reference, f.transaction_id, NULL AS out_trade_no,
       NULL AS out_refund_no, NULL AS sub_mchid, NULL::uuid AS attempt_id, NULL::uuid AS refund_id, NULL::uuid AS order_id,
       NULL::bigint AS ours_fen, sum(f.amount_fen) AS theirs_fen, NULL AS ours, min(f.state) AS theirs
FROM bill_lines f
WHERE f.reconciliation_id = :run_id AND f.kind = 'flow'
  AND CASE
        WHEN f.state IN ('payment', 'fee')
        THEN NOT EXISTS (SELECT FROM bill_lines l WHERE l.number = f.transaction_id AND l.kind = 'payment')
        WHEN f.state IN ('refund', 'fee_back')
        THEN NOT EXISTS (SELECT FROM bill_lines l WHERE l.number IN (f.transaction_id, f.voucher) AND l.kind = 'refund')
             AND NOT EXISTS (
                 SELECT FROM refunds r JOIN bill_lines l ON l.number = r.refund_id AND l.kind = 'refund' WHERE r.out_refund_no = f.voucher
             )
        ELSE false
      END
GROUP BY f.transaction_id, f.voucher, f.state IN ('payment', 'fee')
"""

# The same payment or refund on two rows, of this bill or of an earlier one of the account.
DUPLICATES = """
SELECT 'duplicate' AS kind, l.kind AS concerns, l.kind || ' ' || l.number AS reference, min(l.transaction_id) AS transaction_id,
       min(l.out_trade_no) AS out_trade_no, min(l.out_refund_no) AS out_refund_no, min(l.sub_mchid) AS sub_mchid,
       NULL::uuid AS attempt_id, NULL::uuid AS refund_id, NULL::uuid AS order_id, min(l.amount_fen) AS ours_fen,
       sum(l.amount_fen) + min(l.amount_fen) * sum(l.before) / count(*) AS theirs_fen, NULL AS ours, NULL AS theirs
FROM (
    SELECT l.*, (
        SELECT count(*) FROM bill_lines x JOIN reconciliations r ON r.id = x.reconciliation_id
        WHERE x.number = l.number AND x.kind = l.kind AND x.state = l.state AND r.account_id = :account_id AND r.bill_on < :bill_on
    ) AS before
    FROM bill_lines l
    WHERE l.reconciliation_id = :run_id AND l.kind IN ('payment', 'refund') AND l.state = 'SUCCESS'
) l
GROUP BY l.kind, l.number
HAVING count(*) > 1 OR sum(l.before) > 0
"""

ALL = (
    PAYMENTS,
    REFUNDS,
    PAYMENTS_WITHOUT_A_LINE,
    REFUNDS_WITHOUT_A_LINE,
    ORDERS,
    TRADES_WITHOUT_THEIR_FLOW,
    FLOWS_WITHOUT_THEIR_TRADE,
    DUPLICATES,
)

# Keeps what a person said about it.
KEEP = """
INSERT INTO reconciliation_differences AS d (id, brand_id, reconciliation_id, found_in, {columns})
SELECT gen_random_uuid(), :brand_id, :run_id, :round, {columns}
FROM (SELECT DISTINCT ON (kind, reference) * FROM ({found}) every ORDER BY kind, reference) f
ON CONFLICT (reconciliation_id, kind, reference) DO UPDATE
SET found_in = excluded.found_in, ours_fen = excluded.ours_fen, theirs_fen = excluded.theirs_fen, ours = excluded.ours,
    theirs = excluded.theirs, attempt_id = excluded.attempt_id, refund_id = excluded.refund_id, order_id = excluded.order_id
WHERE d.status <> 'resolved'
"""

STILL = "SELECT 1 FROM ({found}) f WHERE f.kind = :kind AND f.reference = :reference LIMIT 1"

FIGURES = """
SELECT jsonb_build_object(
    'theirs', jsonb_build_object(
        'payments', count(*) FILTER (WHERE l.kind = 'payment' AND l.state = 'SUCCESS'),
        'payments_fen', coalesce(sum(l.amount_fen) FILTER (WHERE l.kind = 'payment' AND l.state = 'SUCCESS'), 0),
        'refunds', count(*) FILTER (WHERE l.kind = 'refund' AND l.state <> 'FAIL'),
        'refunds_fen', coalesce(sum(l.amount_fen) FILTER (WHERE l.kind = 'refund' AND l.state <> 'FAIL'), 0),
        'fee_fen', coalesce(sum(l.fee_fen), 0)
    ),
    'flow', jsonb_build_object(
        'in_fen', coalesce(sum(l.amount_fen) FILTER (WHERE l.kind = 'flow' AND l.amount_fen > 0), 0),
        'out_fen', coalesce(-sum(l.amount_fen) FILTER (WHERE l.kind = 'flow' AND l.amount_fen < 0), 0),
        'other_fen', coalesce(sum(l.amount_fen) FILTER (WHERE l.kind = 'flow' AND l.state = 'other'), 0)
    )
) FROM bill_lines l WHERE l.reconciliation_id = :run_id
"""

# Ours of the day: what stands in its bill, and what should.
OUR_FIGURES = """
SELECT jsonb_build_object(
    'payments', coalesce(sum(n) FILTER (WHERE kind = 'payment'), 0), 'payments_fen', coalesce(sum(fen) FILTER (WHERE kind = 'payment'), 0),
    'refunds', coalesce(sum(n) FILTER (WHERE kind = 'refund'), 0), 'refunds_fen', coalesce(sum(fen) FILTER (WHERE kind = 'refund'), 0)
) FROM (
    SELECT 'payment' AS kind, count(*) AS n, sum(b.debit_fen) AS fen
    FROM (SELECT DISTINCT number FROM bill_lines WHERE reconciliation_id = :run_id AND kind = 'payment') l
    JOIN ledger_entries e ON e.reference = 'payment ' || l.number AND e.account_id = :account_id
    JOIN ledger_lines b ON b.entry_id = e.id AND b.account = 'wechat_clearing'
    UNION ALL
    SELECT 'refund', count(*), sum(r.amount_fen)
    FROM (SELECT DISTINCT out_refund_no FROM bill_lines WHERE reconciliation_id = :run_id AND kind = 'refund') l
    JOIN refunds r ON r.out_refund_no = l.out_refund_no AND r.account_id = :account_id AND r.status <> 'closed'
    UNION ALL
    SELECT d.concerns, count(*), sum(d.ours_fen) FROM reconciliation_differences d
    WHERE d.reconciliation_id = :run_id AND d.kind = 'short' AND d.status <> 'cleared_by_itself'
    GROUP BY d.concerns
) ours
"""
