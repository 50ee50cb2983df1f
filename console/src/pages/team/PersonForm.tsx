/** A new person, or what is changed of one that there is. */
import { App, Form, Input, Modal, Select } from "antd";
import { useState } from "react";
import type { ApiError } from "../../api/client";
import { useChangePerson, useDealer, useHire, type Given, type Person, type PersonDraft, type Role } from "../../api/team";
import { useDealers } from "../../api/terms";
import { useStaff } from "../../app/session";
import { failureText } from "../../parts/Failure";
import { t } from "../../texts";
import { GivenPassword } from "./GivenPassword";

const w = t.team;
const f = w.form;
const OF_A_DEALER: Role[] = ["dealer_manager", "adviser"];
const OF_THE_BRAND: Role[] = ["admin", "marketer", "finance"];
const USERNAME = /^[0-9A-Za-z][0-9A-Za-z._@-]{1,63}$/;
const WECOM = /^[0-9A-Za-z._@-]{0,64}$/;

interface Fields {
  username: string;
  name: string;
  role: Role;
  dealer_id?: string;
  store_id?: string;
  wecom_userid?: string;
}

function Stores({ dealerId }: { dealerId: string }) {
  const dealer = useDealer(dealerId);
  return (
    <Form.Item name="store_id" label={f.store}>
      <Select allowClear placeholder={f.anyStore} loading={dealer.isPending} options={dealer.data?.stores.map(({ id, name }) => ({ value: id, label: name }))} />
    </Form.Item>
  );
}

function OfDealer() {
  const dealers = useDealers();
  return (
    <Form.Item name="dealer_id" label={f.dealer} rules={[{ required: true, message: f.needDealer }]}>
      <Select showSearch={{ optionFilterProp: "label" }} loading={dealers.isPending} placeholder={f.needDealer} options={dealers.data?.items.map(({ id, name }) => ({ value: id, label: name }))} />
    </Form.Item>
  );
}

/** Which roles may be chosen: at a dealer its own, and nobody moves between a dealer and headquarters. */
function rolesFor(person: Person | null, isOfDealer: boolean): Role[] {
  if (person) return person.dealer ? OF_A_DEALER : OF_THE_BRAND;
  return isOfDealer ? OF_A_DEALER : [...OF_THE_BRAND, ...OF_A_DEALER];
}

export function PersonForm({ person, close }: { person: Person | null; close: () => void }) {
  const { message } = App.useApp();
  const staff = useStaff();
  const [form] = Form.useForm<Fields>();
  const [given, setGiven] = useState<Given | null>(null);
  const hire = useHire();
  const change = useChangePerson(person?.id ?? "");
  const role = Form.useWatch("role", form);
  const chosen = Form.useWatch("dealer_id", form);
  const dealerId = person ? person.dealer?.id : (staff.dealer?.id ?? chosen);
  const isOfDealer = role !== undefined && OF_A_DEALER.includes(role);
  const failed = (error: ApiError) => void message.error(failureText(error));
  const run = ({ username, dealer_id, ...fields }: Fields) => {
    const draft: PersonDraft = { ...fields, name: fields.name.trim(), store_id: fields.store_id ?? null, wecom_userid: fields.wecom_userid || null };
    const done = () => {
      void message.success(w.saved);
      close();
    };
    if (person) change.mutate(draft, { onSuccess: done, onError: failed });
    else hire.mutate({ ...draft, username, dealer_id: isOfDealer ? (dealer_id ?? null) : null }, { onSuccess: setGiven, onError: failed });
  };
  if (given) return <GivenPassword given={given} close={close} />;
  return (
    <Modal
      open
      title={person ? person.name : w.add}
      onCancel={close}
      onOk={() => form.submit()}
      okText={t.common.save}
      cancelText={t.common.cancel}
      confirmLoading={hire.isPending || change.isPending}
      width={480}
    >
      <Form
        form={form}
        layout="vertical"
        requiredMark={false}
        onFinish={run}
        initialValues={person ? { name: person.name, role: person.role, store_id: person.store?.id, wecom_userid: person.wecom_userid } : { role: "adviser" }}
      >
        {!person && (
          <Form.Item name="username" label={f.username} extra={f.usernameHint} rules={[{ required: true, pattern: USERNAME, message: f.badUsername }]}>
            <Input autoComplete="off" autoCapitalize="none" autoFocus />
          </Form.Item>
        )}
        <Form.Item name="name" label={f.name} rules={[{ required: true, whitespace: true, max: 64, message: f.needName }]}>
          <Input autoComplete="off" />
        </Form.Item>
        <Form.Item name="role" label={f.role} extra={person && role !== person.role ? t.say.next(w.roleHints[role] ?? "", f.roleHint) : w.roleHints[role]}>
          <Select disabled={person?.is_you} options={rolesFor(person, staff.dealer !== null).map((value) => ({ value, label: t.session.roles[value] }))} />
        </Form.Item>
        {!person && !staff.dealer && isOfDealer && <OfDealer />}
        {isOfDealer && dealerId && <Stores dealerId={dealerId} />}
        <Form.Item name="wecom_userid" label={f.wecom} extra={f.wecomHint} rules={[{ pattern: WECOM, message: f.badWecom }]}>
          <Input autoComplete="off" autoCapitalize="none" />
        </Form.Item>
      </Form>
    </Modal>
  );
}
