/** The books: what each account holds, by merchant, and the entries behind it. */
import { DownloadOutlined } from "@ant-design/icons";
import { Button, Select, Skeleton, type TableColumnsType } from "antd";
import { Link } from "react-router";
import type { Entry, Totals } from "../../api/finance";
import { ledgerExport, useEntries, useTotals } from "../../api/financeQueries";
import { yuan } from "../../lib/money";
import { absolute } from "../../lib/time";
import { DayInput } from "../../parts/DayInput";
import { Failure } from "../../parts/Failure";
import { MerchantLines } from "../../parts/MerchantLines";
import { Nothing } from "../../parts/Nothing";
import { Panel } from "../../parts/Panel";
import { ResourceList } from "../../parts/ResourceList";
import { Searching, useFilter } from "../../parts/Searching";
import { Views } from "../../parts/Views";
import { t } from "../../texts";
import { Balances } from "./Balances";

/** A dealer's own number under a service provider is a merchant of its own. */
const keyOf = ({ account_id, sub_mchid }: Totals["merchants"][number]["merchant"]) => (sub_mchid ? `${account_id}:${sub_mchid}` : account_id);

function TrialBalance() {
  const totals = useTotals();
  const [chosen, choose] = useFilter("merchant");
  if (!totals.data)
    return (
      <Panel title={t.ledger.trialBalance}>
        {totals.error ? <Failure error={totals.error} retry={() => void totals.refetch()} /> : <Skeleton active paragraph={{ rows: 5 }} />}
      </Panel>
    );
  const { accounts, merchants } = totals.data;
  const merchant = merchants.find((one) => keyOf(one.merchant) === chosen);
  return (
    <Panel
      title={t.ledger.trialBalance}
      extra={
        merchants.length > 1 && (
          <Select
            className="merchant-select"
            value={merchant ? keyOf(merchant.merchant) : "all"}
            onChange={(value) => choose(value === "all" ? null : value)}
            aria-label={t.ledger.merchant}
            options={[
              { value: "all", label: t.ledger.allMerchants },
              ...merchants.map((one) => ({ value: keyOf(one.merchant), label: `${one.merchant.name} · ${one.merchant.sub_mchid ?? one.merchant.mchid}` })),
            ]}
          />
        )
      }
    >
      <Balances rows={merchant?.accounts ?? accounts} />
    </Panel>
  );
}

function Lines({ entry, side }: { entry: Entry; side: "debit_fen" | "credit_fen" }) {
  return (
    <>
      {entry.lines
        .filter((line) => line[side] > 0)
        .map((line) => (
          <span key={line.account} className="entry-line">
            <span>{line.label}</span>
            <span className="amount">{yuan(line[side])}</span>
          </span>
        ))}
    </>
  );
}

function What({ entry }: { entry: Entry }) {
  return (
    <span className="two-lines entry-what">
      <strong>{entry.label}</strong>
      <small>{absolute(entry.at)}</small>
    </span>
  );
}

function Of({ entry }: { entry: Entry }) {
  if (!entry.order) return <span className="quiet">{t.tasks.noOrder}</span>;
  return (
    <Link className="link" to={`/orders/${entry.order.id}`}>
      {entry.order.number}
    </Link>
  );
}

const columns: TableColumnsType<Entry> = [
  { title: t.ledger.columns.what, width: 170, render: (_, row) => <What entry={row} /> },
  { title: t.ledger.columns.order, render: (_, row) => <Of entry={row} /> },
  { title: t.orders.ledgerColumns.debit, render: (_, row) => <Lines entry={row} side="debit_fen" /> },
  { title: t.orders.ledgerColumns.credit, render: (_, row) => <Lines entry={row} side="credit_fen" /> },
  { title: t.ledger.merchant, render: (_, row) => <MerchantLines merchant={row.merchant} /> },
];

function card(row: Entry) {
  return (
    <>
      <div className="card-row">
        <What entry={row} />
        <Of entry={row} />
      </div>
      <div className="entry-sides">
        <small className="quiet">{t.money.debit}</small>
        <Lines entry={row} side="debit_fen" />
        <small className="quiet">{t.money.credit}</small>
        <Lines entry={row} side="credit_fen" />
      </div>
    </>
  );
}

function Chooser({ name, all, words }: { name: string; all: string; words: Record<string, string> }) {
  const [value, set] = useFilter(name);
  return (
    <Select
      className="filter-select"
      value={value ?? ""}
      onChange={(chosen) => set(chosen || null)}
      aria-label={all}
      options={[{ value: "", label: all }, ...Object.entries(words).map(([key, label]) => ({ value: key, label }))]}
    />
  );
}

function LedgerPage() {
  const [account] = useFilter("account");
  const [kind] = useFilter("kind");
  const [q] = useFilter("q");
  const [since] = useFilter("since");
  const [until] = useFilter("until");
  const filters = { account, kind, q, since, until };
  const entries = useEntries(filters);
  const filtered = Object.values(filters).some(Boolean);
  return (
    <div className="stack">
      <TrialBalance />
      <section>
        <h2 className="section-title">{t.ledger.entries}</h2>
        <div className="filters">
          <Chooser name="account" all={t.ledger.allAccounts} words={t.ledger.accounts} />
          <Chooser name="kind" all={t.ledger.allKinds} words={t.ledger.kinds} />
          <DayInput name="since" label={t.ledger.since} />
          <DayInput name="until" label={t.ledger.until} />
          <Searching placeholder={t.orders.search} />
          <Views />
          <span className="filters-end">
            <Button icon={<DownloadOutlined />} href={ledgerExport(filters)} download>
              {t.finance.export}
            </Button>
          </span>
        </div>
        <ResourceList
          pages={entries}
          columns={columns}
          card={card}
          empty={
            filtered ? (
              <Nothing title={t.ledger.emptyFiltered} hint={t.finance.filteredHint}>
                <Link to="/finance/ledger">
                  <Button>{t.common.clear}</Button>
                </Link>
              </Nothing>
            ) : (
              <Nothing title={t.orders.noLedger} hint={t.orders.noLedgerHint} />
            )
          }
        />
      </section>
    </div>
  );
}

export { LedgerPage as Component };
