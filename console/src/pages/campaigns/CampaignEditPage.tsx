/** A campaign is written: what it is, when, for how much, and the form of its page. Of one that runs only some of it may change. */
import { Alert, App, Button, Form, Input, Select, Skeleton } from "antd";
import { useState } from "react";
import { useNavigate, useParams } from "react-router";
import { useCampaign, useCampaignChoices, useSaveCampaign, type Campaign, type Choices } from "../../api/campaigns";
import { useCars } from "../../api/stock";
import { useDealers } from "../../api/terms";
import { useStaff } from "../../app/session";
import { fenOf } from "../../lib/money";
import { useRested } from "../../lib/rest";
import { rowsOf } from "../../lib/rows";
import { Failure, failureText } from "../../parts/Failure";
import { Page } from "../../parts/Page";
import { Panel } from "../../parts/Panel";
import { t } from "../../texts";
import { changeOf, draftOf, fieldsOf, type Fields } from "./draft";
import { Landing } from "./Landing";
import { StorePick } from "./Stores";
import "./campaigns.css";

const f = t.campaigns.form;
const HOME = { to: "/campaigns", label: t.campaigns.title };

const needDay = [{ required: true, message: f.needDay }];

function Owner({ fixed }: { fixed: boolean }) {
  const form = Form.useFormInstance<Fields>();
  const { dealer } = useStaff();
  const dealers = useDealers();
  if (dealer) return null;
  return (
    <Form.Item name="dealer_id" label={f.owner} extra={f.ownerHint}>
      <Select
        allowClear
        disabled={fixed}
        placeholder={t.campaigns.ofBrand}
        showSearch={{ optionFilterProp: "label" }}
        loading={dealers.isPending}
        options={dealers.data?.items.map(({ id, name }) => ({ value: id, label: name })) ?? []}
        onChange={() => form.setFieldsValue({ store_id: null, vehicle_ids: [] })}
      />
    </Form.Item>
  );
}

interface CarPickProps {
  id?: string;
  dealerId: string | null;
  known: Campaign["vehicles"];
  value?: string[];
  onChange?: (ids: string[]) => void;
}

/** What is typed is looked for by the platform; what was chosen keeps its title. */
function CarPick({ dealerId, known, ...field }: CarPickProps) {
  const [sought, setSought] = useState("");
  const [seen, setSeen] = useState(() => new Map(known.map(({ id, name }) => [id, name])));
  const cars = useCars({ q: useRested(sought) || null, status: "listed", dealer_id: dealerId });
  const found = rowsOf(cars).map(({ id, title, stock_number }) => ({ value: id, label: `${title} ${stock_number}` }));
  const chosen = (field.value ?? []).filter((id) => !found.some(({ value }) => value === id)).map((id) => ({ value: id, label: seen.get(id) ?? t.common.none }));
  const choose = (ids: string[]) => {
    setSeen((before) => new Map([...before, ...found.map(({ value, label }) => [value, label] as const)]));
    field.onChange?.(ids);
  };
  return (
    <Select
      {...field}
      mode="multiple"
      onChange={choose}
      showSearch={{ filterOption: false, onSearch: setSought }}
      options={[...chosen, ...found]}
      loading={cars.isFetching}
      notFoundContent={t.stock.emptyFiltered}
      maxCount={100}
    />
  );
}

