/** Whom somebody's shares brought, whom those brought in turn, and what each led to; a branch is asked for when it is opened. */
import { DownOutlined, RightOutlined } from "@ant-design/icons";
import { Button, Skeleton } from "antd";
import { useState } from "react";
import { Link } from "react-router";
import { useBrought, type Brought } from "../api/insight";
import { rowsOf } from "../lib/rows";
import { t } from "../texts";
import { Failure } from "./Failure";
import { Moment } from "./Moment";
import { PersonLine } from "./People";

const b = t.insight.sharing.brought;

function One({ row }: { row: Brought }) {
  const [open, setOpen] = useState(false);
  const led = [row.leads > 0 && b.leads(row.leads), row.deposits > 0 && b.deposits(row.deposits)].filter(Boolean);
  return (
    <li>
      <div className="brought">
        <Link to={`/customers/${row.id}`}>
          <PersonLine person={row.person} />
        </Link>
        <span className="brought-led">
          <span className={led.length > 0 ? "good" : "quiet"}>{led.length > 0 ? led.join(" · ") : b.nothing}</span>
          <small className="quiet">
            <Moment at={row.first_at} />
          </small>
        </span>
      </div>
      {row.newcomers > 0 && (
        <Button type="link" size="small" icon={open ? <DownOutlined /> : <RightOutlined />} aria-expanded={open} onClick={() => setOpen(!open)}>
          {b.inTurn(row.newcomers)}
        </Button>
      )}
      {open && <BroughtTree of={row.id} />}
    </li>
  );
}

export function BroughtTree({ of }: { of: string }) {
  const pages = useBrought(of);
  const rows = rowsOf(pages);
  const total = pages.data?.pages.at(-1)?.total ?? 0;
  if (pages.isPending) return <Skeleton active title={false} paragraph={{ rows: 2, width: "100%" }} />;
  if (pages.error && rows.length === 0) return <Failure error={pages.error} retry={() => void pages.refetch()} />;
  if (rows.length === 0) return <p className="quiet">{b.none}</p>;
  return (
    <ul className="brought-tree">
      {rows.map((row) => (
        <One key={row.id} row={row} />
      ))}
      {pages.hasNextPage && (
        <li>
          <Button type="link" size="small" loading={pages.isFetchingNextPage} onClick={() => void pages.fetchNextPage()}>
            {b.more(total - rows.length)}
          </Button>
        </li>
      )}
    </ul>
  );
}
