/** What a car's keeper does with it: another price, on sale and off it, sold, handed over. */
import { App, Button, Form, Input, Modal } from "antd";
import { useState } from "react";
import { useAskPrice, useCarAction, useConfirmCars, type Car, type CarAction, type CarStatus } from "../../api/stock";
import { fenOf, yuan } from "../../lib/money";
import { Facts } from "../../parts/Facts";
import { failureText } from "../../parts/Failure";
import { t } from "../../texts";

const s = t.stock;

/** What may follow in each state; the server refuses anything else. */
const NEXT: Record<CarStatus, CarAction[]> = {
  draft: ["prepare", "withdraw"],
  in_preparation: ["list", "withdraw"],
  listed: ["sold", "withdraw"],
  reserved: [],
  sold: ["delivered"],
  delivered: [],
  withdrawn: ["relist"],
};
const PRIMARY: ReadonlySet<CarAction> = new Set(["prepare", "list", "relist", "delivered"]);

function PriceDialog({ car, close }: { car: Car; close: () => void }) {
  const { message } = App.useApp();
  const [form] = Form.useForm<{ price: string }>();
  const ask = useAskPrice(car.id);
  const run = ({ price }: { price: string }) =>
    ask.mutate(
      { price_fen: fenOf(price) ?? 0, version: car.version },
      {
        onSuccess: () => {
          void message.success(s.priceDone);
          close();
        },
        onError: (error) => void message.error(failureText(error)),
      },
    );
  return (
    <Modal open title={s.priceTitle} onCancel={close} onOk={() => form.submit()} okText={s.price} cancelText={t.common.cancel} confirmLoading={ask.isPending} width={420}>
      <div className="dialog-facts">
        <Facts items={[[s.pricePresent, yuan(car.price_fen)]]} />
      </div>
      <Form form={form} layout="vertical" requiredMark={false} onFinish={run}>
        <Form.Item
          name="price"
          label={s.priceNew}
          extra={s.priceHint}
          rules={[
            { required: true, message: s.needPrice },
            {
              validator: (_, typed = "") => {
                if (!typed) return Promise.resolve();
                const fen = fenOf(typed);
                if (!fen) return Promise.reject(new Error(s.badPrice));
                return fen === car.price_fen ? Promise.reject(new Error(s.samePrice)) : Promise.resolve();
              },
            },
          ]}
        >
          <Input prefix="¥" inputMode="decimal" autoComplete="off" autoFocus />
        </Form.Item>
      </Form>
    </Modal>
  );
}

function WithdrawDialog({ close, run, busy }: { close: () => void; run: (reason: string) => void; busy: boolean }) {
  const [form] = Form.useForm<{ reason: string }>();
  return (
    <Modal
      open
      title={s.withdrawTitle}
      onCancel={close}
      onOk={() => form.submit()}
      okText={s.does.withdraw.label}
      okButtonProps={{ danger: true }}
      cancelText={t.common.cancel}
      confirmLoading={busy}
      width={440}
    >
      <p className="quiet">{s.withdrawHint}</p>
      <Form form={form} layout="vertical" requiredMark={false} onFinish={({ reason }) => run(reason.trim())}>
        <Form.Item name="reason" label={s.withdrawReason} rules={[{ required: true, whitespace: true, message: s.needReason }]}>
          <Input.TextArea rows={2} maxLength={200} />
        </Form.Item>
        <div className="chips">
          {s.withdrawReasons.map((word) => (
            <Button key={word} size="small" onClick={() => form.setFieldValue("reason", word)}>
              {word}
            </Button>
          ))}
        </div>
      </Form>
    </Modal>
  );
}

function Confirm({ car }: { car: Car }) {
  const { message } = App.useApp();
  const confirm = useConfirmCars();
  const done = { onSuccess: () => void message.success(s.confirmed), onError: (error: Parameters<typeof failureText>[0]) => void message.error(failureText(error)) };
  return (
    <Button loading={confirm.isPending} onClick={() => confirm.mutate([car.id], done)}>
      {s.confirm}
    </Button>
  );
}

export function CarActions({ car }: { car: Car }) {
  const { message, modal } = App.useApp();
  const [asked, setAsked] = useState<"price" | "withdraw" | null>(null);
  const act = useCarAction(car.id);
  const run = (action: CarAction, reason?: string) =>
    act.mutateAsync({ action, reason }).then(
      () => {
        void message.success(s.does[action].done);
        setAsked(null);
      },
      (error) => void message.error(failureText(error)),
    );
  const press = (action: CarAction) => {
    if (action === "withdraw") setAsked("withdraw");
    else if (action === "sold") void modal.confirm({ title: s.soldTitle, content: s.soldHint, okText: s.does.sold.label, onOk: () => run("sold") });
    else void run(action);
  };
  const status = car.status.key;
  return (
    <>
      {status === "reserved" && <span className="quiet">{s.reservedNote}</span>}
      {status === "listed" && <Confirm car={car} />}
      {status !== "sold" && status !== "delivered" && <Button onClick={() => setAsked("price")}>{s.price}</Button>}
      {NEXT[status].map((action) => (
        <Button
          key={action}
          type={PRIMARY.has(action) ? "primary" : "default"}
          danger={action === "withdraw"}
          loading={act.isPending && act.variables.action === action}
          onClick={() => press(action)}
        >
          {s.does[action].label}
        </Button>
      ))}
      {asked === "price" && <PriceDialog car={car} close={() => setAsked(null)} />}
      {asked === "withdraw" && <WithdrawDialog close={() => setAsked(null)} run={(reason) => void run("withdraw", reason)} busy={act.isPending} />}
    </>
  );
}