function Basics({ choices, campaign, fixed }: { choices: Choices; campaign: Campaign | null; fixed: boolean }) {
  const form = Form.useFormInstance<Fields>();
  const { dealer } = useStaff();
  const chosen = Form.useWatch<string | null>("dealer_id", form);
  const dealerId = dealer?.id ?? chosen ?? null;
  return (
    <>
      <Form.Item name="name" label={f.name} rules={[{ required: true, whitespace: true, message: f.needName }]}>
        <Input maxLength={60} autoComplete="off" />
      </Form.Item>
      <div className="campaign-pair">
        <Form.Item name="kind" label={f.kind} rules={[{ required: true, message: f.needKind }]}>
          <Select options={choices.kinds} disabled={fixed} />
        </Form.Item>
        <Form.Item
          name="budget"
          label={f.budget}
          rules={[
            { required: true, message: f.badBudget },
            { validator: (_, typed = "") => (!typed || fenOf(typed) !== null ? Promise.resolve() : Promise.reject(new Error(f.badBudget))) },
          ]}
        >
          <Input prefix="¥" inputMode="decimal" autoComplete="off" />
        </Form.Item>
        <Form.Item name="begins_on" label={f.begins} rules={needDay}>
          <Input type="date" disabled={fixed} />
        </Form.Item>
        <Form.Item
          name="ends_on"
          label={f.ends}
          dependencies={["begins_on"]}
          rules={[
            ...needDay,
            ({ getFieldValue }) => ({ validator: (_, day: string) => (!day || day >= (getFieldValue("begins_on") as string) ? Promise.resolve() : Promise.reject(new Error(f.wrongDays))) }),
          ]}
        >
          <Input type="date" />
        </Form.Item>
        <Owner fixed={fixed} />
        <Form.Item name="store_id" label={f.store} extra={f.storeHint}>
          <StorePick dealerId={dealerId} disabled={fixed} />
        </Form.Item>
      </div>
      <Form.Item name="vehicle_ids" label={f.vehicles} extra={f.vehiclesHint}>
        <CarPick key={dealerId} dealerId={dealerId} known={campaign?.vehicles ?? []} />
      </Form.Item>
      <Form.Item name="introduction" label={f.introduction} extra={f.introductionHint}>
        <Input.TextArea maxLength={2_000} autoSize={{ minRows: 3, maxRows: 10 }} />
      </Form.Item>
    </>
  );
}

function Editor({ campaign, choices }: { campaign: Campaign | null; choices: Choices }) {
  const { message } = App.useApp();
  const navigate = useNavigate();
  const [form] = Form.useForm<Fields>();
  const save = useSaveCampaign(campaign?.id ?? null);
  const fixed = campaign !== null && campaign.status !== "draft";
  const closed = campaign !== null && campaign.status !== "draft" && campaign.status !== "running";
  const run = () => {
    // Also what nobody sees: the keys of the fields.
    const fields = form.getFieldsValue(true) as Fields;
    save.mutate(campaign ? changeOf(campaign, fields) : draftOf(fields), {
      onSuccess: (kept) => {
        void message.success(t.campaigns.saved);
        void navigate(`/campaigns/${kept.id}`);
      },
      onError: (error) => void message.error(failureText(error)),
    });
  };
  return (
    <Page title={campaign ? t.campaigns.editTitle : t.campaigns.create} back={campaign ? { to: `/campaigns/${campaign.id}`, label: campaign.name } : HOME}>
      {fixed && <Alert className="campaign-alert" type="info" showIcon title={closed ? f.over : f.fixed} />}
      <Form form={form} layout="vertical" requiredMark={false} initialValues={fieldsOf(campaign, choices)} onFinish={run} disabled={closed} scrollToFirstError>
        <div className="stack">
          <Panel title={f.basics}>
            <Basics choices={choices} campaign={campaign} fixed={fixed} />
          </Panel>
          <Panel title={f.landing}>
            <Landing choices={choices} fixed={fixed} />
          </Panel>
          <div className="campaign-deeds">
            <Button type="primary" htmlType="submit" loading={save.isPending}>
              {f.save}
            </Button>
          </div>
        </div>
      </Form>
    </Page>
  );
}

function CampaignEditPage() {
  const { id } = useParams();
  return id ? <Existing id={id} /> : <Written campaign={null} />;
}

function Existing({ id }: { id: string }) {
  const found = useCampaign(id);
  if (!found.data)
    return (
      <Page title={t.campaigns.editTitle} back={HOME}>
        <Panel>{found.error ? <Failure error={found.error} retry={() => void found.refetch()} /> : <Skeleton active paragraph={{ rows: 8 }} />}</Panel>
      </Page>
    );
  return <Written campaign={found.data} />;
}

function Written({ campaign }: { campaign: Campaign | null }) {
  const choices = useCampaignChoices();
  // What somebody else saves meanwhile does not take the words from under her; saving tells her.
  const [read] = useState(campaign);
  if (choices.data) return <Editor campaign={read} choices={choices.data} />;
  return (
    <Page title={campaign ? t.campaigns.editTitle : t.campaigns.create} back={HOME}>
      <Panel>{choices.error ? <Failure error={choices.error} retry={() => void choices.refetch()} /> : <Skeleton active paragraph={{ rows: 8 }} />}</Panel>
    </Page>
  );
}

export { CampaignEditPage as Component };
