/** A failed request in words, with the number that support can look up, and another try. */
import { Button } from "antd";
import type { ApiError } from "../api/client";
import { t } from "../texts";
import { Nothing } from "./Nothing";

export function Failure({ error, retry, fullScreen }: { error: ApiError; retry: () => void; fullScreen?: boolean }) {
  const body = error.isNotFound ? (
    <Nothing title={t.errors.notFound} hint={t.errors.notFoundHint} />
  ) : (
    <Nothing title={t.errors.title} hint={error.message}>
      <Button type="primary" onClick={retry}>
        {t.common.retry}
      </Button>
      {error.requestId && (
        <small className="quiet">
          {t.common.requestId} <code>{error.requestId}</code>
        </small>
      )}
    </Nothing>
  );
  return (
    <div role="alert" className={fullScreen ? "centre" : undefined}>
      {body}
    </div>
  );
}

/** The same in one line, for a message that passes by; the number only where support would ask for it. */
export function failureText(error: ApiError): string {
  return error.requestId && error.status >= 500 ? t.say.aside(error.message, `${t.common.requestId} ${error.requestId}`) : error.message;
}
