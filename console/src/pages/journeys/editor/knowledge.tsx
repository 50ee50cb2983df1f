/** What the platform knows of the steps: their kinds, and what these very settings do, asked for in one question a moment after a stroke. */
import { createContext, useCallback, useContext, useEffect, useMemo, useRef, useState, type ReactNode } from "react";
import { describeParts, type Described, type Kind, type Palette, type Part } from "../../../api/journeys";
import type { Config, DraftGraph, DraftNode, PortsOf } from "../../../lib/graph";
import { portsOf as guessed } from "../../../lib/graphPorts";
import { sameText } from "./useDraft";

interface Knowledge {
  palette: Palette;
  kindOf: (kind: string) => Kind | undefined;
  labelOf: (node: DraftNode) => string;
  told: (part: Part["part"], kind: string, config: Config) => Described | undefined;
  portsOf: PortsOf;
  rests: (kind: string) => boolean;
}

const Context = createContext<Knowledge | null>(null);

export function useKnowledge(): Knowledge {
  const known = useContext(Context);
  if (!known) throw new Error("useKnowledge outside the editor");
  return known;
}

/** Settings are never changed in place, and are asked about many times with every letter that is typed anywhere. */
const texts = new WeakMap<Config, string>();

function nameOf({ part, kind, config }: Part): string {
  let text = texts.get(config);
  if (text === undefined) texts.set(config, (text = sameText(config)));
  return `${part}.${kind}.${text}`;
}
const REST_MS = 250;

function partsOf(graph: DraftGraph): Part[] {
  return [
    ...graph.nodes.map(({ kind, config }): Part => ({ part: "nodes", kind, config })),
    ...graph.triggers.map(({ kind, config }): Part => ({ part: "triggers", kind, config })),
  ];
}

export function useKnown(palette: Palette, graph: DraftGraph): Knowledge {
  const [answers, setAnswers] = useState<ReadonlyMap<string, Described>>(new Map());
  const silent = useRef(false);
  const kinds = useMemo(() => new Map(palette.nodes.map((kind) => [kind.kind, kind])), [palette]);

  useEffect(() => {
    const unknown = new Map(partsOf(graph).map((part) => [nameOf(part), part]));
    for (const name of answers.keys()) unknown.delete(name);
    for (const [name, part] of unknown) if (part.part === "nodes" && !kinds.has(part.kind)) unknown.delete(name);
    if (unknown.size === 0 || silent.current) return;
    const timer = setTimeout(() => {
      const asked = [...unknown.entries()].slice(0, 200);
      describeParts(asked.map(([, part]) => part))
        .then(({ parts }) =>
          setAnswers((before) => new Map([...before, ...parts.map((told, index): [string, Described] => [asked[index]?.[0] ?? "", told])])),
        )
        .catch(() => {
          silent.current = true;
        });
    }, REST_MS);
    return () => clearTimeout(timer);
  }, [graph, answers, kinds]);

  const told = useCallback(
    (part: Part["part"], kind: string, config: Config) => answers.get(nameOf({ part, kind, config })),
    [answers],
  );
  return useMemo(
    () => ({
      palette,
      told,
      kindOf: (kind: string) => kinds.get(kind),
      labelOf: (node: DraftNode) => node.label || kinds.get(node.kind)?.label || node.kind,
      portsOf: (node: DraftNode) => guessed(node, told("nodes", node.kind, node.config)?.ports, kinds.get(node.kind)?.ports),
      rests: (kind: string) => kinds.get(kind)?.rests ?? false,
    }),
    [palette, told, kinds],
  );
}

export function Known({ value, children }: { value: Knowledge; children: ReactNode }) {
  return <Context value={value}>{children}</Context>;
}
