/** Every message of the brand with what became of it and why, narrowed by filters that are kept in the address. */
import { Button, Input, Select } from "antd";
import { Link, useSearchParams } from "react-router";
import { useMessageTemplates } from "../../api/journeys";
import { LOG_FILTERS, useLogChoices, useSends, type Choice, type LogFilters } from "../../api/messages";
import { useJourneys } from "../../api/queries";
import { rowsOf } from "../../lib/rows";
import { ExportButton } from "../../parts/ExportButton";
import { Nothing } from "../../parts/Nothing";
import { PersonPick } from "../../parts/PersonPick";
import { ResourceList } from "../../parts/ResourceList";
import { useFilter } from "../../parts/Searching";
import { Views } from "../../parts/Views";
import { t } from "../../texts";
import { columns, sendCard, sendLink } from "./sends";

const s = t.messages.sends;

interface NarrowProps {
  name: (typeof LOG_FILTERS)[number];
  label: string;
  options: Choice[];
  loading?: boolean;
}

function Narrow({ name, label, options, loading }: NarrowProps) {
  const [value, set] = useFilter(name);
  const known = value === null || options.some((one) => one.value === value) ? options : [{ value, label: value }, ...options];
  return (
    <Select
      className="narrow"
      value={value}
      onChange={(chosen: string | undefined) => set(chosen ?? null)}
      placeholder={label}
      aria-label={label}
      options={known}
      loading={loading}
      showSearch={{ optionFilterProp: "label" }}
      popupMatchSelectWidth={false}
      allowClear
    />
  );
}

/** The platform's word on delivery is one of the outcomes to people. */
function NarrowOutcome({ statuses }: { statuses: Choice[] }) {
  const [parameters, setParameters] = useSearchParams();
  const [status, delivery] = [parameters.get("status"), parameters.get("delivery")];
  const set = (chosen: string | undefined) =>
    setParameters(
      (before) => {
        const next = new URLSearchParams(before);
        next.delete("status");
        next.delete("delivery");
        if (chosen) next.set(chosen in s.delivery ? "delivery" : "status", chosen);
        return next;
      },
      { replace: true },
    );
  return (
    <Select
      className="narrow"
      value={delivery ?? status}
      onChange={set}
      placeholder={s.outcome}
      aria-label={s.outcome}
      options={[...statuses, ...Object.entries(s.delivery).map(([value, label]) => ({ value, label }))]}
      popupMatchSelectWidth={false}
      allowClear
    />
  );
}

function Day({ name, label }: { name: "since" | "until"; label: string }) {
  const [value, set] = useFilter(name);
  return <Input className="narrow" type="date" aria-label={label} title={label} value={value ?? ""} onChange={(event) => set(event.target.value || null)} />;
}

function LogPage() {
  const [parameters] = useSearchParams();
  const filters: LogFilters = Object.fromEntries(LOG_FILTERS.map((name) => [name, parameters.get(name)]));
  const isNarrowed = LOG_FILTERS.some((name) => filters[name]);
  const [person, setPerson] = useFilter("customer_id");
  const [broadcast, setBroadcast] = useFilter("broadcast_id");
  const sends = useSends(filters);
  const choices = useLogChoices().data;
  const templates = useMessageTemplates();
  const journeys = useJourneys();
  const titles = new Map(rowsOf(templates).map((one) => [one.key, one.title]));
  return (
    <>
      <div className="filters">
        <PersonPick label={s.columns.person} value={person} onChange={setPerson} named={rowsOf(sends)[0]?.nickname ?? undefined} />
        <NarrowOutcome statuses={choices?.statuses ?? []} />
        <Narrow name="error_code" label={s.reason} options={choices?.reasons ?? []} loading={!choices} />
        <Narrow name="channel" label={s.channel} options={choices?.channels ?? []} loading={!choices} />
        <Narrow name="template_key" label={s.template} options={[...titles].map(([value, label]) => ({ value, label }))} loading={templates.isPending} />
        <Narrow
          name="journey_id"
          label={s.journey}
          options={(journeys.data?.items ?? []).map((one) => ({ value: one.id, label: one.name }))}
          loading={journeys.isPending}
        />
        <span className="narrow-days">
          <Day name="since" label={s.since} />
          <span className="quiet">–</span>
          <Day name="until" label={s.until} />
        </span>
        {broadcast && <Button onClick={() => setBroadcast(null)}>{s.broadcast} ×</Button>}
        <Views />
        <span className="filters-end">
          <ExportButton list="messaging.sends" asked={filters} />
        </span>
      </div>
      <ResourceList
        pages={sends}
        columns={columns}
        card={sendCard}
        linkTo={sendLink}
        empty={
          isNarrowed ? (
            <Nothing title={s.nothingFound} hint={t.messages.filterHint}>
              <Link to="/messages/log">
                <Button>{t.common.clear}</Button>
              </Link>
            </Nothing>
          ) : (
            <Nothing title={s.empty} hint={s.emptyHint} />
          )
        }
      />
    </>
  );
}

export { LogPage as Component };
