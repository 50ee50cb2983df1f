/** By which ways she can be reached, and over which channels she wants to hear of marketing; headquarters writes down what she says. */
import { CheckCircleFilled, MinusCircleOutlined } from "@ant-design/icons";
import { App, Skeleton, Switch } from "antd";
import { useWish, useWishes } from "../../api/queries";
import type { Customer, Wishes } from "../../api/types";
import { MARKETING, useStaff } from "../../app/session";
import { failureText } from "../../parts/Failure";
import { Panel } from "../../parts/Panel";
import { t } from "../../texts";

const c = t.customer;

export function ReachPanel({ customer }: { customer: Customer }) {
  const staff = useStaff();
  const ways = { service_account: customer.wechat.followed, ...customer.reach };
  return (
    <Panel title={c.reach}>
      <ul className="reach-ways">
        {Object.entries(ways).map(([way, isOpen]) => (
          <li key={way} className={isOpen ? "consent-given" : "quiet"}>
            {isOpen ? <CheckCircleFilled /> : <MinusCircleOutlined />} {c.ways[way]?.[isOpen ? "open" : "shut"]}
          </li>
        ))}
      </ul>
      {!staff.dealer && <Channels customerId={customer.id} mayWrite={MARKETING.includes(staff.role)} />}
    </Panel>
  );
}

/** Nobody is signed up by a stroke: what she said is asked for first, with the words that she agreed to. */
function Channels({ customerId, mayWrite }: { customerId: string; mayWrite: boolean }) {
  const { message, modal } = App.useApp();
  const wishes = useWishes(customerId);
  const wish = useWish(customerId);
  if (!wishes.data) return wishes.error ? <p className="bad">{failureText(wishes.error)}</p> : <Skeleton active title={false} />;
  const { text } = wishes.data;
  const write = (one: Wishes["channels"][number], wanted: boolean) =>
    modal.confirm({
      title: wanted ? c.wantTitle(one.label) : c.refuseTitle(one.label),
      content: wanted ? c.wantHint(text?.version ?? t.common.none) : c.refuseHint,
      okText: t.common.save,
      onOk: () =>
        wish.mutateAsync({ channel: one.channel, wanted, ...(wanted && text ? { text_version: text.version } : {}) }).then(
          () => void message.success(c.wishSaved),
          (error) => void message.error(failureText(error)),
        ),
    });
  return (
    <>
      <h3 className="reach-title">{c.marketingOver}</h3>
      <ul className="plain reach-channels">
        {wishes.data.channels.map((one) => (
          <li key={one.channel}>
            <span>{one.label}</span>
            {one.reason && <small className={one.reason === "refused" ? "bad" : "quiet"}>{c.wishReasons[one.reason]}</small>}
            <Switch
              size="small"
              checked={one.wanted}
              disabled={!mayWrite || (!one.wanted && !text)}
              onChange={(wanted) => void write(one, wanted)}
              aria-label={one.label}
            />
          </li>
        ))}
      </ul>
    </>
  );
}
