/** Everybody who ever opened the mini-program, to be found by name, phone number or tag. */
import { MessageOutlined, UsergroupAddOutlined } from "@ant-design/icons";
import { Button, Select } from "antd";
import { Link } from "react-router";
import { useCustomers, useTags } from "../../api/queries";
import { MARKETING, useStaff } from "../../app/session";
import { useIsPhone } from "../../app/ThemeMode";
import { ExportButton } from "../../parts/ExportButton";
import { Nothing } from "../../parts/Nothing";
import { Page } from "../../parts/Page";
import { ResourceList } from "../../parts/ResourceList";
import { Searching, useFilter } from "../../parts/Searching";
import { Views } from "../../parts/Views";
import { t } from "../../texts";
import { columns, customerCard, customerLink } from "./rows";

function CustomersPage() {
  const [q] = useFilter("q");
  const [tag, setTag] = useFilter("tag");
  const tags = useTags();
  const phone = useIsPhone();
  const { role, dealer } = useStaff();
  const customers = useCustomers(q ?? "", tag);
  const filtered = Boolean(q || tag);
  return (
    <Page
      title={t.customers.title}
      subtitle={t.customers.subtitle}
      extra={
        phone && (
          <>
            {MARKETING.includes(role) && (
              <Link to="/audience">
                <Button icon={<UsergroupAddOutlined />}>{t.audience.title}</Button>
              </Link>
            )}
            {!dealer && (
              <Link to="/messages">
                <Button icon={<MessageOutlined />}>{t.messages.title}</Button>
              </Link>
            )}
          </>
        )
      }
    >
      <div className="filters">
        <Searching placeholder={t.customers.search} />
        <Select
          className="tag-filter"
          value={tag}
          onChange={(value: string | undefined) => setTag(value ?? null)}
          placeholder={t.customers.tagFilter}
          aria-label={t.customers.tagFilter}
          options={tags.data?.items.map(({ key, label }) => ({ value: key, label }))}
          loading={tags.isPending}
          showSearch={{ optionFilterProp: "label" }}
          allowClear
          style={{ minWidth: 168 }}
        />
        <Views>
          <ExportButton list="console.customers" asked={{ q, tag }} />
        </Views>
      </div>
      <ResourceList
        pages={customers}
        columns={columns}
        card={customerCard}
        linkTo={customerLink}
        empty={
          filtered ? (
            <Nothing title={t.customers.nothingFound} hint={t.customers.nothingFoundHint}>
              <Link to="/customers">
                <Button>{t.common.clear}</Button>
              </Link>
            </Nothing>
          ) : (
            <Nothing title={t.customers.empty} hint={t.customers.emptyHint} />
          )
        }
      />
    </Page>
  );
}

export { CustomersPage as Component };
