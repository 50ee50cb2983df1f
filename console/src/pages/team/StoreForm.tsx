/** A store's name, address, telephone and place; a place is told with its datum, or it is half a kilometre off. */
import { App, Form, Input, InputNumber, Modal, Segmented } from "antd";
import { useSaveStore, type DealerPage, type StoreRow } from "../../api/team";
import { failureText } from "../../parts/Failure";
import { t } from "../../texts";

const d = t.team.dealer;
const s = d.store;
const PHONE = /^[\d+\-() ]{0,17}$/;

interface Fields {
  name: string;
  city: string;
  address: string;
  phone?: string;
  lat: number;
  lng: number;
  datum: "gcj02" | "wgs84";
}

function Degrees({ name, label, most, words }: { name: "lat" | "lng"; label: string; most: number; words: string }) {
  return (
    <Form.Item name={name} label={label} rules={[{ required: true, type: "number", min: -most, max: most, message: words }]}>
      <InputNumber className="degrees" controls={false} inputMode="decimal" />
    </Form.Item>
  );
}

export function StoreForm({ dealer, store, close }: { dealer: DealerPage; store: StoreRow | null; close: () => void }) {
  const { message } = App.useApp();
  const [form] = Form.useForm<Fields>();
  const save = useSaveStore(dealer.id, store?.id ?? null);
  const run = ({ lat, lng, datum, phone, ...fields }: Fields) => {
    // A place that nobody touched stays as it was given.
    const isPlaced = !store || lat !== store.lat || lng !== store.lng || datum !== "gcj02" || store.datum_source === "unknown";
    save.mutate(
      { ...fields, phone: phone || null, ...(isPlaced && { lat, lng, datum }) },
      {
        onSuccess: () => {
          void message.success(s.saved);
          close();
        },
        onError: (error) => void message.error(failureText(error)),
      },
    );
  };
  return (
    <Modal open title={store ? d.editStore : d.addStore} onCancel={close} onOk={() => form.submit()} okText={t.common.save} cancelText={t.common.cancel} confirmLoading={save.isPending} width={520}>
      <Form form={form} layout="vertical" requiredMark={false} onFinish={run} initialValues={store ? { ...store, datum: "gcj02" } : { city: dealer.city, datum: "gcj02" }}>
        <Form.Item name="name" label={s.name} rules={[{ required: true, whitespace: true, max: 64, message: d.needName }]}>
          <Input autoComplete="off" autoFocus />
        </Form.Item>
        <Form.Item name="city" label={d.city} rules={[{ required: true, whitespace: true, max: 64, message: d.needCity }]}>
          <Input autoComplete="off" />
        </Form.Item>
        <Form.Item name="address" label={s.address} rules={[{ required: true, whitespace: true, max: 200, message: s.needAddress }]}>
          <Input autoComplete="off" />
        </Form.Item>
        <Form.Item name="phone" label={s.phone} extra={s.phoneHint} rules={[{ pattern: PHONE, message: s.badPhone }]}>
          <Input autoComplete="off" inputMode="tel" />
        </Form.Item>
        <Form.Item name="datum" label={s.datum} extra={s.datumHint}>
          <Segmented options={(["gcj02", "wgs84"] as const).map((value) => ({ value, label: s.datums[value] }))} />
        </Form.Item>
        <div className="place-fields">
          <Degrees name="lat" label={s.lat} most={90} words={s.badLat} />
          <Degrees name="lng" label={s.lng} most={180} words={s.badLng} />
        </div>
      </Form>
    </Modal>
  );
}
