/** One refund: how much of what, where it stands, and every step that it took. */
import { Alert, Button, Skeleton } from "antd";
import { useState } from "react";
import { Link, useParams } from "react-router";
import type { Refund } from "../../api/finance";
import { useRefund } from "../../api/financeQueries";
import { useStaff } from "../../app/session";
import { yuan } from "../../lib/money";
import { absolute } from "../../lib/time";
import { Facts } from "../../parts/Facts";
import { Failure } from "../../parts/Failure";
import { MerchantLines } from "../../parts/MerchantLines";
import { Moment } from "../../parts/Moment";
import { Page } from "../../parts/Page";
import { Panel } from "../../parts/Panel";
import { PersonLine } from "../../parts/People";
import { Status } from "../../parts/Status";
import { Trail } from "../../parts/Trail";
import { t } from "../../texts";
import { Redirect } from "./Redirect";
import { mayDealWithMoney } from "./roles";
import "./finance.css";

function facts(refund: Refund): Parameters<typeof Facts>[0]["items"] {
  const code = (value: string | null) => (value ? <code key={value}>{value}</code> : t.common.none);
  return [
    [t.refunds.columns.amount, t.refunds.ofPaid(yuan(refund.amount_fen), yuan(refund.paid_fen))],
    [t.refunds.columns.status, <Status key="status" value={refund.status} texts={t.orders.refundStatus} />],
    [t.refunds.reason, refund.reason],
    [t.refunds.columns.settled, refund.settled_at ? absolute(refund.settled_at) : t.common.none],
    [t.refunds.wechatNumber, code(refund.refund_id)],
    [t.orders.outTradeNo, code(refund.out_trade_no)],
    [t.orders.transaction, code(refund.transaction_id)],
    [t.refunds.merchant, <MerchantLines key="merchant" merchant={refund.merchant} />],
  ];
}

function RefundPage() {
  const { id = "" } = useParams();
  const staff = useStaff();
  const [resolving, setResolving] = useState(false);
  const found = useRefund(id);
  const refund = found.data;
  const back = { to: "/finance/refunds", label: t.finance.refunds };
  if (!refund)
    return (
      <Page title={t.finance.refunds} back={back}>
        <Panel>
          {found.error ? <Failure error={found.error} retry={() => void found.refetch()} /> : <Skeleton active paragraph={{ rows: 8 }} />}
        </Panel>
      </Page>
    );
  const stuck = refund.status === "abnormal";
  return (
    <Page
      title={refund.out_refund_no}
      back={back}
      subtitle={
        <>
          {t.refunds.columns.created} <Moment at={refund.created_at} />
        </>
      }
      extra={<strong className="page-amount">{yuan(refund.amount_fen)}</strong>}
    >
      <div className="stack">
        {stuck && (
          <Alert
            type="error"
            showIcon
            title={t.refunds.stuckTitle}
            description={t.refunds.stuckHint}
            action={
              mayDealWithMoney(staff) && (
                <Button danger onClick={() => setResolving(true)}>
                  {t.overview.resolve}
                </Button>
              )
            }
          />
        )}
        <div className="columns">
          <Panel title={t.trail.title}>
            <Trail moves={refund.trail} />
          </Panel>
          <div className="stack">
            <Panel title={t.refunds.facts}>
              <Facts items={facts(refund)} />
            </Panel>
            {refund.order && (
              <Panel title={t.refunds.columns.order} extra={<Link to={`/orders/${refund.order.id}`}>{t.refunds.toOrder}</Link>}>
                <div className="stack">
                  <span className="order-number">{refund.order.number}</span>
                  {refund.customer && (
                    <Link to={`/customers/${refund.customer.id}`}>
                      <PersonLine person={refund.customer} />
                    </Link>
                  )}
                </div>
              </Panel>
            )}
          </div>
        </div>
      </div>
      {resolving && <Redirect refund={refund} close={() => setResolving(false)} />}
    </Page>
  );
}

export { RefundPage as Component };
