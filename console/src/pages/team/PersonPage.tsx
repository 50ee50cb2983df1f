/** One person: what she may do, how she signs in, and what was done with her account. */
import { App, Button, Skeleton } from "antd";
import { useState } from "react";
import { Link, useParams } from "react-router";
import type { ApiError } from "../../api/client";
import { useGivePassword, usePerson, usePersonAct, useSignOutPerson, type Given, type PersonPage as Shown } from "../../api/team";
import { absolute } from "../../lib/time";
import { Facts } from "../../parts/Facts";
import { Failure, failureText } from "../../parts/Failure";
import { Moment } from "../../parts/Moment";
import { Page } from "../../parts/Page";
import { Panel } from "../../parts/Panel";
import { Status } from "../../parts/Status";
import { Trail } from "../../parts/Trail";
import { t } from "../../texts";
import { GivenPassword } from "./GivenPassword";
import { PersonForm } from "./PersonForm";
import "./team.css";

const w = t.team;
const BACK = { to: "/team", label: w.people };

/** A question that says what will happen, then the act, then a word about it. */
function useAsked() {
  const { message, modal } = App.useApp();
  return function ask<R>(words: { label: string; title: string; hint: string }, act: () => Promise<R>, done: (answer: R) => void) {
    void modal.confirm({
      title: words.title,
      content: words.hint,
      okText: words.label,
      okButtonProps: { danger: true },
      onOk: () => act().then(done, (error: ApiError) => void message.error(failureText(error))),
    });
  };
}

function Security({ person }: { person: Shown }) {
  const { message } = App.useApp();
  const ask = useAsked();
  const [given, setGiven] = useState<Given | null>(null);
  const act = usePersonAct(person.id);
  const givePassword = useGivePassword(person.id);
  const signOut = useSignOutPerson(person.id);
  if (person.is_you)
    return (
      <Link to="/account" className="link">
        {w.page.yourself}
      </Link>
    );
  const a = w.acts;
  return (
    <div className="team-acts">
      <Button onClick={() => ask(a.password, givePassword.mutateAsync, setGiven)}>{a.password.label}</Button>
      {person.has_second_factor && (
        <Button onClick={() => ask(a.secondFactor, () => act.mutateAsync("second-factor/end"), () => void message.success(a.secondFactor.done))}>{a.secondFactor.label}</Button>
      )}
      {person.browsers > 0 && (
        <Button onClick={() => ask(a.browsers, signOut.mutateAsync, ({ ended }) => void message.success(a.browsers.done(ended)))}>{a.browsers.label}</Button>
      )}
      {person.active ? (
        <Button danger onClick={() => ask(a.lock, () => act.mutateAsync("lock"), () => void message.success(a.lock.done))}>
          {a.lock.label}
        </Button>
      ) : (
        <Button
          type="primary"
          loading={act.isPending}
          onClick={() => act.mutate("unlock", { onSuccess: () => void message.success(a.unlock.done), onError: (error) => void message.error(failureText(error)) })}
        >
          {a.unlock.label}
        </Button>
      )}
      {given && <GivenPassword given={given} close={() => setGiven(null)} />}
    </div>
  );
}

function PersonPage() {
  const { id = "" } = useParams();
  const found = usePerson(id);
  const [editing, setEditing] = useState(false);
  const person = found.data;
  if (!person)
    return (
      <Page title={w.people} back={BACK}>
        <Panel>{found.error ? <Failure error={found.error} retry={() => void found.refetch()} /> : <Skeleton active paragraph={{ rows: 6 }} />}</Panel>
      </Page>
    );
  const f = w.form;
  return (
    <Page
      title={person.name}
      back={BACK}
      subtitle={
        <span className="title-line">
          <span>{t.session.roles[person.role]}</span>
          <Status value={String(person.active)} texts={w.states} tone={person.active ? "good" : "bad"} />
        </span>
      }
      extra={<Button onClick={() => setEditing(true)}>{w.page.edit}</Button>}
    >
      <div className="columns">
        <div className="stack">
          <Panel title={w.page.about}>
            <Facts
              items={[
                [f.username, person.username],
                [f.role, t.session.roles[person.role] ?? person.role],
                [f.dealer, person.dealer?.name ?? t.session.headquarters],
                ...(person.dealer ? ([[f.store, person.store?.name ?? f.anyStore]] as [string, string][]) : []),
                [f.wecom, person.wecom_userid ?? <span className="warn">{w.page.wecomNone}</span>],
              ]}
            />
          </Panel>
          <Panel title={w.page.trail}>
            <Trail moves={person.trail.map((move) => ({ ...move, subject: "staff" }))} />
          </Panel>
        </div>
        <Panel title={w.page.security}>
          <Facts
            items={[
              [w.columns.second, person.has_second_factor ? w.on : w.off],
              [w.columns.login, w.browsers(person.browsers)],
              [w.columns.seen, <Moment at={person.last_seen_at} />],
              ...(person.must_choose_by ? ([[w.page.given, absolute(person.must_choose_by)]] as [string, string][]) : []),
            ]}
          />
          {!person.active && <p className="warn">{w.page.lockedNote}</p>}
          <Security person={person} />
        </Panel>
      </div>
      {editing && <PersonForm person={person} close={() => setEditing(false)} />}
    </Page>
  );
}

export { PersonPage as Component };
