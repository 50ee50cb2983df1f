/** How a real person would walk what is drawn: her way is lit on the sheet up to where the clock stands, each step says why. */
import { DeleteOutlined, PlayCircleOutlined, PlusOutlined } from "@ant-design/icons";
import { Alert, Button, Drawer, InputNumber, Select, Slider } from "antd";
import { memo, useEffect, useMemo, useState } from "react";
import { useFoundCustomers, useSimulate, type Simulation } from "../../../api/journeys";
import { useIsPhone } from "../../../app/ThemeMode";
import { absolute } from "../../../lib/time";
import { rowsOf } from "../../../lib/rows";
import { failureText } from "../../../parts/Failure";
import { nameOf } from "../../../parts/People";
import { t } from "../../../texts";
import { iconOf } from "./kinds";
import { useKnowledge } from "./knowledge";
import type { Light } from "./Nodes";

export interface Lit {
  steps: ReadonlyMap<string, Light>;
  ways: ReadonlySet<string>;
}

interface SimulateProps {
  journeyId: string;
  open: boolean;
  onClose: () => void;
  flush: () => Promise<boolean>;
  onLit: (lit: Lit | null) => void;
  onGo: (step: string) => void;
}

const minute = (iso: string) => absolute(iso).slice(0, 16);

/** The moments at which something happens, earliest first: the clock steps from one to the next. */
function momentsOf(simulation: Simulation): string[] {
  const all = [simulation.began_at, ...simulation.steps.flatMap((step) => [step.arrived_at, step.left_at]), simulation.stands_on?.due_at, simulation.ended_at];
  return [...new Set(all.filter((one): one is string => Boolean(one)))].sort();
}

export function litUntil(simulation: Simulation, moment: string): Lit {
  const steps = new Map<string, Light>();
  const ways = new Set<string>(["trigger/start"]);
  for (const step of simulation.steps) {
    if (step.arrived_at > moment) break;
    const hasLeft = step.left_at <= moment;
    steps.set(step.node_id, hasLeft ? "passed" : "stands");
    if (hasLeft && step.port) ways.add(`${step.node_id}/${step.port}`);
  }
  const last = simulation.steps.at(-1);
  if (simulation.stands_on && (!last || last.left_at <= moment)) steps.set(simulation.stands_on.node_id, "stands");
  return { steps, ways };
}

export const SimulateDrawer = memo(function SimulateDrawer({ journeyId, open, onClose, flush, onLit, onGo }: SimulateProps) {
  const phone = useIsPhone();
  const { palette } = useKnowledge();
  const [sought, setSought] = useState("");
  const [person, setPerson] = useState<string | null>(null);
  const [assumed, setAssumed] = useState<{ hours: number; event: string | null }[]>([]);
  const [moment, setMoment] = useState<number | null>(null);
  const found = useFoundCustomers(sought);
  const simulate = useSimulate(journeyId);
  const simulation = simulate.data;
  const moments = useMemo(() => (simulation ? momentsOf(simulation) : []), [simulation]);
  const at = moments[Math.min(moment ?? moments.length - 1, moments.length - 1)];
  const events = palette.events ?? [];

  useEffect(() => {
    onLit(open && simulation && at ? litUntil(simulation, at) : null);
  }, [open, simulation, at, onLit]);

  const run = async () => {
    if (!person || !(await flush())) return;
    setMoment(null);
    const things = assumed.flatMap(({ hours, event }) => (event ? [{ after_minutes: Math.round(hours * 60), event }] : []));
    simulate.mutate({ customer_id: person, assumed: things });
  };

  return (
    <Drawer
      open={open}
      onClose={onClose}
      title={t.editor.simulate.title}
      placement={phone ? "bottom" : "right"}
      size={phone ? "80%" : 440}
      mask={false}
      getContainer={phone ? undefined : false}
      rootStyle={phone ? undefined : { position: "absolute" }}
    >
      <div className="simulate">
        <p className="quiet">{t.editor.simulate.hint}</p>
        <div className="efield">
          <label htmlFor="simulated-person">{t.editor.simulate.person}</label>
          <Select
            id="simulated-person"
            showSearch={{ filterOption: false, onSearch: setSought }}
            placeholder={t.editor.simulate.personPlaceholder}
            value={person}
            onChange={setPerson}
            loading={found.isFetching}
            options={rowsOf(found).map((one) => ({ value: one.id, label: `${nameOf(one)}${one.phone_masked ? ` ${one.phone_masked}` : ""}` }))}
          />
        </div>
        <div className="efield">
          <span className="efield-label">{t.editor.simulate.assumed}</span>
          {assumed.map((one, index) => {
            const set = (changed: Partial<typeof one>) => setAssumed(assumed.map((other, i) => (i === index ? { ...other, ...changed } : other)));
            return (
              <div key={index} className="assumed">
                <InputNumber
                  aria-label={t.editor.simulate.after}
                  prefix={t.editor.simulate.after}
                  suffix={t.time.hourUnit}
                  min={0}
                  max={9_600}
                  value={one.hours}
                  onChange={(hours) => set({ hours: hours ?? 0 })}
                />
                <Select
                  aria-label={t.editor.simulate.event}
                  placeholder={t.editor.simulate.event}
                  showSearch={{ optionFilterProp: "label" }}
                  options={events}
                  value={one.event}
                  onChange={(event) => set({ event })}
                />
                <Button type="text" icon={<DeleteOutlined />} aria-label={t.editor.field.remove} onClick={() => setAssumed(assumed.filter((_, i) => i !== index))} />
              </div>
            );
          })}
          <Button size="small" type="text" icon={<PlusOutlined />} onClick={() => setAssumed([...assumed, { hours: 24, event: null }])}>
            {t.editor.simulate.addAssumed}
          </Button>
        </div>
        <Button type="primary" block icon={<PlayCircleOutlined />} disabled={!person} loading={simulate.isPending} onClick={() => void run()}>
          {simulation ? t.editor.simulate.again : t.editor.simulate.run}
        </Button>
        {simulate.error && (
          <Alert
            type="warning"
            showIcon
            title={simulate.error.code === "journeys.graph_invalid" ? t.editor.simulate.fix : failureText(simulate.error)}
          />
        )}
        {simulation && at && (
          <>
            <div className="sim-clock">
              <strong>{t.editor.simulate.clockAt(minute(at))}</strong>
              <Slider
                min={0}
                max={Math.max(1, moments.length - 1)}
                value={Math.min(moment ?? moments.length - 1, moments.length - 1)}
                onChange={setMoment}
                tooltip={{ formatter: (index) => minute(moments[index ?? 0] ?? at) }}
                ariaLabelForHandle={t.editor.simulate.clock}
              />
            </div>
            <Told simulation={simulation} at={at} onGo={onGo} />
          </>
        )}
      </div>
    </Drawer>
  );
});

