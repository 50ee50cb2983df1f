/** To which channel leads, deposits and sales are owed, by three models beside each other; a channel opens into its campaigns. */
import { Segmented, Select, Skeleton, Table } from "antd";
import type { TableProps } from "antd";
import { useAttribution, type Attribution } from "../../api/insight";
import { ExportButton } from "../../parts/ExportButton";
import { Failure } from "../../parts/Failure";
import { Nothing } from "../../parts/Nothing";
import { Panel } from "../../parts/Panel";
import { scrolled } from "../../parts/Scrolled";
import { useFilter } from "../../parts/Searching";
import { Views } from "../../parts/Views";
import { t } from "../../texts";
import { Days, useDays } from "./Days";
import "./insight.css";

const a = t.insight.attribution;
const WINDOWS = [7, 30, 90];
const WINDOW = 30;
const STEPS = ["leads", "deposits", "sales"] as const;
const MODELS = ["first", "last", "linear"] as const;

type Step = (typeof STEPS)[number];
type Channel = Attribution["items"][number];
type Owed = Channel["leads"];
interface Row extends Record<Step, Owed> {
  key: string;
  name: string;
  children?: Row[];
}

const isStep = (step: string | null): step is Step => (STEPS as readonly (string | null)[]).includes(step);

/** Whole ones as they are, parts of some with their hundredths. */
const written = (count: number) => (Number.isInteger(count) ? t.insight.count(count) : count.toFixed(2));

function rows(channels: Channel[]): Row[] {
  return channels.map(({ channel, label, campaigns, ...owed }) => ({
    key: channel,
    name: label,
    ...owed,
    ...(campaigns.length ? { children: campaigns.map(({ id, ...one }) => ({ key: `${channel}/${id}`, ...one })) } : {}),
  }));
}

function columns(step: Step, total: number): TableProps<Row>["columns"] {
  return [
    { title: a.channel, dataIndex: "name", render: (name: string) => <span className="owed-name">{name}</span> },
    ...MODELS.map((model) => ({
      key: model,
      title: a.models[model],
      align: "right" as const,
      render: (_: unknown, row: Row) => (
        <span className="league-figure">
          {written(row[step][model])}
          {total > 0 && <small>{a.share(`${((100 * row[step][model]) / total).toFixed(1)}%`)}</small>}
        </span>
      ),
    })),
  ];
}

function AttributionPage() {
  const days = useDays();
  const [stepped, setStep] = useFilter("step");
  const [windowed, setWindow] = useFilter("window");
  const step: Step = isStep(stepped) ? stepped : "leads";
  const window = WINDOWS.find((one) => String(one) === windowed) ?? WINDOW;
  const asked = { ...days, window_days: String(window) };
  const found = useAttribution(asked);
  const data = found.data;
  const total = data?.total[step] ?? 0;
  return (
    <>
      <div className="filters">
        <Days {...days} />
        <Select
          className="insight-window"
          aria-label={a.windowLabel}
          value={window}
          onChange={(one) => setWindow(one === WINDOW ? null : String(one))}
          options={WINDOWS.map((value) => ({ value, label: a.window(value) }))}
        />
        <Views>
          <ExportButton list="console.attribution" asked={asked} />
        </Views>
      </div>
      {found.error && <Failure error={found.error} retry={() => void found.refetch()} />}
      {found.isPending ? (
        <Panel>
          <Skeleton active title={false} paragraph={{ rows: 8, width: "100%" }} />
        </Panel>
      ) : !data || found.error ? null : STEPS.every((one) => data.total[one] === 0) ? (
        <Panel>
          <Nothing title={a.empty} hint={a.emptyHint} />
        </Panel>
      ) : (
        <Panel>
          <Segmented
            className="insight-by"
            aria-label={a.stepLabel}
            value={step}
            onChange={(one) => setStep(one === "leads" ? null : one)}
            options={STEPS.map((value) => ({ value, label: `${a.steps[value]} ${t.insight.count(data.total[value])}` }))}
          />
          <Table
            rowKey="key"
            size="middle"
            className={found.isPlaceholderData ? "list-stale" : ""}
            dataSource={rows(data.items)}
            columns={columns(step, total)}
            components={scrolled}
            scroll={{ x: 310 }}
            indentSize={8}
            pagination={false}
            summary={() => (
              <Table.Summary.Row>
                <Table.Summary.Cell index={0}>{a.total}</Table.Summary.Cell>
                {MODELS.map((model, at) => (
                  <Table.Summary.Cell key={model} index={at + 1} align="right">
                    {t.insight.count(total)}
                  </Table.Summary.Cell>
                ))}
              </Table.Summary.Row>
            )}
          />
          <p className="quiet insight-note">{a.means}</p>
        </Panel>
      )}
    </>
  );
}

export { AttributionPage as Component };
