/** One segment: its conditions, built by mouse, beside how many they find now; who is in it, and what stands on it. */
import { EllipsisOutlined } from "@ant-design/icons";
import { App, Button, ConfigProvider, Dropdown, Input, Segmented, Skeleton } from "antd";
import { useState } from "react";
import { useNavigate, useParams } from "react-router";
import { ApiError } from "../../api/client";
import { useArchiveSegment, useCopySegment, useSaveSegment, useSegment, useSegmentDifference, useSegmentPreview, problemsOf, type Segment } from "../../api/audience";
import { useRested } from "../../lib/rest";
import { Failure, failureText } from "../../parts/Failure";
import { Moment } from "../../parts/Moment";
import { Page } from "../../parts/Page";
import { Panel } from "../../parts/Panel";
import { t } from "../../texts";
import { asGroup, TreeField, type Tree } from "../journeys/editor/Conditions";
import "../journeys/editor/editor.css";
import { Found } from "./Found";
import { Members } from "./Members";
import { SegmentStatus } from "./SegmentStatus";
import { isWhole } from "./trees";
import "./audience.css";

const s = t.audience.segment;
const BACK = { to: "/audience", label: t.audience.segments };

function Beside({ segment }: { segment: Segment }) {
  return (
    <>
      <Panel title={s.uses}>
        {segment.uses.length === 0 ? (
          <span className="quiet">{s.noUses}</span>
        ) : (
          <ul className="plain">
            {segment.uses.map((use) => (
              <li key={use}>{use}</li>
            ))}
          </ul>
        )}
      </Panel>
      <Panel title={s.versions}>
        <ul className="plain">
          {segment.versions.map((version) => (
            <li key={version.number} className="audience-version">
              <span className="card-row">
                <strong>{s.version(version.number)}</strong>
                <small className="quiet">
                  {s.by(version.made_by)} · <Moment at={version.created_at} />
                </small>
              </span>
              <small className="quiet">{version.summary}</small>
            </li>
          ))}
        </ul>
      </Panel>
    </>
  );
}

/** Copying, keeping as a snapshot, putting away; the last says first what it will do. */
function SegmentMenu({ segment }: { segment: Segment }) {
  const { message, modal } = App.useApp();
  const navigate = useNavigate();
  const copy = useCopySegment(segment.id);
  const archive = useArchiveSegment(segment.id);
  const failed = (error: unknown) => void message.error(failureText(error as ApiError));
  const copied = (kind: string) =>
    copy.mutateAsync({ name: s.copyName(segment.name).slice(0, 60), kind }).then((made) => {
      void message.success(s.copied);
      void navigate(`/audience/segments/${made.id}`);
    }, failed);
  const deeds: Record<string, () => unknown> = {
    copy: () => copied("dynamic"),
    snapshot: () => copied("snapshot"),
    archive: () =>
      modal.confirm({
        title: s.archiveTitle(segment.name),
        content: s.archiveHint(segment.members),
        okText: s.archive,
        okButtonProps: { danger: true },
        onOk: () => archive.mutateAsync().then(() => void message.success(s.archived), failed),
      }),
  };
  const items = [{ key: "copy", label: s.copy }, { key: "snapshot", label: s.toSnapshot }];
  return (
    <Dropdown
      trigger={["click"]}
      placement="bottomRight"
      menu={{
        items: segment.status === "archived" ? items : [...items, { type: "divider" as const }, { key: "archive", label: s.archive, danger: true }],
        onClick: ({ key }) => void deeds[key]?.(),
      }}
    >
      <Button icon={<EllipsisOutlined />} aria-label={s.more} />
    </Dropdown>
  );
}

