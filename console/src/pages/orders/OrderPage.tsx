/** One order: where it stands, what was paid, and the ledger lines that prove it. */
import { Skeleton } from "antd";
import { Link, useParams } from "react-router";
import { useOrder } from "../../api/queries";
import type { Order } from "../../api/types";
import { yuan } from "../../lib/money";
import { absolute } from "../../lib/time";
import { Facts } from "../../parts/Facts";
import { Failure } from "../../parts/Failure";
import { Moment } from "../../parts/Moment";
import { Page } from "../../parts/Page";
import { Panel } from "../../parts/Panel";
import { PersonLine, VehicleLine } from "../../parts/People";
import { Status } from "../../parts/Status";
import { Trail } from "../../parts/Trail";
import { t } from "../../texts";
import { Deal } from "./Deal";
import { Ledger } from "./Ledger";
import { Progress } from "./Progress";
import "./orders.css";

function Payments({ order }: { order: Order }) {
  return (
    <Panel title={t.orders.attempts}>
      {order.attempts.length === 0 ? (
        <span className="quiet">{t.orders.noAttempts}</span>
      ) : (
        <ul className="plain">
          {order.attempts.map((attempt) => (
            <li key={attempt.id} className="payment-line">
              <Status value={attempt.status} texts={t.orders.attemptStatus} />
              <span className="quiet">
                <Moment at={attempt.created_at} />
              </span>
              <small>
                <span className="quiet">{t.orders.outTradeNo}</span> <code>{attempt.out_trade_no}</code>
              </small>
              {attempt.transaction_id && (
                <small>
                  <span className="quiet">{t.orders.transaction}</span> <code>{attempt.transaction_id}</code>
                </small>
              )}
            </li>
          ))}
        </ul>
      )}
    </Panel>
  );
}

function Refunds({ order }: { order: Order }) {
  if (order.refunds.length === 0) return null;
  return (
    <Panel title={t.orders.refunds}>
      <ul className="plain">
        {order.refunds.map((refund) => (
          <li key={refund.id} className="payment-line">
            <Status value={refund.status} texts={t.orders.refundStatus} />
            <strong className="amount">{yuan(refund.amount_fen)}</strong>
            <small>
              <span className="quiet">{refund.reason}</span> <code>{refund.out_refund_no}</code>
            </small>
            <small className="quiet">
              <Moment at={refund.created_at} />
            </small>
          </li>
        ))}
      </ul>
    </Panel>
  );
}

function facts(order: Order): Parameters<typeof Facts>[0]["items"] {
  const items: Parameters<typeof Facts>[0]["items"] = [
    [t.orders.columns.amount, `${yuan(order.amount_fen)} · ${t.orders.depositType[order.deposit_type] ?? order.deposit_type}`],
    [t.orders.columns.status, <Status key="status" value={order.status} texts={t.orders.status} />],
    [t.orders.columns.payment, <Status key="payment" value={order.payment_status} texts={t.orders.payment} />],
  ];
  if (order.close_reason) items.push([t.orders.closedBecause, t.orders.closeReason[order.close_reason] ?? order.close_reason]);
  if (order.cancel_reason) items.push([t.orders.cancelWords, order.cancel_reason]);
  if (order.dealer_note) items.push([t.orders.dealerNote, order.dealer_note]);
  if (order.payee_name) items.push([t.orders.payee, order.payee_name]);
  items.push([t.orders.refundRule, t.terms.refundRules[order.refund_rule] ?? order.refund_rule]);
  if (order.refundable_until) items.push([t.orders.refundableUntil, absolute(order.refundable_until)]);
  items.push([t.orders.terms, `${order.terms_version} · ${t.orders.termsAt(absolute(order.terms_accepted_at))}`]);
  if (order.confirmed_at) items.push([t.orders.confirmedAt, absolute(order.confirmed_at)]);
  if (order.shipping) items.push([t.orders.shipping, order.shipping.error_code ? t.say.aside(order.shipping.label, order.shipping.error_code) : order.shipping.label]);
  if (order.store) items.push([t.orders.store, order.store.name]);
  return items;
}

function Ordered({ at }: { at: string }) {
  return (
    <>
      {t.orders.columns.created} <Moment at={at} />
    </>
  );
}

function OrderPage() {
  const { id = "" } = useParams();
  const found = useOrder(id);
  const order = found.data;
  const back = { to: "/orders", label: t.orders.title };
  if (!order)
    return (
      <Page title={t.orders.title} back={back}>
        <Panel>
          {found.error ? <Failure error={found.error} retry={() => void found.refetch()} /> : <Skeleton active paragraph={{ rows: 8 }} />}
        </Panel>
      </Page>
    );
  return (
    <Page title={order.number} back={back} subtitle={<Ordered at={order.created_at} />} extra={<strong className="page-amount">{yuan(order.amount_fen)}</strong>}>
      <div className="stack">
        <Panel>
          <Progress order={order} />
        </Panel>
        <Deal order={order} />
        <div className="columns">
          <div className="stack">
            <Panel title={t.orders.ledger} flush>
              <Ledger lines={order.ledger} />
            </Panel>
            <Payments order={order} />
            <Refunds order={order} />
            <Panel title={t.trail.title}>
              <Trail moves={order.trail} />
            </Panel>
          </div>
          <div className="stack">
            <Panel title={t.orders.facts}>
              <Facts items={facts(order)} />
            </Panel>
            <Panel title={t.orders.customer}>
              <Link to={`/customers/${order.customer.id}`}>
                <PersonLine person={order.customer} />
              </Link>
            </Panel>
            <Panel title={t.orders.vehicle}>
              <VehicleLine vehicle={order.vehicle} />
            </Panel>
          </div>
        </div>
      </div>
    </Page>
  );
}

export { OrderPage as Component };
