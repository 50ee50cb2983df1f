/** A password that is shown once. */
import { Modal, Typography } from "antd";
import type { Given } from "../../api/team";
import { Facts } from "../../parts/Facts";
import { t } from "../../texts";

const p = t.team.password;

export function GivenPassword({ given, close }: { given: Given; close: () => void }) {
  return (
    <Modal open title={p.title} onCancel={close} onOk={close} okText={p.saved} cancelButtonProps={{ hidden: true }} mask={{ closable: false }} width={440}>
      <p className="quiet">{p.hint(given.name)}</p>
      <Facts
        items={[
          [t.login.username, given.username],
          [
            t.login.password,
            <Typography.Text code copyable={{ tooltips: [p.copy, p.copied] }}>
              {given.password}
            </Typography.Text>,
          ],
        ]}
      />
    </Modal>
  );
}
