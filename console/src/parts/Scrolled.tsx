/** The inside of a table that is wider than a phone and has nothing in it to stand on: with the keyboard it is scrolled from here. */
import type { TableHTMLAttributes } from "react";

function Scrolled(props: TableHTMLAttributes<HTMLTableElement>) {
  return <table tabIndex={0} {...props} />;
}

export const scrolled = { table: Scrolled };