/** Save, after having been told who comes and goes. */
function useSaving(segment: Segment | null) {
  const { message, modal } = App.useApp();
  const navigate = useNavigate();
  const save = useSaveSegment(segment?.id ?? null);
  const difference = useSegmentDifference(segment?.id ?? "");
  const failed = (error: unknown) => void message.error(failureText(error as ApiError));
  const write = (name: string, tree: Tree, kind: string) =>
    save.mutateAsync(segment ? { name, version: segment.version, ...(segment.kind === "dynamic" ? { tree } : {}) } : { name, tree, kind }).then((saved) => {
      void message.success(s.saved);
      void navigate(`/audience/segments/${saved.id}`, { replace: true });
    }, failed);
  const ask = async (name: string, tree: Tree, kind: string) => {
    if (!segment || segment.kind === "snapshot" || JSON.stringify(tree) === JSON.stringify(asGroup(segment.tree))) return write(name, tree, kind);
    let content: string = s.changeUnknown;
    try {
      const told = await difference.mutateAsync(tree);
      content = s.change(told.entering, told.leaving, told.after);
    } catch (error) {
      if (!(error instanceof ApiError) || error.code !== "audience.too_slow") return failed(error);
    }
    void modal.confirm({ title: s.changeTitle, content, okText: s.save, onOk: () => write(name, tree, kind) });
  };
  return { ask, error: save.error ?? difference.error, isBusy: save.isPending || difference.isPending };
}

function Builder({ segment }: { segment: Segment | null }) {
  const { message } = App.useApp();
  const [name, setName] = useState(segment?.name ?? "");
  const [tree, setTree] = useState<Tree | undefined>(segment ? asGroup(segment.tree) : undefined);
  const [kind, setKind] = useState<string>(segment?.kind ?? "dynamic");
  const saving = useSaving(segment);
  const rested = useRested(tree);
  const preview = useSegmentPreview(rested && isWhole(rested) ? rested : null);
  const problems = problemsOf(preview.error ?? saving.error);
  const isFixed = segment !== null && (segment.kind === "snapshot" || segment.status === "archived");
  const save = () => {
    if (!name.trim()) return void message.error(s.needName);
    if (tree) void saving.ask(name.trim(), tree, kind);
  };
  return (
    <Page
      title={segment ? segment.name : s.newTitle}
      back={BACK}
      subtitle={
        segment && (
          <span className="title-line">
            <span>{s.kinds[segment.kind]}</span>
            <span>{t.audience.people(segment.members)}</span>
            <SegmentStatus segment={segment} />
          </span>
        )
      }
      extra={
        <>
          {segment?.status !== "archived" && (
            <Button type="primary" onClick={save} loading={saving.isBusy} disabled={!tree}>
              {s.save}
            </Button>
          )}
          {segment && <SegmentMenu segment={segment} />}
        </>
      }
    >
      <div className="columns">
        <div className="stack">
          <Panel>
            <div className="segment-head">
              <Input
                value={name}
                onChange={(event) => setName(event.target.value)}
                placeholder={s.namePlaceholder}
                aria-label={s.name}
                maxLength={60}
                disabled={segment?.status === "archived"}
              />
              {!segment && (
                <Segmented
                  value={kind}
                  onChange={setKind}
                  aria-label={s.kind}
                  options={Object.entries(s.kinds).map(([value, label]) => ({ value, label }))}
                />
              )}
            </div>
            <p className="quiet segment-hint">{segment?.status === "archived" ? s.put : isFixed ? s.fixed : s.kindHints[kind]}</p>
          </Panel>
          <Panel title={s.conditions}>
            <div className="builder">
              <ConfigProvider componentDisabled={isFixed}>
                <TreeField value={tree} onChange={(next) => setTree(next as Tree | undefined)} problems={problems} />
              </ConfigProvider>
            </div>
          </Panel>
          {segment && segment.status !== "archived" && <Members segment={segment} />}
        </div>
        <div className="stack">
          <Found preview={preview} isAsked={rested !== undefined && isWhole(rested)} isStale={rested !== tree || preview.isPlaceholderData} />
          {segment && <Beside segment={segment} />}
        </div>
      </div>
    </Page>
  );
}

function SegmentPage() {
  const { id } = useParams();
  return id ? <Known id={id} /> : <Builder key="new" segment={null} />;
}

function Known({ id }: { id: string }) {
  const found = useSegment(id);
  if (found.data) return <Builder key={`${id}.${found.data.version}`} segment={found.data} />;
  return (
    <Page title={t.audience.segments} back={BACK}>
      <Panel>
        {found.error ? <Failure error={found.error} retry={() => void found.refetch()} /> : <Skeleton active paragraph={{ rows: 8 }} />}
      </Panel>
    </Page>
  );
}

export { SegmentPage as Component };
