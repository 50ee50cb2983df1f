/** A draft is written, with what a consumer would read of it beside the form; nothing of it is an offer before it is published. */
import { Alert, App, Button, Form, Input, InputNumber, Radio, Select, Skeleton } from "antd";
import { useState } from "react";
import { Link, useNavigate, useParams, useSearchParams } from "react-router";
import type { ApiError } from "../../api/client";
import { usePlan, usePlanChoices, useSavePlan, type Plan, type PlanChoices, type PlanDraft } from "../../api/plans";
import { Failure, failureText } from "../../parts/Failure";
import { Page } from "../../parts/Page";
import { Panel } from "../../parts/Panel";
import { t } from "../../texts";
import { draftOf, fieldsOf, hasFinal, termsOf, type Fields } from "./fields";
import { HOME } from "./plans";
import { Preview } from "./Preview";
import "./plans.css";

const p = t.plans;
const f = p.fields;

const KINDS = (Object.keys(p.kinds) as (keyof typeof p.kinds)[]).map((value) => ({
  value,
  label: (
    <>
      {p.kinds[value].label}
      <small className="quiet">{p.kinds[value].hint}</small>
    </>
  ),
}));

interface FigureProps {
  name: keyof Fields;
  label: string;
  unit: string;
  min: number;
  max: number;
  precision?: number;
  optional?: boolean;
  extra?: string;
  /** What it must not be less than. */
  after?: keyof Fields;
}

function Figure({ name, label, unit, min, max, precision = 0, optional = false, extra, after }: FigureProps) {
  return (
    <Form.Item
      name={name}
      label={label}
      extra={extra}
      dependencies={after ? [after] : []}
      rules={[
        { required: !optional, message: p.between(min, max) },
        { type: "number", min, max, message: p.between(min, max) },
        ({ getFieldValue }) => ({
          validator: (_, value: number | null) => {
            const low = after ? (getFieldValue(after) as number | null | undefined) : null;
            return value == null || low == null || value >= low ? Promise.resolve() : Promise.reject(new Error(p.wrongOrder));
          },
        }),
      ]}
    >
      <InputNumber precision={precision} suffix={unit} className="whole" />
    </Form.Item>
  );
}

function Basics() {
  const kind = Form.useWatch<Fields["kind"]>("kind");
  const { months, percent } = p.units;
  return (
    <>
      <Form.Item name="name" label={f.name} extra={f.nameHint} rules={[{ required: true, whitespace: true, message: p.needName }]}>
        <Input maxLength={40} autoComplete="off" />
      </Form.Item>
      <Form.Item name="kind" label={f.kind}>
        <Radio.Group className="ways" options={KINDS} />
      </Form.Item>
      <div className="plan-pair">
        <Figure name="term_months" label={f.term} unit={months} min={hasFinal(kind) ? 6 : 1} max={84} />
        {kind === "zero_rate" ? (
          <Figure name="subsidised_rate_bp" label={f.subsidy} unit={percent} min={0} max={24} precision={2} optional extra={f.subsidyHint} />
        ) : (
          <Figure name="annual_rate_bp" label={f.rate} unit={percent} min={0} max={24} precision={2} />
        )}
        <Figure name="min_down_payment_percent" label={f.minDown} unit={percent} min={0} max={99} />
        <Figure name="max_down_payment_percent" label={f.maxDown} unit={percent} min={0} max={100} after="min_down_payment_percent" />
        {hasFinal(kind) && <Figure name="final_percent" label={kind === "lease" ? f.residual : f.balloon} unit={percent} min={1} max={80} />}
        <Figure name="fee_bp" label={f.fee} unit={percent} min={0} max={10} precision={2} optional extra={f.feeHint} />
      </div>
      {kind === "balloon" && (
        <Form.Item name="final_separately" label={f.separately} initialValue={false}>
          <Radio.Group options={[{ value: false, label: p.together }, { value: true, label: p.apart }]} />
        </Form.Item>
      )}
      {kind === "lease" && (
        <Form.Item name="in_advance" label={f.advance} initialValue={false}>
          <Radio.Group options={[{ value: false, label: p.atEnd }, { value: true, label: p.atBeginning }]} />
        </Form.Item>
      )}
    </>
  );
}

function Cars({ choices }: { choices: PlanChoices }) {
  const pick = (of: "series" | "conditions") => choices[of].map(({ key, label }) => ({ value: key, label }));
  const { year, yuan } = p.units;
  return (
    <>
      <Form.Item name="series" label={f.series}>
        <Select mode="multiple" allowClear placeholder={p.anySeries} options={pick("series")} showSearch={{ optionFilterProp: "label" }} />
      </Form.Item>
      <Form.Item name="conditions" label={f.conditions}>
        <Select mode="multiple" allowClear placeholder={p.anyCondition} options={pick("conditions")} />
      </Form.Item>
      <div className="plan-pair">
        <Figure name="model_year_min" label={f.yearMin} unit={year} min={1950} max={2100} optional />
        <Figure name="model_year_max" label={f.yearMax} unit={year} min={1950} max={2100} optional after="model_year_min" />
        <Figure name="price_min_fen" label={f.priceMin} unit={yuan} min={1} max={90_000_000} precision={2} optional />
        <Figure name="price_max_fen" label={f.priceMax} unit={yuan} min={1} max={90_000_000} precision={2} optional after="price_min_fen" />
      </div>
    </>
  );
}

