/** What publishing changes, in words and in people, and what becomes of those who are inside; then how far they have been moved. */
import { Alert, Button, Drawer, Input, Progress, Radio, Select, Skeleton } from "antd";
import { memo, useEffect, useMemo, useState } from "react";
import { Link } from "react-router";
import {
  useMoves,
  usePreviewOf,
  usePublish,
  type Changed,
  type GraphDifference,
  type Inside,
  type MoveOfPeople,
  type StandingPlace,
  type VersionRow,
} from "../../../api/journeys";
import { useIsPhone } from "../../../app/ThemeMode";
import { failureText } from "../../../parts/Failure";
import { t } from "../../../texts";
import { Problems } from "./Checklist";
import { Forecast } from "./Estimates";

/** A step of the version that will be live. */
export interface NamedStep {
  id: string;
  label: string;
}

interface PublishProps {
  journeyId: string;
  steps: NamedStep[];
  /** An earlier version that is published once more; without it the draft. */
  version?: VersionRow | undefined;
  open: boolean;
  onClose: () => void;
  /** Resolves once all that is drawn is kept; to false where it cannot be. */
  flush?: () => Promise<boolean>;
  onGo?: (step: string) => void;
}

const nothingToKeep = () => Promise.resolve(true);

const OUT = "";

export const PublishDrawer = memo(function PublishDrawer({ journeyId, steps, version, open, onClose, flush = nothingToKeep, onGo }: PublishProps) {
  const phone = useIsPhone();
  const preview = usePreviewOf(journeyId);
  const publish = usePublish(journeyId, version?.id);
  const [inside, setInside] = useState<Inside>("drain");
  const [places, setPlaces] = useState<Record<string, string>>({});
  const [accepted, setAccepted] = useState<string[]>([]);
  const [note, setNote] = useState("");
  const { mutate: look, reset: forget } = preview;
  const { reset: anew } = publish;
  const number = version?.number;
  const asked = useMemo(() => (number === undefined ? {} : { version: number }), [number]);

  useEffect(() => {
    if (!open) return;
    anew();
    forget();
    setAccepted([]);
    void flush().then((isKept) => isKept && look(asked));
  }, [open, flush, look, forget, anew, asked]);

  const seen = preview.data;
  const byNode = gathered(seen?.places ?? []);
  const people = byNode.reduce((sum, one) => sum + one.people, 0);
  const goesTo = (one: StandingPlace) => places[one.node] ?? one.to ?? undefined;
  const isMapped = inside !== "migrate" || byNode.every((one) => goesTo(one) !== undefined);
  const codes = (seen?.warnings ?? []).flatMap(({ code }) => (code ? [code] : []));
  const isRead = codes.every((code) => accepted.includes(code));
  const isFirst = !seen?.difference || steps.length === seen.difference.added.length;
  const done = publish.data;

  const submit = () => {
    if (!seen) return;
    const named = Object.fromEntries(byNode.map((one) => [one.node, goesTo(one) === OUT ? null : (goesTo(one) ?? null)]));
    publish.mutate(
      { ...(version ? {} : { revision: seen.revision }), note: note.trim(), inside: people > 0 ? inside : "drain", places: inside === "migrate" ? named : {}, accepted },
      { onError: (error) => error.status === 409 && look(asked) },
    );
  };

  return (
    <Drawer
      open={open}
      onClose={onClose}
      title={version ? t.results.rollBackTo(version.number) : t.editor.publish.title}
      placement={phone ? "bottom" : "right"}
      size={phone ? "86%" : 520}
      footer={
        !done &&
        seen &&
        seen.errors.length === 0 && (
          <Button type="primary" block size="large" disabled={!isMapped || !isRead} loading={publish.isPending} onClick={submit}>
            {people > 0 && inside !== "drain" ? t.editor.publish.submitWith(people) : t.editor.publish.submit}
          </Button>
        )
      }
    >
      {done ? (
        <Done journeyId={journeyId} version={done.version} move={done.move} />
      ) : preview.error ? (
        <Alert type="error" showIcon title={failureText(preview.error)} />
      ) : !seen ? (
        <Skeleton active paragraph={{ rows: 6 }} />
      ) : seen.errors.length > 0 ? (
        <section className="check-part">
          <h3>{t.editor.check.errors(seen.errors.length)}</h3>
          <Problems problems={seen.errors} kind="error" graph={{ nodes: steps }} onGo={onGo} />
        </section>
      ) : (
        <div className="publish">
          {publish.error && <Alert type="error" showIcon title={failureText(publish.error)} />}
          <section className="check-part">
            <h3>{t.editor.publish.changes}</h3>
            {isFirst || !seen.difference ? <p>{t.editor.publish.first}</p> : <Difference difference={seen.difference} steps={steps} />}
          </section>
          <section className="check-part">
            <h3>
              {t.editor.publish.inside} <small className="quiet">{people > 0 ? t.editor.publish.insideCount(people) : ""}</small>
            </h3>
            {people === 0 ? (
              <p className="quiet">{t.editor.publish.nobody}</p>
            ) : (
              <InsideChoice inside={inside} onChange={setInside} places={byNode} goesTo={goesTo} onPlace={(node, to) => setPlaces({ ...places, [node]: to })} steps={steps} />
            )}
          </section>
          {seen.estimate && <Forecast estimate={seen.estimate} />}
          {seen.warnings.length > 0 && (
            <section className="check-part">
              <h3>{t.editor.check.warnings(seen.warnings.length)}</h3>
              <Problems problems={seen.warnings} kind="warning" graph={{ nodes: steps }} accepted={accepted} onAccept={setAccepted} />
            </section>
          )}
          <div className="efield">
            <label htmlFor="publish-note">{t.editor.publish.note}</label>
            <Input.TextArea id="publish-note" rows={2} maxLength={500} value={note} placeholder={t.editor.publish.notePlaceholder} onChange={(event) => setNote(event.target.value)} />
          </div>
        </div>
      )}
    </Drawer>
  );
});

