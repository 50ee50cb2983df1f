/** Where a marketer draws a journey. */
import { App, Button, Drawer, Modal, Skeleton } from "antd";
import { useCallback, useEffect, useMemo, useRef, useState } from "react";
import { useNavigate, useParams } from "react-router";
import { fileOf, saveDraft, useDraft, usePalette, useStart, type Draft, type Palette } from "../../../api/journeys";
import { useIsPhone, useMedia } from "../../../app/ThemeMode";
import type { ApiError } from "../../../api/client";
import {
  closeEnds,
  freshId,
  insert,
  lastPlace,
  lead,
  MOST_TRIGGERS,
  nodeOf,
  openEnds,
  refusal,
  type Place,
} from "../../../lib/graph";
import { clock } from "../../../lib/time";
import { Failure, failureText } from "../../../parts/Failure";
import { Panel } from "../../../parts/Panel";
import { t } from "../../../texts";
import { saveFile } from "../../../lib/files";
import { ActsProvider, type Acts, type Carried } from "./acts";
import { Checklist, marksOf, useChecked, useEstimate } from "./Checklist";
import { EditorCanvas } from "./EditorCanvas";
import { EditorHeader } from "./Header";
import { startOf } from "./kinds";
import { Known, useKnown, useKnowledge } from "./knowledge";
import { PaletteList } from "./PaletteList";
import { EntryPanel, ManyPanel, NodePanel } from "./Panels";
import { Picker } from "./Picker";
import { PublishDrawer } from "./PublishDrawer";
import { ENTRY, shapeOf } from "./shape";
import { SimulateDrawer, type Lit } from "./SimulateDrawer";
import { useDraftInHand, type InHand } from "./useDraft";
import { useHands } from "./useHands";
import { useShown } from "./useShown";
import "../journeys.css";
import "./editor.css";

function EditorPage() {
  const { id = "" } = useParams();
  const draft = useDraft(id);
  const palette = usePalette();
  const error = draft.error ?? palette.error;
  if (draft.data && palette.data) return <Editor key={draft.data.id} draft={draft.data} palette={palette.data} />;
  return (
    <div className="page">
      <Panel>
        {error ? (
          <Failure error={error} retry={() => void Promise.all([draft.refetch(), palette.refetch()])} />
        ) : (
          <Skeleton active paragraph={{ rows: 8 }} />
        )}
      </Panel>
    </div>
  );
}

function Editor({ draft, palette }: { draft: Draft; palette: Palette }) {
  const inHand = useDraftInHand(draft);
  const known = useKnown(palette, inHand.graph);
  return (
    <Known value={known}>
      <Sheet draft={draft} inHand={inHand} />
    </Known>
  );
}

type Open = "check" | "simulate" | "publish" | null;

