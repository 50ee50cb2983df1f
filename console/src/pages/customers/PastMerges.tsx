/** Who became a part of this customer, and the way back: told in numbers what goes back and what stays before it is done. */
import { Alert, App, Button, Modal } from "antd";
import { useState } from "react";
import { usePastMerges, useUndoMerge } from "../../api/queries";
import type { Customer, PastMerge } from "../../api/types";
import { Failure, failureText } from "../../parts/Failure";
import { Moment } from "../../parts/Moment";
import { Panel } from "../../parts/Panel";
import { nameOf } from "../../parts/People";
import { t } from "../../texts";
import { MergeFigures } from "./MergeDialog";

const m = t.customer.merge;

function Undo({ customer, merge, close }: { customer: Customer; merge: PastMerge; close: () => void }) {
  const { message } = App.useApp();
  const undo = useUndoMerge(customer.id);
  const [merged, kept] = [nameOf(merge.merged), nameOf(customer)];
  const run = () =>
    undo.mutate(merge.id, {
      onSuccess: () => {
        void message.success(m.undone);
        close();
      },
      onError: (error) => void message.error(failureText(error)),
    });
  return (
    <Modal open title={m.undoTitle(merged)} okText={m.undo} okButtonProps={{ danger: true }} cancelText={t.common.cancel} confirmLoading={undo.isPending} onOk={run} onCancel={close}>
      <p>{m.goesBack(merged)}</p>
      <MergeFigures numbers={Object.entries({ ...merge.goes_back })} />
      <p>{m.stays(kept)}</p>
      <MergeFigures numbers={Object.entries({ ...merge.stays })} />
      <Alert type="info" showIcon title={m.undoHint} />
    </Modal>
  );
}

function Past({ merge, undo }: { merge: PastMerge; undo: () => void }) {
  return (
    <li className="past-merge">
      <span className="two-lines">
        <span className="ellipsis">
          {nameOf(merge.merged)} {merge.merged.phone_masked}
        </span>
        <small>
          <Moment at={merge.at} /> · {merge.by ? m.by(merge.by) : m.bySystem}
        </small>
        {merge.undone_at ? (
          <small>
            {m.undoneAt} <Moment at={merge.undone_at} />
          </small>
        ) : (
          merge.why_not && <small>{merge.why_not}</small>
        )}
      </span>
      {!merge.why_not && (
        <Button size="small" onClick={undo}>
          {m.undoOpen}
        </Button>
      )}
    </li>
  );
}

/** Not there for whoever was never merged. */
export function PastMerges({ customer }: { customer: Customer }) {
  const found = usePastMerges(customer.id);
  const [asked, setAsked] = useState<PastMerge | null>(null);
  const merges = found.data?.items ?? [];
  if (!found.error && merges.length === 0) return null;
  return (
    <Panel title={m.past}>
      {found.error && merges.length === 0 ? (
        <Failure error={found.error} retry={() => void found.refetch()} />
      ) : (
        <ul className="plain">
          {merges.map((merge) => (
            <Past key={merge.id} merge={merge} undo={() => setAsked(merge)} />
          ))}
        </ul>
      )}
      {asked && <Undo customer={customer} merge={asked} close={() => setAsked(null)} />}
    </Panel>
  );
}
