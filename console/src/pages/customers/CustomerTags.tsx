/** Her tags, with adding and removing; either can be undone from the message that confirms it. Tags of rules are only shown. */
import { CloseOutlined, PlusOutlined } from "@ant-design/icons";
import { App, Button, Dropdown } from "antd";
import { useTagChange, useTags } from "../../api/queries";
import type { Customer, Tag } from "../../api/types";
import { failureText } from "../../parts/Failure";
import { Panel } from "../../parts/Panel";
import { t } from "../../texts";

const UNDO_SECONDS = 6;

export function CustomerTags({ customer }: { customer: Customer }) {
  const { message } = App.useApp();
  const known = useTags();
  const change = useTagChange(customer.id);
  const held = new Set(customer.tags.map((tag) => tag.key));
  const free = (known.data?.items ?? []).filter((tag) => tag.kind === "manual" && !held.has(tag.key));

  const apply = (tag: Tag, add: boolean, undoable = true) =>
    change.mutate(
      { tag, add },
      {
        onError: (error) => message.error(failureText(error)),
        onSuccess: () => {
          const key = `tag-${tag.key}`;
          message.success({
            key,
            duration: UNDO_SECONDS,
            content: (
              <span className="undo">
                {add ? t.customer.tagAdded(tag.label) : t.customer.tagRemoved(tag.label)}
                {undoable && (
                  <Button
                    type="link"
                    size="small"
                    onClick={() => {
                      message.destroy(key);
                      apply(tag, !add, false);
                    }}
                  >
                    {t.common.undo}
                  </Button>
                )}
              </span>
            ),
          });
        },
      },
    );

  return (
    <Panel
      title={t.customer.tags}
      extra={
        <Dropdown
          trigger={["click"]}
          placement="bottomRight"
          menu={{
            className: "tag-menu",
            items: free.length
              ? free.map(({ key, label }) => ({ key, label }))
              : [{ key: "none", label: t.customer.noTagsLeft, disabled: true }],
            onClick: ({ key }) => {
              const tag = free.find((one) => one.key === key);
              if (tag) apply(tag, true);
            },
          }}
        >
          <Button size="small" type="text" icon={<PlusOutlined />} loading={change.isPending}>
            {t.customer.addTag}
          </Button>
        </Dropdown>
      }
    >
      {customer.tags.length === 0 ? (
        <span className="quiet">{t.customer.noTags}</span>
      ) : (
        <span className="chips">
          {customer.tags.map((tag) =>
            tag.kind === "rule" ? (
              <span key={tag.key} className="chip" title={t.customer.tagByRule}>
                {tag.label}
              </span>
            ) : (
              <span key={tag.key} className="chip chip-closable">
                {tag.label}
                <button type="button" aria-label={t.customer.removeTag(tag.label)} disabled={change.isPending} onClick={() => apply(tag, false)}>
                  <CloseOutlined />
                </button>
              </span>
            ),
          )}
        </span>
      )}
    </Panel>
  );
}
