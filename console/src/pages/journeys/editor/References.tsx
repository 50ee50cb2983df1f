/** Settings that name what is kept elsewhere: events, tags, segments, templates, channels, journeys, dates that are known of people. */
import { Select } from "antd";
import { useState } from "react";
import { useChoices } from "../../../api/audience";
import { useMessageTemplates, usePalette, useSegments, type FormField, type KindSchema } from "../../../api/journeys";
import { useJourneys, useTags } from "../../../api/queries";
import { useDealers } from "../../../api/terms";
import { rowsOf } from "../../../lib/rows";
import { t } from "../../../texts";
import type { FieldProps } from "./Field";

const KNOWN = ["event", "tag", "segment", "template", "channel", "journey", "known_date", "series", "word", "city", "dealer", "time_zone"];

function meant(field: FormField, schema: KindSchema | undefined): string {
  const said = schema?.properties?.[field.name]?.["x-reference"] ?? field.type;
  return KNOWN.includes(said) ? said : KNOWN.includes(field.name) && field.type === "text" && !field.choices ? field.name : said;
}

export const isReference = (field: FormField, schema: KindSchema | undefined) => KNOWN.includes(meant(field, schema));

interface Option {
  value: string;
  label: string;
}

interface ChosenProps extends FieldProps {
  options: Option[];
  loading?: boolean;
  onSearch?: (typed: string) => void;
}

function Chosen({ field, value, onChange, id, options, loading, onSearch }: ChosenProps) {
  const shown = typeof value === "string" ? value : undefined;
  const known = shown && !options.some((one) => one.value === shown) ? [{ value: shown, label: shown }, ...options] : options;
  return (
    <Select
      id={id}
      showSearch={{ filterOption: fitting, ...(onSearch ? { onSearch } : {}) }}
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
  const palette = usePalette().data;
  return <Chosen {...props} options={palette?.events ?? props.field.choices ?? []} loading={!palette} />;
}

function TemplateField(props: FieldProps) {
  const found = useMessageTemplates();
  const own = props.schema?.properties?.[props.field.name];
  const channel = own?.["x-channel"] ?? (props.beside[own?.["x-channel-field"] ?? "channel"] as string | undefined);
  const usual = own?.["x-channel-field"] ? props.schema?.properties?.[own["x-channel-field"]]?.default : undefined;
  const wanted = channel ?? usual;
  const options = rowsOf(found)
    .filter((one) => one.state !== "archived" && (!wanted || one.channel === wanted))
    .map((one) => ({ value: one.key, label: wanted ? one.title : t.say.aside(one.title, one.channel_label) }));
  const unique = [...new Map(options.map((one) => [one.value, one])).values()];
  return <Chosen {...props} options={unique} loading={found.isPending} />;
}

function ChannelField(props: FieldProps) {
  const palette = usePalette().data;
  const found = useMessageTemplates();
  const named = palette?.channels?.filter((one) => one.to !== "staff") ?? rowsOf(found).map((one) => ({ value: one.channel, label: one.channel_label }));
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

const fitting = (typed: string, option?: Partial<Option>) =>
  `${option?.label ?? ""} ${option?.value ?? ""}`.toLowerCase().includes(typed.toLowerCase());

/** A tag may be named before there is one: what is typed is offered where nothing is called so. */
function TagField(props: FieldProps) {
  const found = useTags();
  const [typed, setTyped] = useState("");
  const options = (found.data?.items ?? []).map((one) => ({ value: one.key, label: one.label }));
  const named = typed.trim().slice(0, 64);
  const offered = named && !options.some((one) => fitting(named, one)) ? [...options, { value: named, label: named }] : options;
  return <Chosen {...props} options={offered} loading={found.isPending} onSearch={setTyped} />;
}

/** Several of what there is; with `open` also what is typed. */
function Several({ field, value, onChange, id, options, loading, open }: FieldProps & { options: Option[]; loading?: boolean; open?: boolean }) {
  return (
    <Select
      id={id}
      mode={open ? "tags" : "multiple"}
      showSearch={{ filterOption: fitting }}
      tokenSeparators={open ? [",", "，", "、"] : undefined}
      options={options}
      value={Array.isArray(value) ? (value as string[]) : []}
      onChange={(chosen: string[]) => onChange(chosen.length > 0 ? chosen : undefined)}
      placeholder={field.required ? t.editor.field.pick : t.editor.field.optional}
      loading={loading}
      aria-label={field.label}
    />
  );
}

function SeriesField(props: FieldProps) {
  const found = useChoices();
  return <Several {...props} options={found.data?.series ?? []} loading={found.isPending} />;
}

/** The words of the attribute that is chosen beside it. */
function WordField(props: FieldProps) {
  const found = useChoices();
  return <Several {...props} options={found.data?.words[String(props.beside["attribute"])] ?? []} loading={found.isPending} />;
}

/** People may live where no dealer is. */
function CityField(props: FieldProps) {
  const dealers = useDealers();
  const cities = [...new Set((dealers.data?.items ?? []).map((one) => one.city))].sort((a, b) => a.localeCompare(b, "zh"));
  return <Several {...props} open options={cities.map((value) => ({ value, label: value }))} loading={dealers.isPending} />;
}

function DealerField(props: FieldProps) {
  const dealers = useDealers();
  return <Several {...props} options={(dealers.data?.items ?? []).map((one) => ({ value: one.id, label: one.name }))} loading={dealers.isPending} />;
}

const ZONES = Intl.supportedValuesOf("timeZone").map((value) => ({ value, label: value }));

function ZoneField(props: FieldProps) {
  return props.field.many ? <Several {...props} options={ZONES} /> : <Chosen {...props} options={ZONES} />;
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
  series: SeriesField,
  word: WordField,
  city: CityField,
  dealer: DealerField,
  time_zone: ZoneField,
};

export function ReferenceField(props: FieldProps) {
  const Drawn = FIELDS[meant(props.field, props.schema)];
  return Drawn ? <Drawn {...props} /> : null;
}
