/** Deposit terms: what is in force for the brand and for dealers with terms of their own, and every version there was. */
import { PlusOutlined } from "@ant-design/icons";
import { App, Button, Skeleton } from "antd";
import { useEffect, useState } from "react";
import { useEndTerms, usePolicies, type Policy } from "../../api/terms";
import { useStaff } from "../../app/session";
import { rowsOf } from "../../lib/rows";
import { Failure, failureText } from "../../parts/Failure";
import { Nothing } from "../../parts/Nothing";
import { Page } from "../../parts/Page";
import { Panel } from "../../parts/Panel";
import { SettingsHistory } from "../../parts/SettingsHistory";
import { t } from "../../texts";
import { History } from "./History";
import { inForce, scopeOf } from "./policies";
import { PolicyCard } from "./PolicyCard";
import { Publish } from "./Publish";
import "./terms.css";

/** Every version: what is in force may be an old one, and there are few. */
function useEveryPolicy() {
  const policies = usePolicies();
  const { hasNextPage, isFetchingNextPage, fetchNextPage } = policies;
  useEffect(() => {
    if (hasNextPage && !isFetchingNextPage) void fetchNextPage();
  }, [hasNextPage, isFetchingNextPage, fetchNextPage]);
  return policies;
}

function useEnding() {
  const { message, modal } = App.useApp();
  const end = useEndTerms();
  return (policy: Policy) =>
    modal.confirm({
      title: t.terms.endTitle(scopeOf(policy)),
      content: policy.dealer ? t.terms.endDealer : t.terms.endBrand,
      okText: t.terms.end,
      okButtonProps: { danger: true },
      cancelText: t.common.cancel,
      onOk: () =>
        end.mutateAsync(policy.id).then(
          () => void message.success(t.terms.ended),
          (error) => void message.error(failureText(error)),
        ),
    });
}

function InForce({ policies, edit }: { policies: Policy[]; edit: ((policy: Policy) => void) | null }) {
  const end = useEnding();
  const current = inForce(policies);
  return (
    <>
      {!current.some((policy) => policy.dealer === null) && (
        <Panel>
          <Nothing title={t.terms.noneInForce} hint={t.terms.noneInForceHint} />
        </Panel>
      )}
      <div className="policies">
        {current.map((policy) => (
          <PolicyCard key={policy.id} policy={policy} edit={edit && (() => edit(policy))} end={edit && (() => end(policy))} />
        ))}
      </div>
    </>
  );
}

function TermsPage() {
  const staff = useStaff();
  const found = useEveryPolicy();
  const [publishing, setPublishing] = useState<{ from: Policy | null } | null>(null);
  const policies = rowsOf(found);
  const mayChange = staff.role === "admin";
  return (
    <Page
      title={t.nav.terms}
      subtitle={t.terms.subtitle}
      extra={
        <>
          {!staff.dealer && <SettingsHistory of="terms" />}
          {mayChange && (
            <Button type="primary" icon={<PlusOutlined />} onClick={() => setPublishing({ from: null })}>
              {t.terms.publish}
            </Button>
          )}
        </>
      }
    >
      {found.data ? (
        <div className="stack">
          <InForce policies={policies} edit={mayChange ? (policy) => setPublishing({ from: policy }) : null} />
          <History policies={policies} />
        </div>
      ) : (
        <Panel>
          {found.error ? <Failure error={found.error} retry={() => void found.refetch()} /> : <Skeleton active paragraph={{ rows: 8 }} />}
        </Panel>
      )}
      {publishing && <Publish from={publishing.from ?? inForce(policies)[0] ?? null} close={() => setPublishing(null)} />}
    </Page>
  );
}

export { TermsPage as Component };
