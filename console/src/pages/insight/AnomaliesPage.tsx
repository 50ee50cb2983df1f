/** The days that were far from what is usual: what, where, how far, compared with what, and what was counted. */
import { App, Button, Drawer, Pagination, Skeleton } from "antd";
import { Link, useNavigate } from "react-router";
import { useAnomalies, useCounted, useFunnelChoices, useSeen, type Anomalies, type Anomaly, type Counted } from "../../api/insight";
import { rowsOf } from "../../lib/rows";
import { dayWithWeekday, onDay } from "../../lib/time";
import { Failure, failureText } from "../../parts/Failure";
import { Moment } from "../../parts/Moment";
import { Nothing } from "../../parts/Nothing";
import { Panel } from "../../parts/Panel";
import { PersonLine } from "../../parts/People";
import { More } from "../../parts/ResourceList";
import { useFilter } from "../../parts/Searching";
import { t } from "../../texts";
import { distance, isGood, usual } from "./anomalies";
import { Narrow } from "./Narrow";
import { Weekdays } from "./Weekdays";
import "./insight.css";

const a = t.insight.anomalies;
const PAGE = 20;

const choices = (labels: Record<string, string>) => Object.entries(labels).map(([value, label]) => ({ value, label }));

const where = (one: Anomaly) => one.store?.name ?? a.brand;
const unit = (one: Anomaly) => a.units[one.figure] ?? "";

function funnelOf({ on_day, store }: Anomaly): string {
  const asked = new URLSearchParams({ since: on_day, until: on_day, ...(store && { store_id: store.id }) });
  return `/insight?${asked}`;
}

function Seen({ one }: { one: Anomaly }) {
  const { message } = App.useApp();
  const mark = useSeen();
  const say = (seen: boolean) => mark.mutate({ id: one.id, seen }, { onError: (error) => void message.error(failureText(error)) });
  return one.seen_at ? (
    <span className="anomaly-seen">
      <span className="quiet">
        {one.seen_by && a.seenBy(one.seen_by.name)} · <Moment at={one.seen_at} />
      </span>
      <Button type="link" size="small" onClick={() => say(false)} loading={mark.isPending}>
        {a.unsee}
      </Button>
    </span>
  ) : (
    <Button size="small" onClick={() => say(true)} loading={mark.isPending}>
      {a.see}
    </Button>
  );
}

function Row({ one, open }: { one: Anomaly; open: () => void }) {
  const good = isGood(one);
  const tone = good ? "anomaly-good" : "anomaly-bad";
  const [least, most] = usual(one);
  const count = t.insight.count;
  const weekday = t.time.weekdays[new Date(`${one.on_day}T00:00:00Z`).getUTCDay()] ?? "";
  return (
    <li className={one.seen_at ? "anomaly anomaly-was-seen" : "anomaly"}>
      <div className="anomaly-said">
        <h3>
          {a.times(a.figures[one.figure] ?? one.figure, one.times, unit(one))}
          <span className={tone}>{distance(one)}</span>
        </h3>
        <p>
          <span className={tone}>{good ? a.tones.good : a.tones.bad}</span> · {where(one)} · {dayWithWeekday(one.on_day)}
        </p>
        <p className="quiet">{a.because(weekday, count(one.median), unit(one), count(least), count(most))}</p>
      </div>
      <Weekdays one={one} weekday={weekday} good={good} />
      <div className="anomaly-actions">
        <Button type="link" size="small" onClick={open}>
          {a.counted}
        </Button>
        <Link to={funnelOf(one)}>{a.funnel}</Link>
        <Seen one={one} />
      </div>
    </li>
  );
}

