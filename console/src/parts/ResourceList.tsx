/** A list of anything: a table on a desk, cards on a phone; loading, empty, failed and "more" included. */
import { Button, Skeleton, Table, type TableColumnsType } from "antd";
import type { ReactNode } from "react";
import { Link, useNavigate } from "react-router";
import { useIsPhone } from "../app/ThemeMode";
import { type Pages, rowsOf } from "../lib/rows";
import { t } from "../texts";
import { Failure } from "./Failure";
import { Panel } from "./Panel";

interface ResourceListProps<R> {
  pages: Pages<R>;
  columns: TableColumnsType<R>;
  card: (row: R) => ReactNode;
  /** Where a row leads, if it has a page. */
  linkTo?: (row: R) => string;
  empty: ReactNode;
}

/** "已显示 40 / 128" with the button that brings more, or "共 128 条" at the end. */
export function More<R>({ pages }: { pages: Pages<R> }) {
  const shown = rowsOf(pages).length;
  const total = pages.data?.pages.at(-1)?.total ?? pages.data?.pages[0]?.total;
  if (shown === 0) return null;
  return (
    <div className="more">
      {pages.hasNextPage ? (
        <>
          <Button onClick={() => void pages.fetchNextPage()} loading={pages.isFetchingNextPage}>
            {t.common.loadMore}
          </Button>
          {total !== undefined && <span className="quiet">{t.common.shown(shown, total)}</span>}
        </>
      ) : (
        <span className="quiet">{t.common.allLoaded(shown)}</span>
      )}
    </div>
  );
}

function CardList<R extends { id: string }>({ rows, card, linkTo }: { rows: R[] } & Pick<ResourceListProps<R>, "card" | "linkTo">) {
  return (
    <ul className="cards">
      {rows.map((row) => (
        <li key={row.id}>
          {linkTo ? (
            <Link to={linkTo(row)} className="card">
              {card(row)}
            </Link>
          ) : (
            <div className="card">{card(row)}</div>
          )}
        </li>
      ))}
    </ul>
  );
}

export function ResourceList<R extends { id: string }>({ pages, columns, card, linkTo, empty }: ResourceListProps<R>) {
  const phone = useIsPhone();
  const navigate = useNavigate();
  const rows = rowsOf(pages);
  if (pages.error && rows.length === 0)
    return (
      <Panel>
        <Failure error={pages.error} retry={() => void pages.refetch()} />
      </Panel>
    );
  if (pages.isPending)
    return (
      <Panel>
        <Skeleton active title={false} paragraph={{ rows: 8, width: "100%" }} />
      </Panel>
    );
  if (rows.length === 0) return <Panel>{empty}</Panel>;
  return (
    <div className={pages.isPlaceholderData ? "list list-stale" : "list"}>
      {phone ? (
        <CardList rows={rows} card={card} linkTo={linkTo} />
      ) : (
        <Panel flush>
          <Table
            rowKey="id"
            dataSource={rows}
            columns={columns}
            pagination={false}
            scroll={{ x: "max-content" }}
            onRow={linkTo && ((row) => ({ onClick: () => void navigate(linkTo(row)), className: "row-link" }))}
          />
        </Panel>
      )}
      <More pages={pages} />
    </div>
  );
}
