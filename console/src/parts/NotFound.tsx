/** An address that leads nowhere. */
import { Button } from "antd";
import { Link } from "react-router";
import { t } from "../texts";
import { Nothing } from "./Nothing";

export function NotFound() {
  return (
    <div className="centre">
      <Nothing title={t.errors.pageNotFound}>
        <Link to="/">
          <Button type="primary">{t.errors.home}</Button>
        </Link>
      </Nothing>
    </div>
  );
}