function Days() {
  return (
    <div className="plan-pair">
      <Form.Item name="valid_from" label={f.from}>
        <Input type="date" />
      </Form.Item>
      <Form.Item
        name="valid_until"
        label={f.until}
        extra={f.untilHint}
        dependencies={["valid_from"]}
        rules={[
          ({ getFieldValue }) => ({
            validator: (_, day?: string) => (!day || day >= ((getFieldValue("valid_from") as string | null) ?? "") ? Promise.resolve() : Promise.reject(new Error(p.wrongDays))),
          }),
        ]}
      >
        <Input type="date" />
      </Form.Item>
    </div>
  );
}

/** What the form says, once it is enough to be reckoned with. */
function wholeOf(fields: Partial<Fields> | undefined): PlanDraft | null {
  if (!fields?.kind || !fields.term_months || fields.min_down_payment_percent == null || fields.max_down_payment_percent == null) return null;
  if (fields.kind !== "zero_rate" && fields.annual_rate_bp == null) return null;
  if (hasFinal(fields.kind) && !fields.final_percent) return null;
  return draftOf({ ...fields, name: fields.name?.trim() || p.title } as Fields);
}

/** The fields that a refusal names. */
const fieldsIn = ({ details }: ApiError): string[] => ("field" in details ? [String(details["field"])] : Object.keys(details));

function Editor({ read, terms, choices }: { read: Plan | null; terms: PlanDraft | null; choices: PlanChoices }) {
  const { message } = App.useApp();
  const navigate = useNavigate();
  const [form] = Form.useForm<Fields>();
  const fields = Form.useWatch((all: Fields) => all, { form, preserve: true });
  const save = useSavePlan(read);
  const refused = (error: ApiError) => {
    const named = fieldsIn(error).filter((name) => form.getFieldInstance(name as keyof Fields));
    form.setFields(named.map((name) => ({ name: name as keyof Fields, errors: [error.message] })));
    if (named[0]) form.scrollToField(named[0] as keyof Fields, { block: "center" });
    else if (error.code !== "vehicles.plan_changed") void message.error(failureText(error));
  };
  const run = () =>
    save.mutate(draftOf(form.getFieldsValue(true) as Fields), {
      onSuccess: (kept) => {
        void message.success(p.saved);
        void navigate(`/plans/${kept.id}`);
      },
      onError: refused,
    });
  return (
    <Page title={read ? p.editTitle : p.create} back={read ? { to: `/plans/${read.id}`, label: read.name } : HOME}>
      {save.error?.code === "vehicles.plan_changed" && read && (
        <Alert
          className="plan-alert"
          type="warning"
          showIcon
          title={p.changedMeanwhile}
          description={p.changedMeanwhileHint}
          action={
            <Link to={`/plans/${read.id}`}>
              <Button size="small">{p.showLatest}</Button>
            </Link>
          }
        />
      )}
      <div className="plan-columns">
        <Form form={form} layout="vertical" requiredMark={false} initialValues={fieldsOf(terms)} onFinish={run} scrollToFirstError>
          <div className="stack">
            <Panel title={p.sections.basics}>
              <Basics />
            </Panel>
            <Panel title={p.sections.cars}>
              <Cars choices={choices} />
            </Panel>
            <Panel title={p.sections.days}>
              <Days />
            </Panel>
            <div>
              <Button type="primary" htmlType="submit" loading={save.isPending}>
                {p.saveDraft}
              </Button>
            </div>
          </div>
        </Form>
        <Preview terms={wholeOf(fields)} />
      </div>
    </Page>
  );
}

/** A draft that is there, or another plan that a new one begins from; what somebody else saves meanwhile does not take the words from her. */
function Based({ plan, isEdited, choices }: { plan: Plan; isEdited: boolean; choices: PlanChoices }) {
  const [read] = useState(plan);
  return <Editor read={isEdited ? read : null} terms={termsOf(read)} choices={choices} />;
}

function Waiting({ error, retry }: { error: ApiError | null; retry: () => void }) {
  return (
    <Page title={p.title} back={HOME}>
      <Panel>{error ? <Failure error={error} retry={retry} /> : <Skeleton active paragraph={{ rows: 8 }} />}</Panel>
    </Page>
  );
}

function Existing({ id, isEdited, choices }: { id: string; isEdited: boolean; choices: PlanChoices }) {
  const found = usePlan(id);
  if (!found.data) return <Waiting error={found.error} retry={() => void found.refetch()} />;
  return <Based plan={found.data} isEdited={isEdited} choices={choices} />;
}

function PlanEditPage() {
  const { id } = useParams();
  const from = useSearchParams()[0].get("from");
  const choices = usePlanChoices();
  if (!choices.data) return <Waiting error={choices.error} retry={() => void choices.refetch()} />;
  const base = id ?? from;
  if (base) return <Existing key={base} id={base} isEdited={Boolean(id)} choices={choices.data} />;
  return <Editor read={null} terms={null} choices={choices.data} />;
}

export { PlanEditPage as Component };
