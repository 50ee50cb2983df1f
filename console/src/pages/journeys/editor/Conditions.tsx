/** A question that a branch asks, and a tree of the audience's conditions. */
import { DeleteOutlined, PlusOutlined } from "@ant-design/icons";
import { Button, Checkbox, Segmented, Select } from "antd";
import { useSegmentKinds } from "../../../api/journeys";
import type { Config } from "../../../lib/graph";
import { t } from "../../../texts/zh-CN";
import { Fields } from "./Field";
import { useKnowledge } from "./knowledge";

interface Props {
  value: Config | undefined;
  onChange: (value: unknown) => void;
}

/** `{kind, …}`: the question's own settings stand beside its kind. */
export function ConditionField({ value, onChange }: Props) {
  const { palette } = useKnowledge();
  const { kind, ...own } = value ?? {};
  const known = palette.conditions.find((one) => one.kind === kind);
  return (
    <div className="efield-inner">
      <Select
        aria-label={t.editor.field.pick}
        placeholder={t.editor.field.pick}
        value={kind as string | undefined}
        options={palette.conditions.map((one) => ({ value: one.kind, label: one.label }))}
        onChange={(next: string) => onChange(next === kind ? value : { kind: next })}
      />
      {known && <Fields form={known.form} schema={known.schema} value={own} onChange={(next) => onChange({ kind, ...next })} />}
    </div>
  );
}

type Tree = { all: Tree[] } | { any: Tree[] } | { not: Tree } | { kind: string; config?: Config };

export function TreeField({ value, onChange }: Props) {
  const tree = value as Tree | undefined;
  const group: Tree = tree && ("all" in tree || "any" in tree) ? tree : { all: tree ? [tree] : [] };
  return <Branches tree={group} depth={0} onChange={(next) => onChange(isEmpty(next) ? undefined : next)} />;
}

const isEmpty = (tree: Tree) => ("all" in tree && tree.all.length === 0) || ("any" in tree && tree.any.length === 0);

function Branches({ tree, depth, onChange }: { tree: Tree; depth: number; onChange: (tree: Tree) => void }) {
  if ("kind" in tree || "not" in tree) return <Leaf tree={tree} depth={depth} onChange={onChange} />;
  const how = "all" in tree ? "all" : "any";
  const inside = "all" in tree ? tree.all : tree.any;
  const write = (next: Tree[], as: string = how) => onChange(as === "all" ? { all: next } : { any: next });
  return (
    <div className="tree">
      <Segmented
        size="small"
        value={how}
        options={[
          { value: "all", label: t.editor.field.all },
          { value: "any", label: t.editor.field.any },
        ]}
        onChange={(next) => write(inside, next)}
      />
      {inside.map((child, index) => (
        <div key={index} className="tree-child">
          <Branches tree={child} depth={depth + 1} onChange={(next) => write(inside.map((one, at) => (at === index ? next : one)))} />
          <Button
            size="small"
            type="text"
            icon={<DeleteOutlined />}
            aria-label={t.editor.field.remove}
            onClick={() => write(inside.filter((_, at) => at !== index))}
          />
        </div>
      ))}
      <span className="tree-add">
        <Button size="small" type="text" icon={<PlusOutlined />} onClick={() => write([...inside, { kind: "" }])}>
          {t.editor.field.addCondition}
        </Button>
        {depth < 2 && (
          <Button size="small" type="text" icon={<PlusOutlined />} onClick={() => write([...inside, { any: [] }])}>
            {t.editor.field.addGroup}
          </Button>
        )}
      </span>
    </div>
  );
}

function Leaf({ tree, depth, onChange }: { tree: Tree; depth: number; onChange: (tree: Tree) => void }) {
  const kinds = useSegmentKinds();
  const isNot = "not" in tree;
  const inner = isNot ? tree.not : tree;
  if (!("kind" in inner)) return <Branches tree={inner} depth={depth} onChange={(next) => onChange(isNot ? { not: next } : next)} />;
  const write = (next: Tree, not = isNot) => onChange(not ? { not: next } : next);
  const known = kinds.data?.items.find((one) => one.kind === inner.kind);
  return (
    <div className="efield-inner">
      <Select
        aria-label={t.editor.field.pick}
        placeholder={t.editor.field.pick}
        value={inner.kind || undefined}
        loading={kinds.isPending}
        options={(kinds.data?.items ?? []).map((one) => ({ value: one.kind, label: one.label }))}
        onChange={(kind: string) => write({ kind, config: {} })}
      />
      {known && <Fields form={known.form} schema={known.schema} value={inner.config ?? {}} onChange={(config) => write({ kind: inner.kind, config })} />}
      <Checkbox checked={isNot} onChange={(event) => write(inner, event.target.checked)}>
        {t.editor.field.not}
      </Checkbox>
    </div>
  );
}
