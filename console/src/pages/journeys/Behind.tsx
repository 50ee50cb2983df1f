/** A step's figures with their reasons, each of which opens the people whom it counts; each of these opens her way. */
import { Skeleton } from "antd";
import { TOLD_BY_PEOPLE, useBehind, type Behind as Asked } from "../../api/results";
import type { JourneyNode } from "../../api/types";
import { rowsOf } from "../../lib/rows";
import { ExportButton } from "../../parts/ExportButton";
import { Failure } from "../../parts/Failure";
import { Nothing } from "../../parts/Nothing";
import { More } from "../../parts/ResourceList";
import { Searching } from "../../parts/Searching";
import { t } from "../../texts";
import { brief, reasonsOf, type Figure, type Known } from "./figures";
import type { Look } from "./look";
import { WalkLines } from "./People";
import { Stuck } from "./Stuck";

const r = t.results;

const AT_THE_TRIGGER: Figure[] = ["entered", "left_out", "held_out", "converted"];
const ALWAYS: Figure[] = ["entered", "waiting", "passed"];
const WHERE_THERE_ARE: Figure[] = ["sent", "delivered", "clicked", "not_sent", "failed", "skipped", "converted", "stuck", "finished", "exited", "moved"];

function figuresAt(node: JourneyNode, known: Known): Figure[] {
  if (node.id === "trigger") return AT_THE_TRIGGER;
  return [...ALWAYS, ...WHERE_THERE_ARE.filter((one) => (known[one as keyof Known] ?? 0) !== 0)];
}

/** Whom to show before anybody has chosen: those who stand there, else whoever else is told by people. */
function firstOf(figures: Figure[], known: Known): string | null {
  const told = figures.filter((one) => TOLD_BY_PEOPLE.has(one));
  return told.find((one) => (known[one as keyof Known] ?? 0) !== 0) ?? null;
}

interface BehindProps {
  journeyId: string;
  node: JourneyNode;
  known: Known;
  look: Look;
  go: (change: Partial<Look>) => void;
}

export function Behind({ journeyId, node, known, look, go }: BehindProps) {
  const figures = figuresAt(node, known);
  const figure = look.figure ?? firstOf(figures, known);
  const reasons = reasonsOf(known).concat(known.by.filter((one) => one.figure === "exited"));
  const button = (name: string, value: number, isChosen: boolean, choose: () => void) => (
    <button key={name} type="button" className="behind-figure" aria-pressed={isChosen} onClick={choose}>
      <b className={value === 0 ? "quiet" : ""}>{brief(value)}</b>
      <span>{name}</span>
    </button>
  );
  return (
    <div className="people">
      <div className="people-node">
        <strong>{node.label}</strong> {known.stuck ? <Stuck count={known.stuck} /> : null}
        {node.summary && <p>{node.summary}</p>}
      </div>
      <div className="behind-figures" role="group" aria-label={r.figuresOf(node.label)}>
        {figures.map((one) =>
          button(r.figures[one] ?? one, Number(known[one as keyof Known] ?? 0), figure === one && !look.detail, () => go({ figure: one })),
        )}
      </div>
      {reasons.length > 0 && (
        <div className="behind-reasons" role="group" aria-label={r.reasons}>
          {reasons.map((one) => (
            <button
              key={`${one.figure}.${one.detail}`}
              type="button"
              aria-pressed={look.figure === one.figure && look.detail === one.detail}
              onClick={() => go({ figure: one.figure, detail: one.detail })}
            >
              <span>{r.reason(r.figures[one.figure] ?? one.figure, one.label)}</span>
              <b>{brief(one.times)}</b>
            </button>
          ))}
        </div>
      )}
      {figure === null ? (
        <p className="quiet people-hint">{r.pickFigure}</p>
      ) : TOLD_BY_PEOPLE.has(figure) ? (
        <Walkers journeyId={journeyId} asked={{ node: node.id, figure, detail: look.detail, version: look.version, q: look.q }} onOpen={(walk) => go({ walk })} />
      ) : (
        <p className="quiet people-hint">{r.noList}</p>
      )}
    </div>
  );
}

function Walkers({ journeyId, asked, onOpen }: { journeyId: string; asked: Asked; onOpen: (walkId: string) => void }) {
  const pages = useBehind(journeyId, asked);
  const rows = rowsOf(pages);
  return (
    <>
      <Searching placeholder={r.search} />
      {pages.isPending ? (
        <Skeleton active title={false} paragraph={{ rows: 4, width: "100%" }} />
      ) : pages.error && rows.length === 0 ? (
        <Failure error={pages.error} retry={() => void pages.refetch()} />
      ) : rows.length === 0 ? (
        <Nothing title={asked.q ? r.notFound : r.nobody} hint={asked.q ? r.notFoundHint : r.nobodyHint} />
      ) : (
        <div className={pages.isPlaceholderData ? "list-stale" : undefined}>
          <ul className="plain">
            {rows.map((one) => (
              <li key={one.message?.id ?? one.walk_id}>
                <button type="button" className="walk" onClick={() => onOpen(one.walk_id)}>
                  <WalkLines walk={{ ...one, customer: { ...one, id: one.customer_id }, exit_reason: one.why }} />
                </button>
              </li>
            ))}
          </ul>
          <More pages={pages} />
          {/* The file is of everybody whom the figure counts. */}
          {!asked.q && <ExportButton list="journeys.people" asked={{ ...asked, journey_id: journeyId }} />}
        </div>
      )}
    </>
  );
}
