/** One setting, drawn from the platform's description of it; what names something else is picked from what there is. */
import { DeleteOutlined, PlusOutlined } from "@ant-design/icons";
import { Button, Checkbox, Input, InputNumber, Segmented, Select, Switch } from "antd";
import { useId, type ReactNode } from "react";
import type { FormField, KindSchema } from "../../../api/journeys";
import type { Config } from "../../../lib/graph";
import { fromLocalInput, toLocalInput } from "../../../lib/time";
import { t } from "../../../texts";
import { ConditionField, TreeField } from "./Conditions";
import { isReference, ReferenceField } from "./References";
import { plain, WhereField } from "./Where";

export interface FieldProps {
  field: FormField;
  value: unknown;
  onChange: (value: unknown) => void;
  /** The settings among which it stands: some fields depend on others. */
  beside: Config;
  schema?: KindSchema | undefined;
  id?: string;
}

const words = (label: string, value: string) => (label === value ? (t.editor.field.values[value] ?? label) : label);
export const choicesOf = (field: FormField) => (field.choices ?? []).map(({ value, label }) => ({ value, label: words(label, value) }));

/** Settings that are names for edges; people see the label beside them. */
const isHidden = (field: FormField) => field.name === "port";

/** A label, its control, and what may stand there. */
export function Labelled({ label, hint, required, children }: { label: string; hint?: string | null; required?: boolean; children: (id: string) => ReactNode }) {
  const id = useId();
  return (
    <div className="efield">
      <label htmlFor={id}>
        {label}
        {required && <span className="efield-required" title={t.editor.field.required} />}
      </label>
      {children(id)}
      {hint && <small className="quiet">{hint}</small>}
    </div>
  );
}

export function Fields({ form, value, onChange, schema }: { form: FormField[]; value: Config; onChange: (value: Config) => void; schema?: KindSchema | undefined }) {
  const set = (name: string, next: unknown) => {
    const changed = { ...value, [name]: next };
    if (next === undefined || next === null || next === "") delete changed[name];
    // What is not asked any more is not kept unseen.
    for (const field of form) if (field.when && !fitsBeside(field, changed)) delete changed[field.name];
    onChange(changed);
  };
  return (
    <div className="efields">
      {form
        .filter((field) => !isHidden(field) && isAsked(field, value))
        .map((field) => {
          const shown = value[field.name] ?? schema?.properties?.[field.name]?.default;
          if (isLarge(field))
            return (
              <fieldset key={field.name} className="efield-group">
                <legend>
                  {field.label}
                  {field.required && <span className="efield-required" title={t.editor.field.required} />}
                </legend>
                <One field={field} value={shown} onChange={(next) => set(field.name, next)} beside={value} schema={schema} />
                {field.hint && <small className="quiet">{field.hint}</small>}
              </fieldset>
            );
          return (
            <Labelled key={field.name} label={field.label} required={field.required} hint={isHintWorth(field) ? field.hint : null}>
              {(id) => <One id={id} field={field} value={shown} onChange={(next) => set(field.name, next)} beside={value} schema={schema} />}
            </Labelled>
          );
        })}
    </div>
  );
}

const isLarge = (field: FormField) => ["form", "condition", "tree", "where", "where_value"].includes(field.type);
const isHintWorth = (field: FormField) => !field.choices && field.type !== "event" && field.type !== "time" && field.type !== "known_date";

/** What does not matter as things stand is not asked. */
const MODES: Record<string, string[]> = {
  from_time: ["time", "window"],
  until_time: ["window"],
  weekdays: ["time", "window"],
  after_days: ["time", "window"],
  at: ["moment"],
  date: ["date"],
  days: ["date"],
};

const fitsBeside = ({ when }: FormField, beside: Config) =>
  Object.entries(when ?? {}).every(([name, values]) => values.includes(beside[name]));

function isAsked(field: FormField, beside: Config): boolean {
  if (!fitsBeside(field, beside)) return false;
  const mode = beside["mode"];
  const modes = MODES[field.name];
  if (typeof mode === "string" && modes && mode !== "again" && mode !== "once") return modes.includes(mode) || beside[field.name] !== undefined;
  if (field.name === "event" && beside["metric"] === "goal") return false;
  if (field.name === "where" && "event" in beside === false) return false;
  if ((field.name === "channel" || field.name === "template") && Array.isArray(beside["ladder"]) && beside["ladder"].length > 0) return false;
  return true;
}