/** People of several versions who stand on one node go one way. */
function gathered(places: StandingPlace[]): StandingPlace[] {
  const byNode = new Map<string, StandingPlace>();
  for (const one of places) {
    const known = byNode.get(one.node);
    byNode.set(one.node, known ? { ...known, people: known.people + one.people } : one);
  }
  return [...byNode.values()].filter((one) => one.people > 0).sort((one, other) => other.people - one.people);
}

interface InsideProps {
  inside: Inside;
  onChange: (inside: Inside) => void;
  places: StandingPlace[];
  goesTo: (place: StandingPlace) => string | undefined;
  onPlace: (node: string, to: string) => void;
  steps: NamedStep[];
}

function InsideChoice({ inside, onChange, places, goesTo, onPlace, steps }: InsideProps) {
  const all = places.reduce((sum, one) => sum + one.people, 0);
  const out = places.filter((one) => goesTo(one) === OUT).reduce((sum, one) => sum + one.people, 0);
  const choices: { value: Inside; title: string; hint: string }[] = [
    { value: "drain", title: t.editor.publish.drain, hint: t.editor.publish.drainHint(all) },
    { value: "migrate", title: t.editor.publish.migrate, hint: t.editor.publish.migrateHint(all - out, out) },
    { value: "eject", title: t.editor.publish.eject, hint: t.editor.publish.ejectHint(all) },
  ];
  return (
    <>
      <Radio.Group className="inside" value={inside} onChange={(event) => onChange(event.target.value as Inside)}>
        {choices.map(({ value, title, hint }) => (
          <Radio key={value} value={value}>
            <strong>{title}</strong>
            <small className="quiet">{hint}</small>
          </Radio>
        ))}
      </Radio.Group>
      {inside === "migrate" && (
        <table className="node-map">
          <thead>
            <tr>
              <th>{t.editor.publish.standsOn}</th>
              <th>{t.editor.publish.people}</th>
              <th>{t.editor.publish.goesTo}</th>
            </tr>
          </thead>
          <tbody>
            {places.map((one) => (
              <tr key={one.node}>
                <td>
                  {one.label} <small className="quiet">{t.editor.publish.changes_[one.change]}</small>
                </td>
                <td>{t.common.count(one.people)}</td>
                <td>
                  <Select
                    size="small"
                    aria-label={`${one.label} ${t.editor.publish.goesTo}`}
                    placeholder={t.editor.publish.choose}
                    status={goesTo(one) === undefined ? "error" : undefined}
                    value={goesTo(one)}
                    options={[...steps.map(({ id, label }) => ({ value: id, label })), { value: OUT, label: t.editor.publish.leave }]}
                    onChange={(to) => onPlace(one.node, to)}
                  />
                </td>
              </tr>
            ))}
          </tbody>
        </table>
      )}
    </>
  );
}

