/** What campaigns or codes brought, side by side, and what each of it cost. */
import { DownloadOutlined } from "@ant-design/icons";
import { Button, Segmented, Table, type TableColumnsType } from "antd";
import { Link } from "react-router";
import { reportFile, type Asked, type Report, type ReportRow } from "../../api/campaigns";
import { yuan } from "../../lib/money";
import { useFilter } from "../../parts/Searching";
import { scrolled } from "../../parts/Scrolled";
import { t } from "../../texts";

const b = t.campaigns.brought;

const COUNTS = ["opens", "people", "answers", "check_ins", "leads", "test_drives", "deposits", "refunds", "orders"] as const;
const MONEY = ["value_fen", "cost_fen", "cost_per_lead_fen", "cost_per_check_in_fen"] as const;

function Figure({ name, row }: { name: (typeof COUNTS)[number] | (typeof MONEY)[number] | "roi"; row: ReportRow }) {
  const value = row[name];
  if (value === null || value === 0) return <span className="quiet">{value === null ? t.common.none : 0}</span>;
  if (name === "roi") return <span className="amount">{value.toFixed(1)}</span>;
  return <span className="amount">{name.endsWith("_fen") ? yuan(value) : t.common.count(value)}</span>;
}

function columns(first: string, linked: boolean): TableColumnsType<ReportRow> {
  return [
    {
      title: first,
      fixed: "left",
      className: "campaign-row-name",
      render: (_, row) => (linked && row.id ? <Link to={`/campaigns/${row.id}`}>{row.name}</Link> : <span className={row.id ? undefined : "quiet"}>{row.name}</span>),
    },
    ...[...COUNTS, ...MONEY, "roi" as const].map((name) => ({
      key: name,
      title: b[name],
      align: "right" as const,
      render: (_: unknown, row: ReportRow) => <Figure name={name} row={row} />,
    })),
  ];
}

/** To which of several touches a lead belongs, kept in the address. */
export function TouchPick() {
  const [touch, set] = useFilter("touch");
  return (
    <Segmented
      aria-label={b.touch}
      value={touch ?? "last"}
      onChange={(value) => set(value === "last" ? null : value)}
      options={Object.entries(b.touches).map(([value, label]) => ({ value, label }))}
    />
  );
}

export function ReportFile({ id, asked }: { id: string | null; asked: Asked }) {
  return (
    <Button icon={<DownloadOutlined />} href={reportFile(id, asked)} download>
      {b.file}
    </Button>
  );
}

export function Brought({ report, of }: { report: Report; of: "row" | "campaign" }) {
  const shown = columns(b[of], of === "campaign");
  return (
    <Table
      rowKey={(row) => row.id ?? row.name}
      size="middle"
      components={scrolled}
      dataSource={report.rows}
      columns={shown}
      pagination={false}
      scroll={{ x: "max-content" }}
      summary={() => (
        <Table.Summary.Row className="campaign-total">
          {shown.map((column, place) => (
            <Table.Summary.Cell key={String(column.key ?? place)} index={place} align={column.align ?? "left"}>
              {place === 0 ? report.total.name : column.render?.(undefined, report.total, 0) as React.ReactNode}
            </Table.Summary.Cell>
          ))}
        </Table.Summary.Row>
      )}
    />
  );
}
