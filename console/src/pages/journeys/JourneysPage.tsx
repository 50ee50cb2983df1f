/** All journeys with how many people entered each, are inside, and reached its goal; from here new ones begin. */
import { EllipsisOutlined, PlusOutlined } from "@ant-design/icons";
import { Button, Dropdown, Segmented, Select, type MenuProps, type TableColumnsType } from "antd";
import { useState } from "react";
import { Link } from "react-router";
import { useJourneyList } from "../../api/journeys";
import type { JourneyRow } from "../../api/types";
import { MARKETING, useStaff } from "../../app/session";
import { Moment } from "../../parts/Moment";
import { Nothing } from "../../parts/Nothing";
import { Page } from "../../parts/Page";
import { ResourceList } from "../../parts/ResourceList";
import { Searching, useFilter } from "../../parts/Searching";
import { Status } from "../../parts/Status";
import { Views } from "../../parts/Views";
import { t } from "../../texts";
import { useJourneyMenu } from "./menu";
import { NewJourney, Starters } from "./NewJourney";
import { Stuck } from "./Stuck";
import "./journeys.css";

const l = t.editor.list;
/** A draft opens where it is drawn, for those who draw. */
const linkFor = (draws: boolean) => (row: JourneyRow) => (draws && row.status === "draft" ? `/journeys/${row.id}/edit` : `/journeys/${row.id}`);

function State({ row }: { row: JourneyRow }) {
  return <Status value={row.status} texts={t.journeys.status} tone={row.status === "active" ? "good" : undefined} />;
}

function More({ row, menu }: { row: JourneyRow; menu: MenuProps }) {
  return (
    <span className="journey-more" onClick={(event) => event.stopPropagation()}>
      <Dropdown trigger={["click"]} menu={menu} placement="bottomRight">
        <Button type="text" size="small" icon={<EllipsisOutlined />} aria-label={l.of(row.name)} onClick={(event) => event.preventDefault()} />
      </Dropdown>
    </span>
  );
}

/** How many, and which share of those who entered. */
function Converted({ row }: { row: JourneyRow }) {
  return (
    <span className="amount">
      {t.common.count(row.converted)}
      {row.entered > 0 && row.converted > 0 && <small className="quiet"> {t.results.percent(row.converted / row.entered)}</small>}
    </span>
  );
}

function columnsWith(linkTo: (row: JourneyRow) => string, menuOf: ((row: JourneyRow) => MenuProps) | null): TableColumnsType<JourneyRow> {
  const amount = (name: "entered" | "active") => ({
    title: l.columns[name],
    width: 110,
    align: "right" as const,
    render: (_: unknown, row: JourneyRow) => <span className="amount">{t.common.count(row[name])}</span>,
  });
  return [
    {
      title: l.columns.name,
      render: (_, row) => (
        <Link to={linkTo(row)} className="two-lines wide">
          <strong className="journey-name">{row.name}</strong>
          <small className="ellipsis" title={row.trigger_label}>
            {row.trigger_label || t.journeys.unpublished}
          </small>
        </Link>
      ),
    },
    {
      title: l.columns.status,
      width: 150,
      render: (_, row) => (
        <span className="journey-state">
          <State row={row} />
          {row.stuck > 0 && <Stuck count={row.stuck} />}
        </span>
      ),
    },
    amount("entered"),
    amount("active"),
    { title: l.columns.converted, width: 140, align: "right", render: (_, row) => <Converted row={row} /> },
    { title: l.columns.updated, width: 130, render: (_, row) => <Moment at={row.updated_at} /> },
    ...(menuOf ? [{ title: "", width: 56, render: (_: unknown, row: JourneyRow) => <More row={row} menu={menuOf(row)} /> }] : []),
  ];
}

function cardWith(menuOf: ((row: JourneyRow) => MenuProps) | null) {
  return (row: JourneyRow) => (
    <>
      <div className="card-row">
        <strong className="journey-name ellipsis">{row.name}</strong>
        {row.stuck > 0 && <Stuck count={row.stuck} />}
        <State row={row} />
        {menuOf && <More row={row} menu={menuOf(row)} />}
      </div>
      <p className="quiet journey-trigger ellipsis">{row.trigger_label || t.journeys.unpublished}</p>
      <div className="card-row card-foot">
        <span>
          {l.columns.entered} <b>{t.common.count(row.entered)}</b>
        </span>
        <span>
          {l.columns.active} <b>{t.common.count(row.active)}</b>
        </span>
        <span>
          {l.columns.converted} <b>{t.common.count(row.converted)}</b>
        </span>
      </div>
    </>
  );
}

function Empty({ isFiltered, draws }: { isFiltered: boolean; draws: boolean }) {
  if (isFiltered)
    return (
      <Nothing title={l.none} hint={l.noneHint}>
        <Link to="/journeys">
          <Button>{t.common.clear}</Button>
        </Link>
      </Nothing>
    );
  if (!draws) return <Nothing title={t.journeys.empty} hint={t.journeys.emptyHint} />;
  return (
    <Nothing title={l.teach} hint={l.teachHint}>
      <Starters />
    </Nothing>
  );
}

function JourneysPage() {
  const draws = MARKETING.includes(useStaff().role);
  const menu = useJourneyMenu();
  const menuOf = draws ? menu : null;
  const linkTo = linkFor(draws);
  const [isNew, setNew] = useState(false);
  const [q] = useFilter("q");
  const [status, setStatus] = useFilter("status");
  const [sort, setSort] = useFilter("sort");
  const isArchived = status === "archived";
  const journeys = useJourneyList({ search: q, status: isArchived ? null : status, sort, archived: isArchived ? "true" : null });
  return (
    <Page
      title={t.journeys.title}
      subtitle={t.journeys.subtitle}
      extra={
        draws && (
          <Button type="primary" icon={<PlusOutlined />} onClick={() => setNew(true)}>
            {l.create}
          </Button>
        )
      }
    >
      <div className="filters">
        <Searching placeholder={l.search} />
        <Segmented
          value={status ?? "all"}
          onChange={(value) => setStatus(value === "all" ? null : value)}
          options={Object.entries(l.statuses).map(([value, label]) => ({ value, label }))}
        />
        <Select
          value={sort ?? "name"}
          onChange={(value) => setSort(value === "name" ? null : value)}
          aria-label={l.sort}
          options={Object.entries(l.sorts).map(([value, label]) => ({ value, label }))}
          popupMatchSelectWidth={false}
        />
        <Views />
      </div>
      <ResourceList
        pages={journeys}
        columns={columnsWith(linkTo, menuOf)}
        card={cardWith(menuOf)}
        linkTo={linkTo}
        empty={<Empty isFiltered={Boolean(q ?? status)} draws={draws} />}
      />
      <NewJourney open={isNew} onClose={() => setNew(false)} />
    </Page>
  );
}

export { JourneysPage as Component };
