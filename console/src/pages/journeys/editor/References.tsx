/** Settings that name what is kept elsewhere: events, tags, segments, templates, channels, journeys, dates that are known of people. */
import { AutoComplete, Select } from "antd";
import { useMemo } from "react";
import { useMessageTemplates, useSegments, type FormField, type KindSchema } from "../../../api/journeys";
import { useJourneys, useTags } from "../../../api/queries";
import { rowsOf } from "../../../parts/ResourceList";
import { t } from "../../../texts/zh-CN";
import type { FieldProps } from "./Field";
import { useKnowledge } from "./knowledge";

const KNOWN = ["event", "tag", "segment", "template", "channel", "journey", "known_date"];

function meant(field: FormField, schema: KindSchema | undefined): string {
  const said = schema?.properties?.[field.name]?.["x-reference"] ?? field.type;
  return KNOWN.includes(said) ? said : KNOWN.includes(field.name) && field.type === "text" && !field.choices ? field.name : said;
}

export const isReference = (field: FormField, schema: KindSchema | undefined) => KNOWN.includes(meant(field, schema));

interface Option {
  value: string;
  label: string;
}

function Chosen({ field, value, onChange, id, options, loading }: FieldProps & { options: Option[]; loading?: boolean }) {
  const shown = typeof value === "string" ? value : undefined;
  const known = shown && !options.some((one) => one.value === shown) ? [{ value: shown, label: shown }, ...options] : options;
  return (
    <Select
      id={id}
      showSearch={{ filterOption: (typed, option) => `${option?.label ?? ""} ${option?.value ?? ""}`.toLowerCase().includes(typed.toLowerCase()) }}
      options={known}
      value={shown}
      onChange={onChange}
      placeholder={t.editor.field.pick}
      loading={loading}
      allowClear={!field.required}
      aria-label={field.label}
    />
  );
}

function EventField(props: FieldProps) {
  const { palette } = useKnowledge();
  const options = useMemo(() => palette.events ?? props.field.choices ?? [], [palette, props.field.choices]);
  return <Chosen {...props} options={options} />;
}

function TemplateField(props: FieldProps) {
  const found = useMessageTemplates();
  const own = props.schema?.properties?.[props.field.name];
  const channel = own?.["x-channel"] ?? (props.beside[own?.["x-channel-field"] ?? "channel"] as string | undefined);
  const usual = own?.["x-channel-field"] ? props.schema?.properties?.[own["x-channel-field"]]?.default : undefined;
  const wanted = channel ?? usual;
  const options = rowsOf(found)
    .filter((one) => one.state !== "archived" && (!wanted || one.channel === wanted))
    .map((one) => ({ value: one.key, label: wanted ? one.title : `${one.title}（${one.channel_label}）` }));
  const unique = [...new Map(options.map((one) => [one.value, one])).values()];
  return <Chosen {...props} options={unique} loading={found.isPending} />;
}

function ChannelField(props: FieldProps) {
  const { palette } = useKnowledge();
  const found = useMessageTemplates();
  const named = palette.channels?.filter((one) => one.to !== "staff") ?? rowsOf(found).map((one) => ({ value: one.channel, label: one.channel_label }));
  const options = [...new Map(named.map((one) => [one.value, { value: one.value, label: one.label }])).values()];
  return <Chosen {...props} options={options} />;
}

function SegmentField(props: FieldProps) {
  const found = useSegments();
  const options = (found.data?.items ?? []).map((one) => ({ value: one.id, label: one.name }));
  return <Chosen {...props} options={options} loading={found.isPending} />;
}

function JourneyField(props: FieldProps) {
  const found = useJourneys();
  const options = (found.data?.items ?? []).map((one) => ({ value: one.key, label: one.name }));
  return <Chosen {...props} options={options} loading={found.isPending} />;
}

/** A tag may be named before anybody bears it. */
function TagField({ value, onChange, id, field }: FieldProps) {
  const found = useTags();
  const options = (found.data?.items ?? []).map((one) => ({ value: one.key, label: one.label }));
  return (
    <AutoComplete
      id={id}
      options={options}
      value={(value as string | undefined) ?? ""}
      onChange={onChange}
      showSearch={{ filterOption: (typed, option) => `${option?.label ?? ""} ${option?.value ?? ""}`.toLowerCase().includes(typed.toLowerCase()) }}
      placeholder={t.editor.field.pick}
      maxLength={64}
      allowClear={!field.required}
    />
  );
}

function DateField(props: FieldProps) {
  const found = useTags();
  const tags = (found.data?.items ?? []).map((one) => ({ value: `tag:${one.key}`, label: t.editor.field.tagDate(one.label) }));
  return <Chosen {...props} options={[{ value: "profile:created_at", label: t.editor.field.createdAt }, ...tags]} />;
}

const FIELDS: Record<string, (props: FieldProps) => React.ReactNode> = {
  event: EventField,
  tag: TagField,
  segment: SegmentField,
  template: TemplateField,
  channel: ChannelField,
  journey: JourneyField,
  known_date: DateField,
};

export function ReferenceField(props: FieldProps) {
  const Drawn = FIELDS[meant(props.field, props.schema)];
  return Drawn ? <Drawn {...props} /> : null;
}
