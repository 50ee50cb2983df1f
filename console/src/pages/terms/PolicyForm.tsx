/** What terms say, field by field; each choice explains what it means for her and for the law. */
import { Form, Input, InputNumber, Radio, Segmented, Select } from "antd";
import { useDealers, type PayeeKind, type Policy, type PolicyDraft } from "../../api/terms";
import { fenOf } from "../../lib/money";
import { t } from "../../texts";
import { draftOf, fieldsOf, type Fields } from "./policies";

const options = <K extends string>(words: Record<K, { label: string; hint: string }>) =>
  (Object.keys(words) as K[]).map((value) => ({
    value,
    label: (
      <>
        {words[value].label}
        <small className="quiet">{words[value].hint}</small>
      </>
    ),
  }));

function Scope() {
  const scope = Form.useWatch<Fields["scope"]>("scope");
  const dealers = useDealers();
  return (
    <>
      <Form.Item name="scope" label={t.terms.fields.scope}>
        <Segmented
          options={[
            { value: "brand", label: t.terms.brandWide },
            { value: "dealer", label: t.terms.oneDealer },
          ]}
        />
      </Form.Item>
      {scope === "dealer" && (
        <Form.Item name="dealer_id" label={t.terms.fields.dealer} rules={[{ required: true, message: t.terms.needDealer }]}>
          <Select
            showSearch={{ optionFilterProp: "label" }}
            loading={dealers.isPending}
            placeholder={t.terms.needDealer}
            options={dealers.data?.items.map(({ id, name }) => ({ value: id, label: name }))}
          />
        </Form.Item>
      )}
    </>
  );
}

function Payee() {
  const dealers = useDealers();
  const [payee, scope, dealerId] = [Form.useWatch<PayeeKind>("payee"), Form.useWatch<Fields["scope"]>("scope"), Form.useWatch<string>("dealer_id")];
  const concerned = dealers.data?.items.filter(({ id }) => scope === "brand" || id === dealerId) ?? [];
  const cannot = concerned.filter((dealer) => !dealer.takes_money);
  return (
    <Form.Item
      name="payee"
      label={t.terms.fields.payee}
      extra={payee === "dealer" && cannot.length > 0 ? <span className="warn">{t.terms.cannotTake(cannot.length, cannot[0]?.name ?? "")}</span> : undefined}
    >
      <Radio.Group className="ways" options={options(t.terms.payees)} />
    </Form.Item>
  );
}

function Whole({ name, label, unit, min, max }: { name: keyof Fields; label: string; unit: string; min: number; max: number }) {
  return (
    <Form.Item name={name} label={label} rules={[{ required: true, message: t.terms.between(min, max) }, { type: "number", min, max, message: t.terms.between(min, max) }]}>
      <InputNumber precision={0} suffix={unit} className="whole" />
    </Form.Item>
  );
}

function Amount() {
  return (
    <Form.Item
      name="amount"
      label={t.terms.fields.amountInYuan}
      rules={[
        { required: true, message: t.orders.deal.badAmount },
        { validator: (_, typed = "") => (!typed || fenOf(typed) ? Promise.resolve() : Promise.reject(new Error(t.orders.deal.badAmount))) },
      ]}
    >
      <Input prefix="¥" inputMode="decimal" autoComplete="off" />
    </Form.Item>
  );
}

interface PolicyFormProps {
  name: string;
  from: Policy | null;
  filled: PolicyDraft | null;
  submit: (draft: PolicyDraft) => void;
}

export function PolicyForm({ name, from, filled, submit }: PolicyFormProps) {
  const [form] = Form.useForm<Fields>();
  const type = Form.useWatch("deposit_type", form);
  const wording = Form.useWatch("wording", form);
  return (
    <Form
      form={form}
      id={name}
      layout="vertical"
      requiredMark={false}
      initialValues={fieldsOf(filled ?? from)}
      onFinish={(fields) => submit(draftOf(fields))}
      scrollToFirstError
    >
      <Scope />
      <Form.Item name="deposit_type" label={t.terms.fields.type}>
        <Radio.Group className="ways" options={options(t.terms.types)} />
      </Form.Item>
      {type === "earnest_money" && (
        <Form.Item name="refund_rule" label={t.terms.fields.refund}>
          <Radio.Group className="ways" options={options(t.terms.rules)} />
        </Form.Item>
      )}
      <Amount />
      <Payee />
      <div className="policy-numbers">
        <Whole name="pay_minutes" label={t.terms.fields.pay} unit={t.terms.units.minutes} min={6} max={120} />
        <Whole name="hold_hours" label={t.terms.fields.hold} unit={t.terms.units.hours} min={1} max={720} />
        <Whole name="extension_hours" label={t.terms.fields.extension} unit={t.terms.units.hours} min={0} max={720} />
        <Whole name="active_per_customer" label={t.terms.fields.active} unit={t.terms.units.cars} min={1} max={10} />
      </div>
      <Form.Item name="wording" label={t.terms.fields.text}>
        <Segmented
          options={[
            { value: "ours", label: t.terms.ourWording },
            { value: "own", label: t.terms.ownWording },
          ]}
        />
      </Form.Item>
      {wording === "own" && (
        <Form.Item name="text" rules={[{ required: true, min: 20, max: 20_000, whitespace: true, message: t.terms.needText }]} extra={t.terms.ownHint}>
          <Input.TextArea autoSize={{ minRows: 8, maxRows: 20 }} />
        </Form.Item>
      )}
    </Form>
  );
}
