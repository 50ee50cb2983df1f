/** One customer: everything that happened, beside who she is. */
import { Button, Segmented, Skeleton } from "antd";
import { useState } from "react";
import { Link, useParams } from "react-router";
import { useBrought } from "../../api/insight";
import { useCustomer } from "../../api/queries";
import type { Customer } from "../../api/types";
import { MARKETING, useStaff } from "../../app/session";
import { useMedia } from "../../app/ThemeMode";
import { yuan } from "../../lib/money";
import { BroughtTree } from "../../parts/BroughtTree";
import { Facts } from "../../parts/Facts";
import { Failure } from "../../parts/Failure";
import { Moment } from "../../parts/Moment";
import { Page } from "../../parts/Page";
import { Panel } from "../../parts/Panel";
import { nameOf } from "../../parts/People";
import { Grade, Status } from "../../parts/Status";
import { t } from "../../texts";
import { ConsentsPanel } from "./Consents";
import { ReachPanel } from "./Reach";
import { CustomerTags } from "./CustomerTags";
import { MergeDialog } from "./MergeDialog";
import { PastMerges } from "./PastMerges";
import { Timeline } from "./Timeline";
import "./customer.css";

const b = t.insight.sharing.brought;

function LeadPanel({ lead }: { lead: Customer["lead"] }) {
  return (
    <Panel title={t.customer.lead} extra={lead && <Link to={`/leads/${lead.id}`}>{t.common.seeAll}</Link>}>
      {lead ? (
        <Facts
          items={[
            [t.leads.columns.status, <Status key="s" value={lead.status} texts={t.leads.status} />],
            [t.customers.columns.grade, <Grade key="g" value={lead.grade} />],
            [t.leads.adviser, lead.adviser ?? t.leads.unassigned],
            [t.leads.dealer, lead.dealer ?? t.common.none],
          ]}
        />
      ) : (
        <span className="quiet">{t.customer.noLead}</span>
      )}
    </Panel>
  );
}

function OrdersPanel({ orders }: { orders: Customer["orders"] }) {
  return (
    <Panel title={t.customer.orders}>
      {orders.length === 0 ? (
        <span className="quiet">{t.customer.noOrders}</span>
      ) : (
        <ul className="plain">
          {orders.map((order) => (
            <li key={order.id}>
              <Link to={`/orders/${order.id}`} className="order-line">
                <span className="ellipsis">{order.vehicle?.title ?? order.number}</span>
                <span className="amount">{yuan(order.amount_fen)}</span>
                <Status value={order.status} texts={t.orders.status} />
                <span className="amount quiet">{t.orders.payment[order.payment_status] ?? order.payment_status}</span>
              </Link>
            </li>
          ))}
        </ul>
      )}
    </Panel>
  );
}

/** Only of those whose shares brought somebody. */
function BroughtPanel({ id }: { id: string }) {
  const atDealer = Boolean(useStaff().dealer);
  if (!useBrought(id).data?.pages[0]?.total) return null;
  return (
    <Panel title={b.title}>
      <p className="quiet">{atDealer ? b.hint + b.dealersHint : b.hint}</p>
      <BroughtTree of={id} />
    </Panel>
  );
}

function CustomerPage() {
  const { id = "" } = useParams();
  const found = useCustomer(id);
  const narrow = useMedia("(max-width: 1100px)");
  const [tab, setTab] = useState("timeline");
  const [isMerging, setMerging] = useState(false);
  const mayMerge = MARKETING.includes(useStaff().role);
  const customer = found.data;
  const back = { to: "/customers", label: t.customers.title };
  if (!customer)
    return (
      <Page title={t.customers.title} back={back}>
        <Panel>
          {found.error ? <Failure error={found.error} retry={() => void found.refetch()} /> : <Skeleton active paragraph={{ rows: 8 }} />}
        </Panel>
      </Page>
    );
  return (
    <Page
      title={nameOf(customer)}
      back={back}
      extra={mayMerge && <Button onClick={() => setMerging(true)}>{t.customer.merge.open}</Button>}
      subtitle={
        <span className="title-line">
          <span>{customer.phone_masked ?? t.customers.phoneUnbound}</span>
          <span>{customer.wechat.followed ? t.customer.followed : t.customer.notFollowed}</span>
          <span>
            {t.customers.columns.created} <Moment at={customer.created_at} />
          </span>
        </span>
      }
    >
      {narrow && (
        <div className="filters">
          <Segmented
            block
            value={tab}
            onChange={setTab}
            options={[
              { value: "timeline", label: t.customer.timeline },
              { value: "profile", label: t.customer.profile },
            ]}
          />
        </div>
      )}
      <div className="columns">
        {(!narrow || tab === "timeline") && <Timeline key={id} customerId={id} />}
        {(!narrow || tab === "profile") && (
          <div className="stack">
            <CustomerTags customer={customer} />
            <LeadPanel lead={customer.lead} />
            <OrdersPanel orders={customer.orders} />
            <BroughtPanel id={id} />
            <ReachPanel customer={customer} />
            <ConsentsPanel customer={customer} />
            {mayMerge && <PastMerges customer={customer} />}
          </div>
        )}
      </div>
      <MergeDialog customer={customer} open={isMerging} onClose={() => setMerging(false)} />
    </Page>
  );
}

export { CustomerPage as Component };
