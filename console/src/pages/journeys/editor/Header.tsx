/** Above the sheet: the name, whether all is kept, and what can be done with the whole journey. */
import {
  ArrowLeftOutlined,
  CheckCircleOutlined,
  EllipsisOutlined,
  ExperimentOutlined,
  FileTextOutlined,
  RedoOutlined,
  UndoOutlined,
} from "@ant-design/icons";
import { Badge, Button, Dropdown, Input, Popover, Tooltip } from "antd";
import { Link } from "react-router";
import type { Draft } from "../../../api/journeys";
import { useIsPhone } from "../../../app/ThemeMode";
import { clock } from "../../../lib/time";
import { failureText } from "../../../parts/Failure";
import { Status } from "../../../parts/Status";
import { t } from "../../../texts";
import type { InHand, Saving } from "./useDraft";

function SavingWords({ saving, retry }: { saving: Saving; retry: () => void }) {
  switch (saving.state) {
    case "saved":
      return <span className="quiet">{saving.by ? t.editor.savedBy(saving.by, clock(saving.at)) : t.editor.saved(clock(saving.at))}</span>;
    case "saving":
      return <span className="quiet">{t.editor.saving}</span>;
    case "failed":
      return (
        <Tooltip title={failureText(saving.error)}>
          <Button size="small" danger onClick={retry}>
            {t.editor.saveFailed} · {t.common.retry}
          </Button>
        </Tooltip>
      );
    default:
      return <span className="saving-waits">{t.editor.unsaved}</span>;
  }
}

interface HeaderProps {
  draft: Draft;
  inHand: InHand;
  problems: number | null;
  onCheck: () => void;
  onSimulate: () => void;
  onPublish: () => void;
  onNote: () => void;
  onExport: () => void;
  onTest: () => void;
}

export function EditorHeader({ draft, inHand, problems, onCheck, onSimulate, onPublish, onNote, onExport, onTest }: HeaderProps) {
  const phone = useIsPhone();
  const shortcuts = (
    <dl className="shortcuts">
      {t.editor.shortcutList.map(([keys, what]) => (
        <div key={keys}>
          <dt>
            <kbd>{keys}</kbd>
          </dt>
          <dd>{what}</dd>
        </div>
      ))}
    </dl>
  );
  return (
    <header className="ehead">
      <Link className="ehead-back" to={draft.status === "draft" ? "/journeys" : `/journeys/${draft.id}`} aria-label={t.journeys.title} title={t.journeys.title}>
        <ArrowLeftOutlined />
      </Link>
      <div className="ehead-name">
        <Input
          variant="borderless"
          aria-label={t.editor.name}
          value={inHand.name}
          maxLength={80}
          onChange={(event) => inHand.setName(event.target.value)}
        />
        <span className="ehead-state">
          <Status value={draft.status} texts={t.journeys.status} tone={draft.status === "active" ? "good" : undefined} />
          <span role="status">
            <SavingWords saving={inHand.saving} retry={() => void inHand.flush()} />
          </span>
        </span>
      </div>
      <div className="ehead-acts">
        <Button type="text" icon={<UndoOutlined />} aria-label={t.editor.undo} title={t.editor.undo} disabled={!inHand.canUndo} onClick={inHand.undo} />
        <Button type="text" icon={<RedoOutlined />} aria-label={t.editor.redo} title={t.editor.redo} disabled={!inHand.canRedo} onClick={inHand.redo} />
        <Button type="text" icon={<FileTextOutlined />} aria-label={t.editor.addNote} title={t.editor.addNote} onClick={onNote} />
        {!phone && (
          <Popover content={shortcuts} trigger="click" title={t.editor.shortcuts}>
            <Button type="text" aria-label={t.editor.shortcuts} title={t.editor.shortcuts}>
              ⌘
            </Button>
          </Popover>
        )}
        <Badge count={problems ?? 0} size="small">
          <Button icon={<CheckCircleOutlined />} onClick={onCheck}>
            {t.editor.check.open}
          </Button>
        </Badge>
        <Button icon={<ExperimentOutlined />} onClick={onSimulate}>
          {t.editor.simulate.open}
        </Button>
        <Button type="primary" onClick={onPublish}>
          {t.editor.publish.open}
        </Button>
        <Dropdown
          trigger={["click"]}
          menu={{
            items: [
              { key: "test", label: t.results.testTitle, onClick: onTest },
              { key: "export", label: t.editor.list.export, onClick: onExport },
            ],
          }}
        >
          <Button type="text" icon={<EllipsisOutlined />} aria-label={t.editor.more} />
        </Dropdown>
      </div>
    </header>
  );
}
