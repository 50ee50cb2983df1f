/** How far people got, from the first look to the sale; what is asked is in the address, and each step opens its people. */
import { Alert, Drawer, Segmented, Skeleton, Table } from "antd";
import { Link, useSearchParams } from "react-router";
import { useFunnel, useFunnelChoices, useFunnelPeople, type Asked, type Funnel } from "../../api/insight";
import { rowsOf } from "../../lib/rows";
import { ExportButton } from "../../parts/ExportButton";
import { Failure } from "../../parts/Failure";
import { Nothing } from "../../parts/Nothing";
import { Panel } from "../../parts/Panel";
import { PersonLine } from "../../parts/People";
import { More } from "../../parts/ResourceList";
import { useFilter } from "../../parts/Searching";
import { Views } from "../../parts/Views";
import { t } from "../../texts";
import { Days, ReadUntil, useDays } from "./Days";
import { Narrow } from "./Narrow";
import "./insight.css";

const i = t.insight;

function Steps({ steps, open }: { steps: Funnel["steps"]; open: (step: string) => void }) {
  const first = steps[0]?.people ?? 0;
  const most = Math.max(1, ...steps.map((one) => one.people));
  return (
    <ol className="funnel">
      {steps.map((one) => (
        <li key={one.step}>
          <button type="button" onClick={() => open(one.step)} disabled={one.people === 0}>
            <span className="funnel-label">{one.label}</span>
            <span className="funnel-bar" aria-hidden="true">
              <span style={{ width: `${(100 * one.people) / most}%` }} />
            </span>
            <span className="funnel-count">
              <strong>{i.people(one.people)}</strong>
              {one.step !== "view" && first > 0 && <small>{i.ofFirst(`${((100 * one.people) / first).toFixed(1)}%`)}</small>}
            </span>
          </button>
          <p>{one.means}</p>
        </li>
      ))}
    </ol>
  );
}

function Parts({ data, by }: { data: Funnel; by: string }) {
  return (
    <Table
      rowKey="key"
      size="middle"
      dataSource={data.parts}
      pagination={data.parts.length > 20 ? { pageSize: 20, showSizeChanger: false } : false}
      scroll={{ x: "max-content" }}
      columns={[
        { title: i.part[by], dataIndex: "label", fixed: "left" },
        ...data.steps.map((step, place) => ({
          key: step.step,
          title: step.label,
          align: "right" as const,
          sorter: (one: Funnel["parts"][number], other: Funnel["parts"][number]) => (one.people[place] ?? 0) - (other.people[place] ?? 0),
          render: (_: unknown, row: Funnel["parts"][number]) => i.count(row.people[place] ?? 0),
        })),
      ]}
    />
  );
}

function Behind({ asked, step }: { asked: Asked; step: string }) {
  const pages = useFunnelPeople(asked, step);
  const rows = rowsOf(pages);
  if (pages.isPending) return <Skeleton active title={false} paragraph={{ rows: 6, width: "100%" }} />;
  if (pages.error && rows.length === 0) return <Failure error={pages.error} retry={() => void pages.refetch()} />;
  if (rows.length === 0) return <Nothing title={i.nobody} hint={i.nobodyHint} />;
  return (
    <>
      <ul className="plain">
        {rows.map((person) => (
          <li key={person.id}>
            <Link to={`/customers/${person.id}`} className="card-row">
              <PersonLine person={person} />
            </Link>
          </li>
        ))}
      </ul>
      <More pages={pages} />
    </>
  );
}

function FunnelPage() {
  const [parameters] = useSearchParams();
  const [by, setBy] = useFilter("by");
  const [step, setStep] = useFilter("step");
  const days = useDays();
  const asked: Asked = {
    ...days,
    store_id: parameters.get("store_id"),
    series_id: parameters.get("series_id"),
    channel: parameters.get("channel"),
  };
  const part = by && by in i.by ? by : "channel";
  const funnel = useFunnel(asked, part);
  const choices = useFunnelChoices().data;
  const data = funnel.data;
  const opened = data?.steps.find((one) => one.step === step);
  return (
    <>
      <div className="filters">
        <Days {...days} />
        <Narrow name="store_id" label={i.store} options={choices?.stores} />
        <Narrow name="series_id" label={i.series} options={choices?.series} />
        <Narrow name="channel" label={i.channel} options={choices?.channels} />
        <Views>
          <ExportButton list="console.funnel" asked={{ ...asked, by: part }} />
        </Views>
      </div>
      {funnel.error && <Failure error={funnel.error} retry={() => void funnel.refetch()} />}
      {funnel.isPending ? (
        <Panel>
          <Skeleton active title={false} paragraph={{ rows: 8, width: "100%" }} />
        </Panel>
      ) : !data || funnel.error ? null : data.parts.length === 0 ? (
        <Panel>
          <Nothing title={i.empty} hint={i.emptyHint} />
        </Panel>
      ) : (
        <div className={funnel.isPlaceholderData ? "stack list-stale" : "stack"}>
          <Panel>
            <Steps steps={data.steps} open={setStep} />
            <Alert type="info" showIcon title={i.means} description={i.counting} />
            <ReadUntil at={data.read_until} />
          </Panel>
          <Panel>
            <div className="insight-by">
              <Segmented
                aria-label={i.byLabel}
                value={part}
                onChange={(chosen) => setBy(chosen)}
                options={Object.entries(i.by).map(([value, label]) => ({ value, label }))}
              />
            </div>
            <Parts key={part} data={data} by={part} />
            <p className="quiet insight-note">{part === "channel" ? `${i.channels}${i.parts}` : i.parts}</p>
          </Panel>
        </div>
      )}
      <Drawer open={opened !== undefined} onClose={() => setStep(null)} title={opened && i.behind(opened.label)} size={420}>
        {opened && <Behind asked={asked} step={opened.step} />}
      </Drawer>
    </>
  );
}

export { FunnelPage as Component };
