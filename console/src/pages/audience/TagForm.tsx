/** Making a tag, or changing one: what is fixed once it is made is only asked at first. */
import { App, Form, Input, InputNumber, Modal, Segmented, Select } from "antd";
import { useState } from "react";
import { useCreateTag, useFolders, useMakeFolder, useTagAction, type NewTag, type TagPage } from "../../api/audience";
import type { ApiError } from "../../api/client";
import { failureText } from "../../parts/Failure";
import { t } from "../../texts";

const g = t.audience.tag;
const f = g.form;
const KEY = /^[a-z][a-z0-9_]{0,39}$/;
const optionsOf = (words: Record<string, string>) => Object.entries(words).map(([value, label]) => ({ value, label }));

/** What the platform says of a field stands beside that field. */
function fieldErrors(error: ApiError): { name: keyof NewTag; errors: string[] }[] {
  if (error.code === "audience.tag_taken") return [{ name: "key", errors: [error.message] }];
  if (error.code === "audience.value_unfit") return [{ name: "choices", errors: [error.message] }];
  return [];
}

function FolderSelect({ value, onChange }: { value?: string | null; onChange?: (value: string | null) => void }) {
  const folders = useFolders();
  const make = useMakeFolder();
  const [typed, setTyped] = useState("");
  const { message } = App.useApp();
  const known = (folders.data?.items ?? []).map(({ id, name }) => ({ value: id, label: name }));
  const isNew = typed.trim() !== "" && !known.some((one) => one.label === typed.trim());
  return (
    <Select
      aria-label={f.folder}
      value={value ?? null}
      allowClear
      placeholder={g.noFolder}
      loading={folders.isPending || make.isPending}
      showSearch={{ optionFilterProp: "label", onSearch: (text) => setTyped(text.slice(0, 15)) }}
      options={isNew ? [...known, { value: "new", label: f.newFolder(typed.trim()) }] : known}
      onChange={(chosen: string | null | undefined) => {
        if (chosen !== "new") return onChange?.(chosen ?? null);
        make.mutate(typed.trim(), { onSuccess: (folder) => onChange?.(folder.id), onError: (error) => void message.error(failureText(error)) });
      }}
    />
  );
}

interface TagFormProps {
  /** The tag to change; a new one without. */
  tag?: TagPage;
  open: boolean;
  onClose: () => void;
  onDone: (tag: TagPage) => void;
}

export function TagForm({ tag, open, onClose, onDone }: TagFormProps) {
  const { message } = App.useApp();
  const [form] = Form.useForm<NewTag>();
  const create = useCreateTag();
  const act = useTagAction(tag?.id ?? "");
  const kind = Form.useWatch("kind", form) ?? tag?.kind ?? "manual";
  const hasChoices = (Form.useWatch("value_type", form) ?? tag?.value_type) === "choice";
  const failed = (error: ApiError) => {
    const fields = fieldErrors(error);
    if (fields.length > 0) form.setFields(fields);
    else void message.error(failureText(error));
  };
  const submit = (told: NewTag) => {
    const body = { label: told.label.trim(), folder_id: told.folder_id ?? null, ttl_days: told.ttl_days ?? null, ...(hasChoices ? { choices: told.choices ?? [] } : {}) };
    const done = { onSuccess: onDone, onError: failed };
    if (tag) act.mutate({ does: "change", body }, done);
    else create.mutate({ ...body, key: told.key, kind: told.kind, value_type: told.value_type }, done);
  };
  return (
    <Modal
      open={open}
      title={tag ? g.edit : g.create}
      okText={t.common.save}
      onCancel={onClose}
      onOk={() => form.submit()}
      confirmLoading={create.isPending || act.isPending}
      destroyOnHidden
    >
      <Form
        form={form}
        layout="vertical"
        requiredMark={false}
        onFinish={submit}
        initialValues={tag ? { ...tag, folder_id: tag.folder?.id ?? null } : { kind: "manual", value_type: "none" }}
      >
        <Form.Item name="label" label={f.label} rules={[{ required: true, whitespace: true, message: f.needLabel }]}>
          <Input maxLength={30} />
        </Form.Item>
        {!tag && (
          <>
            <Form.Item name="key" label={f.key} extra={f.keyHint} rules={[{ required: true, message: f.needKey }, { pattern: KEY, message: f.badKey }]}>
              <Input maxLength={40} autoComplete="off" />
            </Form.Item>
            <Form.Item name="kind" label={f.kind} extra={g.kindHints[kind]}>
              <Segmented block options={optionsOf(g.kinds)} />
            </Form.Item>
            <Form.Item name="value_type" label={f.value}>
              <Select options={optionsOf(g.values)} />
            </Form.Item>
          </>
        )}
        {hasChoices && (
          <Form.Item name="choices" label={f.choices} extra={f.choicesHint} rules={[{ required: true, message: f.needChoices }]}>
            <Select mode="tags" open={false} suffixIcon={null} tokenSeparators={[",", "，", "、"]} />
          </Form.Item>
        )}
        <Form.Item name="ttl_days" label={f.ttl} extra={f.ttlHint}>
          <InputNumber min={1} max={3650} precision={0} style={{ width: "100%" }} />
        </Form.Item>
        <Form.Item name="folder_id" label={f.folder}>
          <FolderSelect />
        </Form.Item>
      </Form>
    </Modal>
  );
}
