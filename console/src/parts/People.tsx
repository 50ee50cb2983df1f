/** How a customer and a vehicle are shown in rows. */
import { CarOutlined } from "@ant-design/icons";
import { useState } from "react";
import type { Person, Tag, VehicleCard } from "../api/types";
import { wan } from "../lib/money";
import { t } from "../texts";

/** WeChat gives no nickname unasked, so most people are told apart by the end of their phone number. */
export function nameOf(person: Person): string {
  return person.nickname || t.common.unnamed(person.phone_masked?.slice(-4));
}

export function PersonLine({ person }: { person: Person }) {
  const name = nameOf(person);
  return (
    <span className="person">
      <span className="person-initial" aria-hidden="true">
        {name.slice(0, 1)}
      </span>
      <span className="person-text">
        <strong>{name}</strong>
        <small>{person.phone_masked ?? t.customers.phoneUnbound}</small>
      </span>
    </span>
  );
}

/** An adviser over the store she works at; either may be missing. */
export function PlaceLines({ adviser, place, unassigned = t.common.none }: { adviser?: string | null; place?: string | null; unassigned?: string }) {
  return (
    <span className="two-lines">
      <span className={adviser ? undefined : "quiet"}>{adviser ?? unassigned}</span>
      {place && (
        <small className="ellipsis" title={place}>
          {place}
        </small>
      )}
    </span>
  );
}

/** A picture that is missing or cannot be loaded leaves a drawing of a car in its place. */
function Photo({ url }: { url: string | null }) {
  const [failed, setFailed] = useState<string | null>(null);
  if (!url || failed === url) return <CarOutlined className="vehicle-blank" />;
  return <img src={url} alt="" loading="lazy" onError={() => setFailed(url)} />;
}

export function VehicleLine({ vehicle }: { vehicle: Pick<VehicleCard, "title" | "price_fen" | "photo"> | null }) {
  if (!vehicle) return <span className="quiet">{t.common.none}</span>;
  return (
    <span className="vehicle">
      <Photo url={vehicle.photo} />
      <span className="person-text">
        <span className="ellipsis">{vehicle.title}</span>
        <small>{wan(vehicle.price_fen)}</small>
      </span>
    </span>
  );
}

export function Tags({ tags, most = 3 }: { tags: Tag[]; most?: number }) {
  if (tags.length === 0) return <span className="quiet">{t.common.none}</span>;
  return (
    <span className="chips">
      {tags.slice(0, most).map((tag) => (
        <span key={tag.key} className="chip">
          {tag.label}
        </span>
      ))}
      {tags.length > most && <span className="quiet">+{tags.length - most}</span>}
    </span>
  );
}
