/** The map of China for the phone's `<map>` element. */
import { mapFor } from './element.js'

/** Make `wx-map` known to the browser, once per document. */
export function defineMap(phone) {
  if (!customElements.get('wx-map')) customElements.define('wx-map', mapFor(phone))
}
