/** A marketer walks the draft herself: its messages really reach her own phone, and nothing of it counts. */
import { MobileOutlined, PlayCircleOutlined, StopOutlined } from "@ant-design/icons";
import { Alert, App, Button, Popconfirm, Skeleton, Timeline } from "antd";
import { Link } from "react-router";
import { useMessageTemplates, usePalette, type Problem } from "../../api/journeys";
import { useTest, useTestDeed, useTester, useTesterDeeds, type TestTold } from "../../api/results";
import { absolute } from "../../lib/time";
import { rowsOf } from "../../lib/rows";
import { Countdown } from "../../parts/Countdown";
import { Failure, failureText } from "../../parts/Failure";
import { Nothing } from "../../parts/Nothing";
import { Panel } from "../../parts/Panel";
import { Status } from "../../parts/Status";
import { t } from "../../texts";
import { useFramed } from "./JourneyFrame";
import { Message, Who } from "./Ways";

const r = t.results;

type Code = ReturnType<typeof useTesterDeeds>["code"];

/** Nobody has said yet which customer she is: a code, entered on her own phone, does. */
function Bind({ code }: { code: Code }) {
  const shown = code.data;
  return (
    <Panel>
      <Nothing title={shown ? r.bindEnter : r.bindWhy} hint={shown ? r.bindEnterHint : r.bindHint}>
        {shown && (
          <p className="tester-code">
            <code>{shown.code}</code>
            <small className="quiet">
              {r.codeEnds} <Countdown until={shown.ends_at} />
            </small>
          </p>
        )}
        <Button type={shown ? "default" : "primary"} icon={<MobileOutlined />} loading={code.isPending} onClick={() => code.mutate()}>
          {shown ? r.codeAgain : r.codeShow}
        </Button>
        {code.error && <Alert type="error" showIcon title={failureText(code.error)} />}
      </Nothing>
    </Panel>
  );
}

/** What keeps the draft from being walked, each in words; all of it is mended on the canvas. */
function Unsound({ problems, id }: { problems: Problem[]; id: string }) {
  return (
    <Alert
      type="error"
      showIcon
      title={r.unsound}
      description={
        <ul className="unsound">
          {problems.map((one, index) => (
            <li key={index}>{one.message}</li>
          ))}
        </ul>
      }
      action={<Link to={`/journeys/${id}/edit`}>{t.editor.check.go}</Link>}
    />
  );
}

/** Each step that she took, and where she stands; from there she need not wait. */
function Way({ test, onSkip, isBusy }: { test: TestTold; onSkip: (port: string) => void; isBusy: boolean }) {
  const palette = usePalette().data;
  const titles = new Map(rowsOf(useMessageTemplates()).map((one) => [`${one.channel}.${one.key}`, one.title]));
  const channels = new Map((palette?.channels ?? []).map(({ value, label }) => [value, label]));
  const stands = test.stands_on;
  const taken = test.steps.map((step) => ({
    color: step.skipped ? "gray" : "green",
    content: (
      <div className="visit">
        <strong>{step.label}</strong>
        <small className="quiet">{absolute(step.left_at)}</small>
        {step.why && <span className="quiet">{step.why}</span>}
        {step.port_label && step.port !== "done" && <span className="quiet">{r.went(step.port_label)}</span>}
        {step.skipped && <span className="bad">{t.editor.simulate.skipped(step.skipped)}</span>}
        {step.message && (
          <>
            <span>
              {channels.get(step.message.channel) ?? step.message.channel} · {titles.get(`${step.message.channel}.${step.message.template_key}`) ?? step.message.template_key}
            </span>
            <Message message={step.message} />
          </>
        )}
      </div>
    ),
  }));
  const here = stands && {
    color: test.status === "stuck" ? "red" : "blue",
    content: (
      <div className="visit">
        <strong>{stands.label}</strong>
        {stands.why && <span className="quiet">{stands.why}</span>}
        <span>
          {r.still}
          {stands.due_at && test.status === "active" && ` · ${t.editor.simulate.until(absolute(stands.due_at).slice(0, 16))}`}
        </span>
        <span className="skips">
          {test.ports.map(({ port, label }) => (
            <Button key={port} size="small" loading={isBusy} onClick={() => onSkip(port)}>
              {test.ports.length > 1 ? r.skipBy(label) : r.skip}
            </Button>
          ))}
        </span>
      </div>
    ),
  };
  return <Timeline items={here ? [...taken, here] : taken} aria-label={r.way} />;
}

function TestPage() {
  const journey = useFramed();
  const { message } = App.useApp();
  const { code, unbind } = useTesterDeeds();
  const tester = useTester(code.data !== undefined);
  const test = useTest(journey.id);
  const deed = useTestDeed(journey.id);
  const error = tester.error ?? test.error;
  if (!tester.data || test.data === undefined)
    return (
      <Panel>
        {error ? <Failure error={error} retry={() => void Promise.all([tester.refetch(), test.refetch()])} /> : <Skeleton active paragraph={{ rows: 6 }} />}
      </Panel>
    );
  if (tester.data.customer_id === null) return <Bind code={code} />;
  const told = test.data;
  const isInside = told?.status === "active" || told?.status === "stuck";
  const problems = deed.error?.code === "journeys.graph_invalid" ? ((deed.error.details["problems"] ?? []) as Problem[]) : null;
  return (
    <div className="stack test-page">
      <Panel
        title={r.testTitle}
        extra={
          <Popconfirm title={r.unbindTitle} description={r.unbindHint} onConfirm={() => unbind.mutate(undefined, { onSuccess: code.reset, onError: (wrong) => void message.error(failureText(wrong)) })}>
            <Button type="text" size="small">
              {r.unbind}
            </Button>
          </Popconfirm>
        }
      >
        <p className="quiet people-hint">{r.testHint}</p>
        <p>
          {r.testsAs} <Who customerId={tester.data.customer_id} />
        </p>
        <div className="test-acts">
          <Button type="primary" icon={<PlayCircleOutlined />} loading={deed.isPending && deed.variables.deed === "start"} onClick={() => deed.mutate({ deed: "start" })}>
            {isInside ? r.testAnew : r.testStart}
          </Button>
          {isInside && (
            <Button icon={<StopOutlined />} onClick={() => deed.mutate({ deed: "stop" })}>
              {r.testStop}
            </Button>
          )}
        </div>
        {problems ? (
          <Unsound problems={problems} id={journey.id} />
        ) : (
          deed.error && <Alert type="error" showIcon title={String(deed.error.details["words"] ?? failureText(deed.error))} />
        )}
      </Panel>
      {told && (
        <Panel title={r.way} extra={<Status value={told.status} texts={r.walkStatus} />}>
          {told.reason && <Alert type={told.status === "stuck" ? "error" : "info"} showIcon title={told.reason} />}
          <Way test={told} isBusy={deed.isPending} onSkip={(port) => deed.mutate({ deed: "skip", port })} />
        </Panel>
      )}
    </div>
  );
}

export { TestPage as Component };