function Sheet({ draft, inHand }: { draft: Draft; inHand: InHand }) {
  const { message } = App.useApp();
  const navigate = useNavigate();
  const { portsOf, labelOf } = useKnowledge();
  const phone = useIsPhone();
  const narrow = useMedia("(max-width: 1100px)");
  const { graph, change } = inHand;
  const [selection, setSelection] = useState<readonly string[]>([]);
  const [isPanelOpen, setPanelOpen] = useState(false);
  const [picking, setPicking] = useState<{ place: Place; at: { left: number; top: number } } | null>(null);
  const [carried, setCarried] = useState<Carried | null>(null);
  const [open, setOpen] = useState<Open>(null);
  const [lit, setLit] = useState<Lit | null>(null);
  const checked = useChecked(draft.id, graph);
  const { shown, key } = useShown(graph, portsOf);
  const marks = useMemo(() => marksOf(checked, shown), [checked, shown]);
  const estimate = useEstimate(draft.id, graph, checked?.errors.length === 0);
  // The key says all that the shape is made of.
  // eslint-disable-next-line react-hooks/exhaustive-deps
  const shape = useMemo(() => shapeOf(shown, portsOf), [key]);

  const select = useCallback((ids: readonly string[]) => setSelection(ids), []);
  useEffect(() => {
    document.title = `${inHand.name} · ${t.product}`;
  }, [inHand.name]);
  const { isRestored } = inHand;
  useEffect(() => {
    if (isRestored) void message.info(t.editor.restored);
  }, [isRestored, message]);
  // What was taken back or deleted is chosen no longer.
  useEffect(() => {
    const there = new Set([ENTRY, ...graph.nodes.map(({ id }) => id), ...graph.notes.map(({ id }) => id)]);
    setSelection((before) => (before.every((id) => there.has(id)) ? before : before.filter((id) => there.has(id))));
  }, [graph]);
  useEffect(() => setPanelOpen(selection.length > 0), [selection]);

  const { removeSelected, copySelected } = useHands({
    inHand,
    shape,
    selection,
    select,
    openPanel: () => {
      setPanelOpen(true);
      document.querySelector<HTMLElement>(".editor-side input, .editor-side button")?.focus();
    },
  });

  const put = (place: Place, { part, kind }: Carried) => {
    if (part === "triggers") return void message.info(t.editor.refusals["trigger"]);
    const node = { id: freshId(graph, kind), kind, config: startOf(kind) };
    const why = refusal(graph, place, node, portsOf);
    if (why) return void message.info(t.editor.refusals[why]);
    change((before) => insert(before, place, node, portsOf));
    setSelection([node.id]);
  };
  const putTrigger = ({ kind }: Carried) => {
    if (graph.triggers.length < MOST_TRIGGERS) change((before) => ({ ...before, triggers: [...before.triggers, { kind, config: {} }] }));
    setSelection([ENTRY]);
  };
  const now: Acts = {
    carried,
    pick: (place, rect) => {
      const frame = document.querySelector(".editor-sheet")?.getBoundingClientRect();
      if (!frame) return;
      const width = Math.min(320, frame.width - 16);
      const left = Math.min(Math.max(8, rect.left - frame.left + rect.width / 2 - width / 2), frame.width - width - 8);
      const below = rect.bottom - frame.top + 6;
      setPicking({ place, at: { left, top: Math.max(8, Math.min(below, frame.height - 380)) } });
    },
    put: (place, one) => {
      setCarried(null);
      put(place, one);
    },
    putTrigger: (one) => {
      setCarried(null);
      putTrigger(one);
    },
    refused: (place) =>
      carried?.part === "triggers" ? "trigger" : carried ? refusal(graph, place, { id: "", kind: carried.kind, config: startOf(carried.kind) }, portsOf) : null,
    note: (id, text) =>
      change((before) => ({ ...before, notes: before.notes.map((note) => (note.id === id ? { ...note, text } : note)) }), `note.${id}`),
    removeNote: (id) => change((before) => ({ ...before, notes: before.notes.filter((note) => note.id !== id) })),
  };
  // The same for every line and step while nothing is carried: a stroke draws anew only what it changed.
  const latest = useRef(now);
  latest.current = now;
  const acts = useMemo<Acts>(
    () => ({
      carried,
      pick: (...given) => latest.current.pick(...given),
      put: (...given) => latest.current.put(...given),
      putTrigger: (...given) => latest.current.putTrigger(...given),
      refused: (...given) => latest.current.refused(...given),
      note: (...given) => latest.current.note(...given),
      removeNote: (...given) => latest.current.removeNote(...given),
    }),
    [carried],
  );
  const moveNote = useCallback(
    (id: string, at: { x: number; y: number }) =>
      change((before) => ({ ...before, notes: before.notes.map((note) => (note.id === id ? { ...note, ...at } : note)) }), `move.${id}`),
    [change],
  );
  const addNote = () => {
    const taken = new Set(graph.notes.map(({ id }) => id));
    let number = 1;
    while (taken.has(`note_${number}`)) number += 1;
    change((before) => ({ ...before, notes: [...before.notes, { id: `note_${number}`, text: "", x: shape.layout.width + 24, y: 24 + 140 * (number - 1) }] }));
  };
  const close = useCallback(() => setOpen(null), []);
  const go = useCallback(
    (step: string) => {
      setSelection([step]);
      if (phone) close();
    },
    [phone, close],
  );
  const goFromPublishing = useCallback(
    (step: string) => {
      close();
      setSelection([step]);
    },
    [close],
  );
  const wireEnds = useCallback(() => change((before) => closeEnds(before, portsOf)), [change, portsOf]);
  const exportFile = async () => {
    try {
      if (await inHand.flush()) saveFile(await fileOf(draft.id), inHand.name);
    } catch (error) {
      void message.error(failureText(error as ApiError));
    }
  };
  const fromPalette = useRef<(one: Carried) => void>(() => undefined);
  fromPalette.current = (one) =>
    one.part === "triggers" ? putTrigger(one) : put(lastPlace(graph, portsOf, selection.length === 1 ? selection[0] : null), one);
  const pickFromPalette = useCallback((one: Carried) => fromPalette.current(one), []);
  const published = open === "publish" ? graph : null;
  const steps = useMemo(() => (published?.nodes ?? []).map((one) => ({ id: one.id, label: labelOf(one) })), [published, labelOf]);
  const ends = graph.nodes.length > 0 ? openEnds(graph, portsOf).length : 0;
  const problems = checked ? checked.errors.length + ends : null;

  const chosen = selection.filter((id) => nodeOf(graph, id));
  const node = chosen.length === 1 ? nodeOf(graph, chosen[0] ?? null) : undefined;
  const side =
    chosen.length > 1 ? (
      <ManyPanel ids={chosen} graph={graph} onCopy={() => void copySelected()} onRemove={removeSelected} />
    ) : node ? (
      <NodePanel key={node.id} node={node} graph={graph} estimate={estimate} change={change} onCopy={() => void copySelected()} onRemove={removeSelected} />
    ) : (
      <EntryPanel graph={graph} estimate={estimate} change={change} />
    );

  return (
    <div className="editor">
      <EditorHeader
        draft={draft}
        inHand={inHand}
        problems={problems}
        onCheck={() => setOpen(open === "check" ? null : "check")}
        onSimulate={() => setOpen(open === "simulate" ? null : "simulate")}
        onPublish={() => setOpen("publish")}
        onNote={addNote}
        onExport={() => void exportFile()}
        onTest={() => void inHand.flush().then((isKept) => isKept && navigate(`/journeys/${draft.id}/test`))}
      />
      <div className="editor-columns">
        {!narrow && <PaletteList onCarry={setCarried} onPick={pickFromPalette} />}
        <div
          className="editor-sheet"
          onDragOver={(event) => carried && event.preventDefault()}
          onDrop={(event) => {
            event.preventDefault();
            if (carried) void message.info(carried.part === "triggers" ? t.editor.refusals["trigger"] : t.editor.refusals["pane"]);
            setCarried(null);
          }}
        >
          <ActsProvider value={acts}>
            <EditorCanvas
              graph={shown}
              shape={shape}
              selection={selection}
              onSelect={setSelection}
              marks={marks}
              lit={lit}
              onMoveNote={moveNote}
            />
          </ActsProvider>
          {picking && (
            <Picker
              graph={graph}
              place={picking.place}
              at={picking.at}
              onPick={(kind) => {
                put(picking.place, { part: "nodes", kind });
                setPicking(null);
              }}
              onJoin={(to) => {
                change((before) => lead(before, picking.place, to));
                setPicking(null);
              }}
              onClose={() => setPicking(null)}
            />
          )}
        </div>
        {!narrow && <aside className="editor-side" aria-label={t.editor.panel}>{side}</aside>}
      <Checklist open={open === "check"} onClose={close} checked={checked} graph={shown} portsOf={portsOf} onGo={go} onCloseEnds={wireEnds} />
      <SimulateDrawer journeyId={draft.id} open={open === "simulate"} onClose={close} flush={inHand.flush} onLit={setLit} onGo={go} />
      </div>
      {narrow && (
        <Drawer
          open={isPanelOpen && open === null}
          onClose={() => setSelection([])}
          placement={phone ? "bottom" : "right"}
          size={phone ? "72%" : 400}
          title={node ? labelOf(node) : t.editor.panel}
          mask={false}
        >
          <div className="editor-side">{side}</div>
        </Drawer>
      )}
      <PublishDrawer journeyId={draft.id} steps={steps} open={open === "publish"} onClose={close} flush={inHand.flush} onGo={goFromPublishing} />
      <Conflict inHand={inHand} />
    </div>
  );
}

