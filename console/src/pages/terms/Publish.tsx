/** Put terms in force in two steps: fill in, then read them as she will, and publish exactly what was read. */
import { App, Button, Drawer } from "antd";
import { useState } from "react";
import { usePreview, usePublish, type Policy, type PolicyDraft, type Previewed } from "../../api/terms";
import { useIsPhone } from "../../app/ThemeMode";
import { Facts } from "../../parts/Facts";
import { failureText } from "../../parts/Failure";
import { t } from "../../texts";
import { PolicyForm } from "./PolicyForm";
import { scopeOf } from "./policies";
import { AsShown, factsOf } from "./PolicyCard";

const FORM = "policy";

interface Draft {
  draft: PolicyDraft;
  shown: Previewed;
}

function Shown({ shown }: { shown: Previewed }) {
  return (
    <div className="preview">
      <div className="preview-facts">
        <p className="quiet">{shown.dealer ? t.terms.replacesDealer(shown.dealer.name) : t.terms.replacesBrand}</p>
        <Facts items={[[t.terms.fields.scope, scopeOf(shown)], [t.orders.terms, shown.version], ...factsOf(shown)]} />
      </div>
      <div>
        <p className="quiet">{t.terms.asShown}</p>
        <AsShown text={shown.text} />
      </div>
    </div>
  );
}

export function Publish({ from, close }: { from: Policy | null; close: () => void }) {
  const { message } = App.useApp();
  const phone = useIsPhone();
  const [filled, setFilled] = useState<PolicyDraft | null>(null);
  const [read, setRead] = useState<Draft | null>(null);
  const preview = usePreview();
  const publish = usePublish();
  const look = (draft: PolicyDraft) => {
    setFilled(draft);
    preview.mutate(draft, {
      onSuccess: (shown) => setRead({ draft, shown }),
      onError: (error) => message.error(failureText(error)),
    });
  };
  const put = ({ draft, shown }: Draft) =>
    publish.mutate(
      { ...draft, text: shown.text, version: shown.version },
      {
        onSuccess: () => {
          message.success(t.terms.published);
          close();
        },
        onError: (error) => message.error(failureText(error)),
      },
    );
  return (
    <Drawer
      open
      title={read ? t.terms.preview : t.terms.publish}
      onClose={close}
      size={phone ? "100%" : 720}
      footer={
        <div className="drawer-actions">
          {read ? (
            <>
              <Button onClick={() => setRead(null)}>{t.terms.backToForm}</Button>
              <Button type="primary" loading={publish.isPending} onClick={() => put(read)}>
                {t.terms.publishNow}
              </Button>
            </>
          ) : (
            <>
              <Button onClick={close}>{t.common.cancel}</Button>
              <Button type="primary" htmlType="submit" form={FORM} loading={preview.isPending}>
                {t.terms.toPreview}
              </Button>
            </>
          )}
        </div>
      }
    >
      {read ? <Shown shown={read.shown} /> : <PolicyForm name={FORM} from={from} filled={filled} submit={look} />}
    </Drawer>
  );
}
