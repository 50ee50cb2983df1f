/** Two profiles of one person become one: found, looked at, and told in numbers what goes over before it is done for good. */
import { Alert, App, Modal, Select, Skeleton } from "antd";
import { useState } from "react";
import { useFoundCustomers } from "../../api/journeys";
import { useMerge, useMergePreview } from "../../api/queries";
import type { Customer, Merge } from "../../api/types";
import { rowsOf } from "../../lib/rows";
import { Failure, failureText } from "../../parts/Failure";
import { nameOf, PersonLine } from "../../parts/People";
import { t } from "../../texts";

const m = t.customer.merge;
const FIGURES = ["orders", "leads", "tags", "identities", "messages"] as const;

export function MergeFigures({ numbers }: { numbers: [name: string, n: number][] }) {
  return (
    <dl className="merge-figures">
      {numbers.map(([name, n]) => (
        <div key={name}>
          <dt>{m.figures[name] ?? name}</dt>
          <dd>{t.common.count(n)}</dd>
        </div>
      ))}
    </dl>
  );
}

function Told({ told }: { told: Merge }) {
  return (
    <>
      <p>{m.goes(nameOf(told.merged), nameOf(told.kept))}</p>
      <MergeFigures numbers={FIGURES.map((name) => [name, told[name]])} />
      <Alert type="warning" showIcon title={m.forGood} />
    </>
  );
}

export function MergeDialog({ customer, open, onClose }: { customer: Customer; open: boolean; onClose: () => void }) {
  const { message } = App.useApp();
  const [sought, setSought] = useState("");
  const [other, setOther] = useState<string | null>(null);
  const found = useFoundCustomers(sought);
  const preview = useMergePreview(customer.id, other);
  const merge = useMerge(customer.id);
  const close = () => {
    setOther(null);
    onClose();
  };
  const people = rowsOf(found).filter((one) => one.id !== customer.id);
  return (
    <Modal
      open={open}
      title={m.title(nameOf(customer))}
      okText={m.submit}
      okButtonProps={{ danger: true, disabled: !preview.data || preview.isFetching }}
      confirmLoading={merge.isPending}
      onCancel={close}
      onOk={() =>
        other &&
        merge.mutate(other, {
          onSuccess: () => {
            void message.success(m.done);
            close();
          },
          onError: (error) => void message.error(failureText(error)),
        })
      }
      destroyOnHidden
    >
      <p className="quiet">{m.hint}</p>
      <Select
        className="merge-who"
        aria-label={m.who}
        placeholder={m.placeholder}
        value={other}
        onChange={setOther}
        loading={found.isFetching}
        showSearch={{ filterOption: false, onSearch: setSought }}
        options={people.map((one) => ({ value: one.id, label: `${nameOf(one)} ${one.phone_masked ?? ""}`, person: one }))}
        optionRender={(option) => <PersonLine person={(option.data as unknown as { person: Customer }).person} />}
      />
      {other && (preview.error ? <Failure error={preview.error} retry={() => void preview.refetch()} /> : preview.data ? <Told told={preview.data} /> : <Skeleton active />)}
    </Modal>
  );
}
