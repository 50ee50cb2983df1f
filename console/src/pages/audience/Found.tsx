/** How many people the conditions find now, in words without a line of SQL, and some of them. */
import { LoadingOutlined } from "@ant-design/icons";
import { Link } from "react-router";
import type { useSegmentPreview } from "../../api/audience";
import { problemsOf } from "../../api/audience";
import { failureText } from "../../parts/Failure";
import { Panel } from "../../parts/Panel";
import { PersonLine } from "../../parts/People";
import { t } from "../../texts";

const s = t.audience.segment;

interface FoundProps {
  preview: ReturnType<typeof useSegmentPreview>;
  isAsked: boolean;
  /** What is shown is of conditions that have changed since. */
  isStale: boolean;
}

export function Found({ preview, isAsked, isStale }: FoundProps) {
  const { data, error } = preview;
  return (
    <Panel title={s.found} extra={preview.isFetching && <LoadingOutlined aria-label={s.counting} className="quiet" />}>
      <div aria-live="polite">
        {!isAsked ? (
          <>
            <p className="segment-count quiet">{t.common.none}</p>
            <p className="quiet">{s.waits}</p>
            <small className="quiet">{s.waitsHint}</small>
          </>
        ) : error ? (
          <>
            <p className="segment-count quiet">{t.common.none}</p>
            <p className="bad">{problemsOf(error).length > 0 ? s.wrong : failureText(error)}</p>
          </>
        ) : data ? (
          <div className={isStale ? "list-stale" : undefined}>
            <p className="segment-count">{t.audience.people(data.count)}</p>
            <p className="segment-summary">{data.summary}</p>
            <h3 className="segment-sample">{data.sample.length > 0 ? s.sample : s.nobody}</h3>
            <ul className="plain">
              {data.sample.map((person) => (
                <li key={person.id}>
                  <Link to={`/customers/${person.id}`}>
                    <PersonLine person={person} />
                  </Link>
                </li>
              ))}
            </ul>
          </div>
        ) : (
          <p className="quiet">{s.counting}</p>
        )}
      </div>
    </Panel>
  );
}
