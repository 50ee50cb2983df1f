/** A broadcast is written beside what would become of it; nothing starts before that was seen. */
import { App, Button, Input, InputNumber, Segmented, Select, Skeleton } from "antd";
import { useState } from "react";
import { useNavigate, useParams } from "react-router";
import { useBroadcast, useBroadcastStep, useDraftForecast, useSaveBroadcast, type Broadcast, type BroadcastAudience, type BroadcastDraft } from "../../api/broadcasts";
import { ApiError } from "../../api/client";
import { useSegments } from "../../api/journeys";
import { useTags } from "../../api/queries";
import { useRested } from "../../lib/rest";
import { fromLocalInput, onDay, platformNow, toLocalInput } from "../../lib/time";
import { Failure, failureText } from "../../parts/Failure";
import { Page } from "../../parts/Page";
import { Panel } from "../../parts/Panel";
import { t } from "../../texts";
import { Labelled } from "../journeys/editor/Field";
import "../journeys/editor/editor.css";
import { isWhole } from "./broadcasts";
import { ForecastPanel } from "./Forecast";
import { Ladder } from "./Ladder";
import "./messages.css";

const b = t.messages.broadcast;
const EMPTY: BroadcastDraft = {
  name: "",
  purpose: "marketing",
  audience: { kind: "segment", segment_id: "" },
  ladder: [{ channel: "", template_key: "" }],
  expires_hours: 72,
  per_minute: null,
};

const draftOf = ({ name, purpose, audience, ladder, expires_hours, per_minute }: Broadcast): BroadcastDraft => ({
  name,
  purpose,
  audience,
  ladder,
  expires_hours,
  per_minute,
});

/** The ways that the platform refused, by place: it names them ladder.0, ladder.1. */
const unfitOf = (error: ApiError | null) =>
  Object.keys(error?.details ?? {}).flatMap((name) => (name.startsWith("ladder.") ? [Number(name.slice("ladder.".length))] : []));

function Audience({ value, onChange }: { value: BroadcastAudience; onChange: (audience: BroadcastAudience) => void }) {
  const segments = useSegments();
  const tags = useTags();
  if (value.kind === "list") return <p className="quiet">{b.fixedList}</p>;
  return (
    <div className="audience-pick">
      <Segmented
        aria-label={b.audience}
        value={value.kind}
        onChange={(kind) => onChange(kind === "tag" ? { kind, tag: "" } : { kind: "segment", segment_id: "" })}
        options={(["segment", "tag"] as const).map((kind) => ({ value: kind, label: b.kinds[kind] }))}
      />
      {value.kind === "segment" ? (
        <Select
          aria-label={b.pickSegment}
          placeholder={b.pickSegment}
          value={value.segment_id || null}
          onChange={(segment_id: string | null) => onChange({ kind: "segment", segment_id: segment_id ?? "" })}
          options={(segments.data?.items ?? []).map((one) => ({ value: one.id, label: t.say.aside(one.name, t.messages.people(one.members)) }))}
          loading={segments.isPending}
          showSearch={{ optionFilterProp: "label" }}
        />
      ) : (
        <Select
          aria-label={b.pickTag}
          placeholder={b.pickTag}
          value={value.tag || null}
          onChange={(tag: string | null) => onChange({ kind: "tag", tag: tag ?? "" })}
          options={(tags.data?.items ?? []).map((one) => ({ value: one.key, label: one.label }))}
          loading={tags.isPending}
          showSearch={{ optionFilterProp: "label" }}
        />
      )}
    </div>
  );
}

function When({ value, onChange }: { value: string | null; onChange: (at: string | null) => void }) {
  return (
    <div className="audience-pick">
      <Segmented
        aria-label={b.when}
        value={value === null ? "now" : "later"}
        onChange={(when) => onChange(when === "now" ? null : "")}
        options={Object.entries(b.whens).map(([key, label]) => ({ value: key, label }))}
      />
      {value !== null && (
        <Input type="datetime-local" aria-label={b.whens["later"]} value={value} min={toLocalInput(platformNow())} onChange={(event) => onChange(event.target.value)} />
      )}
    </div>
  );
}

