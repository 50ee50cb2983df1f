/** A store chosen from the dealer's, or from all of the brand's. */
import { Select, type SelectProps } from "antd";
import { useFunnelChoices } from "../../api/insight";
import { useDealer } from "../../api/team";

type Field = SelectProps<string>;

function OfDealer({ dealerId, ...field }: Field & { dealerId: string }) {
  const dealer = useDealer(dealerId);
  const options = dealer.data?.stores.map(({ id, name }) => ({ value: id, label: name })) ?? [];
  return <Select showSearch={{ optionFilterProp: "label" }} allowClear loading={dealer.isPending} options={options} {...field} />;
}

function OfBrand(field: Field) {
  const choices = useFunnelChoices();
  return <Select showSearch={{ optionFilterProp: "label" }} allowClear loading={choices.isPending} options={choices.data?.stores ?? []} {...field} />;
}

export function StorePick({ dealerId, ...field }: Field & { dealerId: string | null }) {
  return dealerId ? <OfDealer dealerId={dealerId} {...field} /> : <OfBrand {...field} />;
}