function said(value: unknown): string {
  if (value === null || value === undefined || value === "") return t.editor.publish.empty;
  if (typeof value === "string") return t.editor.field.values[value] ?? value;
  return typeof value === "object" ? JSON.stringify(value) : String(value);
}

function FieldChanges({ fields }: { fields: Changed[] }) {
  return (
    <ul className="diff-fields">
      {fields.map((one) => (
        <li key={one.field}>
          <span className="quiet">{one.field === "label" ? t.editor.label : one.field === "late" ? t.editor.late : one.label}</span>{" "}
          {t.editor.publish.from(said(one.old), said(one.new))}
        </li>
      ))}
    </ul>
  );
}

/** `steps` are those of the later graph. */
export function Difference({ difference: found, steps }: { difference: GraphDifference; steps: NamedStep[] }) {
  const names = new Map([...found.removed, ...steps].map(({ id, label }) => [id, label]));
  const name = (id: string) => names.get(id) ?? id;
  const fresh = new Set([...found.added, ...found.removed].map(({ id }) => id));
  const old = (edges: { from: string; to: string }[]) => edges.filter(({ from }) => !fresh.has(from));
  const lines = [
    ...found.triggers.added.map((words) => ({ tone: "add", words: t.editor.publish.triggerAdded(words), fields: [] as Changed[] })),
    ...found.triggers.removed.map((words) => ({ tone: "gone", words: t.editor.publish.triggerRemoved(words), fields: [] })),
    ...found.added.map(({ label }) => ({ tone: "add", words: t.editor.publish.added(label), fields: [] })),
    ...found.removed.map(({ label }) => ({ tone: "gone", words: t.editor.publish.removed(label), fields: [] })),
    ...found.changed.map(({ label, fields }) => ({ tone: "change", words: t.editor.publish.changed(label), fields })),
    ...old(found.edges.added).map(({ from, to }) => ({ tone: "change", words: t.editor.publish.wired(name(from), name(to)), fields: [] })),
    ...(found.rules.length > 0 ? [{ tone: "change", words: t.editor.publish.changed(t.editor.rules.title), fields: found.rules }] : []),
  ];
  if (lines.length === 0) return <p className="quiet">{t.editor.publish.nothing}</p>;
  return (
    <ul className="diff">
      {lines.map(({ tone, words, fields }, index) => (
        <li key={index} className={`diff-${tone}`}>
          {words}
          {fields.length > 0 && <FieldChanges fields={fields} />}
        </li>
      ))}
    </ul>
  );
}

export function Moving({ journeyId, move }: { journeyId: string; move: MoveOfPeople }) {
  const moves = useMoves(journeyId, 2_000);
  const now = moves.data?.items.find((one) => one.id === move.id) ?? move;
  const done = now.moved + now.ejected;
  return (
    <div className="moving">
      <Progress percent={now.people > 0 ? Math.floor((100 * done) / now.people) : 100} status={now.ended_at ? "success" : "active"} />
      <p role="status">{now.ended_at ? t.editor.publish.movedAll(now.moved, now.ejected) : `${t.editor.publish.moving} · ${t.editor.publish.moved(done, now.people)}`}</p>
    </div>
  );
}

function Done({ journeyId, version, move }: { journeyId: string; version: number; move: MoveOfPeople | null }) {
  return (
    <div className="publish-done">
      <Alert type="success" showIcon title={t.editor.publish.done(version)} />
      {move && <Moving journeyId={journeyId} move={move} />}
      <Link to={`/journeys/${journeyId}`}>
        <Button type="primary">{t.editor.publish.toLive}</Button>
      </Link>
    </div>
  );
}
