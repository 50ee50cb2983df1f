/** Which version's numbers are shown: of all together, or of one. */
import { Select } from "antd";
import { useVersions } from "../../api/journeys";
import { t } from "../../texts";

const r = t.results;

export function VersionPick({ id, version, onChange }: { id: string; version: string | null; onChange: (version: string | null) => void }) {
  const versions = useVersions(id).data?.items ?? [];
  if (versions.length < 2) return null;
  const options = versions.map(({ number, inside }) => ({ value: String(number), label: r.versionInside(number, inside) }));
  return (
    <Select
      aria-label={r.version}
      value={version ?? ""}
      options={[{ value: "", label: r.allVersions }, ...options]}
      onChange={(value) => onChange(value || null)}
      className="version-pick"
      popupMatchSelectWidth={false}
    />
  );
}
