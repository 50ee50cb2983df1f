/** The hold's countdown, and what this person can do with the order now; what she cannot do says why. */
import { Button } from "antd";
import { useState } from "react";
import type { Order, OrderAction } from "../../api/types";
import { onDay } from "../../lib/time";
import { Countdown } from "../../parts/Countdown";
import { Panel } from "../../parts/Panel";
import { Status } from "../../parts/Status";
import { t } from "../../texts";
import { ActionDialog } from "./ActionDialog";
import { refusalsOf } from "./effects";

type Action = Order["actions"][number];

/** Confirming comes first, then the sale; whichever is possible. */
function mainOf(actions: Action[]): OrderAction | undefined {
  const can = new Set(actions.filter((one) => !one.refusal).map((one) => one.action));
  return (["confirm", "convert"] as const).find((action) => can.has(action));
}

function Hold({ order }: { order: Order }) {
  const { reservation } = order;
  if (!reservation) return null;
  const runs = (reservation.status === "soft_held" || reservation.status === "hard_held") && reservation.expires_at;
  return (
    <div className="hold">
      <Status value={reservation.status} texts={t.orders.reservationStatus} />
      {runs && (
        <>
          <strong className="hold-left">
            <small>{t.orders.deal.left}</small>
            <Countdown until={runs} />
          </strong>
          <span className="quiet">
            {t.orders.holdUntil(onDay(runs))}
            {order.extended_at && ` · ${t.orders.deal.extendedOnce}`}
          </span>
        </>
      )}
    </div>
  );
}

export function Deal({ order }: { order: Order }) {
  const [chosen, setChosen] = useState<OrderAction | null>(null);
  const { actions } = order;
  const refusals = refusalsOf(actions);
  const nothing = actions.every((one) => one.refusal);
  const main = mainOf(actions);
  return (
    <Panel>
      <div className="deal">
        <Hold order={order} />
        {!nothing && (
          <div className="deal-actions">
            {actions.map(({ action, refusal }) => (
              <Button
                key={action}
                type={action === main ? "primary" : "default"}
                danger={action === "decline" || action === "sold-offline"}
                disabled={refusal !== null}
                title={refusal ?? undefined}
                onClick={() => setChosen(action)}
              >
                {t.orders.deal.actions[action].label}
              </Button>
            ))}
          </div>
        )}
        <div className="deal-refusals quiet">
          {actions.length === 0
            ? t.orders.deal.lookOnly
            : refusals.map(([refusal, labels]) => (
                <div key={refusal}>{nothing ? refusal : t.orders.deal.refused(t.say.list(labels), refusal)}</div>
              ))}
        </div>
      </div>
      {chosen && <ActionDialog order={order} action={chosen} close={() => setChosen(null)} />}
    </Panel>
  );
}
