import { App, Button, Popconfirm, Skeleton, Tag } from "antd";
import { useBrowsers, useEndBrowser, useEndOthers } from "../../api/account";
import type { ApiError } from "../../api/client";
import { browserName } from "../../lib/agent";
import { Failure, failureText } from "../../parts/Failure";
import { Moment } from "../../parts/Moment";
import { Panel } from "../../parts/Panel";
import { t } from "../../texts";

const words = t.account.browsers;

export function Browsers() {
  const { message } = App.useApp();
  const browsers = useBrowsers();
  const end = useEndBrowser();
  const endOthers = useEndOthers();
  const onError = (error: ApiError) => void message.error(failureText(error));
  const items = browsers.data?.items ?? [];
  const everywhere = items.length > 1 && (
    <Popconfirm
      title={words.endAllAsk}
      onConfirm={() => endOthers.mutate(undefined, { onSuccess: ({ ended }) => void message.success(words.endedAll.replace("{count}", String(ended))), onError })}
    >
      <Button size="small" danger loading={endOthers.isPending}>
        {words.endAll}
      </Button>
    </Popconfirm>
  );
  return (
    <Panel title={words.title} extra={everywhere}>
      {browsers.error && <Failure error={browsers.error} retry={() => void browsers.refetch()} />}
      {browsers.isPending && <Skeleton active />}
      {items.map((one) => (
        <div key={one.id} className="browser">
          <div>
            <div>
              {browserName(one.agent) || words.unknown} {one.is_this && <Tag>{words.here}</Tag>}
            </div>
            <div className="quiet">
              {words.how[one.how] ?? one.how} · {one.address} · {words.seen} <Moment at={one.last_seen_at} />
            </div>
          </div>
          {!one.is_this && (
            <Button
              size="small"
              onClick={() => end.mutate(one.id, { onSuccess: () => void message.success(words.ended), onError })}
              loading={end.isPending && end.variables === one.id}
            >
              {words.end}
            </Button>
          )}
        </div>
      ))}
      {items.length === 1 && <p className="quiet">{words.only}</p>}
    </Panel>
  );
}
