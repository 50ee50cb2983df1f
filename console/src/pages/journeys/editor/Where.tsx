/** What the data of an event must be like, line by line: a field, a test, a value. */
import { DeleteOutlined, PlusOutlined } from "@ant-design/icons";
import { Button, Input, Select } from "antd";
import type { Config } from "../../../lib/graph";
import { t } from "../../../texts";

type Test = "is" | "one_of" | "at_least" | "at_most" | "exists";
const TESTS: Test[] = ["is", "one_of", "at_least", "at_most", "exists"];

interface Read {
  test: Test;
  text: string;
}

export function readTest(wanted: unknown): Read {
  if (wanted === null || typeof wanted !== "object") return { test: "is", text: String(wanted ?? "") };
  const [test, value] = Object.entries(wanted)[0] ?? ["is", ""];
  return { test: test as Test, text: Array.isArray(value) ? value.join(" ") : String(value) };
}

/** Digits are meant as a number, as events tell them. */
export const plain = (text: string): string | number => (/^-?\d{1,15}(\.\d+)?$/.test(text) && !/^0\d/.test(text) ? Number(text) : text);

export function writeTest({ test, text }: Read): unknown {
  switch (test) {
    case "is":
      return plain(text.trim());
    case "one_of":
      return { one_of: text.split(/[\s,，、]+/).filter(Boolean).map(plain) };
    case "exists":
      return { exists: text !== "false" };
    default:
      return { [test]: Number(text) || 0 };
  }
}

function TestOf({ wanted, onChange }: { wanted: unknown; onChange: (wanted: unknown) => void }) {
  const { test, text } = readTest(wanted);
  return (
    <>
      <Select
        size="small"
        aria-label={t.editor.field.whereTest}
        value={test}
        options={TESTS.map((value) => ({ value, label: t.editor.field.tests[value] }))}
        onChange={(next) => onChange(writeTest({ test: next, text }))}
      />
      {test !== "exists" && (
        <Input
          size="small"
          aria-label={t.editor.field.whereValue}
          placeholder={t.editor.field.whereValue}
          defaultValue={text}
          key={test}
          maxLength={200}
          onChange={(event) => onChange(writeTest({ test, text: event.target.value }))}
        />
      )}
    </>
  );
}

interface WhereProps {
  value: Config | undefined;
  onChange: (value: unknown) => void;
  /** One value without a field's name, as the value of a tag. */
  single?: boolean;
}

export function WhereField({ value, onChange, single }: WhereProps) {
  if (single)
    return (
      <div className="where-line where-single">
        <TestOf wanted={value} onChange={(wanted) => onChange(wanted === "" ? undefined : wanted)} />
      </div>
    );
  const lines = Object.entries(value ?? {});
  const write = (next: [string, unknown][]) => onChange(next.length > 0 ? Object.fromEntries(next) : undefined);
  return (
    <div className="where">
      {lines.map(([name, wanted], index) => (
        <div key={index} className="where-line">
          <Input
            size="small"
            aria-label={t.editor.field.whereField}
            placeholder={t.editor.field.whereField}
            value={name}
            onChange={(event) => write(lines.map((line, at) => (at === index ? [event.target.value, wanted] : line)))}
          />
          <TestOf wanted={wanted} onChange={(next) => write(lines.map((line, at) => (at === index ? [name, next] : line)))} />
          <Button
            size="small"
            type="text"
            icon={<DeleteOutlined />}
            aria-label={t.editor.field.remove}
            onClick={() => write(lines.filter((_, at) => at !== index))}
          />
        </div>
      ))}
      {lines.length < 10 && !lines.some(([name]) => name === "") && (
        <Button size="small" type="text" icon={<PlusOutlined />} onClick={() => write([...lines, ["", ""]])}>
          {t.editor.field.whereAdd}
        </Button>
      )}
    </div>
  );
}