function Editor({ id, initial, at }: { id: string | null; initial: BroadcastDraft; at: string | null }) {
  const { message, modal } = App.useApp();
  const navigate = useNavigate();
  const [draft, setDraft] = useState(initial);
  const [when, setWhen] = useState(at);
  const [needsName, setNeedsName] = useState(false);
  const set = (changed: Partial<BroadcastDraft>) => setDraft((before) => ({ ...before, ...changed }));
  const { name: _name, ...unnamed } = draft;
  const rested = useRested(JSON.stringify(unnamed));
  const whole = isWhole(draft);
  const isStale = rested !== JSON.stringify(unnamed);
  const forecast = useDraftForecast(whole && !isStale ? unnamed : null);
  const save = useSaveBroadcast(id);
  const step = useBroadcastStep();
  const failed = (error: unknown) => void message.error(failureText(error as ApiError));
  const saved = async () => {
    if (!draft.name.trim()) {
      setNeedsName(true);
      return null;
    }
    // Whom a list is for stays as it is: only its other settings are changed here.
    const { audience, ...rest } = draft;
    return save.mutateAsync({ ...(audience.kind === "list" ? rest : draft), name: draft.name.trim() } as BroadcastDraft).catch((error) => void failed(error));
  };
  const keep = async () => {
    const one = await saved();
    if (!one) return;
    void message.success(b.saved);
    void navigate(`/messages/broadcasts/${one.id}`);
  };
  const begin = async () => {
    const one = await saved();
    if (!one) return;
    const moment = when ? fromLocalInput(when) : null;
    const told = moment ? b.startAt(onDay(moment)) : b.startNow;
    void modal.confirm({
      title: b.startTitle(one.name),
      content: (
        <>
          <p>{b.startHint(forecast.data?.reached ?? 0, told)}</p>
          <p className="quiet">{forecast.data?.sentence}</p>
        </>
      ),
      okText: moment ? b.schedule : b.start,
      onOk: () =>
        step.mutateAsync({ id: one.id, step: "schedule", body: { at: moment } }).then(() => {
          void message.success(moment ? b.scheduled : b.started);
          void navigate(`/messages/broadcasts/${one.id}`);
        }, failed),
      // It is kept as a draft: what is changed here from now on is a change of that one.
      onCancel: () => void navigate(`/messages/broadcasts/${one.id}/edit`, { replace: true }),
    });
  };
  return (
    <Page title={id ? b.editTitle : b.newTitle} back={id ? { to: `/messages/broadcasts/${id}`, label: initial.name } : { to: "/messages", label: t.messages.broadcasts }}>
      <div className="columns">
        <Panel>
          <div className="broadcast-form">
            <Labelled label={b.name} required>
              {(field) => (
                <>
                  <Input
                    id={field}
                    value={draft.name}
                    maxLength={80}
                    placeholder={b.namePlaceholder}
                    onChange={(event) => set({ name: event.target.value })}
                    {...(needsName && !draft.name.trim() ? { status: "error" as const } : {})}
                  />
                  {needsName && !draft.name.trim() && <small className="bad">{b.needName}</small>}
                </>
              )}
            </Labelled>
            <Labelled label={b.purpose} hint={b.purposeHint[draft.purpose] ?? null}>
              {() => (
                <Segmented
                  className="fit"
                  aria-label={b.purpose}
                  value={draft.purpose}
                  onChange={(purpose) => set({ purpose })}
                  options={(["marketing", "transactional"] as const).map((value) => ({ value, label: t.messages.purposes[value] }))}
                />
              )}
            </Labelled>
            <Labelled label={b.audience} required>
              {() => <Audience value={draft.audience} onChange={(audience) => set({ audience })} />}
            </Labelled>
            <Labelled label={b.ladder} hint={b.ladderHint} required>
              {() => <Ladder value={draft.ladder} purpose={draft.purpose} onChange={(ladder) => set({ ladder })} unfit={unfitOf(save.error ?? forecast.error)} />}
            </Labelled>
            <Labelled label={b.when}>{() => <When value={when} onChange={setWhen} />}</Labelled>
            <div className="broadcast-pair">
              <Labelled label={b.expires} hint={b.expiresHint}>
                {(field) => <InputNumber id={field} min={1} max={1440} precision={0} value={draft.expires_hours} onChange={(n) => set({ expires_hours: n ?? 72 })} />}
              </Labelled>
              <Labelled label={b.pace} hint={b.paceHint}>
                {(field) => <InputNumber id={field} min={1} max={1_000_000} precision={0} value={draft.per_minute} onChange={(per_minute) => set({ per_minute })} />}
              </Labelled>
            </div>
            <div className="broadcast-deeds">
              <Button type="primary" disabled={!whole || !forecast.data || isStale || when === ""} loading={save.isPending || step.isPending} onClick={() => void begin()}>
                {when === null ? b.start : b.schedule}
              </Button>
              <Button disabled={!whole} loading={save.isPending} onClick={() => void keep()}>
                {b.saveDraft}
              </Button>
            </div>
          </div>
        </Panel>
        <ForecastPanel asked={forecast} isWhole={whole} isStale={isStale || forecast.isPlaceholderData} />
      </div>
    </Page>
  );
}

function Existing({ id }: { id: string }) {
  const found = useBroadcast(id);
  if (!found.data)
    return (
      <Page title={b.editTitle} back={{ to: "/messages", label: t.messages.broadcasts }}>
        <Panel>{found.error ? <Failure error={found.error} retry={() => void found.refetch()} /> : <Skeleton active paragraph={{ rows: 8 }} />}</Panel>
      </Page>
    );
  return <Editor key={id} id={id} initial={draftOf(found.data)} at={null} />;
}

function BroadcastEditPage() {
  const { id } = useParams();
  return id ? <Existing id={id} /> : <Editor key="new" id={null} initial={EMPTY} at={null} />;
}

export { BroadcastEditPage as Component };
