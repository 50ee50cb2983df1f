/** Into whose account money goes: its name over its number at WeChat Pay. */
export function MerchantLines({ merchant }: { merchant: { name: string; mchid: string } }) {
  return (
    <span className="two-lines wide">
      <span>{merchant.name}</span>
      <small>{merchant.mchid}</small>
    </span>
  );
}