function Told({ simulation, at, onGo }: { simulation: Simulation; at: string; onGo: (step: string) => void }) {
  const messages = new Map(simulation.messages.map((message) => [message.send_id, message]));
  const stands = simulation.stands_on;
  return (
    <>
      <ol className="sim-steps" aria-label={t.editor.simulate.steps}>
        {simulation.steps.map((step, index) => {
          const message = step.send_id ? messages.get(step.send_id) : undefined;
          return (
            <li key={index} className={step.arrived_at > at ? "sim-later" : ""}>
              <button type="button" onClick={() => onGo(step.node_id)}>
                <span className="step-icon">{iconOf(step.kind)}</span>
                <span className="sim-step">
                  <strong>{step.label}</strong>
                  <small className="quiet">{minute(step.arrived_at)}</small>
                  {step.why && <span>{step.why}</span>}
                  {step.port_label && step.port !== "done" && <span className="sim-way">{t.editor.simulate.way(step.port_label)}</span>}
                  {step.skipped && <span className="sim-no">{t.editor.simulate.skipped(t.editor.simulate.skippedReasons[step.skipped] ?? step.skipped)}</span>}
                </span>
              </button>
              {message && <MessageTold message={message} />}
            </li>
          );
        })}
        {stands && (
          <li className="sim-stands">
            <button type="button" onClick={() => onGo(stands.node_id)}>
              <span className="step-icon">{iconOf(stands.kind)}</span>
              <span className="sim-step">
                <strong>{stands.label}</strong>
                <span>{stands.why}</span>
                <span className="sim-way">
                  {t.editor.simulate.stands}
                  {stands.due_at && ` · ${t.editor.simulate.until(minute(stands.due_at))}`}
                </span>
              </span>
            </button>
          </li>
        )}
      </ol>
      <Alert
        type={simulation.status === "completed" ? "success" : "info"}
        showIcon
        title={simulation.reason ? t.say.says(ended(simulation), simulation.reason) : ended(simulation)}
        description={simulation.is_cut ? t.editor.simulate.cut : undefined}
      />
    </>
  );
}

const ended = ({ status }: Simulation): string => t.editor.simulate.ended[status] ?? status;

function MessageTold({ message }: { message: Simulation["messages"][number] }) {
  return (
    <div className="sim-message">
      <strong className={message.would_leave ? "sim-yes" : "sim-no"}>
        {message.would_leave ? t.editor.simulate.wouldLeave : t.editor.simulate.wouldNotLeave}
      </strong>
      <dl>
        {message.fields.map(({ name, text, problem }) => (
          <div key={name}>
            <dt>{name}</dt>
            <dd className={problem ? "sim-no" : ""}>{text ?? problem}</dd>
          </div>
        ))}
      </dl>
      <ul className="plain-list">
        {message.ways.map((way) => (
          <li key={way.channel} className={way.is_taken ? "sim-yes" : way.is_open ? "" : "sim-no"}>
            {way.label}
            {way.reason && t.say.says("", way.reason)}
          </li>
        ))}
      </ul>
    </div>
  );
}
