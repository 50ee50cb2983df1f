/** One car: what it is, what it costs and cost, its pictures, and what its keeper does with it. */
import { Skeleton } from "antd";
import { useParams } from "react-router";
import { useCar, type Car } from "../../api/stock";
import { useIsPhone } from "../../app/ThemeMode";
import { wan, yuan } from "../../lib/money";
import { absolute } from "../../lib/time";
import { Facts } from "../../parts/Facts";
import { Failure } from "../../parts/Failure";
import { Moment } from "../../parts/Moment";
import { Page } from "../../parts/Page";
import { Panel } from "../../parts/Panel";
import { Trail } from "../../parts/Trail";
import { t } from "../../texts";
import { CarActions } from "./CarActions";
import { CarStatus } from "./CarStatus";
import { Photos } from "./Photos";
import { useKeeps } from "./roles";
import "./stock.css";

const s = t.stock;
const BACK = { to: "/stock", label: s.title };

function About({ car }: { car: Car }) {
  const f = s.facts;
  const none = t.common.none;
  return (
    <Facts
      items={[
        [s.columns.number, <span className="car-number">{car.stock_number}</span>],
        [f.vin, car.vin ? <span className="car-number">{car.vin}</span> : none],
        [f.series, car.series],
        [f.model, car.model || none],
        [f.trim, car.trim || none],
        [f.year, car.model_year],
        [s.columns.condition, car.condition.label],
        [f.guide, car.guide_price_fen === null ? none : wan(car.guide_price_fen)],
        [f.registered, car.first_registration_date ?? none],
        [f.mileage, car.odometer_km === null ? none : f.kilometres(car.odometer_km)],
        [f.owners, car.previous_owners === null ? none : f.times(car.previous_owners)],
        [f.dealer, car.dealer.name],
        [f.store, car.store.name],
        [f.feed, car.feed ?? f.byHand],
        [f.listed, <Moment at={car.listed_at} />],
        [f.confirmed, <Moment at={car.confirmed_at} />],
      ]}
    />
  );
}

function Prices({ car }: { car: Car }) {
  if (car.prices.length === 0) return <span className="quiet">{s.noPrices}</span>;
  return (
    <ol className="car-prices">
      {car.prices.map((one) => (
        <li key={one.changed_at}>
          <span>
            <span className="quiet">{yuan(one.old_price_fen)}</span>
            <span className="quiet" aria-hidden="true">
              {" → "}
            </span>
            <strong className={one.new_price_fen < one.old_price_fen ? "good" : undefined}>{yuan(one.new_price_fen)}</strong>
          </span>
          <small className="quiet">{absolute(one.changed_at)}</small>
        </li>
      ))}
    </ol>
  );
}

function CarPage() {
  const { id = "" } = useParams();
  const found = useCar(id);
  const keeps = useKeeps();
  const phone = useIsPhone();
  const car = found.data;
  if (!car)
    return (
      <Page title={s.title} back={BACK}>
        <Panel>{found.error ? <Failure error={found.error} retry={() => void found.refetch()} /> : <Skeleton active paragraph={{ rows: 8 }} />}</Panel>
      </Page>
    );
  const prices = (
    <Panel title={s.prices}>
      <Prices car={car} />
    </Panel>
  );
  return (
    <Page
      title={car.title}
      back={BACK}
      subtitle={
        <span className="title-line">
          <strong className="amount">{wan(car.price_fen)}</strong>
          <CarStatus car={car} />
        </span>
      }
      extra={keeps && <CarActions car={car} />}
    >
      <div className="columns">
        <div className="stack">
          <Panel title={s.photos.title}>
            <Photos id={car.id} />
          </Panel>
          {phone && prices}
          <Panel title={s.trail}>
            <Trail moves={car.trail.map((move) => ({ ...move, subject: "vehicles" }))} />
          </Panel>
        </div>
        <div className="stack">
          <Panel title={s.facts.title}>
            <About car={car} />
          </Panel>
          {!phone && prices}
          {!keeps && <p className="quiet">{s.lookOnly}</p>}
        </div>
      </div>
    </Page>
  );
}

export { CarPage as Component };
