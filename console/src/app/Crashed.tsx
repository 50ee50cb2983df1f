/** The last resort: a page that threw, or whose chunk is gone after a new release. */
import { Button } from "antd";
import { t } from "../texts";
import { Nothing } from "../parts/Nothing";

export function Crashed() {
  return (
    <div className="centre">
      <Nothing title={t.errors.crashed} hint={t.errors.crashedHint}>
        <Button type="primary" onClick={() => location.reload()}>
          {t.errors.reload}
        </Button>
      </Nothing>
    </div>
  );
}
