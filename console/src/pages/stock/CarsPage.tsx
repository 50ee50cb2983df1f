/** The stock as a list: every car in every state, and which of them somebody has to confirm. */
import { App, Button, Select, Switch, type TableColumnsType } from "antd";
import { Link } from "react-router";
import { useCars, useConfirmCars, type CarRow } from "../../api/stock";
import { useDealers } from "../../api/terms";
import { useStaff } from "../../app/session";
import { rowsOf } from "../../lib/rows";
import { ExportButton } from "../../parts/ExportButton";
import { failureText } from "../../parts/Failure";
import { Moment } from "../../parts/Moment";
import { Nothing } from "../../parts/Nothing";
import { PlaceLines, VehicleLine } from "../../parts/People";
import { ResourceList } from "../../parts/ResourceList";
import { Searching, useFilter } from "../../parts/Searching";
import { Views } from "../../parts/Views";
import { t } from "../../texts";
import { CarStatus } from "./CarStatus";
import { useKeeps } from "./roles";

const s = t.stock;
const linkTo = (row: CarRow) => `/stock/${row.id}`;
const choices = (words: Record<string, string>) => Object.entries(words).map(([value, label]) => ({ value, label }));

const columns: TableColumnsType<CarRow> = [
  {
    title: s.columns.car,
    render: (_, row) => (
      <Link to={linkTo(row)}>
        <VehicleLine vehicle={row} />
      </Link>
    ),
  },
  { title: s.columns.number, width: 150, render: (_, row) => <span className="car-number">{row.stock_number}</span> },
  { title: s.columns.status, width: 170, render: (_, row) => <CarStatus car={row} /> },
  { title: s.columns.condition, width: 100, render: (_, row) => row.condition.label },
  { title: s.columns.place, render: (_, row) => <PlaceLines adviser={row.store.name} place={row.dealer.name} /> },
  { title: s.columns.since, width: 120, render: (_, row) => <Moment at={row.listed_at} /> },
];

function card(row: CarRow) {
  return (
    <>
      <div className="card-row">
        <VehicleLine vehicle={row} />
      </div>
      <div className="card-row card-foot">
        <CarStatus car={row} />
        <span className="car-number ellipsis">{row.stock_number}</span>
      </div>
    </>
  );
}

function OfDealer() {
  const [dealer, setDealer] = useFilter("dealer_id");
  const dealers = useDealers();
  return (
    <Select
      className="stock-filter-wide"
      aria-label={s.anyDealer}
      allowClear
      showSearch={{ optionFilterProp: "label" }}
      placeholder={s.anyDealer}
      loading={dealers.isPending}
      value={dealer}
      onChange={(value) => setDealer(value ?? null)}
      options={dealers.data?.items.map(({ id, name }) => ({ value: id, label: name }))}
    />
  );
}

/** All cars that are shown and wait for somebody's word are there. */
function ConfirmShown({ cars }: { cars: CarRow[] }) {
  const { message } = App.useApp();
  const confirm = useConfirmCars();
  return (
    <Button
      type="primary"
      loading={confirm.isPending}
      onClick={() =>
        confirm.mutate(
          cars.map((one) => one.id),
          {
            onSuccess: ({ confirmed }) => void message.success(s.confirmedMany(confirmed)),
            onError: (error) => void message.error(failureText(error)),
          },
        )
      }
    >
      {s.confirmShown(cars.length)}
    </Button>
  );
}

function CarsPage() {
  const staff = useStaff();
  const keeps = useKeeps();
  const [q] = useFilter("q");
  const [status, setStatus] = useFilter("status");
  const [condition, setCondition] = useFilter("condition");
  const [dealer_id] = useFilter("dealer_id");
  const [unconfirmed, setUnconfirmed] = useFilter("unconfirmed");
  const cars = useCars({ q, status, condition, dealer_id, unconfirmed });
  const shown = rowsOf(cars);
  return (
    <>
      <div className="filters">
        <Searching placeholder={s.search} />
        <Select
          className="stock-filter"
          aria-label={s.columns.status}
          allowClear
          placeholder={s.anyStatus}
          value={status}
          onChange={(value) => setStatus(value ?? null)}
          options={choices(s.status)}
        />
        <Select
          className="stock-filter"
          aria-label={s.columns.condition}
          allowClear
          placeholder={s.anyCondition}
          value={condition}
          onChange={(value) => setCondition(value ?? null)}
          options={choices(s.condition)}
        />
        {!staff.dealer && <OfDealer />}
        <label className="stock-switch">
          <Switch size="small" checked={unconfirmed === "true"} onChange={(on) => setUnconfirmed(on ? "true" : null)} aria-label={s.unconfirmed} />
          {s.unconfirmed}
        </label>
        {keeps && unconfirmed === "true" && shown.length > 0 && <ConfirmShown cars={shown} />}
        <Views>
          <ExportButton list="console.stock" asked={{ q, status, condition, dealer_id, unconfirmed }} />
        </Views>
      </div>
      <ResourceList pages={cars} columns={columns} card={card} linkTo={linkTo} empty={<Empty filtered={Boolean(q || status || condition || dealer_id)} waiting={unconfirmed === "true"} keeps={keeps} />} />
    </>
  );
}

function Empty({ filtered, waiting, keeps }: { filtered: boolean; waiting: boolean; keeps: boolean }) {
  if (filtered)
    return (
      <Nothing title={s.emptyFiltered} hint={s.emptyFilteredHint}>
        <Link to="/stock">
          <Button>{t.common.clear}</Button>
        </Link>
      </Nothing>
    );
  if (waiting) return <Nothing title={s.nothingUnconfirmed} hint={s.nothingUnconfirmedHint} />;
  return (
    <Nothing title={s.empty} hint={s.emptyHint}>
      {keeps && (
        <Link to="/stock/feeds">
          <Button type="primary">{s.feed.title}</Button>
        </Link>
      )}
    </Nothing>
  );
}

export { CarsPage as Component };
