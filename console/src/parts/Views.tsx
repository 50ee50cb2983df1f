/** Beside a list's filters: keep them under a name, go back to them, share them. Which list it is, its address says. */
import { CheckOutlined, DeleteOutlined, EditOutlined, FilterOutlined } from "@ant-design/icons";
import { App, Button, Checkbox, Form, Input, Modal, Popconfirm, Popover } from "antd";
import { useState, type ReactNode } from "react";
import { Link, useLocation } from "react-router";
import { useChangeView, useKeepView, useRemoveView, useViews, type View, type ViewDraft } from "../api/views";
import { useStaff } from "../app/session";
import { spelled } from "../lib/filters";
import { t } from "../texts";
import { failureText } from "./Failure";

const MOST_LETTERS = 40;

interface NamingProps {
  list: ViewDraft["list"];
  query: string;
  /** What is changed; null keeps a new one. */
  view: View | null;
  close: (kept?: View) => void;
}

function Naming({ list, query, view, close }: NamingProps) {
  const { message } = App.useApp();
  const { dealer } = useStaff();
  const [form] = Form.useForm<{ name: string; is_shared: boolean }>();
  const [keep, change] = [useKeepView(), useChangeView()];
  const doing = view ? change : keep;
  const save = (given: { name: string; is_shared: boolean }) => {
    const said = { ...given, name: given.name.trim() };
    const onSuccess = (kept: View) => {
      void message.success(view ? t.views.renamed : t.views.saved);
      close(kept);
    };
    if (view) change.mutate({ id: view.id, ...said }, { onSuccess });
    else keep.mutate({ list, query, ...said }, { onSuccess });
  };
  return (
    <Modal
      open
      title={view ? t.views.changeTitle : t.views.newTitle}
      okText={t.views.ok}
      cancelText={t.common.cancel}
      onOk={form.submit}
      confirmLoading={doing.isPending}
      onCancel={() => close()}
      width={420}
    >
      <Form form={form} layout="vertical" onFinish={save} initialValues={{ name: view?.name ?? "", is_shared: view?.is_shared ?? false }}>
        <Form.Item
          name="name"
          label={t.views.name}
          rules={[{ required: true, whitespace: true, message: t.views.needName }]}
          {...(doing.error && { validateStatus: "error" as const, help: said(doing.error.details, doing.error.message) })}
        >
          <Input maxLength={MOST_LETTERS} placeholder={t.views.namePlaceholder} autoFocus onChange={doing.reset} />
        </Form.Item>
        <Form.Item name="is_shared" valuePropName="checked" noStyle>
          <Checkbox>{dealer ? t.views.share.dealer : t.views.share.brand}</Checkbox>
        </Form.Item>
        {!view && !query && <p className="quiet">{t.views.noFilters}</p>}
      </Form>
    </Modal>
  );
}

/** Filters that cannot be kept are no fault of the name, but this dialog has no field of theirs. */
function said(details: Record<string, unknown>, message: string): string {
  const of = details["query"];
  return Array.isArray(of) && typeof of[0] === "string" ? of[0] : message;
}

interface RowProps {
  view: View;
  to: string;
  isCurrent: boolean;
  choose: (view: View) => void;
  rename: (view: View) => void;
}

function Row({ view, to, isCurrent, choose, rename }: RowProps) {
  const { message } = App.useApp();
  const remove = useRemoveView();
  return (
    <li className="view">
      <Link to={to} className="view-name" aria-current={isCurrent || undefined} onClick={() => choose(view)}>
        <CheckOutlined className={isCurrent ? "view-mark" : "view-mark view-mark-off"} aria-hidden />
        <span>
          {view.name}
          {!view.is_yours && <small className="quiet">{t.views.by(view.owner)}</small>}
        </span>
      </Link>
      {view.is_yours && <Button type="text" size="small" icon={<EditOutlined />} aria-label={t.views.change(view.name)} onClick={() => rename(view)} />}
      {view.may_remove && (
        <Popconfirm
          title={t.views.removeTitle(view.name)}
          description={<div className="view-removal">{view.is_shared ? t.views.removeShared : t.views.removeOwn}</div>}
          okText={t.views.removeOk}
          okButtonProps={{ danger: true }}
          cancelText={t.common.cancel}
          onConfirm={() =>
            remove.mutateAsync(view.id).then(
              () => void message.success(t.views.removed),
              (error) => void message.error(failureText(error)),
            )
          }
        >
          <Button type="text" size="small" danger icon={<DeleteOutlined />} aria-label={t.views.remove(view.name)} />
        </Popconfirm>
      )}
    </li>
  );
}

/** `children`: what else is done with the list as it is narrowed. */
export function Views({ children }: { children?: ReactNode }) {
  const { message } = App.useApp();
  const { pathname, search } = useLocation();
  // The platform knows the lists by the addresses of their pages.
  const list = pathname.slice(1) as ViewDraft["list"];
  const query = spelled(search);
  const found = useViews(list);
  const change = useChangeView();
  const [open, setOpen] = useState(false);
  const [naming, setNaming] = useState<{ view: View | null } | null>(null);
  const [chosenId, setChosenId] = useState<string | null>(null);
  const views = found.data?.items ?? [];
  const current = views.find((one) => spelled(one.query) === query);
  const chosen = views.find((one) => one.id === chosenId && one.is_yours);
  const update = (view: View) =>
    change.mutate({ id: view.id, query }, { onSuccess: () => void message.success(t.views.updated), onError: (error) => void message.error(failureText(error)) });
  const name = (view: View | null) => {
    setOpen(false);
    setNaming({ view });
  };
  const rows = (of: View[]) => (
    <ul className="views-list">
      {of.map((view) => (
        <Row
          key={view.id}
          view={view}
          to={view.query ? `${pathname}?${view.query}` : pathname}
          isCurrent={view === current}
          choose={({ id }) => {
            setChosenId(id);
            setOpen(false);
          }}
          rename={name}
        />
      ))}
    </ul>
  );
  const [yours, shared] = [views.filter((one) => one.is_yours), views.filter((one) => !one.is_yours)];
  const content = (
    <div className="views">
      {found.error && <p className="bad">{failureText(found.error)}</p>}
      {found.data && views.length === 0 && <p className="quiet views-hint">{t.views.hint}</p>}
      {yours.length > 0 && (
        <section>
          <h3>{t.views.yours}</h3>
          {rows(yours)}
        </section>
      )}
      {shared.length > 0 && (
        <section>
          <h3>{t.views.shared}</h3>
          {rows(shared)}
        </section>
      )}
      <div className="views-do">
        {chosen && chosen !== current && (
          <Button block onClick={() => update(chosen)} loading={change.isPending}>
            {t.views.update(chosen.name)}
          </Button>
        )}
        {!current && (
          <Button block type="primary" ghost onClick={() => name(null)}>
            {t.views.save}
          </Button>
        )}
      </div>
    </div>
  );
  return (
    <span className="views-of-list">
      <Popover open={open} onOpenChange={setOpen} trigger="click" placement="bottomRight" content={content}>
        <Button icon={<FilterOutlined />} aria-haspopup="dialog" aria-expanded={open}>
          {current?.name ?? t.views.title}
        </Button>
      </Popover>
      {children}
      {naming && (
        <Naming
          list={list}
          query={query}
          view={naming.view}
          close={(kept) => {
            if (kept) setChosenId(kept.id);
            setNaming(null);
          }}
        />
      )}
    </span>
  );
}
