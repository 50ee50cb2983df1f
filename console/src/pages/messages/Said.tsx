/** One field of a template: what it says, its rule told where it is typed, the facts it may speak of, and what is wrong with it. */
import { PlusOutlined } from "@ant-design/icons";
import { Button, Dropdown, Input } from "antd";
import { useRef } from "react";
import type { Fact, Problem } from "../../api/templates";
import { t } from "../../texts";
import { Labelled } from "../journeys/editor/Field";

const w = t.messages.template;

interface SaidProps {
  label: string;
  rule: string | undefined;
  value: string;
  onChange: (value: string) => void;
  facts: Fact[];
  problems: Problem[];
  long: boolean;
}

export function SaidField({ label, rule, value, onChange, facts, problems, long }: SaidProps) {
  const place = useRef<number | null>(null);
  const put = (name: string) => {
    const at = place.current ?? value.length;
    onChange(`${value.slice(0, at)}{{ ${name} }}${value.slice(at)}`);
  };
  const remember = (event: { currentTarget: HTMLTextAreaElement }) => {
    place.current = event.currentTarget.selectionStart;
  };
  const isWrong = problems.some((one) => !one.is_warning);
  return (
    <Labelled label={label} hint={rule ?? null}>
      {(id) => (
        <>
          <div className="said">
            <Input.TextArea
              id={id}
              value={value}
              autoSize={{ minRows: long ? 3 : 1, maxRows: 10 }}
              onChange={(event) => onChange(event.target.value)}
              onSelect={remember}
              onBlur={remember}
              {...(isWrong ? { status: "error" as const } : {})}
            />
            <Dropdown
              trigger={["click"]}
              menu={{
                className: "facts-menu",
                items: facts.map((fact) => ({
                  key: fact.name,
                  label: (
                    <span className="fact-choice">
                      {fact.label} <small className="quiet">{fact.example}</small>
                    </span>
                  ),
                })),
                onClick: ({ key }) => put(key),
              }}
            >
              <Button icon={<PlusOutlined />} aria-label={`${w.insert} ${label}`}>
                {w.insert}
              </Button>
            </Dropdown>
          </div>
          {problems.map((one) => (
            <small key={one.code} className={one.is_warning ? "said-warning" : "bad"}>
              {one.message}
            </small>
          ))}
        </>
      )}
    </Labelled>
  );
}