function Fact({ fact, withStore }: { fact: Counted; withStore: boolean }) {
  const to = fact.send_id ? `/messages/log/${fact.send_id}` : fact.person && `/customers/${fact.person.id}`;
  const line = (
    <>
      {fact.person ? <PersonLine person={fact.person} /> : <span className="quiet">{a.nobody}</span>}
      <span className="anomaly-fact">
        {fact.label}
        <small className="quiet">
          {onDay(fact.at)}
          {withStore && fact.store && ` · ${fact.store.name}`}
        </small>
      </span>
    </>
  );
  return (
    <li>
      {to ? (
        <Link to={to} className="card-row">
          {line}
        </Link>
      ) : (
        <span className="card-row">{line}</span>
      )}
    </li>
  );
}

function Facts({ id, withStore }: { id: string; withStore: boolean }) {
  const pages = useCounted(id);
  const rows = rowsOf(pages);
  if (pages.isPending) return <Skeleton active title={false} paragraph={{ rows: 6, width: "100%" }} />;
  if (pages.error && rows.length === 0) return <Failure error={pages.error} retry={() => void pages.refetch()} />;
  if (rows.length === 0) return <Nothing title={a.none} hint={a.noneHint} />;
  return (
    <>
      <ul className="plain">
        {rows.map((fact) => (
          <Fact key={fact.id} fact={fact} withStore={withStore} />
        ))}
      </ul>
      <More pages={pages} />
    </>
  );
}

function Empty({ data, filtered }: { data: Anomalies; filtered: boolean }) {
  const navigate = useNavigate();
  if (filtered)
    return (
      <Nothing title={a.filtered} hint={a.filteredHint}>
        <Button onClick={() => void navigate("/insight/anomalies", { replace: true })}>{a.clear}</Button>
      </Nothing>
    );
  return data.stores > 0 ? <Nothing title={a.empty} hint={a.emptyHint} /> : <Nothing title={a.notYet} hint={a.notYetHint} />;
}

function AnomaliesPage() {
  const [figure] = useFilter("figure");
  const [store_id] = useFilter("store_id");
  const [is_seen] = useFilter("is_seen");
  const [paged, setPage] = useFilter("page");
  const [opened, open] = useFilter("open");
  const page = Math.max(1, Number(paged) || 1);
  const anomalies = useAnomalies({ figure, store_id, is_seen }, page);
  const stores = useFunnelChoices().data?.stores;
  const data = anomalies.data;
  const shown = data?.items.find((one) => one.id === opened);
  return (
    <>
      <div className="filters">
        <Narrow name="figure" label={a.figure} options={choices(a.figures)} />
        <Narrow name="store_id" label={t.insight.store} options={stores} />
        <Narrow name="is_seen" label={a.seen} options={choices(a.seenChoices)} />
      </div>
      {anomalies.error && <Failure error={anomalies.error} retry={() => void anomalies.refetch()} />}
      {anomalies.isPending ? (
        <Panel>
          <Skeleton active title={false} paragraph={{ rows: 8, width: "100%" }} />
        </Panel>
      ) : !data || anomalies.error ? null : (
        <Panel>
          {data.items.length === 0 ? (
            <Empty data={data} filtered={Boolean(figure || store_id || is_seen || page > 1)} />
          ) : (
            <ul className={anomalies.isPlaceholderData ? "anomalies list-stale" : "anomalies"}>
              {data.items.map((one) => (
                <Row key={one.id} one={one} open={() => open(one.id)} />
              ))}
            </ul>
          )}
          {data.total > PAGE && (
            <Pagination
              align="end"
              current={page}
              pageSize={PAGE}
              total={data.total}
              showSizeChanger={false}
              onChange={(to) => setPage(to === 1 ? null : String(to))}
            />
          )}
          <p className="quiet insight-note">
            {data.judged_until && data.stores > 0 && a.compared(dayWithWeekday(data.judged_until), data.stores)}
            {a.means}
          </p>
        </Panel>
      )}
      <Drawer
        open={opened !== null}
        onClose={() => open(null)}
        title={shown ? a.countedOf(where(shown), dayWithWeekday(shown.on_day), a.figures[shown.figure] ?? "") : a.counted}
        size={420}
      >
        {opened && <Facts id={opened} withStore={!shown?.store} />}
      </Drawer>
    </>
  );
}

export { AnomaliesPage as Component };
