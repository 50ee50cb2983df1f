/** All journeys with how many people each holds; from here new ones begin. */
import { EllipsisOutlined, PlusOutlined } from "@ant-design/icons";
import { App, Button, Dropdown, Segmented, Skeleton, type MenuProps } from "antd";
import { useState } from "react";
import { Link, useNavigate } from "react-router";
import { fileOf, useCopyJourney, useRunning, type Running } from "../../api/journeys";
import { useJourneys } from "../../api/queries";
import type { JourneyRow } from "../../api/types";
import { useStaff } from "../../app/session";
import { Failure, failureText } from "../../parts/Failure";
import { Moment } from "../../parts/Moment";
import { Nothing } from "../../parts/Nothing";
import { Page } from "../../parts/Page";
import { Panel } from "../../parts/Panel";
import { Searching, useFilter } from "../../parts/Searching";
import { Status } from "../../parts/Status";
import { t } from "../../texts/zh-CN";
import { saveFile } from "../../lib/files";
import { NewJourney, Starters } from "./NewJourney";
import { Stuck } from "./Stuck";
import "./journeys.css";

const FIGURES = ["entered", "active", "completed", "exited"] as const;

function JourneyCard({ journey, menu }: { journey: JourneyRow; menu: MenuProps | null }) {
  return (
    <article className="card journey-card">
      <div className="card-row">
        <Link to={journey.status === "draft" ? `/journeys/${journey.id}/edit` : `/journeys/${journey.id}`} className="journey-name ellipsis">
          {journey.name}
        </Link>
        {journey.stuck > 0 && <Stuck count={journey.stuck} />}
        <Status value={journey.status} texts={t.journeys.status} tone={journey.status === "active" ? "good" : undefined} />
        {menu && (
          <Dropdown trigger={["click"]} menu={menu} placement="bottomRight">
            <Button className="journey-more" type="text" size="small" icon={<EllipsisOutlined />} aria-label={t.editor.list.of(journey.name)} />
          </Dropdown>
        )}
      </div>
      <p className="journey-trigger">
        <span className="quiet">{t.journeys.trigger}</span> {journey.trigger_label || t.journeys.unpublished}
      </p>
      <dl className="journey-figures">
        {FIGURES.map((name) => (
          <div key={name}>
            <dt>{t.journeys[name]}</dt>
            <dd>{t.common.count(journey[name])}</dd>
          </div>
        ))}
      </dl>
      <div className="card-row card-foot">
        <span>{journey.version > 0 && t.journeys.version(journey.version)}</span>
        <span>
          <Moment at={journey.updated_at} />
        </span>
      </div>
    </article>
  );
}

/** What can be done with one journey as it stands now; each destructive deed says first what it will do. */
export function useJourneyMenu() {
  const { message, modal } = App.useApp();
  const navigate = useNavigate();
  const copy = useCopyJourney();
  const running = useRunning();
  const failed = (error: unknown) => void message.error(failureText(error as never));
  return (journey: Pick<JourneyRow, "id" | "name" | "status" | "active">): MenuProps => {
    const run = (action: Running, done: string) => running.mutateAsync({ id: journey.id, action }).then(() => void message.success(done), failed);
    const ask = (action: Running, title: string, content: string, done: string, danger = true) =>
      void modal.confirm({ title, content, okText: title, okButtonProps: { danger }, onOk: () => run(action, done) });
    const l = t.editor.list;
    const deeds: Record<string, () => unknown> = {
      edit: () => navigate(`/journeys/${journey.id}/edit`),
      copy: () =>
        copy.mutateAsync({ id: journey.id, name: l.copyName(journey.name).slice(0, 80) }).then((made) => {
          void message.success(l.copied);
          void navigate(`/journeys/${made.id}/edit`);
        }, failed),
      export: () => fileOf(journey.id).then((file) => saveFile(file, journey.name), failed),
      pause: () => ask("pause", l.pause, l.pauseHint(journey.active), l.paused, false),
      resume: () => run("resume", l.resumed),
      cancel: () => ask("cancel", l.cancel, l.cancelHint(journey.active), l.cancelled),
      archive: () => ask("archive", l.archive, l.archiveHint(journey.name), l.archived, false),
      remove: () => ask("remove", l.remove, l.removeHint(journey.name), l.removed),
    };
    const { status } = journey;
    const items: NonNullable<MenuProps["items"]> = [];
    if (status !== "cancelled") items.push({ key: "edit", label: t.editor.edit });
    items.push({ key: "copy", label: l.copy }, { key: "export", label: l.export });
    if (status === "active") items.push({ key: "pause", label: l.pause });
    if (status === "paused") items.push({ key: "resume", label: l.resume });
    items.push({ type: "divider" });
    if (status === "active" || status === "paused") items.push({ key: "cancel", label: l.cancel, danger: true });
    if (status === "draft" || status === "cancelled") items.push({ key: "archive", label: l.archive });
    if (status === "draft") items.push({ key: "remove", label: l.remove, danger: true });
    return { items, onClick: ({ key }) => void deeds[key]?.() };
  };
}

function JourneysPage() {
  const journeys = useJourneys();
  const staff = useStaff();
  const draws = staff.role === "admin" || staff.role === "marketer";
  const menuOf = useJourneyMenu();
  const [isNew, setNew] = useState(false);
  const [q] = useFilter("q");
  const [status, setStatus] = useFilter("status");
  const all = journeys.data?.items ?? [];
  const sought = (q ?? "").toLowerCase();
  const shown = all.filter(
    (one) => (!status || one.status === status) && (!sought || `${one.name} ${one.trigger_label}`.toLowerCase().includes(sought)),
  );
  return (
    <Page
      title={t.journeys.title}
      subtitle={t.journeys.subtitle}
      extra={
        draws && (
          <Button type="primary" icon={<PlusOutlined />} onClick={() => setNew(true)}>
            {t.editor.list.create}
          </Button>
        )
      }
    >
      {all.length > 0 && (
        <div className="journey-filters">
          <Searching placeholder={t.editor.list.search} />
          <Segmented
            value={status ?? "all"}
            onChange={(value) => setStatus(value === "all" ? null : value)}
            options={Object.entries(t.editor.list.statuses).map(([value, label]) => ({ value, label }))}
          />
        </div>
      )}
      {shown.length > 0 ? (
        <div className="journey-cards">
          {shown.map((journey) => (
            <JourneyCard key={journey.id} journey={journey} menu={draws ? menuOf(journey) : null} />
          ))}
        </div>
      ) : (
        <Panel>
          {all.length > 0 ? (
            <Nothing title={t.editor.list.none} hint={t.editor.list.noneHint} />
          ) : journeys.data && draws ? (
            <Nothing title={t.editor.list.teach} hint={t.editor.list.teachHint}>
              <Starters />
            </Nothing>
          ) : journeys.data ? (
            <Nothing title={t.journeys.empty} hint={t.journeys.emptyHint} />
          ) : journeys.error ? (
            <Failure error={journeys.error} retry={() => void journeys.refetch()} />
          ) : (
            <Skeleton active paragraph={{ rows: 5 }} />
          )}
        </Panel>
      )}
      <NewJourney open={isNew} onClose={() => setNew(false)} />
    </Page>
  );
}

export { JourneysPage as Component };
