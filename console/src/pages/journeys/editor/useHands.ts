/** Keys and the clipboard, wherever on the page the hand is, unless it types. */
import { App } from "antd";
import { useEffect, useRef } from "react";
import { copy, lastPlace, paste, readFragment, remove, type DraftGraph, type Place } from "../../../lib/graph";
import { t } from "../../../texts";
import { useKnowledge } from "./knowledge";
import { ENTRY, type Shape, heightOf } from "./shape";
import type { InHand } from "./useDraft";

interface Hands {
  inHand: InHand;
  shape: Shape;
  selection: readonly string[];
  select: (ids: readonly string[]) => void;
  openPanel: () => void;
}

const TYPING = "input, textarea, select, [contenteditable], .ant-select, .ant-drawer, .ant-modal, .picker";
const isTyping = (event: Event) => event.target instanceof Element && event.target.closest(TYPING) !== null;

const stepsOf = (graph: DraftGraph, ids: readonly string[]) => ids.filter((id) => graph.nodes.some((node) => node.id === id));

/** The step that lies next in a direction: straight ahead counts more than aside. */
export function neighbour(shape: Shape, from: string, key: string): string | null {
  const here = shape.layout.nodes.get(from);
  if (!here) return null;
  let best: [number, string] | null = null;
  for (const [id, corner] of shape.layout.nodes) {
    if (id === from || shape.open.has(id)) continue;
    const dx = corner.x - here.x;
    const dy = corner.y + heightOf(id) / 2 - (here.y + heightOf(from) / 2);
    const [ahead, aside] = key === "ArrowDown" ? [dy, dx] : key === "ArrowUp" ? [-dy, dx] : key === "ArrowRight" ? [dx, dy] : [-dx, dy];
    if (ahead < 8) continue;
    const far = ahead + 3 * Math.abs(aside);
    if (!best || far < best[0]) best = [far, id];
  }
  return best?.[1] ?? null;
}

export function useHands(hands: Hands) {
  const { message } = App.useApp();
  const { portsOf } = useKnowledge();
  const now = useRef(hands);
  now.current = hands;

  const acts = useRef({
    removeSelected: () => {
      const { inHand, selection, select } = now.current;
      const steps = stepsOf(inHand.graph, selection);
      const notes = selection.filter((id) => inHand.graph.notes.some((note) => note.id === id));
      if (steps.length + notes.length === 0) return;
      inHand.change((graph) => {
        const left = remove(graph, steps, ports.current);
        return { ...left, notes: left.notes.filter((note) => !notes.includes(note.id)) };
      });
      select([]);
      if (steps.length > 0) said.current(t.editor.removed(steps.length));
    },
    fragment: () => {
      const { inHand, selection } = now.current;
      const steps = stepsOf(inHand.graph, selection);
      return steps.length > 0 ? { text: JSON.stringify(copy(inHand.graph, steps)), count: steps.length } : null;
    },
    pasteText: (text: string, at?: Place) => {
      const { inHand, selection, select } = now.current;
      const fragment = readFragment(text);
      if (!fragment) return said.current(t.editor.pasteNothing);
      const place = at ?? lastPlace(inHand.graph, ports.current, selection.length === 1 ? selection[0] : null);
      const pasted = paste(inHand.graph, place, fragment, ports.current);
      inHand.change(() => pasted.graph);
      select(pasted.ids);
      said.current(t.editor.pasted(pasted.ids.length));
    },
  }).current;
  const ports = useRef(portsOf);
  ports.current = portsOf;
  const said = useRef((words: string) => void message.info(words));
  said.current = (words) => void message.info(words);

  useEffect(() => {
    const onKey = (event: KeyboardEvent) => {
      if (isTyping(event) || event.altKey) return;
      const { inHand, shape, selection, select, openPanel } = now.current;
      const isCommand = event.metaKey || event.ctrlKey;
      const key = event.key.toLowerCase();
      const done = () => event.preventDefault();
      if (isCommand && key === "z") {
        done();
        if (event.shiftKey) inHand.redo();
        else inHand.undo();
      } else if (isCommand && key === "y") {
        done();
        inHand.redo();
      } else if (isCommand) return;
      else if (event.key === "Delete" || event.key === "Backspace") {
        done();
        acts.removeSelected();
      } else if (event.key.startsWith("Arrow")) {
        done();
        const from = selection[0];
        const next = from ? neighbour(shape, from, event.key) : ENTRY;
        if (next) select([next]);
      } else if (event.key === "Escape") select([]);
      else if (event.key === "Enter" && selection.length === 1 && !(event.target instanceof HTMLButtonElement)) openPanel();
    };
    const onCopy = (event: ClipboardEvent) => {
      if (isTyping(event) || !getSelection()?.isCollapsed) return;
      const fragment = acts.fragment();
      if (!fragment) return;
      event.preventDefault();
      event.clipboardData?.setData("text/plain", fragment.text);
      said.current(t.editor.copied(fragment.count));
    };
    const onPaste = (event: ClipboardEvent) => {
      if (isTyping(event)) return;
      event.preventDefault();
      acts.pasteText(event.clipboardData?.getData("text/plain") ?? "");
    };
    addEventListener("keydown", onKey);
    document.addEventListener("copy", onCopy);
    document.addEventListener("paste", onPaste);
    return () => {
      removeEventListener("keydown", onKey);
      document.removeEventListener("copy", onCopy);
      document.removeEventListener("paste", onPaste);
    };
  }, [acts]);

  /** By a button: where the page may not write to the clipboard, the steps are kept for this page. */
  const copySelected = async () => {
    const fragment = acts.fragment();
    if (!fragment) return;
    sessionStorage.setItem("marque.steps", fragment.text);
    await navigator.clipboard?.writeText(fragment.text).catch(() => undefined);
    said.current(t.editor.copied(fragment.count));
  };
  return { removeSelected: acts.removeSelected, copySelected };
}
