/** The form of the landing page, field by field, and the text that she agrees to. */
import { ArrowDownOutlined, ArrowUpOutlined, DeleteOutlined, PlusOutlined } from "@ant-design/icons";
import { Button, Checkbox, Form, Input, Select } from "antd";
import type { Choices, FormField } from "../../api/campaigns";
import { t } from "../../texts";
import { consentKey, freeKey, type Fields } from "./draft";

const f = t.campaigns.form;
const MOST_FIELDS = 20;

interface RowProps {
  at: number;
  last: number;
  choices: Choices;
  fixed: boolean;
  move: (from: number, to: number) => void;
  remove: (at: number) => void;
}

function Row({ at, last, choices, fixed, move, remove }: RowProps) {
  const kind = Form.useWatch<string | undefined>(["fields", at, "kind"]);
  return (
    <li className="campaign-field">
      <div className="campaign-pair">
        <Form.Item name={[at, "label"]} label={f.label} rules={[{ required: true, whitespace: true, message: f.needLabel }]}>
          <Input maxLength={30} autoComplete="off" disabled={fixed} />
        </Form.Item>
        <Form.Item name={[at, "kind"]} label={f.fieldKind}>
          <Select options={choices.fields} disabled={fixed} />
        </Form.Item>
      </div>
      {kind === "choice" && (
        <Form.Item
          name={[at, "choices"]}
          label={f.choices}
          extra={f.choicesHint}
          rules={[{ validator: (_, given: string[] = []) => (new Set(given).size > 1 ? Promise.resolve() : Promise.reject(new Error(f.needChoices))) }]}
        >
          <Select mode="tags" open={false} suffixIcon={null} maxCount={30} disabled={fixed} />
        </Form.Item>
      )}
      <div className="campaign-field-foot">
        <Form.Item name={[at, "required"]} valuePropName="checked" noStyle>
          <Checkbox disabled={fixed}>{f.required}</Checkbox>
        </Form.Item>
        {!fixed && (
          <span>
            <Button type="text" size="small" icon={<ArrowUpOutlined />} aria-label={f.up} disabled={at === 0} onClick={() => move(at, at - 1)} />
            <Button type="text" size="small" icon={<ArrowDownOutlined />} aria-label={f.down} disabled={at === last} onClick={() => move(at, at + 1)} />
            <Button type="text" size="small" danger icon={<DeleteOutlined />} aria-label={f.remove} onClick={() => remove(at)} />
          </span>
        )}
      </div>
    </li>
  );
}

function Consent({ choices, fixed }: { choices: Choices; fixed: boolean }) {
  const chosen = Form.useWatch<string | undefined>("consent");
  const { consents } = choices;
  const offered = consents.map((one) => ({ value: consentKey(one), label: f.old(one.label ?? "", one.version) }));
  const isKnown = !chosen || offered.some(({ value }) => value === chosen);
  const words = consents.find((one) => consentKey(one) === chosen)?.words;
  return (
    <Form.Item name="consent" label={f.consent} extra={words ?? (consents.length === 0 ? f.noTexts : undefined)}>
      <Select disabled={fixed} options={[{ value: "", label: f.noConsent }, ...offered, ...(isKnown ? [] : [{ value: chosen, label: chosen }])]} />
    </Form.Item>
  );
}

export function Landing({ choices, fixed }: { choices: Choices; fixed: boolean }) {
  const form = Form.useFormInstance<Fields>();
  const add = (append: (field: FormField) => void, offered: Choices["fields"]) => {
    const fields = (form.getFieldValue("fields") ?? []) as FormField[];
    // The next of the usual ones that is not asked yet, under the name that everybody knows.
    const next = offered.find(({ value }) => value !== "choice" && !fields.some((one) => one.kind === value)) ?? offered.at(-1);
    append({ key: freeKey(fields), kind: (next?.value ?? "text") as FormField["kind"], label: next?.label ?? "", required: true, choices: [] });
  };
  return (
    <>
      <p className="quiet campaign-words">{f.landingHint}</p>
      <Form.List name="fields">
        {(rows, { add: append, move, remove }) => (
          <ul className="campaign-fields">
            {rows.map(({ key, name }) => (
              <Row key={key} at={name} last={rows.length - 1} choices={choices} fixed={fixed} move={move} remove={remove} />
            ))}
            {!fixed && rows.length < MOST_FIELDS && (
              <li>
                <Button icon={<PlusOutlined />} onClick={() => add(append, choices.fields)}>
                  {f.addField}
                </Button>
              </li>
            )}
          </ul>
        )}
      </Form.List>
      <Consent choices={choices} fixed={fixed} />
    </>
  );
}