/** Two hands on one draft: neither loses what it drew without having been asked. */
function Conflict({ inHand }: { inHand: InHand }) {
  const { message } = App.useApp();
  const navigate = useNavigate();
  const start = useStart();
  if (inHand.saving.state !== "conflict") return null;
  const { theirs } = inHand.saving;
  const keepCopy = async () => {
    try {
      const made = await start.mutateAsync({ name: t.editor.conflict.copyName(inHand.name).slice(0, 80) });
      await saveDraft(made.id, { revision: made.revision, graph: inHand.graph });
      inHand.openTheirs(theirs);
      void message.success(t.editor.conflict.copied);
      void navigate(`/journeys/${made.id}/edit`);
    } catch (error) {
      void message.error(failureText(error as ApiError));
    }
  };
  return (
    <Modal
      open
      title={t.editor.conflict.title}
      closable={false}
      footer={[
        <Button key="copy" loading={start.isPending} onClick={() => void keepCopy()}>
          {t.editor.conflict.copy}
        </Button>,
        <Button key="theirs" type="primary" onClick={() => inHand.openTheirs(theirs)}>
          {t.editor.conflict.theirs}
        </Button>,
      ]}
    >
      <p>{t.editor.conflict.body(theirs.saved_by ?? t.editor.conflict.somebody, clock(theirs.saved_at))}</p>
      <p className="quiet">{t.editor.conflict.theirsHint}</p>
    </Modal>
  );
}

export { EditorPage as Component };