function One(props: FieldProps): ReactNode {
  const { field, value, onChange, beside, id } = props;
  if (field.type === "form") return field.many ? <Items {...props} /> : <Inner {...props} />;
  if (field.type === "condition") return <ConditionField value={value as Config | undefined} onChange={onChange} />;
  if (field.type === "tree") return <TreeField value={value as Config | undefined} onChange={onChange} />;
  if (field.type === "where" || field.type === "where_value")
    return <WhereField single={field.type === "where_value"} value={value as Config | undefined} onChange={onChange} />;
  if (isReference(field, props.schema)) return <ReferenceField {...props} beside={beside} />;
  if (field.choices) {
    const options = choicesOf(field);
    if (!field.many && options.length <= 3 && options.every(({ label }) => label.length <= 6))
      return <Segmented block options={options} value={value as string} onChange={onChange} aria-label={field.label} />;
    return (
      <Select
        id={id}
        mode={field.many ? "multiple" : undefined}
        options={options}
        value={value as string | undefined}
        onChange={onChange}
        placeholder={t.editor.field.pick}
        allowClear={!field.required}
      />
    );
  }
  if (field.name === "weekdays")
    return (
      <Checkbox.Group
        options={t.editor.field.weekdays.map((label, index) => ({ label, value: index + 1 }))}
        value={(value as number[] | undefined) ?? []}
        onChange={(chosen) => onChange(chosen.length > 0 ? [...chosen].sort() : undefined)}
      />
    );
  switch (field.type) {
    case "plain":
      return <Input id={id} defaultValue={String(value ?? "")} maxLength={200} onChange={(event) => onChange(plain(event.target.value.trim()))} />;
    case "integer":
      // Money is kept in fen, and nobody thinks in them.
      if (field.name.endsWith("_fen"))
        return (
          <InputNumber
            id={id}
            value={typeof value === "number" ? value / 100 : null}
            min={0}
            precision={0}
            step={10_000}
            onChange={(yuan) => onChange(yuan === null ? undefined : yuan * 100)}
            placeholder={t.editor.field.optional}
          />
        );
      return (
        <InputNumber
          id={id}
          value={value as number | null}
          min={field.min ?? undefined}
          max={field.max ?? undefined}
          precision={0}
          onChange={onChange}
          placeholder={field.required ? undefined : t.editor.field.optional}
        />
      );
    case "yes_or_no":
      return <Switch id={id} checked={Boolean(value)} onChange={onChange} />;
    case "time":
      return <Input id={id} type="time" value={(value as string | undefined) ?? ""} onChange={(event) => onChange(event.target.value)} />;
    case "date":
      return <Input id={id} type="date" value={(value as string | undefined) ?? ""} onChange={(event) => onChange(event.target.value)} />;
    case "moment":
      return (
        <Input
          id={id}
          type="datetime-local"
          value={typeof value === "string" ? toLocalInput(Date.parse(value)) : ""}
          onChange={(event) => onChange(event.target.value ? fromLocalInput(event.target.value) : undefined)}
        />
      );
    default:
      return (
        <Input
          id={id}
          value={(value as string | undefined) ?? ""}
          maxLength={field.max ?? undefined}
          onChange={(event) => onChange(event.target.value)}
          placeholder={field.required ? undefined : t.editor.field.optional}
        />
      );
  }
}

/** A form inside the form, which may be left out as a whole. */
function Inner({ field, value, onChange }: FieldProps) {
  const inner = (value ?? null) as Config | null;
  if (inner === null)
    return (
      <Button size="small" icon={<PlusOutlined />} onClick={() => onChange({})}>
        {t.editor.field.set}
      </Button>
    );
  return (
    <div className="efield-inner">
      <Fields form={field.fields ?? []} value={inner} onChange={onChange} />
      <Button size="small" type="text" icon={<DeleteOutlined />} onClick={() => onChange(undefined)}>
        {t.editor.field.clear}
      </Button>
    </div>
  );
}

function freshPort(items: Config[]): string {
  const taken = new Set(items.map((item) => item["port"]));
  const letters = "abcdefghijklmnopqrstuvwxyz";
  return [...letters].find((letter) => !taken.has(letter)) ?? `way_${items.length + 1}`;
}

/** Several forms of one kind: ways, arms, rungs, events. */
function Items({ field, value, onChange }: FieldProps) {
  const items = (Array.isArray(value) ? value : []) as Config[];
  const hasPort = (field.fields ?? []).some(isHidden);
  const blank = (): Config => {
    if (!hasPort) return {};
    const port = freshPort(items);
    return { port, label: port.toUpperCase() };
  };
  return (
    <div className="efield-items">
      {items.map((item, index) => (
        <div key={index} className="efield-item" role="group" aria-label={t.editor.field.item(index + 1)}>
          <Fields
            form={field.fields ?? []}
            value={item}
            onChange={(next) => onChange(items.map((one, at) => (at === index ? next : one)))}
          />
          <Button
            size="small"
            type="text"
            icon={<DeleteOutlined />}
            aria-label={`${t.editor.field.remove} ${t.editor.field.item(index + 1)}`}
            onClick={() => onChange(items.length > 1 ? items.filter((_, at) => at !== index) : undefined)}
          />
        </div>
      ))}
      <Button size="small" icon={<PlusOutlined />} onClick={() => onChange([...items, blank()])}>
        {t.editor.field.add}
      </Button>
    </div>
  );
}
