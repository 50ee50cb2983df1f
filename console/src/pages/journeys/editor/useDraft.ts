/** The draft in hand: every stroke can be taken back, and is kept on the server a moment later; whoever else saved meanwhile is told of. */
import { useCallback, useEffect, useReducer, useRef, useState } from "react";
import { ApiError } from "../../../api/client";
import { readDraft, saveDraft, type Draft } from "../../../api/journeys";
import { forgetWhenUnauthorized, useStaff } from "../../../app/session";
import { readGraph, type DraftGraph } from "../../../lib/graph";
import { begin, draw, redo, undo, type History } from "../../../lib/graphHistory";

export type Saving =
  | { state: "saved"; at: string; by: string | null }
  | { state: "waiting" | "saving" }
  | { state: "failed"; error: ApiError }
  | { state: "conflict"; theirs: Draft };

type Stroke =
  | { type: "draw"; change: (graph: DraftGraph) => DraftGraph; what: string | null; at: number }
  | { type: "undo" | "redo" }
  | { type: "open"; graph: DraftGraph };

function stroke(history: History<DraftGraph>, one: Stroke): History<DraftGraph> {
  switch (one.type) {
    case "draw":
      return draw(history, one.change(history.now), one.what, one.at);
    case "undo":
      return undo(history);
    case "redo":
      return redo(history);
    case "open":
      return begin(one.graph);
  }
}

/** A rest this long after the last stroke, in milliseconds, and the draft is saved. */
const REST_MS = 700;

/** The same for the same content: the server keeps an object's names in an order of its own. */
export function sameText(value: unknown): string {
  return JSON.stringify(value, (_, inner: unknown) =>
    inner !== null && typeof inner === "object" && !Array.isArray(inner)
      ? Object.fromEntries(Object.entries(inner).sort(([one], [other]) => (one < other ? -1 : 1)))
      : inner,
  );
}

interface Kept {
  revision: number;
  graph: DraftGraph;
  name: string;
}

const leftKey = (staffId: string, draftId: string) => `marque.draft.${staffId}.${draftId}`;

/** What could not be saved the last time, by the same hand in this tab: the session had ended, or nobody answered. */
function readLeft(key: string): Kept | null {
  const text = sessionStorage.getItem(key);
  if (!text) return null;
  const left = JSON.parse(text) as Kept;
  return { ...left, graph: readGraph(left.graph) };
}

export function useDraftInHand(draft: Draft) {
  const key = leftKey(useStaff().id, draft.id);
  const [left] = useState(() => readLeft(key));
  const [history, move] = useReducer(stroke, undefined, () => {
    const begun = begin(readGraph(draft.graph));
    return left ? draw(begun, left.graph, null, Date.now()) : begun;
  });
  const [name, setName] = useState(left?.name ?? draft.name);
  const [saving, setSaving] = useState<Saving>({ state: "saved", at: draft.saved_at, by: draft.saved_by });
  // What was left is saved against what it was drawn on: who saved meanwhile is told of, as always.
  const kept = useRef<Kept>({ revision: left?.revision ?? draft.revision, graph: left ? history.past.at(-1) ?? history.now : history.now, name: draft.name });
  const wanted = useRef({ graph: history.now, name: draft.name });
  const running = useRef<Promise<void> | null>(null);
  wanted.current = { graph: history.now, name: name.trim() || kept.current.name };

  const isDirty = history.now !== kept.current.graph || wanted.current.name !== kept.current.name;

  const store = useCallback(
    async (sent: { graph: DraftGraph; name: string }) => {
      try {
        return await saveDraft(draft.id, { revision: kept.current.revision, ...sent });
      } catch (error) {
        if (!(error instanceof ApiError) || error.status !== 409 || error.code !== "journeys.draft_changed") throw error;
        const theirs = await readDraft(draft.id);
        // The line broke after our own was kept: what is there is what we sent.
        if (sameText(readGraph(theirs.graph)) === sameText(sent.graph)) return theirs;
        setSaving({ state: "conflict", theirs });
        return null;
      }
    },
    [draft.id],
  );

  /** Resolves once all that is drawn is kept; to false where it cannot be. */
  const flush = useCallback(async (): Promise<boolean> => {
    while (running.current) await running.current;
    let isKept = true;
    while (isKept && (wanted.current.graph !== kept.current.graph || wanted.current.name !== kept.current.name)) {
      const sent = wanted.current;
      setSaving({ state: "saving" });
      const work = (async () => {
        try {
          const answer = await store(sent);
          if (!answer) isKept = false;
          else {
            kept.current = { revision: answer.revision, ...sent };
            sessionStorage.removeItem(key);
            setSaving({ state: "saved", at: answer.saved_at, by: null });
          }
        } catch (error) {
          isKept = false;
          sessionStorage.setItem(key, JSON.stringify({ revision: kept.current.revision, ...sent }));
          setSaving({ state: "failed", error: error as ApiError });
          forgetWhenUnauthorized(error as ApiError);
        }
      })();
      running.current = work;
      await work;
      running.current = null;
    }
    return isKept;
  }, [store, key]);

  const isStopped = saving.state === "conflict";
  useEffect(() => {
    if (!isDirty || isStopped) return;
    setSaving((before) => (before.state === "saving" ? before : { state: "waiting" }));
    const timer = setTimeout(() => void flush(), REST_MS);
    return () => clearTimeout(timer);
  }, [history.now, name, isDirty, isStopped, flush]);

  useEffect(() => {
    if (!isDirty) return;
    const warn = (event: BeforeUnloadEvent) => event.preventDefault();
    addEventListener("beforeunload", warn);
    return () => removeEventListener("beforeunload", warn);
  }, [isDirty]);
  // Leaving within the console keeps what the rest had not come to yet.
  useEffect(() => () => void flush(), [flush]);

  const change = useCallback((how: (graph: DraftGraph) => DraftGraph, what: string | null = null) => {
    move({ type: "draw", change: how, what, at: Date.now() });
  }, []);

  const openTheirs = useCallback((theirs: Draft) => {
    sessionStorage.removeItem(key);
    const graph = readGraph(theirs.graph);
    kept.current = { revision: theirs.revision, graph, name: theirs.name };
    wanted.current = { graph, name: theirs.name };
    move({ type: "open", graph });
    setName(theirs.name);
    setSaving({ state: "saved", at: theirs.saved_at, by: theirs.saved_by });
  }, [key]);

  return {
    graph: history.now,
    name,
    setName,
    change,
    undo: useCallback(() => move({ type: "undo" }), []),
    redo: useCallback(() => move({ type: "redo" }), []),
    canUndo: history.past.length > 0,
    canRedo: history.future.length > 0,
    saving,
    flush,
    openTheirs,
    isRestored: left !== null,
    revision: () => kept.current.revision,
  };
}

export type InHand = ReturnType<typeof useDraftInHand>;
