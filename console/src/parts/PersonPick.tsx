/** A person chosen by name or telephone number; what is typed is looked for by the platform. */
import { Select } from "antd";
import { useState } from "react";
import { useFoundCustomers } from "../api/journeys";
import { nameOf } from "./People";
import { rowsOf } from "../lib/rows";
import { t } from "../texts";

interface PersonPickProps {
  id?: string;
  label: string;
  value: string | null;
  onChange: (id: string | null) => void;
  /** What stands for a chosen person whom the search has not found. */
  named?: string;
}

export function PersonPick({ id, label, value, onChange, named }: PersonPickProps) {
  const [sought, setSought] = useState("");
  const found = useFoundCustomers(sought);
  const options = rowsOf(found).map((one) => ({ value: one.id, label: one.phone_masked ? `${nameOf(one)} ${one.phone_masked}` : nameOf(one) }));
  const isFound = value === null || options.some((one) => one.value === value);
  return (
    <Select
      id={id}
      className="person-pick"
      aria-label={label}
      placeholder={label}
      value={value}
      onChange={(chosen: string | undefined) => onChange(chosen ?? null)}
      showSearch={{ filterOption: false, onSearch: setSought }}
      options={isFound ? options : [{ value, label: named ?? t.messages.sends.onePerson }, ...options]}
      loading={found.isFetching}
      notFoundContent={t.customers.nothingFound}
      allowClear
    />
  );
}
