/** A question that a branch asks, and a tree of the audience's conditions. */
import { DeleteOutlined, PlusOutlined } from "@ant-design/icons";
import { Button, Checkbox, Segmented, Select } from "antd";
import { createContext, use, type ReactNode } from "react";
import { useSegmentKinds } from "../../../api/journeys";
import type { Config } from "../../../lib/graph";
import { t } from "../../../texts";
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

/** What the platform says is wrong, and where: `all.0.any.2`. */
export interface TreeProblem {
  at: string;
  message: string;
}

export type Tree = { all: Tree[] } | { any: Tree[] } | { not: Tree } | { kind: string; config?: Config };

const Problems = createContext<TreeProblem[]>([]);
const DEEPEST_GROUP = 3;

export const asGroup = (tree: Tree | undefined): Tree => (tree && ("all" in tree || "any" in tree) ? tree : { all: tree ? [tree] : [] });
const isEmpty = (tree: Tree) => ("all" in tree && tree.all.length === 0) || ("any" in tree && tree.any.length === 0);
const below = (at: string, step: string | number) => (at ? `${at}.${step}` : String(step));

export function TreeField({ value, onChange, problems = [] }: Props & { problems?: TreeProblem[] }) {
  return (
    <Problems value={problems}>
      <Branches tree={asGroup(value as Tree | undefined)} at="" depth={0} onChange={(next) => onChange(isEmpty(next) ? undefined : next)} />
    </Problems>
  );
}

interface BranchProps {
  tree: Tree;
  /** Where it stands, as problems name it. */
  at: string;
  depth: number;
  onChange: (tree: Tree) => void;
}

function Branches({ tree, at, depth, onChange }: BranchProps) {
  if ("not" in tree) return <Negated tree={tree.not} at={below(at, "not")} depth={depth} isNot onChange={onChange} />;
  if ("kind" in tree || depth > 0) return <Negated tree={tree} at={at} depth={depth} onChange={onChange} />;
  return <Group tree={tree} at={at} depth={depth} onChange={onChange} />;
}

/** One condition, or a group inside another: each may be turned into its opposite. */
function Negated({ isNot = false, ...props }: BranchProps & { isNot?: boolean }) {
  const { tree, onChange } = props;
  const write = (next: Tree) => onChange(isNot ? { not: next } : next);
  const opposite = (
    <Checkbox checked={isNot} onChange={(event) => onChange(event.target.checked ? { not: tree } : tree)}>
      {t.editor.field.not}
    </Checkbox>
  );
  if ("kind" in tree) return <Leaf tree={tree} at={props.at} onChange={write} opposite={opposite} />;
  if ("not" in tree) return <Branches {...props} onChange={write} />;
  return <Group {...props} tree={tree} onChange={write} opposite={opposite} />;
}

function Wrong({ at }: { at: string }) {
  const said = use(Problems).filter((one) => one.at === at);
  return said.map(({ message }) => (
    <small key={message} className="tree-wrong" role="alert">
      {message}
    </small>
  ));
}

function Group({ tree, at, depth, onChange, opposite }: Omit<BranchProps, "tree"> & { tree: Tree & ({ all: Tree[] } | { any: Tree[] }); opposite?: ReactNode }) {
  const how = "all" in tree ? "all" : "any";
  const inside = "all" in tree ? tree.all : tree.any;
  const write = (next: Tree[], as: string = how) => onChange(as === "all" ? { all: next } : { any: next });
  return (
    <div className={`tree tree-${how}`} role="group" aria-label={t.editor.field[how]}>
      <span className="tree-head">
        <Segmented
          size="small"
          value={how}
          options={[
            { value: "all", label: t.editor.field.all },
            { value: "any", label: t.editor.field.any },
          ]}
          onChange={(next) => write(inside, next)}
        />
        {opposite}
      </span>
      {inside.map((child, index) => (
        <div key={index} className="tree-child">
          <Branches
            tree={child}
            at={below(at, `${how}.${index}`)}
            depth={depth + 1}
            onChange={(next) => write(inside.map((one, place) => (place === index ? next : one)))}
          />
          <Button
            size="small"
            type="text"
            icon={<DeleteOutlined />}
            aria-label={t.editor.field.remove}
            onClick={() => write(inside.filter((_, place) => place !== index))}
          />
        </div>
      ))}
      <Wrong at={at} />
      <span className="tree-add">
        <Button size="small" type="text" icon={<PlusOutlined />} onClick={() => write([...inside, { kind: "" }])}>
          {t.editor.field.addCondition}
        </Button>
        {depth < DEEPEST_GROUP && (
          <Button
            size="small"
            type="text"
            icon={<PlusOutlined />}
            onClick={() => write([...inside, how === "all" ? { any: [{ kind: "" }] } : { all: [{ kind: "" }] }])}
          >
            {t.editor.field.addGroup}
          </Button>
        )}
      </span>
    </div>
  );
}

function Leaf({ tree, at, onChange, opposite }: { tree: { kind: string; config?: Config }; at: string; onChange: (tree: Tree) => void; opposite: ReactNode }) {
  const kinds = useSegmentKinds();
  const known = kinds.data?.items.find((one) => one.kind === tree.kind);
  return (
    <div className="efield-inner leaf">
      <span className="tree-head">
        <Select
          className="leaf-kind"
          aria-label={t.editor.field.addCondition}
          placeholder={t.editor.field.pick}
          value={tree.kind || undefined}
          loading={kinds.isPending}
          options={(kinds.data?.items ?? []).map((one) => ({ value: one.kind, label: one.label }))}
          showSearch={{ optionFilterProp: "label" }}
          onChange={(kind: string) => onChange({ kind, config: {} })}
        />
        {opposite}
      </span>
      {known && <Fields form={known.form} schema={known.schema} value={tree.config ?? {}} onChange={(config) => onChange({ kind: tree.kind, config })} />}
      {tree.kind && <Wrong at={at} />}
    </div>
  );
}
