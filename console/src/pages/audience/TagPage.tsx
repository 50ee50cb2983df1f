/** One tag: who carries it, what gives it, what stands on it, and where else it is known. */
import { App, Button, Skeleton } from "antd";
import { useState } from "react";
import { Link, useParams } from "react-router";
import { useTagAction, useTagPage, type TagPage as Tag } from "../../api/audience";
import { useCustomers } from "../../api/queries";
import { Facts } from "../../parts/Facts";
import { Failure, failureText } from "../../parts/Failure";
import { Nothing } from "../../parts/Nothing";
import { Page } from "../../parts/Page";
import { Panel } from "../../parts/Panel";
import { ResourceList } from "../../parts/ResourceList";
import { t } from "../../texts";
import { columns, customerCard, customerLink } from "../customers/rows";
import { BehaviourPanel, RulesPanel } from "./Rules";
import { SyncPanel } from "./Sync";
import { TagForm } from "./TagForm";
import { lasting } from "./TagsPage";
import "./audience.css";

const g = t.audience.tag;
const BACK = { to: "/audience/tags", label: t.audience.tags };

function Carriers({ tag }: { tag: Tag }) {
  const people = useCustomers("", tag.key);
  return (
    <section aria-label={g.carriers}>
      <h2 className="section-title">{g.carriers}</h2>
      <ResourceList
        pages={people}
        columns={columns}
        card={customerCard}
        linkTo={customerLink}
        empty={<Nothing title={g.noCarriers} hint={tag.kind === "manual" ? g.noCarriersHint : undefined} />}
      />
    </section>
  );
}

function UsesPanel({ tag }: { tag: Tag }) {
  return (
    <Panel title={g.uses}>
      {tag.used_by.length === 0 ? (
        <span className="quiet">{g.noUses}</span>
      ) : (
        <ul className="plain">
          {tag.used_by.map((use) => (
            <li key={`${use.kind}.${use.name}`}>
              <span className="quiet">{use.label}</span> {use.name}
            </li>
          ))}
        </ul>
      )}
    </Panel>
  );
}

/** Put away, after having been told what that does; or back again. */
function Away({ tag }: { tag: Tag }) {
  const { message, modal } = App.useApp();
  const act = useTagAction(tag.id);
  const run = (does: "archive" | "restore", done: string) =>
    act.mutateAsync({ does }).then(
      () => void message.success(done),
      (error) => void message.error(failureText(error)),
    );
  if (tag.archived_at) return <Button onClick={() => void run("restore", g.restored)}>{g.restore}</Button>;
  const archive = () =>
    modal.confirm({
      title: g.archiveTitle(tag.label),
      content: g.archiveHint(tag.carriers),
      okText: g.archive,
      okButtonProps: { danger: true },
      onOk: () => run("archive", g.archived),
    });
  return (
    <Button danger onClick={() => void archive()} disabled={tag.used_by.length > 0} title={tag.used_by.length > 0 ? g.archiveUsed : undefined}>
      {g.archive}
    </Button>
  );
}

function TagPage() {
  const { id = "" } = useParams();
  const { message } = App.useApp();
  const found = useTagPage(id);
  const [isEdited, setEdited] = useState(false);
  const tag = found.data;
  if (!tag)
    return (
      <Page title={t.audience.tags} back={BACK}>
        <Panel>
          {found.error ? <Failure error={found.error} retry={() => void found.refetch()} /> : <Skeleton active paragraph={{ rows: 8 }} />}
        </Panel>
      </Page>
    );
  return (
    <Page
      title={tag.label}
      back={BACK}
      subtitle={
        <span className="title-line">
          <span>{tag.kind_label}</span>
          <span>{t.audience.people(tag.carriers)}</span>
          {tag.archived_at && <span>{g.archivedMark}</span>}
        </span>
      }
      extra={
        <>
          {tag.kind === "manual" && !tag.archived_at && (
            <Link to={`/audience/files?kind=tags&tag=${encodeURIComponent(tag.label)}`}>
              <Button>{g.bulk}</Button>
            </Link>
          )}
          <Button onClick={() => setEdited(true)}>{g.edit}</Button>
          <Away tag={tag} />
        </>
      }
    >
      <div className="columns">
        <Carriers tag={tag} />
        <div className="stack">
          <Panel title={g.facts}>
            <Facts
              items={[
                [g.form.key, <code key="k">{tag.key}</code>],
                [g.columns.value, tag.value_type === "choice" ? t.say.list(tag.choices) : g.values[tag.value_type]],
                [g.columns.ttl, lasting(tag.ttl_days)],
                [g.columns.folder, tag.folder?.name ?? g.noFolder],
              ]}
            />
          </Panel>
          {tag.kind === "rule" && <RulesPanel tag={tag} />}
          {tag.kind === "behavioural" && <BehaviourPanel tag={tag} />}
          <UsesPanel tag={tag} />
          <SyncPanel tag={tag} />
        </div>
      </div>
      <TagForm
        tag={tag}
        open={isEdited}
        onClose={() => setEdited(false)}
        onDone={() => {
          setEdited(false);
          void message.success(g.saved);
        }}
      />
    </Page>
  );
}

export { TagPage as Component };
