/** Into whose account money goes: its name over its number at WeChat Pay, and the dealer's own number under that. */
export function MerchantLines({ merchant }: { merchant: { name: string; mchid: string; sub_mchid?: string | null } }) {
  return (
    <span className="two-lines wide">
      <span>{merchant.name}</span>
      <small>{[merchant.mchid, merchant.sub_mchid].filter(Boolean).join(" / ")}</small>
    </span>
  );
}
