/** What would become of a broadcast: how many it reaches by which way, whom not and why, and on which day it is done. */
import { LoadingOutlined } from "@ant-design/icons";
import type { BroadcastForecast, Reason } from "../../api/broadcasts";
import type { ApiError } from "../../api/client";
import { failureText } from "../../parts/Failure";
import { Panel } from "../../parts/Panel";
import { t } from "../../texts";

const b = t.messages.broadcast;

/** Counts with a bar each, so that what weighs most is seen first. */
export function Counts({ rows, most }: { rows: { key: string; text: React.ReactNode; count: number }[]; most: number }) {
  return (
    <ul className="counts">
      {rows.map(({ key, text, count }) => (
        <li key={key}>
          <span>{text}</span>
          <strong>{t.messages.people(count)}</strong>
          <span className="counts-bar" style={{ width: `${most === 0 ? 0 : (100 * count) / most}%` }} />
        </li>
      ))}
    </ul>
  );
}

export const reasonRows = (reasons: Reason[]) => reasons.map(({ reason, text, count }) => ({ key: reason, text, count }));

export function ForecastFigures({ forecast }: { forecast: BroadcastForecast }) {
  return (
    <>
      <p className="forecast-count">{t.messages.people(forecast.reached)}</p>
      <p className="quiet forecast-of">{b.reached(forecast.reached, forecast.people)}</p>
      <p className={forecast.done_on ? "forecast-when" : "forecast-when bad"}>{forecast.sentence}</p>
      {forecast.ways.length > 0 && (
        <>
          <h3 className="forecast-head">{b.ways}</h3>
          <Counts rows={forecast.ways.map((way) => ({ key: `${way.channel}.${way.appid}`, text: way.channel_label, count: way.count }))} most={forecast.people} />
        </>
      )}
      <h3 className="forecast-head">{b.skipped}</h3>
      {forecast.skipped.length > 0 ? <Counts rows={reasonRows(forecast.skipped)} most={forecast.people} /> : <p className="quiet forecast-of">{b.nobodySkipped}</p>}
      {forecast.asked < forecast.people && <small className="quiet">{b.asked(forecast.asked)}</small>}
    </>
  );
}

interface ForecastProps {
  asked: { data?: BroadcastForecast | undefined; error: ApiError | null; isFetching: boolean };
  isWhole: boolean;
  isStale: boolean;
}

export function ForecastPanel({ asked, isWhole, isStale }: ForecastProps) {
  const { data, error, isFetching } = asked;
  return (
    <Panel title={b.forecast} extra={isFetching && <LoadingOutlined aria-label={b.computing} className="quiet" />}>
      <div aria-live="polite" className={data && isStale ? "list-stale" : undefined}>
        {!isWhole ? (
          <>
            <p className="forecast-count quiet">{t.common.none}</p>
            <p className="quiet">{b.forecastWaits}</p>
            <small className="quiet">{b.forecastHint}</small>
          </>
        ) : error ? (
          <p className="bad">{failureText(error)}</p>
        ) : data ? (
          <ForecastFigures forecast={data} />
        ) : (
          <p className="quiet">{b.computing}</p>
        )}
      </div>
    </Panel>
  );
}
