/** One dealer with its stores, each with its place and the datum that was given. */
import { PlusOutlined } from "@ant-design/icons";
import { Button, Skeleton } from "antd";
import { useState } from "react";
import { Link, useParams } from "react-router";
import { useDealer, type StoreRow } from "../../api/team";
import { useStaff } from "../../app/session";
import { Facts } from "../../parts/Facts";
import { Failure } from "../../parts/Failure";
import { Nothing } from "../../parts/Nothing";
import { Page } from "../../parts/Page";
import { Panel } from "../../parts/Panel";
import { t } from "../../texts";
import { StoreForm } from "./StoreForm";
import "./team.css";

const d = t.team.dealer;
const BACK = { to: "/team/dealers", label: t.team.dealers };

function Store({ store, edit }: { store: StoreRow; edit?: () => void }) {
  return (
    <Panel
      title={store.name}
      extra={
        edit && (
          <Button size="small" type="text" onClick={edit}>
            {t.team.page.edit}
          </Button>
        )
      }
    >
      <Facts
        items={[
          [d.city, store.city],
          [d.store.address, store.address],
          [d.store.phone, store.phone ?? t.common.none],
          [d.store.datum, <span className={store.datum_source === "unknown" ? "warn" : undefined}>{d.store.datums[store.datum_source]}</span>],
          [d.store.point, <span className="amount">{`${store.lat.toFixed(6)}, ${store.lng.toFixed(6)}`}</span>],
        ]}
      />
    </Panel>
  );
}

function DealerPage() {
  const { id = "" } = useParams();
  const isAdmin = useStaff().role === "admin";
  const found = useDealer(id);
  const [asked, setAsked] = useState<StoreRow | "new" | null>(null);
  const dealer = found.data;
  if (!dealer)
    return (
      <Page title={t.team.dealers} back={BACK}>
        <Panel>{found.error ? <Failure error={found.error} retry={() => void found.refetch()} /> : <Skeleton active paragraph={{ rows: 6 }} />}</Panel>
      </Page>
    );
  return (
    <Page
      title={dealer.name}
      back={BACK}
      subtitle={`${dealer.city} · ${dealer.takes_money ? d.ownMerchant : d.brandMerchant}`}
      extra={
        isAdmin && (
          <>
            <Link to={`/team?dealer_id=${dealer.id}`}>
              <Button>{d.staffOf}</Button>
            </Link>
            <Button type="primary" icon={<PlusOutlined />} onClick={() => setAsked("new")}>
              {d.addStore}
            </Button>
          </>
        )
      }
    >
      {dealer.stores.length === 0 ? (
        <Panel>
          <Nothing title={d.noStores} hint={d.noStoresHint} />
        </Panel>
      ) : (
        <div className="stores">
          {dealer.stores.map((store) => (
            <Store key={store.id} store={store} edit={isAdmin ? () => setAsked(store) : undefined} />
          ))}
        </div>
      )}
      {asked && <StoreForm dealer={dealer} store={asked === "new" ? null : asked} close={() => setAsked(null)} />}
    </Page>
  );
}

export { DealerPage as Component };
