/** A page's frame: the way back, title, one line under it, actions. */
import { ArrowLeftOutlined } from "@ant-design/icons";
import { useEffect, type ReactNode } from "react";
import { Link } from "react-router";
import { t } from "../texts";

interface PageProps {
  title: ReactNode;
  /** Goes into the browser's tab when the title is not plain text. */
  tab?: string;
  subtitle?: ReactNode;
  back?: { to: string; label: string };
  extra?: ReactNode;
  children: ReactNode;
}

export function Page({ title, tab, subtitle, back, extra, children }: PageProps) {
  const name = tab ?? (typeof title === "string" ? title : "");
  useEffect(() => {
    document.title = name ? `${name} · ${t.product}` : t.product;
  }, [name]);
  return (
    <div className="page">
      {back && (
        <Link className="page-back" to={back.to}>
          <ArrowLeftOutlined />
          {back.label}
        </Link>
      )}
      <header className="page-head">
        <div className="page-title">
          <h1>{title}</h1>
          {subtitle && <p>{subtitle}</p>}
        </div>
        {extra && <div className="page-extra">{extra}</div>}
      </header>
      {children}
    </div>
  );
}
